"""Chat messages as training and evaluation formats want them: prompt, then what was answered."""

from collections.abc import Iterator
from typing import Any

from bot.exports.experiments import Experiment, Turn
from bot.exports.rows import Setting
from bot.forms import Details

Message = dict[str, str]

CONTEXT = "an earlier turn of its thread, which the model read, may not leave"
NO_ANSWER = "no answer of a model's own"
NOT_SHARED = "its author keeps it from the model's maker"


def said(role: str, text: str) -> Message:
    """One message, in the keys that OpenAI, TRL and Inspect share."""
    return {"role": role, "content": text}


def prompt_of(experiment: Experiment, turn: Turn, setting: Setting) -> list[Message]:
    """What the model read, as far as it is kept: its instructions where that version of them is at hand,
    the thread's earlier turns, the question.
    """
    system = setting.prompts.get(turn.answer.prompt_version)
    messages = [said("system", system)] if system else []
    for one in list(earlier_turns(experiment, turn))[turn.answer.turns_left_out :]:
        messages += [said("user", one.question.text), said("assistant", one.answer.text)]
    return [*messages, said("user", turn.question.text)]


def earlier_turns(experiment: Experiment, turn: Turn) -> Iterator[Turn]:
    """The turns before this one; of a question that was answered again, the newest answer."""
    newest: dict[str, Turn] = {}
    for one in experiment.turns:
        if answered(one) and one.question.root < turn.question.root and one.side != "b":
            newest[one.question.root] = one
    for root in sorted(newest):
        yield newest[root]


def answered(turn: Turn) -> bool:
    """Whether a model's own text stands."""
    return turn.answer.outcome in {"answered", "stopped"} and bool(turn.answer.text.strip())


def usable(experiment: Experiment, setting: Setting) -> Iterator[Turn]:
    """The turns that can be rows: answered by a model, their whole context free to leave."""
    for turn in experiment.turns:
        if not answered(turn):
            setting.skip(NO_ANSWER)
        elif not turn.whole_context:
            setting.skip(CONTEXT)
        else:
            yield turn


def shared(turn: Turn, setting: Setting) -> Iterator[Details]:
    """The details that may go to the model's maker."""
    for details in turn.details:
        if details.may_share:
            yield details
        elif details.corrected_answer or details.expected_answer:
            setting.skip(NOT_SHARED)


def metadata_of(experiment: Experiment, turn: Turn) -> dict[str, Any]:
    """What a reader of a row must know of where it comes from."""
    answer = turn.answer
    return {
        "lab": experiment.lab,
        "experiment": experiment.id,
        "turn": turn.id,
        "model_requested": answer.model_requested,
        "model_returned": answer.model_returned,
        "prompt_version": answer.prompt_version,
    }
