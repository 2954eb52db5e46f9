"""What happens by itself: jobs that one process does in turn for all, at their intervals."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.errors import LabjamError
from bot.store.turns import Turns

log = logging.getLogger(__name__)

LOOK_EVERY = 30.0
"""Seconds after which a process asks for a turn again, at the latest."""

ENDS_WITHIN = 2.0
"""Seconds to give a turn back when the process ends."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A job of the clock: at most one process runs it at a time, about every `every` seconds."""

    name: str
    every: float
    run: Callable[[], Awaitable[None]]
    longest: float = 600.0  # seconds after which another process takes it for dead, and begins


class Clock:
    """Runs in every process that works; Redis says whose turn it is. A turn that fails comes again."""

    def __init__(
        self, turns: Turns, jobs: Sequence[Timed], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._turns = turns
        self._jobs = jobs
        self._now = now

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for job in self._jobs:
                group.create_task(self._repeat(job))

    async def _repeat(self, job: Timed) -> None:
        while True:
            began = self._now()
            try:
                if await self._turns.take(job.name, job.longest):
                    await self._take_turn(job, began)
            except LabjamError as error:
                log.warning("clock job failed", extra={"job": job.name, "why": str(error)})
            except Exception:
                log.exception("clock job broke", extra={"job": job.name})
            await asyncio.sleep(min(job.every / 4, LOOK_EVERY))

    async def _take_turn(self, job: Timed, began: float) -> None:
        try:
            await job.run()
        finally:
            rest = max(0.05, job.every - (self._now() - began))
            try:  # whatever it says: who is told to end must end
                await asyncio.wait_for(self._turns.end(job.name, rest), ENDS_WITHIN)
            except (LabjamError, TimeoutError) as error:
                log.warning("turn not ended", extra={"job": job.name, "why": str(error)})
