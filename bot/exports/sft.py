"""sft: chats to learn from, {messages}, as OpenAI and TRL take them; only with an answer a person wrote."""

from collections.abc import Iterator
from typing import Any

from bot.exports.chat import prompt_of, said, shared, usable
from bot.exports.experiments import Experiment
from bot.exports.rows import Setting


def rows(experiment: Experiment, setting: Setting) -> Iterator[dict[str, Any]]:
    """One row for each corrected answer that may go to the model's maker."""
    for turn in usable(experiment, setting):
        for details in shared(turn, setting):
            if details.corrected_answer.strip():
                prompt = prompt_of(experiment, turn, setting)
                yield {"messages": [*prompt, said("assistant", details.corrected_answer)]}
