"""What a purge or a hold is about - a thread, a person, a lab - and which records concern it."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, cast

from pydantic import TypeAdapter

from bot.records import thread_text

KEPT = frozenset({"purge", "redaction", "gate", "audit", "hold"})
"""Kinds of records that hold no person's words and tell what was done: no purge takes them."""

DECISIONS = frozenset({"release", "flag"})
"""Kinds of records in which moderators decide on an answer: they go with its question, not who decided."""

DECIDED_BY = ("user", "claimed_by")
"""Where these name who decided: a purge of that person puts their pseudonym there."""

_PLACE = re.compile(r"([A-Z0-9]+):([A-Z0-9]+):([0-9]+\.[0-9]+)")


@dataclass(frozen=True, slots=True)
class Scope:
    """Records of a lab ("" is every lab), of one thread in it, or of one person; `before` a time, if any."""

    lab: str = ""
    thread: str = ""  # "team:channel:ts"
    person: str = ""  # a Slack user id, or its pseudonym in a receipt
    before: float = 0.0  # seconds since the epoch; 0 is no limit

    @property
    def kind(self) -> Literal["thread", "person", "lab"]:
        return "thread" if self.thread else "person" if self.person else "lab"

    def hidden(self, key: bytes) -> "Scope":
        """The same with the person's pseudonym in place of the id, as receipts keep it."""
        return replace(self, person=pseudonym(self.person, key)) if self.person else self

    def dump(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))


_SCOPE = TypeAdapter(Scope)


def read_scope(text: str) -> Scope:
    """Read what `dump` wrote."""
    return _SCOPE.validate_json(text)


def scope_of(raw: Mapping[str, Any]) -> Scope:
    """Read a scope as a record holds it."""
    return _SCOPE.validate_python(raw)


def pseudonym(person: str, key: bytes) -> str:
    """What stands for a person where no id may; the same person always has the same."""
    return hmac.digest(key, f"person:{person}".encode(), "sha256").hex()[:32]


def fingerprint(record: Mapping[str, Any]) -> str:
    """A hash of one record, whatever order and spacing its JSON was written in."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def lab_of(record: Mapping[str, Any]) -> str:
    """The lab a record belongs to."""
    return str(record.get("lab") or _question(record).get("lab") or "")


def thread_of(record: Mapping[str, Any]) -> str:
    """The thread a record is about, as "team:channel:ts"; empty where it is about none."""
    return thread_text(record.get("thread") or _question(record).get("thread") or "")


def question_of_record(record: Mapping[str, Any]) -> str:
    """The question a record is about, as "team:channel:ts"; empty where it is about none."""
    asked: Any = record.get("question_ts") or _question(record).get("ts") or record.get("question")
    thread = thread_of(record)
    return question_key(thread, asked) if thread and isinstance(asked, str) and asked else ""


def first_of_record(record: Mapping[str, Any]) -> str:
    """The question that a record's question asks again, as "team:channel:ts"; empty where it asks anew."""
    first: Any = record.get("repeats") or _question(record).get("repeats")
    return question_key(thread_of(record), first) if isinstance(first, str) and first else ""


def question_key(thread: str, ts: str) -> str:
    """The question of this ts in a thread."""
    return f"{thread.rpartition(':')[0]}:{ts}"


def places(text: str) -> list[str]:
    """Every thread and question that a key or a job's id names, as "team:channel:ts"."""
    return [":".join(found) for found in _PLACE.findall(text)]


def people_of(record: Mapping[str, Any]) -> set[str]:
    """Whose a record is: who wrote what it holds, but not who decided on what another wrote."""
    if record.get("kind") in DECISIONS:
        return set()
    named = (record.get("user"), _question(record).get("user"))
    return {name for name in named if isinstance(name, str) and name}


def _question(record: Mapping[str, Any]) -> dict[str, Any]:
    question = record.get("question")
    return cast("dict[str, Any]", question) if isinstance(question, dict) else {}


