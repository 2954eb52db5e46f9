"""What was found out of an answer's references, as a field of its job."""

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from bot.records import Reference

_REFERENCES = TypeAdapter(tuple[Reference, ...])


def references_of(fields: Mapping[str, str]) -> tuple[Reference, ...]:
    """Read it; empty where nothing was looked up."""
    return _REFERENCES.validate_json(fields["references"]) if "references" in fields else ()


def noted_references(references: Sequence[Reference]) -> dict[str, str]:
    """The field to write."""
    return {"references": _REFERENCES.dump_json(tuple(references)).decode()}
