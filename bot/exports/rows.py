"""What the writer of a format gets, and must do; and the writers whose files are lines of JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.exports.experiments import Experiment, Tally
from bot.exports.output import Part


class Parts(Protocol):
    """Where files can be begun."""

    def part(self, name: str) -> Part:
        """Begin one; the first is the main one."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a writer works with."""

    output: Parts
    tally: Tally
    prompts: Mapping[str, str]  # system prompts by version, as far as they are at hand

    def skip(self, why: str) -> None:
        """Count one turn or judgement that makes no row."""
        self.tally.skipped[why] += 1


class Writer(Protocol):
    """Writes experiments one by one; holds none of them."""

    def add(self, experiment: Experiment) -> None:
        """Write what there is to write of one experiment."""
        ...

    def end(self) -> None:
        """Write what must come last."""
        ...


class Rows(Protocol):
    """Makes the rows of one experiment."""

    def __call__(self, experiment: Experiment, setting: Setting) -> Iterator[Mapping[str, Any]]: ...


class Lines:
    """A file with one row a line."""

    def __init__(self, setting: Setting, name: str, rows: Rows) -> None:
        self._setting = setting
        self._part = setting.output.part(name)
        self._rows = rows

    def add(self, experiment: Experiment) -> None:
        """Write its rows."""
        for row in self._rows(experiment, self._setting):
            self._part.row(row)

    def end(self) -> None:
        """Nothing is left to write."""
