"""What each format has no room for; README.md shows it, and a test compares it with what comes out."""

from collections.abc import Mapping

from bot.exports.kinds import LEFT_OUT

_HEADS = ("revision", "schema_version")
_ORIGIN = (
    "answer.question.user", "answer.question.direct", "answer.question.files",
    "answer.question.file_ids", "answer.files", "answer.question.model",
    "answer.note", "answer.messages", "answer.endpoint", "answer.usage.*", "answer.tries", "answer.asked_at",
    "answer.first_words_at", "answer.finished_at", "answer.turns_left_out", "answer.cost",
    "answer.schema_version",
)  # fmt: skip
_MODEL = ("answer.model_requested", "answer.model_returned", "answer.prompt_version")
_JUDGEMENT = (
    "details.user", "details.at", *(f"details.{name}" for name in _HEADS), "details.thumb", "details.reasons",
    "details.skills.*", "details.other_task", "details.other_task_assessment", "details.scores.*",
    "details.difficulty", "details.verified_by", "details.minutes_*", "details.expected_answer",
    "details.comment", "details.may_quote",
)  # fmt: skip
_SUMMARIES = ("summary_vote.*", "summary_details.*")
_REST = ("gate.*", "references.*", "release.*", "problem.*", "closing.*", *_SUMMARIES)

DROPPED: Mapping[str, tuple[str, ...]] = {
    "jam": (),
    "jsonl": (),
    "kto": (*_ORIGIN, *_MODEL, "vote.user", "vote.at", "vote.schema_version", "details.*", *_REST,
            "comparison.*"),
    "dpo": (
        *_ORIGIN, *_MODEL, "vote.*", *_JUDGEMENT, *_REST, "comparison.user", "comparison.at",
        *(f"comparison.{name}" for name in _HEADS), "comparison.reason", "comparison.model_?",
    ),
    "sft": (*_ORIGIN, *_MODEL, "answer.text", "vote.*", *_JUDGEMENT, *_REST, "comparison.*"),
    "inspect": (
        *_ORIGIN, "vote.user", "vote.at", "vote.schema_version", "gate.*",
        "references.*", "release.*", "details.user",
        "details.at", *(f"details.{name}" for name in _HEADS), "details.thumb", "details.minutes_*",
        "details.may_quote", "problem.user", "problem.at", *(f"problem.{name}" for name in _HEADS),
        "problem.title", "problem.goal", "problem.description", "problem.difficulty_explanation",
        "problem.realism", "problem.*_experience", "problem.comments", "closing.*", "comparison.*",
        *_SUMMARIES,
    ),
    "arena": (
        *_ORIGIN, *_MODEL, "vote.*", "details.*", *_REST,
        *(f"comparison.{name}" for name in _HEADS), "comparison.reason",
    ),
    "csv": _SUMMARIES,
}  # fmt: skip
"""By format, for what it makes rows of; "problem.*" is every field of that kind."""


def table() -> str:
    """The list as README.md shows it."""
    learned = [name for name, fields in DROPPED.items() if "answer.cost" in fields]
    shared = tuple(one for one in DROPPED[learned[0]] if all(one in DROPPED[name] for name in learned))
    rows = [f"| {_said(tuple(learned))} | {_said(shared)} |"]
    for name, fields in DROPPED.items():
        own = tuple(one for one in fields if one not in shared) if name in learned else fields
        rows.append(f"| `{name}`{', besides' if name in learned else ''} | {_said(own)} |")
    rows += [f"| every one | `{kind}.*`: {why} |" for kind, why in LEFT_OUT.items()]
    return "\n".join(["| format | leaves out |", "|---|---|", *rows])


def _said(fields: tuple[str, ...]) -> str:
    return ", ".join(f"`{field}`" for field in fields) or "nothing"
