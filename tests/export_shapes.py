"""The shapes of exports as their readers have them, written down by themselves: no key too many."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """As the schema of the jam's own form has it: no key too many."""

    model_config = ConfigDict(extra="forbid", strict=True)


class JamVersion(Strict):
    version: Literal["1.1.0"]


class JamFile(Strict):
    id: int
    turn_id: int
    path: str


class JamSkill(Strict):
    name: str
    assessment: str


class JamTurn(Strict):
    id: int
    previous_turn: int
    experiment_id: int
    model: str | None
    output: str
    goal: str
    prompt: str
    skill_assessments: list[JamSkill]
    other_task: str
    other_task_assessment: str
    files_url: list[str]
    files: list[JamFile]
    data_removed: bool


class JamExperiment(Strict):
    id: int
    title: str
    description: str
    model: str | None
    ai_experience: str
    reasoning_experience: str
    realism: str
    difficulty_explaination: str
    goal: str
    comments: str
    main_strength: str
    main_weakness: str
    daily_use: str
    productivity_improvement: str
    event_improvement: str
    turns: list[JamTurn]


class JamExport(Strict):
    version: JamVersion
    experiments: list[JamExperiment]


class Said(Strict):
    role: Literal["system", "user", "assistant"]
    content: str


class Kto(Strict):
    prompt: list[Said]
    completion: list[Said]
    label: bool


class Dpo(Strict):
    prompt: list[Said]
    chosen: list[Said]
    rejected: list[Said]


class OpenAIInput(Strict):
    messages: list[Said]
    tools: list[Any]
    parallel_tool_calls: bool


class OpenAIDpo(Strict):
    input: OpenAIInput
    preferred_output: list[Said]
    non_preferred_output: list[Said]


class Sft(Strict):
    messages: list[Said]


class Sample(Strict):
    """The fields of inspect_ai.dataset.Sample that we fill; the others have defaults there."""

    input: list[Said]
    target: str | list[str]
    id: str
    metadata: dict[str, Any]


class Battle(Strict):
    question_id: str
    model_a: str
    model_b: str
    winner: Literal["model_a", "model_b", "tie", "tie (bothbad)"]
    judge: str
    conversation_a: list[Said]
    conversation_b: list[Said]
    turn: int
    anony: bool
    language: str
    tstamp: float
