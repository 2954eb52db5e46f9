"""dpo: preferences in pairs, from comparisons' votes and people's corrections, shaped for TRL and OpenAI."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.exports.chat import Message, prompt_of, said, shared, usable
from bot.exports.experiments import Experiment, Turn
from bot.exports.rows import Setting


@dataclass(frozen=True, slots=True)
class Pair:
    """What somebody preferred to what."""

    prompt: list[Message]
    chosen: str
    rejected: str


class Dpo:
    """Writes each pair twice: {prompt, chosen, rejected}, and beside it what OpenAI's fine-tuning takes."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._trl = setting.output.part("dpo.jsonl")
        self._openai = setting.output.part("openai.jsonl")

    def add(self, experiment: Experiment) -> None:
        """Write its pairs."""
        for pair in pairs(experiment, self._setting):
            chosen, rejected = [said("assistant", pair.chosen)], [said("assistant", pair.rejected)]
            self._trl.row({"prompt": pair.prompt, "chosen": chosen, "rejected": rejected})
            asked = {"messages": pair.prompt, "tools": [], "parallel_tool_calls": True}
            self._openai.row({"input": asked, "preferred_output": chosen, "non_preferred_output": rejected})

    def end(self) -> None:
        """Nothing is left to write."""


def pairs(experiment: Experiment, setting: Setting) -> Iterator[Pair]:
    """No pair prefers a text that nobody endorsed."""
    turns = list(usable(experiment, setting))
    for turn in turns:
        yield from _corrections(experiment, turn, setting)
        if turn.comparisons:
            yield from _compared(experiment, turn, turns, setting)


def _corrections(experiment: Experiment, turn: Turn, setting: Setting) -> Iterator[Pair]:
    for details in shared(turn, setting):
        rejected = turn.answer_at(details.at).text
        if details.corrected_answer.strip() and rejected.strip():
            yield Pair(prompt_of(experiment, turn, setting), details.corrected_answer, rejected)


def _compared(experiment: Experiment, turn: Turn, turns: list[Turn], setting: Setting) -> Iterator[Pair]:
    by_side = {one.side: one for one in turns if one.ts == turn.ts}
    choices = [one.choice for one in turn.comparisons if one.blind]
    lead = choices.count("a") - choices.count("b")
    if not lead or not by_side.keys() >= {"a", "b"}:
        setting.skip("a comparison without a winner")
        return
    better, worse = ("a", "b") if lead > 0 else ("b", "a")
    prompt = prompt_of(experiment, turn, setting)
    yield Pair(prompt, by_side[better].answer.text, by_side[worse].answer.text)
