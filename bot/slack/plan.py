"""The plan that gives out Slack's budgets, in one process's memory; scripts/pace.lua is the same, shared."""

from collections import defaultdict, deque
from collections.abc import Sequence

from bot.pacing import (
    CALM,
    DEAD,
    HOLD_LIFE,
    HORIZON,
    SOON,
    STRIKE_EVERY,
    TIGHTER,
    TIGHTEST,
    Bucket,
    Lane,
    Reply,
    Request,
    Tried,
    Try,
)


class Plan:
    """One workspace's budgets; `share` is how many workers plan alone, each with its part."""

    def __init__(self, share: int = 1) -> None:
        self._share = share
        self._spent: dict[str, deque[float]] = defaultdict(deque)
        self._rests: dict[str, float] = {}
        self._strikes: dict[str, tuple[float, float]] = {}  # bucket -> how much tighter, since when
        self._line: dict[str, dict[str, float]] = defaultdict(dict)
        self._ready: dict[str, dict[str, float]] = defaultdict(dict)
        self._granted: dict[str, dict[str, float]] = defaultdict(dict)
        self._live: dict[str, float] = {}
        self._seen: dict[str, float] = {}

    def settle(self, request: Request, now: float) -> Reply:
        """Take one worker's account in, and give what it may do."""
        known = now - self._seen.get(request.worker, -DEAD) < DEAD
        self._bury(now)
        self._seen[request.worker] = now
        for bucket, seconds in request.rests.items():
            self._rest(bucket, seconds, now)
        for freed in request.frees:
            self._live.pop(freed, None)
        self._live = {held: until for held, until in self._live.items() if until > now}
        for lane in request.lanes:
            self._seat(lane)
            self._serve(lane, now)
        tried = tuple(self._try(one, now) for one in request.tries)
        looks = {seat: lane.name for lane in request.lanes for seat in lane.looks}
        return Reply(
            slots={seat: at - now for seat, at in self._granted.pop(request.worker, {}).items()},
            tried=tried,
            places={seat: self._place(lane, seat) for seat, lane in looks.items()},
            rests={bucket: until - now for bucket, until in self._rests.items() if until > now},
            live=len(self._live),
            crowd=sum(map(len, self._line.values())) if looks else 0,
            workers=len(self._seen),
            known=known,
        )

    def _bury(self, now: float) -> None:
        for worker in [worker for worker, seen in self._seen.items() if now - seen >= DEAD]:
            del self._seen[worker]
            for lane, seats in self._line.items():
                self._drop(lane, [seat for seat in seats if seat.startswith(f"{worker}/")])

    def _rest(self, bucket: str, seconds: float, now: float) -> None:
        self._rests[bucket] = max(self._rests.get(bucket, 0.0), now + seconds)
        _, since = self._strikes.get(bucket, (1.0, -STRIKE_EVERY))
        if now - since >= STRIKE_EVERY:
            self._strikes[bucket] = (min(TIGHTEST, self._stretch(bucket, now) * TIGHTER), now)

    def _stretch(self, bucket: str, now: float) -> float:
        by, since = self._strikes.get(bucket, (1.0, now))
        return 1 + (by - 1) * max(0.0, 1 - (now - since) / CALM)

    def _seat(self, lane: Lane) -> None:
        self._drop(lane.name, lane.gone)
        line = self._line[lane.name]
        for seat in lane.seats:
            if seat.id not in line:
                flow = seat.id.split("/")[1]
                before = sum(other.split("/")[1] == flow for other in line)
                line[seat.id] = seat.asked + lane.handicap * before
            if seat.ready:
                self._ready[lane.name][seat.id] = line[seat.id]

    def _drop(self, lane: str, seats: Sequence[str]) -> None:
        for seat in seats:
            self._line[lane].pop(seat, None)
            self._ready[lane].pop(seat, None)

    def _serve(self, lane: Lane, now: float) -> None:
        """Give the lane's next slots to its first seats, whoever asks."""
        ready = self._ready[lane.name]
        while ready:
            at = max(self._slot(bucket, 0, now) for bucket in lane.buckets)
            if at > now + HORIZON:
                return
            first = min(ready, key=lambda seat: (ready[seat], seat))
            self._take(lane.buckets, at)
            self._drop(lane.name, [first])
            self._granted[first.split("/")[0]][first] = at

    def _try(self, wanted: Try, now: float) -> Tried:
        slots: list[float] = []
        for held in wanted.ids:
            at = self._when(wanted, now)
            if at > now + SOON:
                return Tried(tuple(slots), at - now)
            self._take(wanted.buckets, at)
            slots.append(at - now)
            if wanted.holds:
                self._live[held] = now + HOLD_LIFE
        return Tried(tuple(slots))

    def _when(self, wanted: Try, now: float) -> float:
        if self._ready[wanted.behind]:
            return now + HORIZON
        spare = [wanted.spare, *[0] * len(wanted.buckets)]
        times = [self._slot(bucket, kept, now) for bucket, kept in zip(wanted.buckets, spare, strict=False)]
        if wanted.holds:
            times.append(self._slot(wanted.holds, len(self._live), now))
        return max(times)

    def _slot(self, bucket: Bucket, kept: int, now: float) -> float:
        """When the bucket has its next call to give, with `kept` of them left in it."""
        window = bucket.seconds * self._stretch(bucket.name, now)
        at = max(now, self._rests.get(bucket.name, 0.0))
        calls = bucket.calls // self._share
        if not calls:  # one call in a longer time
            calls, window = 1, window * self._share / bucket.calls
        if kept >= calls:
            return at + window
        spent = self._spent[bucket.name]
        nth = len(spent) - (calls - kept)
        return max(at, spent[nth] + window) if nth >= 0 else at

    def _take(self, buckets: Sequence[Bucket], at: float) -> None:
        for bucket in buckets:
            self._spent[bucket.name].append(at)
            while len(self._spent[bucket.name]) > bucket.calls:
                self._spent[bucket.name].popleft()

    def _place(self, lane: str, seat: str) -> int:
        line = self._line[lane]
        mine = (line.get(seat, 0.0), seat)
        return sum((order, other) < mine for other, order in line.items())
