"""Reads settings and prompt files, and words a mistake as one line: where, what is wrong, what is allowed."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.errors import UsageError
from bot.labs.tables import Table

T = TypeVar("T", bound=Table)

HIDDEN = frozenset({"headers", "auth", "base_url"})
"""Keys that may hold a secret, given by mistake or not: their values stay out of error lines."""

WORDING = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": 'must be a list, such as ["a", "b"]',
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "missing": "missing",
    "finite_number": "must be a finite number",
    "too_short": "must not be empty",
}
"""Our words for pydantic's errors, which speak of Python."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as an error line names it, and the table in it that keys belong to ("labs.argonne.")."""

    file: str
    prefix: str = ""

    def wrong(self, key: str, what: str, value: object = None) -> UsageError:
        """Make the error line about one key; the value is shown where given, unless it is a table."""
        shown = "" if value is None or isinstance(value, dict) else f" = {_shown(value)}"
        return UsageError(f"{self.file}: {self.prefix}{key}{shown}: {what}")


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:79] + "…"


def key_path(*parts: str | int) -> str:
    """Write a key as TOML would, so that a strange one can't break the line; list positions are left out."""
    keys = [part for part in parts if isinstance(part, str)]
    return ".".join(key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key) for key in keys)


def read_text(path: Traversable, name: str) -> str:
    """Read a UTF-8 file, with or without a byte order mark, to text with plain newlines."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 text, at byte {error.start}; save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or 'unreadable'}; it must be a readable file") from None
    return text.replace("\r\n", "\n")


def read_table(path: Traversable, name: str, table: type[T]) -> T:
    """Read a TOML file as this table, checked."""
    text = read_text(path, name)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: {toml_fault(str(error), text)}") from None
    return checked(raw, Source(name), table)


def toml_fault(message: str, text: str) -> str:
    what, _, where = message.rpartition(" (at ")  # "Invalid value (at line 3, column 9)"
    where = where.removesuffix(")").replace("end of document", f"line {text.count(chr(10)) + 1}, its end")
    return f"{where}: not TOML: {' '.join(what.split())}"


def checked(raw: Mapping[str, object], source: Source, table: type[T]) -> T:
    """Check a mapping as this table; UsageError words the first mistake."""
    try:
        return table.model_validate(raw)
    except ValidationError as error:
        raise _worded(error.errors(include_url=False)[0], source) from None


def _worded(mistake: ErrorDetails, source: Source) -> UsageError:
    kind, context = mistake["type"], mistake.get("ctx", {})
    if kind == "unknown_key":
        return source.wrong(key_path(*mistake["loc"], context["key"]), context["text"])
    what = WORDING.get(kind) or mistake["msg"].removeprefix("Value error, ")
    if kind == "literal_error":
        what = f"must be {context['expected'].replace(chr(39), chr(34))}"
    elif kind.startswith(("greater_than", "less_than")):
        what = "must be " + mistake["msg"].removeprefix("Input should be ")
    value: object = mistake["input"]
    secret = HIDDEN & set(map(str, mistake["loc"]))
    return source.wrong(key_path(*mistake["loc"]), what, None if secret else value)
