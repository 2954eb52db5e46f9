"""A job while it runs: its lease, how far it is, and whether it is to end early."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

from bot.errors import Declined, LeaseLost, StoreAway
from bot.store.jobs import Close, Job, Jobs

log = logging.getLogger(__name__)

T = TypeVar("T")


class Running:
    """A job and its lease, as the feature that runs it sees them."""

    def __init__(self, job: Job, jobs: Jobs, lease: "Lease") -> None:
        self.job = job
        self.stopped = ""  # why it is to end early: "stopped", "withdrawn"
        self.handing_over = False
        self.recorded = False  # whether all that stands in Slack is written down; else the next one looks
        self.on_stop: Callable[[], object] | None = None
        self._jobs = jobs
        self._lease = lease
        if "cancel" in job.fields:
            self.stopped = job.fields["cancel"]

    async def hold(self) -> None:
        """Return while the lease is known to hold; wait through a Redis outage; LeaseLost after."""
        await self._lease.hold()

    async def note(self, fields: Mapping[str, str]) -> None:
        """Write down how far the job is; LeaseLost where another worker has it now."""
        if not await insist(lambda: self._jobs.note(self.job, fields)):
            raise LeaseLost("another worker took the job over")

    async def fields(self) -> dict[str, str]:
        """What is known of this job now, whoever wrote it."""
        return await insist(lambda: self._jobs.fields(self.job.entry.mailbox, self.job.id))

    async def fields_of(self, job: str) -> dict[str, str]:
        """What is known of another job of the same thread; empty where it is unknown."""
        return await insist(lambda: self._jobs.fields(self.job.entry.mailbox, job))

    async def about(self) -> dict[str, str]:
        """What is known of the job that this one is about; empty where it is unknown."""
        return await insist(lambda: self._jobs.fields(self.job.entry.mailbox, self.job.fields["about"]))

    def stop(self, reason: str) -> None:
        """End early: the feature keeps what it has."""
        if not self.stopped:
            self.stopped = reason
            if self.on_stop:
                self.on_stop()


class Lease:
    """What this process knows of its hold on one entry; costs no Redis command to ask."""

    def __init__(self, length: float, clock: Callable[[], float]) -> None:
        self._length = length
        self._clock = clock
        self.renewed_at = clock()
        self.lost = False
        self._changed = asyncio.Event()

    def renew(self, at: float) -> None:
        self.renewed_at = at
        self._changed.set()

    def lose(self) -> None:
        self.lost = True
        self._changed.set()

    async def hold(self) -> None:
        # Three quarters: what we do next reaches Slack before anybody else may take the job over.
        while not self.lost and self._clock() - self.renewed_at > self._length * 0.75:
            self._changed.clear()
            await self._changed.wait()
        if self.lost:
            raise LeaseLost("another worker took the job over")


Runner = Callable[[Running], Awaitable[Close]]
"""What a feature gives the worker for each kind of its jobs."""


async def insist(verb: Callable[[], Awaitable[T]]) -> T:
    """Repeat a store's verb until Redis is there to do it."""
    pause = 0.1
    while True:
        try:
            return await verb()
        except StoreAway as error:
            log.warning("store away", extra={"why": str(error)})
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 2)


async def unless_stopped(running: Running, work: Coroutine[Any, Any, T]) -> T:
    """Do it; Declined as soon as the job is to end early."""
    doing = asyncio.ensure_future(work)
    running.on_stop = doing.cancel
    if running.stopped:
        doing.cancel()
    try:
        return await doing
    except asyncio.CancelledError:
        if not running.stopped or is_cancelled():
            raise
        raise Declined("it is to end early") from None


def is_cancelled() -> bool:
    """Whether this very task is being cancelled, as where the process ends."""
    task = asyncio.current_task()
    return bool(task and task.cancelling())
