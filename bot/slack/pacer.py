"""Makes calls to Slack wait for their turn, so that none is made of which we know that Slack refuses it."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import SlackBusy
from bot.pacing import LOW, Bank, Bucket, Seat, Try
from bot.slack.account import Account, Place
from bot.slack.rates import APPEND, START, STATUS, Rates

HANDICAP = 20
"""Slots by which each further seat of the same person, or lab, stands behind."""
FLUSH = 1.0
"""Seconds between two looks at a growing answer, where the budgets allow it."""
REFRESH = 10.0
"""Seconds between two status lines of one waiting thread, where the budgets allow it."""


@dataclass(frozen=True, slots=True)
class Who:
    """On whose behalf a call is made: fairness goes by `person` within a channel, by `lab` elsewhere."""

    person: str = ""
    lab: str = ""
    asked: float = 0.0  # unix seconds; 0 is now
    low: bool = False  # behind everything else


@dataclass(frozen=True, slots=True)
class InLine:
    """Where somebody stands in line, and how many seconds that takes at Slack's pace."""

    ahead: int
    seconds: float


class Line:
    """One caller's place in the line for a method, there again after each turn."""

    def __init__(self, account: Account, place: Callable[[], Place]) -> None:
        self._account = account
        self._make = place
        self._place = place()

    async def turn(self) -> None:
        """Return when a call may be made."""
        try:
            await self._account.turn(self._place)
        finally:
            self._place = self._make()

    def sit(self) -> None:
        """Stand in line from now on, though our call can't be made yet."""
        self._account.sit(self._place)

    async def place(self) -> InLine:
        """Where we stand, or would stand if our call could be made by now."""
        ahead = await self._account.look(self._place)
        return InLine(ahead, ahead * max(bucket.spacing for bucket in self._place.buckets))

    def leave(self) -> None:
        """Give the seat up."""
        self._account.leave(self._place)


class Pacer:
    """Waits on the budgets of every workspace; `worker` names this process in the accounts."""

    def __init__(
        self, bank: Bank, rates: Rates, worker: str, *,
        clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.rates = rates
        self._bank = bank
        self._worker = worker.replace("/", "-")
        self._clock = clock
        self._wall = wall
        self._accounts: dict[str, Account] = {}
        self._numbers = itertools.count(1)
        self._starts: deque[tuple[float, str]] = deque()

    async def soon(
        self, method: str, team: str, channel: str, who: Who, *, spare: float = 0.0, keeps: str = ""
    ) -> str:
        """Return when a call may be made, if that is now; else SlackBusy. Gives the call's id.

        That part of the budget which is `spare` is left for better uses. One call of the method
        `keeps` is held back, until `free` is told the id.
        """
        account = self._account(team)
        buckets = self.rates.of(method, channel)
        holds = self.rates.kept(keeps) if keeps else None
        left = int(buckets[0].calls * max(spare, self._share(method, who.lab, account)))
        call = self._id("try")
        delay = await account.attempt(Try(buckets, (), left, buckets[-1].name, holds), call)
        if delay < 0:
            raise SlackBusy(method, -delay)
        if method == START:
            self._starts.append((self._clock(), who.lab))
        await asyncio.sleep(delay)
        return call

    def line(self, method: str, team: str, channel: str, who: Who) -> Line:
        """A place in the line for calls that will be made, however long it takes."""
        buckets = self.rates.of(method, channel)
        tightest = buckets[-1]
        flow = (who.person if len(buckets) > 1 else who.lab).replace("/", "-")
        asked = (who.asked or self._wall()) + LOW * who.low
        handicap = HANDICAP * tightest.spacing

        def place() -> Place:
            return Place(tightest.name, buckets, handicap, Seat(self._id(flow), asked, ready=False))

        return Line(self._account(team), place)

    def resting(self, method: str, team: str, channel: str) -> float:
        """Seconds for which Slack wants no such call."""
        account = self._account(team)
        until = max(account.rest_of(bucket) for bucket in self.rates.of(method, channel))
        return until - self._clock()

    def refused(self, method: str, team: str, channel: str, retry_after: float) -> None:
        """Slack refused a call: no worker makes another one until it may."""
        self._account(team).rest(self.rates.refused(method, channel, retry_after), retry_after)

    def free(self, team: str, call: str) -> None:
        """What was held back for a call is being used now, or never will be."""
        self._account(team).free(call)

    def stop(self) -> None:
        """Give no turn any more: the process ends."""
        for account in self._accounts.values():
            account.stop()

    def flush_every(self, team: str) -> float:
        """Seconds between two looks at a growing answer: all streams share one budget of appends."""
        return max(FLUSH, (self._account(team).live + 1) * self.rates.method(APPEND).spacing)

    def refresh_every(self, team: str) -> float:
        """Seconds between two status lines of a waiting thread: refreshing takes half of that budget."""
        return max(REFRESH, 2 * self._account(team).crowd * self.rates.method(STATUS).spacing)

    def _share(self, method: str, lab: str, account: Account) -> float:
        """What part of a method's budget a lab leaves for the others: a quarter, once it had half of it."""
        if method != START:
            return 0.0
        bucket = self.rates.method(START)
        while self._starts and self._starts[0][0] < self._clock() - bucket.seconds:
            self._starts.popleft()
        own = sum(starter == lab for _, starter in self._starts) * account.workers
        return 0.25 if own >= _half(bucket) else 0.0

    def _account(self, team: str) -> Account:
        if team not in self._accounts:
            self._accounts[team] = Account(team or "-", self._worker, self._bank, self._clock)
        return self._accounts[team]

    def _id(self, flow: str) -> str:
        return f"{self._worker}/{flow}/{next(self._numbers)}"


def _half(bucket: Bucket) -> int:
    return max(1, bucket.calls // 2)
