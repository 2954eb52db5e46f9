"""kto: TRL's unpaired preferences, {prompt, completion, label}: one row for each answer with a thumb."""

from collections.abc import Iterator
from typing import Any

from bot.exports.chat import prompt_of, said, usable
from bot.exports.experiments import Experiment, Turn
from bot.exports.rows import Setting


def rows(experiment: Experiment, setting: Setting) -> Iterator[dict[str, Any]]:
    """One row an answer, not a click: where people disagree the majority counts."""
    for turn in usable(experiment, setting):
        thumbs = _thumbs(turn, setting)
        if not thumbs:
            setting.skip("no thumb")
        elif sum(thumbs) == 0:
            setting.skip("as many thumbs up as down")
        else:
            completion = [said("assistant", turn.answer.text)]
            prompt = prompt_of(experiment, turn, setting)
            yield {"prompt": prompt, "completion": completion, "label": sum(thumbs) > 0}


def _thumbs(turn: Turn, setting: Setting) -> list[int]:
    """Of each person the last thumb on the text that stands; one in the details where they gave no other."""
    by_user: dict[str, int] = {}
    for one in (*(details for details in turn.details if details.thumb and details.may_share), *turn.votes):
        if turn.answer_at(one.at) is not turn.answer:
            setting.skip("a thumb on an earlier answer")
        else:
            by_user[one.user] = one.thumb or 0
    return [thumb for thumb in by_user.values() if thumb]
