"""What people say about answers and problems, field by field: the forms behind the modals and exports."""

import json
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.records import Side, Sums, ThreadKey

SCHEMA_VERSION = 1
"""Of every form in the journal; a field that changes its meaning raises it."""

TEXT_LIMIT = 3000
"""Characters of one answer in a modal.
https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element"""

FAILURE_TAGS: dict[str, str] = {
    "invented_reference": "Invented a reference",
    "wrong_fact": "Wrong fact",
    "wrong_number": "Wrong number or unit",
    "algebra_slip": "Slip in the algebra",
    "code_does_not_run": "Code does not run",
    "code_runs_wrong": "Code runs, but gives wrong results",
    "out_of_date": "Out of date",
    "ignored_constraint": "Ignored a constraint",
    "incomplete": "Incomplete",
    "overconfident": "Too sure of itself",
    "contradicts_itself": "Contradicts itself",
    "over_refusal": "Refused a proper question",
    "unsafe_advice": "Unsafe advice",
    "lost_context": "Lost the context",
    "misread_file": "Misread a file or figure",
    "wrong_tool": "Wrong tool or API",
    "sycophancy": "Told me what I wanted to hear",
    "off_topic": "Off topic",
}
"""Why an answer fell short: what is stored, and the words people see."""

SUMMARY_FLAWS: dict[str, str] = {
    "not_in_threads": "Says what the threads do not",
    "wrong_link": "Links to threads that do not show it",
    "left_out": "Leaves out what matters",
    "too_kind": "Too kind to the models",
    "too_harsh": "Too harsh on the models",
    "unclear": "Hard to understand",
}
"""Why a summary fell short."""

DIFFICULTIES: dict[str, str] = {
    "staff": "Staff scientist",
    "postdoc": "Postdoc",
    "gradstudent": "Graduate student",
    "student": "Undergraduate student",
    "public": "Anybody",
}
"""Who could answer the question well: the person levels of the labs' own form."""

VERIFICATIONS: dict[str, str] = {
    "not_checked": "Not checked",
    "own_knowledge": "Own knowledge",
    "ran_code": "Ran the code",
    "looked_up": "Looked it up",
    "experiment": "Experiment or simulation",
    "colleague": "Asked a colleague",
}

EXPERIENCES: dict[str, str] = {
    "daily": "Several times a day",
    "weekly": "Several times a week",
    "rarely": "Never or infrequently",
}

DOMAINS: dict[str, str] = {
    "materials": "Materials and chemistry",
    "physics": "Particle and nuclear physics",
    "fusion": "Fusion and plasma",
    "biology": "Biology and medicine",
    "earth": "Earth, climate and environment",
    "energy": "Energy and the grid",
    "nuclear": "Nuclear engineering",
    "space": "Astronomy and space",
    "computing": "Computing and mathematics",
    "engineering": "Engineering and instruments",
    "security": "Security and nonproliferation",
    "other": "Something else",
}

CHOICES: dict[str, str] = {"a": "A is better", "b": "B is better", "tie": "Equally good", "bad": "Both bad"}

Difficulty = Literal["", "staff", "postdoc", "gradstudent", "student", "public"]
Verification = Literal["", "not_checked", "own_knowledge", "ran_code", "looked_up", "experiment", "colleague"]
Experience = Literal["", "daily", "weekly", "rarely"]
Choice = Literal["a", "b", "tie", "bad"]


class Form(BaseModel):
    """One person's words, as a line of the journal; the last revision of a person counts."""

    model_config = ConfigDict(frozen=True)

    kind: ClassVar[str]

    lab: str
    thread: ThreadKey
    user: str
    at: float  # seconds since the epoch
    revision: int = 1
    schema_version: int = SCHEMA_VERSION


class Skills(BaseModel):
    """An assessment for each research skill that the answer called for."""

    model_config = ConfigDict(frozen=True)

    understanding: str = Field(default="", title="Problem understanding")
    literature: str = Field(default="", title="Literature review")
    hypothesis: str = Field(default="", title="Hypothesis generation")
    planning: str = Field(default="", title="Planning and design")
    analysis: str = Field(default="", title="Result analysis")
    conclusions: str = Field(default="", title="Conclusions")


Score = int | None


class Scores(BaseModel):
    """1 to 5; None where it was not given or does not apply. Asked only where the lab wants numbers."""

    model_config = ConfigDict(frozen=True)

    correctness: Score = Field(default=None, ge=1, le=5, title="Correctness")
    completeness: Score = Field(default=None, ge=1, le=5, title="Completeness")
    reasoning: Score = Field(default=None, ge=1, le=5, title="Reasoning")
    usefulness: Score = Field(default=None, ge=1, le=5, title="Usefulness")
    novelty: Score = Field(default=None, ge=1, le=5, title="Novelty")
    citations: Score = Field(default=None, ge=1, le=5, title="Citations")
    units: Score = Field(default=None, ge=1, le=5, title="Units and uncertainty")


class Details(Form):
    """What one person says of one answer, beyond the thumb."""

    kind = "details"

    question_ts: str
    side: Side = ""
    thumb: Literal[1, -1] | None = None
    reasons: tuple[str, ...] = ()  # of FAILURE_TAGS
    skills: Skills = Skills()
    other_task: str = ""
    other_task_assessment: str = ""
    scores: Scores = Scores()
    difficulty: Difficulty = ""
    verified_by: Verification = ""
    minutes_spent: int | None = None
    minutes_saved: int | None = None  # negative where the answer cost time
    corrected_answer: str = ""
    expected_answer: str = ""
    comment: str = ""
    may_quote: bool = False
    may_share: bool = False  # with the model's maker


class SummaryDetails(Form):
    """What one person says of a session's summary or a thread's wrap-up, beyond the thumb."""

    kind = "summary_details"

    summary_ts: str
    sums: Sums
    model: str  # that wrote it
    thumb: Literal[1, -1] | None = None
    flaws: tuple[str, ...] = ()  # of SUMMARY_FLAWS
    left_out: str = ""
    comment: str = ""
    may_quote: bool = False
    may_share: bool = False  # with the model's maker


class Problem(Form):
    """What a thread's experiment is about; a thread is an experiment, its questions are its turns."""

    kind = "problem"

    title: str = ""
    goal: str = ""
    description: str = ""
    difficulty_explanation: str = ""
    realism: str = ""
    ai_experience: Experience = ""
    reasoning_experience: Experience = ""
    domain: str = ""
    comments: str = ""


class Closing(Form):
    """What a person says at the end of an experiment."""

    kind = "closing"

    main_strength: str = ""
    main_weakness: str = ""
    daily_use: str = ""
    productivity_improvement: str = ""
    event_improvement: str = ""


class Comparison(Form):
    """One person's judgement between the two answers to one question."""

    kind = "comparison"

    question_ts: str
    choice: Choice
    reason: str = ""
    model_a: str  # ids as requested; which model stood as A is drawn by lot
    model_b: str
    blind: bool = True  # given before this person could know which models these are


FORMS: dict[str, type[Form]] = {
    form.kind: form for form in (Details, Problem, Closing, Comparison, SummaryDetails)
}
"""The form of each kind of journal line."""


def line_of(form: Form) -> str:
    """The journal's line for a form."""
    return json.dumps({"kind": form.kind} | form.model_dump(mode="json"))
