"""The worker: takes jobs in turn from all labs, keeps their leases, and gives back what it can't end."""

import asyncio
import logging
import random
import time
from collections import Counter as Tally
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from itertools import cycle, islice
from typing import Any, Literal

from prometheus_client import Counter, Gauge

from bot.errors import LeaseLost, RetryLater, StoreAway
from bot.running import Lease, Runner, Running, insist
from bot.store.jobs import Close, Entry, Jobs

log = logging.getLogger(__name__)

LEASE = 10.0
"""Seconds of silence after which another worker takes a job over."""
PULSE = 0.4
"""Seconds between heartbeats: a cancellation is heard within one."""
TAKE_EVERY = 0.02
"""Seconds between two reads of a busy queue: what came meanwhile is taken together."""
AT_ONCE = 4
"""Jobs of each lab in one read: while many begin together, nothing else gets its turn."""
SLOTS = 512
"""Jobs one worker runs at once; each is a stream that mostly waits."""
MAX_TRIES = 8
"""Of a job that breaks without asking for a retry itself."""
MAX_TAKES = 10
"""Workers that may die of one job."""

Phase = Literal["working", "draining", "ended"]

_RUNNING = Gauge("labjam_jobs_running", "Jobs that run in this process")
_ENDED = Counter("labjam_jobs_ended_total", "Jobs that left this worker", ["kind", "how"])


class _Held:
    """One taken entry: its lease from the first moment, its job once begun."""

    def __init__(self, entry: Entry, lease: Lease) -> None:
        self.entry = entry
        self.lease = lease
        self.running: Running | None = None
        self.task: asyncio.Task[None] | None = None


