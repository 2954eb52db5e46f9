"""The job engine: a mailbox for each thread, a lease on what runs, one finish that can't happen twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from redis.exceptions import ResponseError

from bot.store import keys
from bot.store.redis import Store, by_stream, reachable

Claim = Literal["queued", "known", "full"]
State = Literal["queued", "running", "done", "unknown"]

CROSS_LAB = "hq"
"""The lane in the queue for what belongs to no single lab."""

MAILBOX_LIMIT = 50
"""Jobs that may wait in one thread; the next one is refused, and its asker told."""

FORGOTTEN_AFTER = 24 * 3600
"""Seconds of silence after which the consumer of a worker that died leaves the groups."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A mailbox that this consumer may work on, for as long as its lease holds; `id` is unique in its lab."""

    shard: int
    lab: str
    id: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class Job:
    """A started job: its id, its fields, and what its thread holds so far."""

    entry: Entry
    id: str  # "<kind>:<rest>"
    fields: Mapping[str, str]
    turns: Mapping[str, str]  # question ts -> JSON

    @property
    def kind(self) -> str:
        return self.id.partition(":")[0]

    @property
    def tries(self) -> int:
        """How often it was given back for a retry."""
        return int(self.fields.get("tries", 0))

    @property
    def resumed(self) -> bool:
        """Whether somebody began it before and left no clean account of what stands in Slack."""
        return self.takes > 1 and "clean" not in self.fields

    @property
    def takes(self) -> int:
        """How often it was begun, clean releases left out: each but the first followed a death."""
        return int(self.fields.get("takes", 0))


@dataclass(frozen=True, slots=True)
class Close:
    """What a job leaves behind, written in the same step that ends it."""

    fields: Mapping[str, str]
    record: str = ""  # a journal line, JSON
    turn: str = ""  # a question ts
    turns: str = ""  # its turns, JSON; empty forgets them


@dataclass(frozen=True, slots=True)
class Place:
    """Where a waiting job stands: mailboxes of its lab ahead of it, and jobs ahead in its own thread."""

    ahead: int
    ahead_in_thread: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first job of a thread: "running", "waiting" or "held", and since when (seconds)."""

    state: str
    job: str
    at: float


@dataclass(frozen=True, slots=True)
class Queue:
    """What a lab's threads do now; `first` names some of them, the oldest first."""

    running: int
    waiting: int
    parked: int  # until the lab goes on
    delayed: int  # to be tried again
    first: tuple[Waiting, ...]
    unconfirmed: int = 0  # questions that wait for their asker's word


