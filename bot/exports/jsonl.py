"""jsonl: the canonical record, one line for each turn and one for what is about its whole thread."""

from bot.exports.canonical import experiment_line, turn_line
from bot.exports.experiments import Experiment
from bot.exports.rows import Setting


class Jsonl:
    """Leaves nothing out."""

    def __init__(self, setting: Setting) -> None:
        self._part = setting.output.part("record.jsonl")

    def add(self, experiment: Experiment) -> None:
        """One line for the experiment, then one for each turn."""
        self._part.row(experiment_line(experiment))
        for turn in experiment.turns:
            self._part.row(turn_line(experiment, turn))

    def end(self) -> None:
        """Nothing is left to write."""
