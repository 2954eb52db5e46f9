"""Wraps a thread up by itself once it was quiet for as long as its lab says; off where a lab says nothing."""

import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bot.labs import Lab, Labs
from bot.records import ThreadKey, thread_text
from bot.scopes import Scope
from bot.store.answers import Asked, answers_of
from bot.store.holds import Holds
from bot.store.jobs import Jobs
from bot.store.journal import Journal
from bot.store.states import States
from bot.store.unlisted import Unlisted
from bot.summary.wishing import queue_wrap_up

LOOK_BACK = 2 * 3600.0
"""Seconds for which a thread stays due: so long may labjam be away, or a lab be paused."""
MOST = 5
"""Wrap-ups that one turn of the clock queues for a lab: what people ask comes first."""

_ACTIVITY = frozenset({"answer", "vote", "details", "problem", "closing", "comparison"})


@dataclass(frozen=True, slots=True)
class Quiet:
    """Finds quiet threads; whether anything of them may be told is looked at when it is."""

    labs: Labs
    jobs: Jobs
    states: States
    clock: Callable[[], float] = time.time

    async def tick(self) -> None:
        """Queue what is due: once for the same answers, and nothing while a lab is closed or held."""
        now = self.clock()
        for key, lab in self.labs.items():
            state = await self.states.of(key) if lab.wrap_up_after else None
            if state and state.is_open(now) and not state.held:
                await self._queue(lab, now)

    async def _queue(self, lab: Lab, now: float) -> None:
        holds, unlisted = await Holds(self.jobs.store).scopes(), await Unlisted(self.jobs.store).people()
        left = MOST
        for thread in await self._due(lab, now):
            answers = await answers_of(self.jobs, thread)
            askers = {question.user for question, _ in answers}
            if not answers or askers & unlisted or _is_held(lab.key, thread, askers, holds):
                continue
            left -= await self._one(lab, thread, answers, now)
            if not left:
                return

    async def _one(self, lab: Lab, thread: ThreadKey, answers: Sequence[Asked], now: float) -> bool:
        if await self.jobs.is_busy(str(thread)):
            return False  # somebody asks there now
        quiet = str(lab.wrap_up_after)
        return await queue_wrap_up(self.jobs, thread, answers, now, quiet=quiet) == "queued"

    async def _due(self, lab: Lab, now: float) -> list[ThreadKey]:
        """Threads whose last answer, and whatever was said of it, is old enough, the oldest first."""
        until = now - lab.wrap_up_after * 60
        last: dict[str, float] = {}
        answered: set[str] = set()
        journal = Journal(self.jobs.store)
        for shard in range(self.jobs.store.shards):
            async for line in journal.lines(shard, lab.key, f"{int((until - LOOK_BACK) * 1000)}-0"):
                record = json.loads(line.record)
                if record["kind"] in _ACTIVITY:
                    key = thread_text((record.get("question") or record)["thread"])
                    last[key] = max(last.get(key, 0.0), float(record["at"]))
                    answered |= {key} if record["kind"] == "answer" and record["text"].strip() else set()
        due = sorted((at, key) for key, at in last.items() if key in answered and at <= until)
        return [ThreadKey.parse(key) for _, key in due]


def _is_held(lab: str, thread: ThreadKey, askers: Collection[str], holds: Sequence[Scope]) -> bool:
    """Whether a legal hold keeps any of a thread: then nothing is added to it unasked."""
    return any(
        hold.lab in {"", lab}
        and hold.thread in {"", str(thread)}
        and (not hold.person or hold.person in askers)
        for hold in holds
    )
