"""Takes a thread, a person or a lab out of the record: looked at first, then done, with a receipt (P12)."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from bot.caps import Spent
from bot.errors import Held
from bot.running import Running
from bot.scopes import Hold, Reach, Scope, covered, fingerprint, pseudonym, read_scope
from bot.store.found import Found
from bot.store.holds import Holds
from bot.store.jobs import CROSS_LAB, Close, Jobs
from bot.store.journal import Journal, Line, read
from bot.store.renaming import Renaming
from bot.store.spending import Spending
from bot.store.traces import Traces

SCHEMA_VERSION = 1
"""Of `purge` records in the journal."""

RETENTION = "retention"
"""Who asks for a purge of what is old; without anything to take it leaves no receipt."""

PATIENCE = 10.0
"""Seconds in which answers that are being written may end before they are taken away from their workers."""

ROUNDS = 5  # in which a purge takes what was written while it took something out
_NOTED = "questions"  # the job's field that lists what a person asked


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would take; `code` must be said to do it, and holds for a day."""

    scope: Scope
    records: int
    questions: int
    threads: int
    messages: int
    running: int
    held: int  # records that stay, since a hold keeps them
    code: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a purge took out of one lab's record: how many records, and a hash over theirs."""

    purge: str
    lab: str
    records: int
    digest: str
    held: int


_RECEIPTS = TypeAdapter(list[Receipt])


@dataclass(frozen=True, slots=True)
class Order:
    """One purge. `by` says in what role it was asked for, never by whom: that is in the audit trail."""

    id: str
    scope: Scope
    by: str
    counts: bool = True  # what caps count of a person goes, too
    slack: bool = True  # our messages go from Slack
    archive: bool = True  # the archive follows


