"""Every kind of journal record: its type, and whether exports carry it, use it, or leave it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from bot.forms import FORMS
from bot.records import Answer, Gate, References, Release, Side, SummaryVote, Vote, Withdrawal, thread_text

RECORDS: Mapping[str, Any] = {
    "answer": Answer, "vote": Vote, "gate": Gate, "release": Release, "references": References,
    "summary_vote": SummaryVote, **FORMS,
}  # fmt: skip
"""What exports carry, by kind. A type that is missing here fails tests/test_export_fields.py."""

OF_SUMMARIES = frozenset({"summary_vote", "summary_details"})
"""Kinds that judge a summary: a session's belongs to no thread of answers."""

TAKE_BACK: Mapping[str, Any] = {"withdrawal": Withdrawal}
"""What keeps a question, or its whole thread where it names none, out of every export."""

LEFT_OUT: Mapping[str, str] = {
    "certification": "about a person and a session, not about an answer; the archive keeps it",
    "purge": "names nobody and nothing; what it took is nowhere any more",
    "flag": "how moderators looked after an answer; what readers said of it is in their details",
    "summary": "made from the other records; the threads it rests on are theirs",
    "redaction": "the archive's own note of a purge",
}
"""Kinds that no export carries, and why; each export's manifest counts them."""

_ADAPTERS: dict[str, TypeAdapter[Any]] = {
    kind: TypeAdapter(made) for kind, made in (*RECORDS.items(), *TAKE_BACK.items())
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record belongs: a thread ("T:C:ts"), and a question in it, or "" for the whole thread."""

    thread: str
    question_ts: str


def place_of(record: Mapping[str, Any]) -> Place:
    """Where a raw record belongs; both parts are empty where it is about no thread."""
    about: Mapping[str, Any] = record.get("question") or record
    return Place(
        thread_text(about.get("thread") or ""), str(about.get("ts") or record.get("question_ts") or "")
    )


def side_of(record: Mapping[str, Any]) -> Side:
    """Which of two models' answers a raw record is about; empty where there is only one."""
    return (record.get("question") or record).get("side") or ""


_OF_BOTH = {"release", "gate"}


def is_said_of(record: Mapping[str, Any], side: Side, *, first: bool) -> bool:
    """Whether a record is said of one side; what is said of both is with the first, a release with each."""
    if record["kind"] in _OF_BOTH or "side" not in (record.get("question") or record):
        return first or record["kind"] in _OF_BOTH
    return side_of(record) == side


def tells_of_more(record: Mapping[str, Any], *, private: bool, whole: bool) -> bool:
    """Whether it judges a summary of more than leaves: a session's is of `private` threads, too,
    and a thread's wrap-up of turns that stay behind where the thread is not `whole`."""
    sums = record["sums"] if record["kind"] in OF_SUMMARIES else ""
    return (sums == "session" and not private) or (sums == "thread" and not whole)


def typed(record: Mapping[str, Any]) -> Any:
    """The record as its type; fields of a later version that this one does not know are left out."""
    return _ADAPTERS[record["kind"]].validate_python(record)


def raw(kind: str, record: Any) -> dict[str, Any]:
    """A typed record as JSON has it."""
    return {"kind": kind} | _ADAPTERS[kind].dump_python(record, mode="json")