@dataclass(slots=True)
class Concern:
    """Says of each record whether a scope concerns it: `learn` them all first, then ask.

    What others said of a person's question concerns the person, too; so does the same question asked
    again by others. `name` gives what the scope's `person` is compared with: a person's id as it is, or
    its pseudonym.
    """

    scope: Scope
    name: Callable[[str], str] = str
    questions: set[str] = field(default_factory=set[str])
    threads: set[str] = field(default_factory=set[str])  # that it began
    touched: set[str] = field(default_factory=set[str])  # that it asked in, or gave details in
    repeats: dict[str, str] = field(default_factory=dict[str, str])  # a question that asks again -> the first
    summaries: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The message of each summary, as "team:channel:ts" -> the threads that it sums up."""

    def learn(self, record: Mapping[str, Any]) -> None:
        """Take in whose question or thread it is about."""
        asked, first = question_of_record(record), first_of_record(record)
        if asked and first:
            self.repeats[asked] = first
        if record.get("kind") == "summary" and record.get("ts"):  # the first ones were written without
            place = f"{record['team']}:{record['channel']}:{record['ts']}"
            self.summaries[place] = tuple(record.get("threads", ()))
        if record.get("kind") == "details" and self._own(record):
            self.touched.add(thread_of(record))
        if not asked or record.get("kind") not in {"answer", "job"} or not self._own(record):
            return
        self.questions.add(asked)
        self.touched.add(thread_of(record))
        if asked == thread_of(record):  # it began the thread
            self.threads.add(asked)

    def hits(self, record: Mapping[str, Any]) -> bool:
        """Whether the scope concerns this record."""
        if record.get("kind") in KEPT or not self._in_time(record):
            return False
        if self._own(record) or self._sums_up(record):
            return True
        asked = question_of_record(record)
        if not asked:
            return thread_of(record) in self.threads
        return asked in self.questions or self.repeats.get(asked) in self.questions

    def _sums_up(self, record: Mapping[str, Any]) -> bool:
        """Whether a record puts into other words what was said in a thread of the scope, or judges that."""
        if self.scope.lab and lab_of(record) != self.scope.lab:
            return False
        judged = question_key(thread_of(record), str(record.get("summary_ts")))
        named: Iterable[str] = record.get("threads") or self.summaries.get(judged, ())
        return any(thread == self.scope.thread or thread in self.touched for thread in named)

    def decides(self, record: Mapping[str, Any]) -> bool:
        """Whether the person of the scope decided, in its lab, on what another wrote."""
        if record.get("kind") not in DECISIONS or not self._in_time(record):
            return False
        here = self.scope.lab in {"", lab_of(record)} and self.scope.thread in {"", thread_of(record)}
        return here and any(self.is_person(str(record.get(name))) for name in DECIDED_BY)

    def is_person(self, name: str) -> bool:
        """Whether this is the person of the scope."""
        return bool(self.scope.person) and self.name(name) == self.scope.person

    def _own(self, record: Mapping[str, Any]) -> bool:
        scope = self.scope
        if (scope.lab and lab_of(record) != scope.lab) or not self._in_time(record):
            return False
        if scope.thread and thread_of(record) != scope.thread:
            return False
        return not scope.person or any(self.is_person(name) for name in people_of(record))

    def _in_time(self, record: Mapping[str, Any]) -> bool:
        at: Any = record.get("at") or record.get("finished_at") or 0.0
        return not self.scope.before or float(at) < self.scope.before


@dataclass(slots=True)
class Reach:
    """What a purge may take: what its scope concerns and no hold does."""

    concern: Concern
    held: list[Concern] = field(default_factory=list[Concern])
    homes: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Of each question and thread: its lab and thread."""

    def learn(self, record: Mapping[str, Any]) -> None:
        for concern in (self.concern, *self.held):
            concern.learn(record)
        lab, thread = lab_of(record), thread_of(record)
        self.homes |= {place: (lab, thread) for place in (thread, question_of_record(record)) if place}

    def takes(self, record: Mapping[str, Any]) -> bool:
        return self.concern.hits(record) and not self.spares(record)

    def spares(self, record: Mapping[str, Any]) -> bool:
        """Whether a hold keeps a record."""
        return any(held.hits(record) for held in self.held)

    def renames(self, record: Mapping[str, Any]) -> bool:
        """Whether a record stays, with a pseudonym in place of the person."""
        held = any(held.hits(record) or held.decides(record) for held in self.held)
        return self.concern.decides(record) and not self.concern.hits(record) and not held

    def takes_question(self, question: str) -> bool:
        """The same of a question, as "team:channel:ts"."""
        held = any(question in held.questions for held in self.held)
        return question in self.concern.questions and not held

    def takes_place(self, place: str) -> bool:
        """The same of a question, or of a thread as a whole."""
        return self.takes_question(place) or self._takes_thread(place)

    def takes_notes(self, thread: str) -> bool:
        """The same of what a model noted on a thread: anybody's words may be in it."""
        held = any(thread in held.touched for held in self.held)
        return thread in self.concern.touched and not held and not self.concern.scope.before

    def takes_person(self, word: str, key: str, labs: Container[str]) -> bool:
        """Whether a word of a key, or of a field of it, is the person, in a place or lab that is taken."""
        if not self.concern.is_person(word):
            return False
        if found := places(key):
            return all(self.takes(self._said(place, word)) for place in found)
        lab = next((part for part in key.split(":") if part in labs), "")
        if lab:
            return self.takes({"lab": lab, "user": word})
        return not any(held.is_person(word) for held in self.held)

    def _said(self, place: str, person: str) -> dict[str, str]:
        """As a record, that a person said something of a question or thread."""
        lab, thread = self.homes.get(place, ("", place))
        return {"lab": lab, "thread": thread, "question_ts": place.rpartition(":")[2], "user": person}

    def may_be_here(self, thread: str) -> bool:
        """Whether a thread is of the scope's lab, as far as is known."""
        home = self.homes.get(thread, (self.concern.scope.lab, ""))[0]
        return self.concern.scope.lab in {"", home}

    def _takes_thread(self, thread: str) -> bool:
        scope = self.concern.scope
        if scope.before or any(thread in held.touched for held in self.held) or not self.may_be_here(thread):
            return False
        own = self.concern.threads if scope.person else self.concern.touched | {scope.thread}
        return thread in own


def covered(scope: Scope, holds: Iterable[Scope]) -> bool:
    """Whether one hold keeps all that a scope could concern."""
    return any(
        hold.lab in {"", scope.lab}
        and hold.thread in {"", scope.thread}
        and hold.person in {"", scope.person}
        for hold in holds
    )


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold: no purge, no retention and no expiry touches what it concerns, until it is released."""

    scope: Scope
    by: str
    at: float
    reason: str
