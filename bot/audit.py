"""The audit trail: who did what, in one chain of hashes in which nothing can be altered unseen."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from bot.store.ledger import Ledger, Write
from bot.store.states import LabState

log = logging.getLogger(__name__)

Ended = Literal["ordered", "done", "declined", "refused", "failed"]
"""`ordered` stands before an act that writes no entry of its own: without a later one it was cut off.

`refused` says that the person may not do it, `declined` that it could not be done as it was asked.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: what stood before and after it, and the hash of the entry before it."""

    number: int
    at: float  # seconds since the epoch
    team: str
    actor: str  # a Slack user id; "clock" or "console" where no person acted in Slack
    act: str  # a subcommand's name
    lab: str  # its key; "" where it is about no lab
    ended: Ended
    before: str
    after: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person of a workspace, or a part of labjam by its name."""

    team: str
    user: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an act does to a lab's state: fields to set ("" takes one away), and how the audit words it."""

    fields: dict[str, str]
    before: str = ""
    after: str = ""
    also: Sequence[Write] = field(default_factory=tuple[Write, ...])


_ENTRY = TypeAdapter(Entry)


class Audit:
    """Adds to the trail. Whoever changes a lab's state does it here, so that no change goes unrecorded."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self.ledger = ledger
        self._clock = clock

    async def append(
        self, actor: Actor, act: str, lab: str = "", *,
        before: str = "", after: str = "", ended: Ended = "done",
    ) -> None:  # fmt: skip
        """Record an act that changed no lab's state, or how far one came."""
        await self._record(actor, act, lab, lambda _: Change({}, before, after), ended)

    async def change(
        self, actor: Actor, act: str, lab: str, decide: Callable[[LabState], Change]
    ) -> LabState:
        """Change a lab's state and record it, in one step; gives the state as it was before.

        `decide` is asked again where somebody else's act came first; what it raises comes out.
        """
        return await self._record(actor, act, lab, decide, "done")

    async def _record(
        self, actor: Actor, act: str, lab: str, decide: Callable[[LabState], Change], ended: Ended
    ) -> LabState:
        while True:
            head = await self.ledger.look(lab)
            change = decide(head.state)
            entry = chained(
                Entry(
                    head.number + 1, self._clock(), actor.team, actor.user, act, lab, ended,
                    change.before, change.after, head.hash, "",
                )
            )  # fmt: skip
            writes = [(f"state:{lab}", name, value) for name, value in change.fields.items()]
            written = (entry.hash, entry.number, _ENTRY.dump_json(entry).decode())
            if await self.ledger.write(head.hash, written, [*writes, *change.also]):
                about = {"number": entry.number, "act": act, "lab": lab, "ended": ended, "hash": entry.hash}
                log.info("audited", extra=about)  # a log kept elsewhere shows what was cut off at the end
                return head.state


def chained(entry: Entry) -> Entry:
    """The entry with its hash: sha256 over all its other fields, that of the entry before among them."""
    fields = asdict(entry)
    del fields["hash"]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return replace(entry, hash=hashlib.sha256(text.encode()).hexdigest())


def read_entry(line: str) -> Entry:
    """Read an entry's JSON; ValueError where it is none."""
    try:
        return _ENTRY.validate_json(line)
    except ValidationError as error:
        raise ValueError("not an entry of an audit trail") from error


def faults(lines: Iterable[str], head: tuple[int, str] | None = None) -> list[str]:
    """Name what is altered, missing or out of order in a trail given as JSON lines.

    `head` is the number and hash of the last entry where somebody knows them.
    """
    found: list[str] = []
    number, last = 0, ""
    for place, line in enumerate(lines, 1):
        try:
            entry = read_entry(line)
        except ValueError:
            found.append(f"line {place}: not readable as an entry")
            number, last = number + 1, ""
            continue
        found += _faults_of(entry, number, last)
        number, last = entry.number, entry.hash
    if head and head != (number, last):
        found.append(f"the trail ends with entry {number}, but entry {head[0]} was the last one written")
    return found


def differences(kept: Iterable[str], later: Iterable[str]) -> list[str]:
    """Name the entries of a trail kept elsewhere that a later one has otherwise, or no longer.

    So is found what one trail alone can't tell: an end cut off, or a whole chain made anew.
    """
    now = {entry.number: entry.hash for entry in _readable(later)}
    found: list[str] = []
    for entry in _readable(kept):
        if entry.number not in now:
            found.append(f"entry {entry.number}: not in the later trail")
        elif now[entry.number] != entry.hash:
            found.append(f"entry {entry.number}: another one in the later trail")
    return found


def _readable(lines: Iterable[str]) -> Iterator[Entry]:
    for line in lines:
        with suppress(ValueError):  # `faults` names those
            yield read_entry(line)


def _faults_of(entry: Entry, number: int, last: str) -> list[str]:
    found: list[str] = []
    if entry.number <= number:
        found.append(f"entry {entry.number}: out of order, it stands after entry {number}")
    elif entry.number == number + 2:
        found.append(f"entry {number + 1}: missing")
    elif entry.number > number + 1:
        found.append(f"entries {number + 1} to {entry.number - 1}: missing")
    elif last and entry.previous != last:
        found.append(f"entry {entry.number}: does not follow from entry {number} as it stands")
    if chained(entry).hash != entry.hash:
        found.append(f"entry {entry.number}: altered after it was written")
    return found
