"""One workspace's account with the bank of budgets: what calls of this process want goes there together."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.errors import StoreAway
from bot.pacing import Bank, Bucket, Lane, Reply, Request, Seat, Try
from bot.slack.plan import Plan

log = logging.getLogger(__name__)

GAP = 0.02
"""Seconds between two settlements at the least: what is wanted meanwhile goes together."""
EVERY = 0.25
"""Seconds between two settlements while a call waits in line."""
BEAT = 2.0
"""Seconds between two where seats are only kept."""
BANK_LIMIT = 2.0
"""Seconds the bank may take; then this process plans alone, and asks again after as many."""
BELIEVED = 5.0
"""Seconds for which a try's refusal is believed at the longest."""


@dataclass(eq=False)
class Place:
    """One seat in a lane, and what its call waits for."""

    lane: str
    buckets: tuple[Bucket, ...]
    handicap: float
    seat: Seat
    slot: "asyncio.Future[float] | None" = None  # when the call may be made, by this process's clock
    told: bool = False  # whether the bank may know of it

    @property
    def served(self) -> bool:
        """Whether its slot is given: a seat taken again would use up another one."""
        return self.slot is not None and self.slot.done()


class Account:
    """Settles whatever is wanted, at once when that is little and in batches when it is much."""

    def __init__(self, team: str, worker: str, bank: Bank, clock: Callable[[], float]) -> None:
        self.live = 0  # streams that run, of all workers
        self.crowd = 0  # seats in all lanes
        self.workers = 1
        self._team = team
        self._worker = worker
        self._bank = bank
        self._clock = clock
        self._tries: dict[Try, list[tuple[str, asyncio.Future[float]]]] = {}
        self._refused_until: dict[Try, float] = {}
        self._resting: dict[str, float] = {}
        self._seats: dict[str, Place] = {}
        self._news: set[str] = set()
        self._gone: dict[str, Place] = {}
        self._looks: dict[str, asyncio.Future[int]] = {}
        self._rests: dict[str, float] = {}
        self._frees: list[str] = []
        self._plan: Plan | None = None  # while the bank is away
        self._away_until = 0.0
        self._settled_at = -GAP
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    async def attempt(self, wanted: Try, call: str) -> float:
        """Seconds until a call that has a slot; where it has none, less than 0 by how long to wait."""
        now = self._clock()
        until = max([self._refused_until.pop(wanted, 0.0), *(self.rest_of(b) for b in wanted.buckets)])
        if until > now:
            self._refused_until[wanted] = until
            return now - until
        slot = asyncio.get_running_loop().create_future()
        self._tries.setdefault(wanted, []).append((call, slot))
        self._start()
        return await slot

    async def turn(self, place: Place) -> None:
        """Return when it is this seat's turn; the seat is used up by it."""
        place.slot = asyncio.get_running_loop().create_future()
        place.seat = replace(place.seat, ready=True)
        self._seats[place.seat.id] = place
        self._news.add(place.seat.id)
        self._start()
        try:
            at = await place.slot
        finally:
            self.leave(place)
        await asyncio.sleep(max(0.0, at - self._clock()))

    async def look(self, place: Place) -> int:
        """How many seats come before this one, which is taken now where it was not yet."""
        if place.served:
            return 0
        self.sit(place)
        look = self._looks.get(place.seat.id)
        if look is None:
            look = self._looks[place.seat.id] = asyncio.get_running_loop().create_future()
        self._start()
        return await asyncio.shield(look)

    def sit(self, place: Place) -> None:
        """Take a seat before its call could be made; the bank hears of it with the next settlement."""
        if place.seat.id not in self._seats and not place.served:
            self._seats[place.seat.id] = place
            self._news.add(place.seat.id)

    def leave(self, place: Place) -> None:
        """Give a seat up; harmless where it is used or given up already."""
        if self._seats.pop(place.seat.id, None):
            self._news.discard(place.seat.id)
            if place.told:
                self._gone[place.seat.id] = place
                self._start()

    def rest(self, bucket: Bucket, seconds: float) -> None:
        """Slack refused a call: this bucket gives none for so long, to no worker."""
        self._rests[bucket.name] = max(seconds, self._rests.get(bucket.name, 0.0))
        self._resting[bucket.name] = self._clock() + seconds
        self._start()

    def rest_of(self, bucket: Bucket) -> float:
        """Until when a bucket rests, by this process's clock; 0 where it does not."""
        return self._resting.get(bucket.name, 0.0)

    def free(self, call: str) -> None:
        """A call that was held back will not be made, or is being made now."""
        self._frees.append(call)
        self._start()

    def stop(self) -> None:
        """Settle nothing any more."""
        self._stopped = True
        if self._task:
            self._task.cancel()

    def _start(self) -> None:
        self._wake.set()
        if not self._stopped and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        # Stopped, too: redis-py can take a cancellation for a time-out of its own.
        while not self._stopped and (self._seats or self._tries or self._gone or self._frees or self._rests):
            await asyncio.sleep(max(0.0, self._settled_at + GAP - self._clock()))
            self._wake.clear()
            tries, self._tries = self._tries, {}
            looks, self._looks = self._looks, {}
            reply = await self._settle(self._request(tries, looks))
            self._settled_at = self._clock()
            self._answer_tries(tries, reply)
            self._answer_seats(reply, looks)
            await self._pause()

    async def _pause(self) -> None:
        if not self._seats:
            return
        waiting = any(place.slot for place in self._seats.values())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), EVERY if waiting else BEAT)

    def _request(
        self, tries: dict[Try, list[tuple[str, "asyncio.Future[float]"]]],
        looks: dict[str, "asyncio.Future[int]"],
    ) -> Request:  # fmt: skip
        lanes = self._lanes(looks)
        asked = tuple(replace(one, ids=tuple(call for call, _ in calls)) for one, calls in tries.items())
        request = Request(self._team, self._worker, lanes, asked, self._rests, tuple(self._frees))
        self._news, self._gone, self._rests, self._frees = set(), {}, {}, []
        return request

    def _lanes(self, looks: dict[str, "asyncio.Future[int]"]) -> tuple[Lane, ...]:
        seats: dict[str, list[Seat]] = defaultdict(list)
        gone: dict[str, list[str]] = defaultdict(list)
        named: dict[str, Place] = {}
        for call, place in (*self._gone.items(), *self._seats.items()):
            if call in self._news:
                place.told = True
                seats[place.lane].append(place.seat)
            elif call in self._gone:
                gone[place.lane].append(call)
            elif not place.slot and call not in looks:
                continue
            named[place.lane] = place
        seen: dict[str, list[str]] = defaultdict(list)
        for call in looks:
            if call in self._seats:
                seen[self._seats[call].lane].append(call)
        return tuple(
            Lane(name, one.buckets, one.handicap, tuple(seats[name]), tuple(gone[name]), tuple(seen[name]))
            for name, one in named.items()
        )

    async def _settle(self, request: Request) -> Reply:
        if self._clock() >= self._away_until:
            try:
                async with asyncio.timeout(BANK_LIMIT):
                    reply = await self._bank.settle(request)
            except (StoreAway, TimeoutError) as error:
                log.warning("budgets planned alone", extra={"why": str(error)})
                self._away_until = self._clock() + BANK_LIMIT
            else:
                if self._plan or not reply.known:  # what it does not know yet is told with the next one
                    self._plan = None
                    self._news = set(self._seats) - set(reply.slots)
                    self._wake.set()
                return reply
        if self._plan is None:
            self._plan = Plan(share=self.workers)
            told = {seat.id for lane in request.lanes for seat in lane.seats}
            self._news = set(self._seats) - told
        return replace(self._plan.settle(request, self._clock()), workers=self.workers)

    def _answer_tries(
        self, tries: dict[Try, list[tuple[str, "asyncio.Future[float]"]]], reply: Reply
    ) -> None:
        now = self._clock()
        self._resting = {bucket: now + rest for bucket, rest in reply.rests.items()}
        for (wanted, calls), tried in zip(tries.items(), reply.tried, strict=True):
            if len(tried.slots) < len(calls):
                self._refused_until[wanted] = now + min(tried.wait, BELIEVED)
            for i, (call, slot) in enumerate(calls):
                granted = i < len(tried.slots)
                if not slot.done():
                    slot.set_result(tried.slots[i] if granted else -max(tried.wait, GAP))
                elif granted and wanted.holds:
                    self.free(call)

    def _answer_seats(self, reply: Reply, looks: dict[str, "asyncio.Future[int]"]) -> None:
        now = self._clock()
        self.live, self.workers = reply.live, max(1, reply.workers)
        self.crowd = reply.crowd if looks else self.crowd
        for call, delay in reply.slots.items():
            place = self._seats.pop(call, None)
            if place and place.slot and not place.slot.done():
                place.slot.set_result(now + delay)
        for call, look in looks.items():
            if not look.done():
                look.set_result(reply.places.get(call, 0))
