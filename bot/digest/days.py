"""A lab's day in numbers, counted once: its digest's job keeps them for the digest of all labs."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from pydantic import TypeAdapter

from bot.digest.times import Due, Schedule, latest, read_schedule
from bot.labs import Labs
from bot.recount import Figures, Recount
from bot.store.jobs import CROSS_LAB, Jobs
from bot.store.journal import Journal
from bot.store.states import States
from bot.store.unlisted import Unlisted

OFF = "off"

CHANGED = "digest_at"
"""The word of a lab's state that moderators set over lab.toml's `digest_at`."""

_ANY_DAY = date(2026, 1, 15)  # on which zones follow each other as on every other

_SKEW = 60.0  # seconds that Redis's clock may be behind Slack's: journal lines are found by its time


@dataclass(frozen=True, slots=True)
class Day:
    """What the leads read of one lab's day: its figures without threads, what of its caps was used."""

    figures: Figures
    unanswered: int
    flagged: int
    caps: tuple[str, ...] = ()  # "$3.10 of $50.00"
    preferred: str = ""  # the model that blind choices surely prefer to all others


_DAY = TypeAdapter(Day)


def counted(figures: Figures, caps: Iterable[str], preferred: str = "") -> Day:
    """Keep the numbers, and of the threads only how many."""
    bare = replace(figures, best=(), unanswered=(), flagged=())
    return Day(bare, len(figures.unanswered), len(figures.flagged), tuple(caps), preferred)


def noted_day(day: Day) -> str:
    """A day as its job keeps it."""
    return _DAY.dump_json(day).decode()


@dataclass(frozen=True, slots=True)
class Days:
    """Which time a digest tells of, and what was counted in it."""

    labs: Labs
    jobs: Jobs
    states: States

    async def schedule(self, lab: str) -> Schedule:
        """When a lab's digest comes; where it is off, its days are still told apart by this hour."""
        settings, at = self.labs[lab], await self._at(lab)
        return read_schedule("17:00" if at == OFF else at, settings.digest_days, settings.timezone)

    async def schedules(self) -> Mapping[str, Schedule]:
        """Of all labs that want one, and of all labs together: when the last of them has its own."""
        found = {lab: await self.schedule(lab) for lab in self.labs if await self._at(lab) != OFF}
        if found:
            last = max(found.values(), key=lambda schedule: schedule.moment(_ANY_DAY))
            days = frozenset[int]().union(*(schedule.days for schedule in found.values()))
            found[CROSS_LAB] = replace(last, days=days)
        return found

    async def follow(self, lab: str, due: Due, schedule: Schedule) -> Due:
        """The same digest, from where the one before ended: its hour may have been another."""
        before = datetime.fromtimestamp(due.since, schedule.zone).date()
        ended = (await self._noted(lab, before.isoformat())).get("until")
        return replace(due, since=float(ended)) if ended else due

    async def count(self, lab: str, due: Due) -> tuple[Figures, Figures]:
        """The figures of a digest's time, and of the one before it, in one pass over the journal."""
        zone, earlier = self.labs[lab].timezone, latest(await self.schedule(lab), due.since - 1).until
        unlisted = await Unlisted(self.jobs.store).people()
        now = Recount(zone, due.since, due.until, unlisted)
        before = Recount(zone, earlier, due.since)
        journal = Journal(self.jobs.store)
        # Whose a thread is that began earlier stands further back.
        after = "" if unlisted else f"{int((earlier - _SKEW) * 1000)}-0"
        for shard in range(self.jobs.store.shards):
            async for line in journal.lines(shard, lab, after):
                record = json.loads(line.record)
                now.add(record)
                before.add(record)
        return now.figures(), before.figures()

    async def kept(self, lab: str, due: Due) -> Day | None:
        """What a lab's own digest of that day counted, where there was one."""
        noted = (await self._noted(lab, due.day.isoformat())).get("counted")
        return _DAY.validate_json(noted) if noted else None

    async def asked_before(self, lab: str, due: Due, schedule: Schedule) -> int:
        """How many questions the digest before told of; 0 where there was none."""
        before = datetime.fromtimestamp(due.since, schedule.zone).date()
        return int((await self._noted(lab, before.isoformat())).get("questions", 0))

    async def is_on(self, lab: str, due: Due) -> bool:
        """Whether a jam has quiet days now: it has begun, and it was open in some of a digest's time."""
        keys = list(self.labs) if lab == CROSS_LAB else [lab]
        journal = Journal(self.jobs.store)
        return any([await journal.count(key) and not await self._was_closed(key, due) for key in keys])

    async def _was_closed(self, lab: str, due: Due) -> bool:
        state = await self.states.of(lab)
        return state.closed and float(state.fields.get("ended") or 0) <= due.since

    async def _at(self, lab: str) -> str:
        return (await self.states.of(lab)).fields.get(CHANGED) or self.labs[lab].digest_at

    async def _noted(self, lab: str, day: str) -> Mapping[str, str]:
        return await self.jobs.fields(mailbox_of(lab), job_of(lab, day))


def mailbox_of(lab: str) -> str:
    """Where the digests of one lab queue."""
    return f"digest:{lab}"


def job_of(lab: str, day: str) -> str:
    """The job of a lab's daily digest: its id is taken once, so that no digest comes twice (P9)."""
    return f"digest:{lab}:{day}"


def noted_due(found: Due) -> dict[str, str]:
    """The fields of a job that say which digest it is."""
    return {"day": found.day.isoformat(), "since": str(found.since), "until": str(found.until)}


def read_due(fields: Mapping[str, str]) -> Due:
    """Read what `noted_due` wrote."""
    day = datetime.fromisoformat(fields["day"]).date()
    return Due(day, float(fields["since"]), float(fields["until"]))
