"""The fields of the record, down to single values, as dotted names: "details.scores.novelty"."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from pydantic import BaseModel

from bot.exports.kinds import RECORDS


def all_fields() -> Iterator[str]:
    """Every field of every kind."""
    for kind in RECORDS:
        yield from fields_of(kind)


def fields_of(kind: str) -> Iterator[str]:
    """Every field of one kind."""
    yield from (f"{kind}.{name}" for name in _names(RECORDS[kind]))


def _names(made: Any) -> Iterator[str]:
    for name, hint in _members(made).items():
        inner = list(_names(hint)) if _has_fields(hint) else []
        yield from (f"{name}.{one}" for one in inner) if inner else (name,)


def _members(made: Any) -> dict[str, Any]:
    if is_dataclass(made):
        hints = get_type_hints(made)
        return {field.name: hints[field.name] for field in fields(made)}
    return {name: field.annotation for name, field in made.model_fields.items()}


def _has_fields(hint: Any) -> bool:
    return isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, BaseModel))


def value_at(record: Any, path: str) -> Any:
    """The value of a record's field, by its name without the kind."""
    for name in path.split("."):
        record = getattr(record, name)
    return record
