"""Whether a question may be answered now by its lab's caps, and what it did cost."""

import time
from collections.abc import Callable
from dataclasses import replace

from bot.caps import Cap, Spent, Window, all_held, is_low, left_of, used_up, window
from bot.errors import Capped, RetryLater
from bot.labs import Lab
from bot.llm.model import ModelSpec
from bot.records import About, Question, Usage
from bot.running import Running, insist
from bot.store.questions import Draft, answer_job_of, draft_of
from bot.store.spending import Counted, Level, Spending, Use

PATIENCE = 120.0
"""Seconds a question waits where a cap's rest is held for answers on their way, before its asker is told."""
_LOOK_EVERY = 3.0  # seconds

_WAITS = "capped"
"""The job's field that says since when it waits so."""


class Budget:
    """Asked before a model is, and told after; one Redis command each."""

    def __init__(self, spending: Spending, clock: Callable[[], float] = time.time) -> None:
        self._spending = spending
        self._clock = clock

    async def admit(
        self, running: Running, question: Question, lab: Lab, spec: ModelSpec, tokens: int
    ) -> str:
        """Count an answer to a question of so many tokens; gives a line where little is left.

        Capped says in words what is used up. RetryLater where answers on their way may leave something.
        """
        if question.side == "b":
            await _follow_first(running, question)
        usage = Usage(input=tokens, output=spec.max_output)
        most = _spent(question, spec, usage)
        return await self.reserve(running, question.user, lab, spec, most)

    async def reserve(self, running: Running, user: str, lab: Lab, spec: ModelSpec, most: Spent) -> str:
        """The same for whatever asks a model, at the most that it can cost; nobody's has no `user`."""
        now = self._clock()
        hour, day = window("hour", now, lab.timezone), window("day", now, lab.timezone)
        use = Use(lab.key, running.job.id, user, spec.name)
        counted = await insist(lambda: self._spending.reserve(use, most, lab.caps, hour, day))
        windows = {"hour": hour, "day": day}
        if counted.allowed:
            return _low(counted, windows, lab, spec.name)
        broken = [level for level in counted.levels if level.broken]
        final = [level.cap for level in broken if not level.may_open]
        if final:  # the one that renews last
            cap = max(final, key=lambda cap: windows[cap.per].ends)
            raise Capped(used_up(cap, windows[cap.per], lab.timezone, spec.name))
        await self._wait(running, broken[0].cap, spec, now)
        return ""

    async def settle(self, running: Running, lab: Lab, spent: Spent) -> None:
        """Put what an answer did cost, once."""
        await insist(lambda: self._spending.settle(lab.key, running.job.id, spent))

    async def _wait(self, running: Running, cap: Cap, spec: ModelSpec, now: float) -> None:
        since = running.job.fields.get(_WAITS)
        if since is None:
            await running.note({_WAITS: str(now)})
        elif now - float(since) > PATIENCE:
            raise Capped(all_held(cap, spec.name))
        raise RetryLater(f"{cap.name} is held for answers on their way", _LOOK_EVERY, counts=False)


def spent_on(draft: Draft, question: Question, spec: ModelSpec, tokens: int, chars_per_token: float) -> Spent:
    """What an answer cost by its endpoint's count, or by its length where there is none.

    One that says nothing is no question used, but whoever stops it has had the model read the question.
    """
    usage = draft.usage
    if not usage.input and (draft.text or draft.outcome == "stopped"):
        usage = replace(usage, input=tokens, output=usage.output or int(len(draft.text) / chars_per_token))
    spent = _spent(question, spec, usage)
    return spent if draft.text.strip() else replace(spent, questions=0, second=0)


def cost_of(spec: ModelSpec, usage: Usage) -> float | None:
    """US dollars; None without prices, or where nothing was counted."""
    return spec.prices.cost(usage) if spec.prices and usage.input else None


async def _follow_first(running: Running, question: Question) -> None:
    """The second of two answers is not given where the first was not."""
    about = About(question.lab, question.thread, question.ts, "a")
    first = draft_of(await running.fields_of(answer_job_of(about)))
    if first and first.outcome == "capped":
        raise Capped(first.note)


def _spent(question: Question, spec: ModelSpec, usage: Usage) -> Spent:
    """Two models that answer one question are one question, at the cost of both, and one for each model."""
    micros = round(spec.prices.cost(usage) * 1_000_000) if spec.prices else 0
    second = int(question.side == "b")
    return Spent(1 - second, usage.input + usage.output, micros, second)


def _low(counted: Counted, windows: dict[str, Window], lab: Lab, model: str) -> str:
    """The level that leaves the least, if that is little."""
    low = [level for level in counted.levels if is_low(level.cap, _left(level))]
    if not low:
        return ""
    least = min(low, key=lambda level: _left(level) / level.cap.units)
    return left_of(least.cap, _left(least), windows[least.cap.per], lab.timezone, model)


def _left(level: Level) -> int:
    """What is left if answers on their way cost little: what is held at the most is not told as used."""
    return max(0, level.cap.units - (level.used - level.held))