class Purges:
    """Looks, orders, and carries out."""

    def __init__(self, jobs: Jobs, clock: Callable[[], float] = time.time) -> None:
        self._jobs = jobs
        self._clock = clock
        self._journal = Journal(jobs.store)
        self._traces = Traces(jobs.store, jobs.labs)
        self._holds = Holds(jobs.store)
        self._spending = Spending(jobs.store)

    async def look(self, scope: Scope) -> Plan:
        """A dry run. Held where a hold keeps all of it."""
        holds = await self._free(scope)
        found, _ = await self._traces.find(scope, holds)
        return Plan(
            scope,
            records=sum(map(len, found.lines.values())),
            questions=sum(map(len, found.asked.values())),
            threads=len(found.asked),
            messages=sum(map(len, found.messages.values())),
            running=len(found.running),
            held=found.held,
            code=await self.code(scope),
        )

    async def code(self, scope: Scope) -> str:
        """What the second step must repeat from the first, on the same day."""
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        key = await self._jobs.store.pseudonym_key()
        return hmac.digest(key, f"purge {today} {scope.dump()}".encode(), "sha256").hex()[:6]

    async def order(self, scope: Scope, by: str, *, counts: bool = True) -> str:
        """Queue a purge; gives the receipt's id. Held where a hold keeps all of it."""
        await self._free(scope)
        at = self._clock()
        purge = hashlib.sha256(f"{at} {scope.dump()}".encode()).hexdigest()[:12]
        fields = {"scope": scope.dump(), "by": by, "counts": "1" if counts else ""}
        lane = scope.lab or CROSS_LAB
        await self._jobs.enqueue(lane, f"purge:{lane}", f"purge:{purge}", int(at * 1e6), fields)
        return purge

    async def finished(self, lab: str, purge: str, patience: float = 25.0) -> Receipt | None:
        """A queued purge's receipt in a lab, once it is written; None where that takes longer."""
        until = self._clock() + patience
        while self._clock() < until:
            fields = await self._jobs.fields(f"purge:{lab}", f"purge:{purge}")
            if "receipts" in fields:
                return next(
                    (one for one in _RECEIPTS.validate_json(fields["receipts"]) if one.lab == lab), None
                )
            await asyncio.sleep(0.25)
        return None

    async def run(self, running: Running) -> Close:
        """The runner of `purge` jobs: goes on where a worker that died left it."""
        fields = running.job.fields
        scope, purge = read_scope(fields["scope"]), running.job.id.partition(":")[2]
        order = Order(purge, scope, fields["by"], counts=bool(fields["counts"]))
        known = set(json.loads(fields.get(_NOTED, "[]")))

        async def note(questions: Iterable[str]) -> None:
            await running.note({_NOTED: json.dumps(sorted(questions))})

        try:
            receipts = await self.carry_out(order, known=known, note=note)
        except Held:
            return Close({"outcome": "held", "scope": ""})
        # A person's id is no longer needed.
        return Close(
            {"outcome": "purged", "receipts": _RECEIPTS.dump_json(receipts).decode(), "scope": "", _NOTED: ""}
        )

    async def carry_out(
        self, order: Order, *, ready: Callable[[Line], bool] | None = None,
        known: Iterable[str] = (), note: Callable[[Iterable[str]], Awaitable[None]] | None = None,
    ) -> list[Receipt]:  # fmt: skip
        """Take it all out; may be repeated until it ends. Held where a hold keeps all of it.

        `note` writes down what a person asked, for who goes on with it as `known`. Only what is `ready` goes.
        """
        scope = order.scope
        holds = await self._free(scope)
        head = await self._head(order, holds)
        found, reach = await self._find(order, holds, known, ready)
        for _ in range(ROUNDS):
            if note:
                await note(reach.concern.questions if scope.person else ())
            await self._take(order, found, reach, head)
            if scope.before:  # nothing that begins now is as old
                break
            # What was written meanwhile may have what was taken in it, or be about that.
            found, reach = await self._find(order, holds, known, ready, reach)
            if not found.lines and not found.jobs:
                break
        labs = [scope.lab] if scope.lab else self._jobs.labs
        if scope.person:
            await self._rename(labs, reach, head)
        return [receipt for lab in labs if (receipt := await self._close(lab, head, found.held))]

    async def _take(self, order: Order, found: Found, reach: Reach, head: dict[str, Any]) -> None:
        """Take out what was found."""
        if order.slack:
            await self._queue_clearing(found, order, reach)
        for job in found.running:
            await self._spending.settle(job.fields["lab"], job.id, Spent())
        await self._traces.forget_keys(reach, counts=order.counts)
        for lab in found.lines:
            await self._traces.redact(lab, found, _receipts(head | {"lab": lab}))
        await self._traces.forget_jobs(found.jobs)

    async def hold(self, hold: Hold) -> bool:
        """Keep something from now on, also from its end in Redis; False where it is held already."""
        placed = await self._holds.place(hold)
        await self._traces.keep([hold.scope])
        return placed

    async def release(self, scope: Scope) -> bool:
        """End a hold; False where there is none of exactly this."""
        released = await self._holds.release(scope)
        if released:
            await self._traces.let_go(scope, await self._holds.scopes())
        return released

    async def holds(self) -> list[Hold]:
        """Every hold there is."""
        return await self._holds.all()

    async def keep_held(self) -> None:
        """Take the end away from what came to be under a hold since; a clock's job, well within KEEP."""
        if holds := await self._holds.scopes():
            await self._traces.keep(holds)

    async def _free(self, scope: Scope) -> list[Scope]:
        """The holds; Held where one keeps all of the scope."""
        holds = await self._holds.scopes()
        if covered(scope, holds):
            raise Held(f"a legal hold keeps this {scope.kind}; release it first")
        return holds

    async def _find(
        self, order: Order, holds: Sequence[Scope], known: Iterable[str],
        ready: Callable[[Line], bool] | None, reach: Reach | None = None,
    ) -> tuple[Found, Reach]:  # fmt: skip
        """Find all there is, once what ran of it has ended."""
        found, reach = await self._traces.find(order.scope, holds, known, ready, reach)
        if order.slack and found.running:
            await self._stop(found)
            found, _ = await self._traces.find(order.scope, holds, known, ready, reach)
        return found, reach

    async def _stop(self, found: Found) -> None:
        """Ask what runs to end, and wait for that a while."""
        for job in found.running:
            await self._jobs.cancel(job.fields["mailbox"], job.id, "withdrawn")
        until = self._clock() + PATIENCE
        while self._clock() < until:
            await asyncio.sleep(0.25)
            states = [await self._jobs.fields(job.fields["mailbox"], job.id) for job in found.running]
            if not any(fields.get("state") == "running" for fields in states):
                return

    async def _queue_clearing(self, found: Found, order: Order, reach: Reach) -> None:
        """One job for each thread takes our messages away: paced by Slack's limits, whoever dies."""
        scope = order.scope
        # What Redis forgot of a thread long ago may still stand there.
        is_here = scope.thread and reach.may_be_here(scope.thread)
        named = {(scope.lab, scope.thread)} if is_here else set[tuple[str, str]]()
        for lab, thread in found.in_slack | named:
            place = (lab, thread)
            whole = (place in found.asked or place in named) and not (scope.person or found.held)
            fields = {
                "thread": thread,
                # A summary that goes is a message alone: what people ask below it is not of this purge.
                "whole": "1" if whole else "",
                "messages": json.dumps(sorted(found.messages.get(place, ()))),
                "files": json.dumps(sorted(found.files.get(place, ()))),
                "asked": json.dumps(sorted(found.asked.get(place, ()))),
            }
            # More may be found in a thread later.
            job = f"clear:{thread}:{order.id}:{fingerprint(fields)[:8]}"
            await self._jobs.enqueue(lab, f"{thread}:clear", job, int(self._clock() * 1e6), fields)

    async def _rename(self, labs: Sequence[str], reach: Reach, head: dict[str, Any]) -> None:
        """What a person decided on others' answers stays, under a pseudonym."""
        key = await self._jobs.store.pseudonym_key()
        renaming = Renaming(self._jobs.store, partial(pseudonym, key=key))
        for lab in labs:
            await renaming.rename(lab, reach, _receipts(head | {"lab": lab}, "renamed"))

    async def _head(self, order: Order, holds: Sequence[Scope]) -> dict[str, Any]:
        key = await self._jobs.store.pseudonym_key()
        hidden = [hold.hidden(key) for hold in holds]
        return {
            "kind": "purge", "schema_version": SCHEMA_VERSION, "purge": order.id, "by": order.by,
            "at": self._clock(), "scope": asdict(order.scope.hidden(key)),
            "spared": [asdict(hold) for hold in hidden], "archive": order.archive,
        }  # fmt: skip

    async def _close(self, lab: str, head: dict[str, Any], held: int) -> Receipt | None:
        """Write a lab's last receipt, over all that this purge took, whichever worker did; None for none."""
        parts = await self._receipts_of(lab, head["purge"])
        if not parts and head["by"] == RETENTION:
            return None
        removed = sorted(name for part in parts for name in part.get("removed", ()))
        digest = hashlib.sha256("".join(removed).encode()).hexdigest()
        receipt = Receipt(head["purge"], lab, len(removed), digest, held)
        if not any("digest" in part for part in parts):
            record = head | asdict(receipt) | {"kind": "purge"}
            await self._journal.append(lab, f"purge:{lab}", json.dumps(record))
        return receipt if removed or head["scope"]["lab"] else None

    async def _receipts_of(self, lab: str, purge: str) -> list[dict[str, Any]]:
        lines = read(self._jobs.store, lab)
        return [line async for line in lines if line["kind"] == "purge" and line["purge"] == purge]


def _receipts(head: dict[str, Any], done: str = "removed") -> Callable[[Sequence[str]], str]:
    """Makes the record that names some of the records taken out, or `renamed`: without the person's id."""
    return lambda records: json.dumps(head | {done: list(records)})
