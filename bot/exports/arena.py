"""arena: one row for each vote between two models, as Chatbot Arena's battles are kept."""

from collections.abc import Iterator
from typing import Any

from bot.exports.chat import prompt_of, said, usable
from bot.exports.experiments import Experiment
from bot.exports.rows import Setting

_WINNERS = {"a": "model_a", "b": "model_b", "tie": "tie", "bad": "tie (bothbad)"}


def rows(experiment: Experiment, setting: Setting) -> Iterator[dict[str, Any]]:
    """The last vote of each person on each pair."""
    turns = list(usable(experiment, setting))
    for turn in turns:
        sides = {one.side: one for one in turns if one.ts == turn.ts}
        for vote in turn.comparisons:
            if not sides.keys() >= {"a", "b"}:
                setting.skip("a vote on an answer that is not here")
                continue
            prompt = prompt_of(experiment, turn, setting)
            yield {
                "question_id": turn.id,
                "model_a": vote.model_a,
                "model_b": vote.model_b,
                "winner": _WINNERS[vote.choice],
                "judge": vote.user,
                "conversation_a": [*prompt, said("assistant", sides["a"].answer.text)],
                "conversation_b": [*prompt, said("assistant", sides["b"].answer.text)],
                "turn": sum(message["role"] == "user" for message in prompt),
                "anony": vote.blind,
                "language": "unknown",
                "tstamp": vote.at,
            }
