"""csv: a table for reports, one row for each person's judgement of an answer; no cell can be a formula."""

import csv
import io
from collections.abc import Iterator
from typing import Any, cast

from bot.exports.experiments import Experiment, Turn, last_of_each
from bot.exports.fields import fields_of, value_at
from bot.exports.rows import Setting
from bot.records import Reference

_OF_THE_TURN = ("lab", "experiment", "turn", "state")
_BY_PERSON = ("vote", "details", "comparison")
_OF_THREAD = ("problem", "closing")
_SAME = ("lab", "question_ts", "side", "thread.team", "thread.channel", "thread.ts")
"""Fields of judgements that only say again which answer they are about."""

_COLUMNS = {
    kind: [path.partition(".")[2] for path in fields_of(kind) if path.partition(".")[2] not in _SAME]
    for kind in ("answer", "references", "gate", "release", *_BY_PERSON, *_OF_THREAD)
}

_FORMULA = frozenset("=+-@|\uff1d\uff0b\uff0d\uff20")
"""What spreadsheets take for the start of a formula, full-width forms too.
https://owasp.org/www-community/attacks/CSV_Injection"""


class CsvTable:
    """Wide rows under fixed headings; of each person the last word only."""

    def __init__(self, setting: Setting) -> None:
        self._part = setting.output.part("table.csv")
        names = [f"{kind}.{path}" for kind, paths in _COLUMNS.items() for path in paths]
        self._write([*_OF_THE_TURN, "person", *names])

    def add(self, experiment: Experiment) -> None:
        """A row for each person who said something of a turn, or of the thread; else one for the turn."""
        problems = {one.user: one for one in last_of_each(experiment.problems)}
        closings = {one.user: one for one in last_of_each(experiment.closings)}
        for number, turn in enumerate(experiment.turns):
            first = number == 0  # a thread's problem stands in one row of it
            said = {
                "vote": {one.user: one for one in turn.votes},
                "details": {one.user: one for one in turn.details},
                "comparison": {one.user: one for one in turn.comparisons},
                "problem": problems if first else {},
                "closing": closings if first else {},
            }
            for person in list(dict.fromkeys(user for by in said.values() for user in by)) or [""]:
                own = {kind: by.get(person) for kind, by in said.items()}
                self._write(list(self._cells(experiment, turn, person, own)))
                self._part.rows += 1

    def end(self) -> None:
        """Nothing is left to write."""

    def _cells(self, experiment: Experiment, turn: Turn, person: str, own: dict[str, Any]) -> Iterator[Any]:
        release = turn.release
        yield from (experiment.lab, experiment.id, turn.id, release.state if release else "private", person)
        records = {
            "answer": turn.answer,
            "references": turn.references,
            "gate": turn.gate,
            "release": release,
        }
        records |= own
        for kind, paths in _COLUMNS.items():
            yield from (_value(records[kind], path) for path in paths)

    def _write(self, cells: list[Any]) -> None:
        line = io.StringIO()
        csv.writer(line).writerow([guarded(cell) for cell in cells])
        self._part.write(line.getvalue().encode())


def guarded(cell: Any) -> Any:
    """A cell that no spreadsheet will run: text that may begin a formula gets an apostrophe before it."""
    is_one = isinstance(cell, str) and cell.lstrip()[:1] in _FORMULA
    return f"'{cell}" if is_one else cell


def _value(record: Any, path: str) -> Any:
    found = value_at(record, path) if record is not None else ""
    return (
        "; ".join(_item(one) for one in cast("tuple[Any, ...]", found)) if isinstance(found, tuple) else found
    )


def _item(one: Any) -> str:
    """One of several in a cell: a word, or a reference with what its registry says."""
    if isinstance(one, Reference):
        return f"{one.kind}:{one.id} {one.status} {one.title}".rstrip()
    return str(one)