class Worker:
    """Runs jobs with the runner of their kind, at most `slots` at once.

    A worker that is `alone` with its store takes over at once what an earlier process left.
    """

    def __init__(
        self, jobs: Jobs, runners: Mapping[str, Runner], last_words: Mapping[str, Runner] | None = None, *,
        alone: bool = False,
        slots: int = SLOTS, lease: float = LEASE,
        clock: Callable[[], float] = time.monotonic, chance: random.Random | None = None,
    ) -> None:  # fmt: skip
        self._jobs = jobs
        self._runners = runners
        self._last_words = last_words or {}
        self._alone = alone
        self._slots = slots
        self._lease = lease
        self._clock = clock
        self._chance = chance or random.Random()  # noqa: S311 - jitter
        self._held: dict[Entry, _Held] = {}
        self._turn = cycle(range(len(jobs.labs)))
        self._freed = asyncio.Event()
        self._phase: Phase = "working"

    async def run(self, stop: asyncio.Event, grace: float = 4.0) -> None:
        """Work until `stop`; then finish what ends within `grace` seconds and hand the rest over."""
        await insist(self._jobs.prepare)
        shards = range(self._jobs.store.shards)
        if self._alone:
            for shard in shards:
                await insist(lambda: self._take_over(shard, silent_for=0.0))  # noqa: B023 - awaited here
        takers = [asyncio.create_task(self._repeat(self._take, s, "working")) for s in shards]
        keepers = [
            asyncio.create_task(self._repeat(step, s, "working", "draining"))
            for s in shards
            for step in (self._pulse, self._sweep)
        ]
        try:
            await stop.wait()
        finally:
            self._phase = "draining"
            await asyncio.wait(takers, timeout=1.0)  # a cancelled read could lose what it was given
            await _end(takers)
            await self._drain(grace)
            self._phase = "ended"
            await _end(keepers)
            with suppress(StoreAway):
                await self._jobs.leave()

    async def _repeat(
        self, step: Callable[[int], Coroutine[Any, Any, None]], shard: int, *phases: Phase
    ) -> None:
        # The phase, too: redis-py can take a cancellation for a time-out of its own.
        while self._phase in phases:
            try:
                await insist(lambda: step(shard))
            except Exception:
                log.exception("worker loop broke", extra={"step": step.__name__, "shard": shard})
                await asyncio.sleep(1.0)

    async def _take(self, shard: int) -> None:
        labs = self._labs_with_room()
        room = self._slots - len(self._held)
        if not labs:
            self._freed.clear()
            await self._freed.wait()
            return
        share = min(AT_ONCE, max(1, room // (len(labs) * self._jobs.store.shards)))
        block = 500 if len(labs) == len(self._jobs.labs) else 50
        taken = await self._jobs.take(shard, labs[:room], share, block)
        for entry in taken:
            self._start(entry)
        if taken:
            await asyncio.sleep(TAKE_EVERY)

    def _labs_with_room(self) -> Sequence[str]:
        """Whose jobs may start, another lab first each time.

        The last slots, one for each lab, are for labs that hold less than their share: however
        many questions one lab asks, another lab's next one starts at once.
        """
        labs = self._jobs.labs
        first = next(self._turn)
        in_turn = list(islice(cycle(labs), first, first + len(labs)))
        room = self._slots - len(self._held)
        if room > len(labs):
            return in_turn
        running = Tally(held.entry.lab for held in self._held.values())
        share = max(1, self._slots // len(labs))
        return [lab for lab in in_turn if running[lab] < share][: max(room, 0)]

    def _start(self, entry: Entry) -> None:
        held = self._held[entry] = _Held(entry, Lease(self._lease, self._clock))
        held.task = asyncio.create_task(self._work(held))
        held.task.add_done_callback(lambda _: self._free(entry))
        _RUNNING.set(len(self._held))

    def _free(self, entry: Entry) -> None:
        self._held.pop(entry, None)
        self._freed.set()
        _RUNNING.set(len(self._held))

    async def _work(self, held: _Held) -> None:
        job = await insist(lambda: self._jobs.begin(held.entry))
        if job is None:
            return
        held.running = Running(job, self._jobs, held.lease)
        how = "finished"
        try:
            how = await self._attempt(held.running)
        except LeaseLost:
            how = "lost"
        except asyncio.CancelledError:
            how = "lost" if held.lease.lost else "handed over"
            if not held.lease.lost:
                with suppress(StoreAway):  # then the lease runs out by itself
                    await self._jobs.release(job, counts=False, clean=held.running.recorded)
        log.info("job ended", extra={"job": job.id, "how": how, "tries": job.tries})
        _ENDED.labels(job.kind, how).inc()

    async def _attempt(self, running: Running) -> str:
        job = running.job
        try:
            if job.takes > MAX_TAKES:
                raise RuntimeError(f"{job.takes} workers died of it")
            close = await self._runners[job.kind](running)
        except RetryLater as later:
            log.log(
                logging.WARNING if later.counts else logging.INFO,
                "job waits",
                extra={"job": job.id, "why": str(later)},
            )
            return await self._later(running, later.delay, "retried", counts=later.counts)
        except (LeaseLost, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("job broke", extra={"job": job.id, "tries": job.tries})
            if job.tries < MAX_TRIES and job.takes <= MAX_TAKES:
                return await self._later(running, None, "broke", counts=True)
            close = await self._give_up(running)
        return "finished" if await insist(lambda: self._jobs.finish(job, close)) else "lost"

    async def _later(self, running: Running, delay: float | None, how: str, *, counts: bool) -> str:
        job = running.job
        wait = delay if delay is not None else self._backoff(job.tries)
        clean, heard = running.recorded and how == "retried", bool(running.stopped)
        await insist(lambda: self._jobs.release(job, wait, counts=counts, clean=clean, heard=heard))
        return how

    async def _give_up(self, running: Running) -> Close:
        """The last words of a job that can't be done; where even those break, it ends without."""
        try:
            return await self._last_words[running.job.kind](running)
        except (LeaseLost, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("job given up", extra={"job": running.job.id})
            return Close({"outcome": "failed"})

    def _backoff(self, tries: int) -> float:
        return min(60.0, 2.0 ** min(tries, 6)) * self._chance.uniform(0.5, 1.5)

    async def _pulse(self, shard: int) -> None:
        now = self._clock()
        mine = [held for held in self._held.values() if held.entry.shard == shard]
        due = [held for held in mine if now - held.lease.renewed_at > self._lease / 4]
        lost, cancelled = await self._jobs.pulse(shard, [held.entry for held in due])
        for held in due:
            if held.entry not in lost:
                held.lease.renew(now)
            elif held.task:
                held.lease.lose()
                held.task.cancel()
        for held in mine:
            if held.running and held.running.job.id in cancelled:
                held.running.stop(cancelled[held.running.job.id])
        await asyncio.sleep(PULSE)

    async def _sweep(self, shard: int) -> None:
        if self._phase == "working":
            await self._take_over(shard, silent_for=self._lease)
        await asyncio.sleep(self._lease / 4 * self._chance.uniform(0.8, 1.2))

    async def _take_over(self, shard: int, silent_for: float) -> None:
        room = self._slots - len(self._held)
        if room > 0:
            for entry in await self._jobs.sweep(shard, silent_for, room, self._jobs.labs):
                if entry not in self._held:
                    self._start(entry)

    async def _drain(self, grace: float) -> None:
        tasks = [held.task for held in self._held.values() if held.task]
        if not tasks:
            return
        _, slow = await asyncio.wait(tasks, timeout=grace)
        for held in list(self._held.values()):
            if held.running and held.task in slow:
                held.running.handing_over = True
            if held.task:
                held.task.cancel()
        if slow:
            await asyncio.wait(slow, timeout=3.0)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
