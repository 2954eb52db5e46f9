"""Records with a value of its own in every field, made from the models, and exports of them."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from bot.exports.cleaning import Cleaner
from bot.exports.experiments import Choice, Chooser, Tally
from bot.exports.export import Request, export
from bot.exports.fields import value_at
from bot.exports.formats import FORMATS
from bot.exports.gathering import Thread
from bot.exports.kinds import RECORDS, raw
from bot.exports.output import Part
from bot.exports.rows import Setting
from bot.records import ThreadKey

KEY = b"k" * 32
TEAM, CHANNEL, ASKER = "T0LABJAM01", "C0ARGONNE1", "U0ASKER001"
THREAD = ThreadKey(TEAM, CHANNEL, "1732320000.000100")
FIRST, SECOND = THREAD.ts, "1732320500.000200"
SAME: Mapping[str, Any] = {
    "thread": THREAD,
    "lab": "argonne",
    "question_ts": FIRST,
    "side": "",
    "repeats": "",
    "sums": "thread",  # a session's summary is private
}
"""What records of one turn must share, and may leave with it."""

Record = tuple[str, Any]
"""Its kind, and itself."""


class Maker:
    """Fills any record: each text and number is used once."""

    def __init__(self, first: int = 1000) -> None:
        self._n = first

    def make(self, made: Any, **given: Any) -> Any:
        """A record with every field filled; `given` and SAME are as they are."""
        hints = get_type_hints(made)
        names = [field.name for field in fields(made)] if is_dataclass(made) else list(made.model_fields)
        known = {**SAME, **given}
        make: Any = made
        return make(
            **{name: known[name] if name in known else self._value(name, hints[name]) for name in names}
        )

    def _value(self, name: str, hint: Any) -> Any:
        self._n += 1
        origin, options = get_origin(hint), get_args(hint)
        if origin is Literal:
            return next(one for one in options if one)
        if origin in (Union, UnionType):
            return self._value(name, next(one for one in options if one is not NoneType))
        if origin is tuple:
            return (self._value(name, options[0]), self._value(name, options[0]))
        if isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, BaseModel)):
            inner = {"user": ASKER, "ts": FIRST, "files": ("a.pdf", "b.csv")} if name == "question" else {}
            scores = {one: 1 + at % 5 for at, one in enumerate(_names(hint))} if name == "scores" else {}
            return self.make(hint, **inner, **scores)
        if hint in (bool, int, float):
            return True if hint is bool else hint(self._n)
        return f"U0PERSON{self._n}" if name == "user" else f"the {name} {self._n}"


def _names(made: Any) -> list[str]:
    return list(made.model_fields) if issubclass(made, BaseModel) else []


def whole_record() -> list[Record]:
    """One thread: a question that was judged in every way, and one that two models answered."""
    maker = Maker()
    of_first = {kind: maker.make(made) for kind, made in RECORDS.items() if kind != "comparison"}
    asker = {"user": of_first["details"].user}
    for kind in ("vote", "problem", "closing"):
        of_first[kind] = changed(of_first[kind], "user", asker["user"])
    of_first["answer"] = changed(
        changed(of_first["answer"], "question.user", asker["user"]), "finished_at", 5.0
    )
    sides = [_side(maker, side) for side in ("a", "b")]
    compared = maker.make(RECORDS["comparison"], question_ts=SECOND)
    return [
        *of_first.items(),
        *(("answer", side) for side in sides),
        ("comparison", compared),
        ("release", maker.make(RECORDS["release"], question_ts=SECOND, state="released")),
    ]


def _side(maker: Maker, side: str) -> Any:
    answer = maker.make(RECORDS["answer"], finished_at=6.0)
    for path, value in (("question.side", side), ("question.ts", SECOND), ("question.text", "compare them")):
        answer = changed(answer, path, value)
    return answer


def changed(record: Any, path: str, value: Any) -> Any:
    """The record with another value in one field."""
    name, _, rest = path.partition(".")
    inner = changed(getattr(record, name), rest, value) if rest else value
    if is_dataclass(record):
        return type(record)(**{one.name: getattr(record, one.name) for one in fields(record)} | {name: inner})
    return record.model_copy(update={name: inner})


def released(record: Record) -> Record:
    """The record, a release being one that lets out."""
    kind, one = record
    return (kind, changed(one, "state", "released")) if kind == "release" else record


def varied(record: Any, path: str) -> Any:
    """The record with a field that says something else."""
    value = value_at(record, path)
    hint = _hint(type(record), path)
    if get_origin(hint) is Literal:
        return changed(record, path, next(one for one in get_args(hint) if one and one != value))
    if isinstance(value, bool):
        return changed(record, path, not value)
    if isinstance(value, (int, float)):
        return changed(record, path, -value if abs(value) == 1 and path == "thumb" else value % 5 + 1)
    if isinstance(value, tuple):
        return changed(record, path, value[:1])
    return changed(record, path, f"U0OTHER{len(path)}" if path.endswith("user") else f"{value} too")


class Memory:
    """Holds the files of an export."""

    def __init__(self) -> None:
        self.files: dict[str, io.BytesIO] = {}

    def part(self, name: str) -> Part:
        """Begin one."""
        self.files[name] = io.BytesIO()
        return Part(self.files[name])

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(file.getvalue().decode() for file in self.files.values())


def outputs(records: Iterable[Record]) -> dict[str, str]:
    """What every format makes of one thread's records, as text."""
    tally = Tally()
    thread = Thread("argonne", str(THREAD), [json.loads(json.dumps(raw(*record))) for record in records])
    experiment = Chooser(Choice(), Cleaner(KEY), tally).experiment(thread)
    assert experiment
    made = {name: Memory() for name in FORMATS}
    for name, memory in made.items():
        writer = FORMATS[name](Setting(memory, tally, {}))
        writer.add(experiment)
        writer.end()
    return {name: memory.text for name, memory in made.items()}


def _hint(made: Any, path: str) -> Any:
    name, _, rest = path.partition(".")
    inner = get_type_hints(made)[name]
    return _hint(inner, rest) if rest else inner


async def lines(records: Iterable[Record]) -> AsyncIterator[tuple[str, str]]:
    """Records as they come from journals."""
    for kind, record in records:
        yield "argonne", json.dumps(raw(kind, record))


async def exported(
    records: Iterable[Record], format_: str, folder: Path, choice: Choice | None = None, **given: Any
) -> tuple[dict[str, str], dict[str, Any]]:
    """The files of an export by name, and its manifest."""
    target = folder / f"{format_}.zip"
    request = Request(format_, target, KEY, choice or Choice(), **given)
    manifest = await export(lines(records), request)
    with zipfile.ZipFile(target) as packed:
        files = {name: packed.read(name).decode() for name in packed.namelist() if name != "manifest.json"}
    return files, manifest


def rows(text: str) -> list[dict[str, Any]]:
    """Lines of JSON."""
    return [json.loads(line) for line in text.splitlines()]
