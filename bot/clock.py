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
_JUST_AFTER = 0.01
"""Seconds after our own rest when the next turn is free for sure; who asks too soon waits a quarter more."""
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
            pause = job.every / 4
            try:
                pause = await self._turn(job)
            except LabjamError as error:
                log.warning("clock job failed", extra={"job": job.name, "why": str(error)})
            except Exception:
                log.exception("clock job broke", extra={"job": job.name})
            await asyncio.sleep(min(pause, LOOK_EVERY))

    async def _turn(self, job: Timed) -> float:
        """Run a job where it is our turn; gives the seconds until that may be so again."""
        began = self._now()
        asking = asyncio.ensure_future(self._turns.take(job.name, job.longest))
        try:
            if not await asyncio.shield(asking):
                return job.every / 4
            await job.run()
        finally:
            rest = max(0.05, job.every - (self._now() - began))
            if not asking.done() or not asking.exception():
                await self._give_back(asking, job.name, rest)
        return rest + _JUST_AFTER

    async def _give_back(self, asking: "asyncio.Future[bool]", name: str, rest: float) -> None:
        """End a turn if it is ours, also where we are ended before we heard that it is."""
        try:  # whatever the store says: who is told to end must end
            async with asyncio.timeout(ENDS_WITHIN):
                if await asking:
                    await self._turns.end(name, rest)
        except (LabjamError, TimeoutError) as error:
            log.warning("turn not ended", extra={"job": name, "why": str(error)})
