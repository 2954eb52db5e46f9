"""Tells those whose questions no worker has room for yet that they are in line, and for how long."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable

from bot.showing import in_line
from bot.slack.status import LIFE, Status
from bot.store.backlog import Waiting, backlog
from bot.store.jobs import Jobs

LOOK_EVERY = 1.0
"""Seconds between two looks at the queue."""
PATIENCE = 0.5
"""Seconds a question waits in the queue before its asker hears of it: most never do."""


class Lobby:
    """Looks after the queue; one process at a time does."""

    def __init__(self, jobs: Jobs, status: Status, clock: Callable[[], float] = time.monotonic) -> None:
        self._jobs = jobs
        self._status = status
        self._clock = clock
        self._seen: dict[str, tuple[float, int]] = {}  # job -> when it was where in line
        self._pace: dict[str, float] = defaultdict(float)  # lab -> jobs begun a second

    async def look(self) -> None:
        """Tell everybody who is to hear now."""
        found = await backlog(self._jobs, PATIENCE, LIFE / 2)
        for one in found:
            self._learn(one)
        await asyncio.gather(*(self._tell(one) for one in found))
        if not found:
            self._forget()

    def _learn(self, one: Waiting) -> None:
        now = self._clock()
        at, ahead = self._seen.get(one.job, (now, one.ahead))
        if now > at and ahead > one.ahead:
            self._pace[one.question.lab] = (ahead - one.ahead) / (now - at)
        self._seen[one.job] = now, one.ahead

    async def _tell(self, one: Waiting) -> None:
        thread, pace = one.question.thread, self._pace[one.question.lab]
        words = in_line("is busy…", one.ahead, one.ahead / pace if pace else 0.0)
        await self._status.show(thread.team, thread.channel, thread.ts, words, first=one.first)

    def _forget(self) -> None:
        old = self._clock() - 2 * LIFE
        self._seen = {job: seen for job, seen in self._seen.items() if seen[0] > old}