class Jobs:
    """The engine's verbs, each one atomic; `consumer` names this process."""

    def __init__(self, store: Store, labs: Sequence[str], consumer: str) -> None:
        self.store = store
        self.labs = tuple(labs)
        self.consumer = consumer

    async def enqueue(
        self, lab: str, mailbox: str, job: str, order: int, fields: Mapping[str, str],
        *, limit: int = MAILBOX_LIMIT,
    ) -> Claim:  # fmt: skip
        """Claim `job` and queue it by `order` (microseconds); the same id is taken once, ever."""
        shard = self.store.shard(mailbox)
        return await self.store.run("enqueue", shard, lab, mailbox, job, order, limit, *_flat(fields))

    async def again(
        self, mailbox: str, job: str, order: int, fields: Mapping[str, str] | None = None
    ) -> bool:
        """Queue a finished job once more, with `fields`; False where it is unknown or on its way already."""
        flat = _flat(fields or {})
        return bool(await self.store.run("again", self.store.shard(mailbox), job, order, *flat))

    async def cancel(self, mailbox: str, job: str, reason: str, mark: int = 0) -> State:
        """Ask a job to end early; `mark` seconds long, an unknown one is refused when it arrives."""
        return await self.store.run("cancel", self.store.shard(mailbox), job, reason, mark)

    async def place(self, lab: str, mailbox: str, job: str) -> Place | None:
        """Where a waiting job stands in its lab's queue; None where it runs, rests or is done."""
        home = self.store.shard(mailbox)
        entry, ahead, before = await self.store.run("place", home, lab, mailbox, job, "")
        if not entry:
            return None
        for shard in range(self.store.shards):
            if shard != home:
                ahead += (await self.store.run("place", shard, lab, mailbox, job, entry))[1]
        return Place(ahead, before)

    async def queue(self, lab: str, limit: int) -> Queue:
        """What a lab's threads do, and the first `limit` of them."""
        shards = [await self.store.run("queue", shard, lab, limit) for shard in range(self.store.shards)]
        flat = [part for shard in shards for part in shard[5]]
        named = [Waiting(flat[i], flat[i + 1], int(flat[i + 2]) / 1000) for i in range(0, len(flat), 3)]
        running, waiting, parked, delayed, asked = (sum(shard[i] for shard in shards) for i in range(5))
        first = tuple(sorted(named, key=lambda one: one.at)[:limit])
        return Queue(running, waiting, parked, delayed, first, asked)

    async def hold(self, lab: str, how: str, reason: str = "halted") -> int:
        """Hold a lab's answers back ("paused"), end those that run as well ("stopped"), or let go ("").

        Harmless where it is so already. Gives how many answers end, or may start now.
        """
        shards = range(self.store.shards)
        return sum([await self.store.run("hold", shard, lab, how, reason) for shard in shards])

    async def take(self, shard: int, labs: Sequence[str], count: int, block_ms: int) -> list[Entry]:
        """Up to `count` ready mailboxes of each lab, in turn; waits `block_ms` where there is none."""
        streams = {keys.ready(shard, lab): ">" for lab in labs}
        async with reachable():
            try:
                found: Any = await self.store.client.xreadgroup(
                    "workers", self.consumer, streams, count=count, block=block_ms
                )
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                await self.prepare()  # the store was emptied under us
                return []
        lab_of = dict(zip(streams, labs, strict=True))
        return [
            Entry(shard, lab_of[stream], entry_id, values["mailbox"])
            for stream, entries in by_stream(found)
            for entry_id, values in entries
        ]

    async def prepare(self) -> None:
        """Make the consumer groups that `take` reads from; harmless where they exist."""
        for shard in range(self.store.shards):
            await self.store.run("prepare", shard, FORGOTTEN_AFTER * 1000, *self.labs)

    async def begin(self, entry: Entry) -> Job | None:
        """Start the mailbox's first job; None where nothing is left or another worker has it."""
        begun = await self.store.run("begin", entry.shard, entry.lab, entry.id, self.consumer, entry.mailbox)
        if begun is None:
            return None
        job, fields, turns = begun
        return Job(entry, job, _pairs(fields), _pairs(turns))

    async def note(self, job: Job, fields: Mapping[str, str]) -> bool:
        """Write down how far a running job is; False, and nothing written, where the lease is lost."""
        entry = job.entry
        noted = await self.store.run(
            "note", entry.shard, entry.lab, entry.id, self.consumer, job.id, *_flat(fields)
        )
        return bool(noted)

    async def fields(self, mailbox: str, job: str) -> dict[str, str]:
        """What a job's hash holds; empty where it is unknown."""
        async with reachable():
            return await self.store.client.hgetall(keys.job(self.store.shard(mailbox), job))

    async def is_busy(self, mailbox: str) -> bool:
        """Whether a mailbox holds any job that has not ended."""
        async with reachable():
            return bool(await self.store.client.exists(keys.mailbox(self.store.shard(mailbox), mailbox)))

    async def knows(self, mailbox: str, job: str) -> bool:
        """Whether a job was ever claimed, or its mailbox holds anything."""
        shard = self.store.shard(mailbox)
        async with reachable():
            return bool(await self.store.client.exists(keys.job(shard, job), keys.thread(shard, mailbox)))

    async def running(self, mailbox: str) -> dict[str, dict[str, str]]:
        """The job of a mailbox that runs now, with its fields; empty where none does."""
        async with reachable():
            head = await self.store.client.zrange(keys.mailbox(self.store.shard(mailbox), mailbox), 0, 0)
        found = {job: await self.fields(mailbox, job) for job in head}
        return {job: fields for job, fields in found.items() if fields.get("state") == "running"}

    async def finish(self, job: Job, close: Close) -> bool:
        """End a job with all it leaves behind; False, and nothing written, where the lease is lost."""
        entry = job.entry
        done = await self.store.run(
            "finish", entry.shard, entry.lab, entry.id, self.consumer, entry.mailbox, job.id, keys.KEEP,
            close.record, close.turn, close.turns, *_flat(close.fields),
        )  # fmt: skip
        return bool(done)

    async def release(
        self, job: Job, delay: float = 0.0, *, counts: bool, clean: bool = False, heard: bool = False
    ) -> bool:
        """Give a job back, due in `delay` seconds; `counts` makes it one more try.

        `clean` says that all that stands in Slack is recorded; `heard`, that a cancellation was
        heard: one that was not ends the delay.
        """
        entry = job.entry
        back = await self.store.run(
            "release", entry.shard, entry.lab, entry.id, self.consumer, entry.mailbox, job.id,
            int(delay * 1000), int(counts), int(clean), int(heard),
        )  # fmt: skip
        return bool(back)

    async def pulse(self, shard: int, entries: Sequence[Entry]) -> tuple[set[Entry], dict[str, str]]:
        """Renew leases; gives the entries that are lost, and the cancelled jobs with reasons."""
        held = [part for entry in entries for part in (entry.lab, entry.id)]
        lost, cancelled = await self.store.run("pulse", shard, self.consumer, *held)
        return {entries[i] for i in lost}, _pairs(cancelled)

    async def sweep(self, shard: int, lease: float, room: int, labs: Sequence[str]) -> list[Entry]:
        """Take over up to `room` entries whose owners have been silent for `lease` seconds."""
        flat = await self.store.run("sweep", shard, self.consumer, int(lease * 1000), room, *labs)
        return [Entry(shard, *flat[i : i + 3]) for i in range(0, len(flat), 3)]

    async def leave(self) -> None:
        """Take this consumer off the groups, except where it still holds something."""
        for shard in range(self.store.shards):
            await self.store.run("leave", shard, self.consumer, *self.labs)


def _flat(fields: Mapping[str, str]) -> list[str]:
    return [part for pair in fields.items() for part in pair]


def _pairs(flat: Sequence[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
