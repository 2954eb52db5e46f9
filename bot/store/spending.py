"""What a lab's answers cost: counted before a model is asked, within the caps, and corrected after."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.caps import NAMES, Cap, Spent, Window
from bot.store import keys
from bot.store.redis import Store, reachable

HOUR_KEPT = 2 * 3600
"""Seconds an hour's counts outlive it: the last sixty minutes are reckoned from two of them."""
DAY_KEPT = 2 * 24 * 3600
"""Seconds a day's counts outlive it: an answer that began before midnight ends after it."""


@dataclass(frozen=True, slots=True)
class Use:
    """One answer that is to be counted: for whom, of which model."""

    lab: str
    job: str
    person: str
    model: str


@dataclass(frozen=True, slots=True)
class Level:
    """One cap, what is used of it, and the part of that which is only held for answers on their way."""

    cap: Cap
    used: int
    held: int

    @property
    def left(self) -> int:
        return max(0, self.cap.units - self.used)

    @property
    def broken(self) -> bool:
        """Whether another answer is one too many."""
        return self.used >= self.cap.units

    @property
    def may_open(self) -> bool:
        """Whether answers on their way may leave something after all."""
        return self.used - self.held < self.cap.units


@dataclass(frozen=True, slots=True)
class Counted:
    """Whether an answer was allowed and counted, and how each of the lab's caps stands."""

    allowed: bool
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """All that was counted in one hour or day of a lab."""

    lab: Spent = field(default_factory=Spent)
    held: Spent = field(default_factory=Spent)
    models: Mapping[str, Spent] = field(default_factory=dict[str, Spent])
    people: int = 0
    held_models: Mapping[str, Spent] = field(default_factory=dict[str, Spent])

    @property
    def settled(self) -> Spent:
        """What answers did cost, without what is only held for those on their way."""
        return _less(self.lab, self.held)

    @property
    def settled_models(self) -> Mapping[str, Spent]:
        """The same of each model."""
        return {name: _less(of, self.held_models.get(name, Spent())) for name, of in self.models.items()}


class Spending:
    """The counters of all labs; those of one lab share a shard, so that one script sees them all."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def reserve(self, use: Use, most: Spent, caps: Iterable[Cap], hour: Window, day: Window) -> Counted:
        """Count an answer at the `most` it can cost, if no cap is used up; the same job counts once."""
        named = [part for cap in caps for part in (cap.name, cap.units)]
        allowed, flat = await self._store.run(
            "reserve", self._shard(use.lab), use.lab, use.job, use.person, use.model,
            most.questions, most.tokens, most.micros, most.questions + most.second, hour.begins, day.begins,
            hour.ends + HOUR_KEPT, day.ends + DAY_KEPT, *named,
        )  # fmt: skip
        levels = [
            Level(Cap.of_units(name, int(units)), int(used), int(held))
            for name, units, used, held in zip(*[iter(flat)] * 4, strict=True)
        ]
        return Counted(bool(allowed), tuple(sorted(levels, key=lambda level: NAMES.index(level.cap.name))))

    async def settle(self, lab: str, job: str, spent: Spent) -> bool:
        """Put what an answer did cost; False where nothing is reserved for it any more."""
        done = await self._store.run(
            "settle",
            self._shard(lab),
            job,
            spent.questions,
            spent.tokens,
            spent.micros,
            spent.questions + spent.second,
        )
        return bool(done)

    async def book(self, lab: str, window: Window) -> Book:
        """What was counted in one hour or day."""
        async with reachable():
            found = await self._store.client.hgetall(self._key(lab, window))
        return _read(found)

    async def used_by(self, lab: str, person: str, window: Window) -> Spent:
        """What one person's answers cost in one hour or day."""
        names = [f"person {person} {measure}" for measure in ("questions", "tokens", "usd")]
        async with reachable():
            found = await self._store.client.hmget(self._key(lab, window), names)
        return Spent(*(int(count or 0) for count in found))

    async def changed(self, lab: str) -> dict[str, int]:
        """The caps that moderators changed, by name, in counted units; 0 where they lifted one."""
        async with reachable():
            found = await self._store.client.hgetall(keys.caps(self._shard(lab), lab))
        return {name: int(units) for name, units in found.items() if name in NAMES}

    async def change(self, lab: str, name: str, units: int | None) -> None:
        """Set a lab's cap over lab.toml's, from the next question on; None goes back to lab.toml's."""
        key = keys.caps(self._shard(lab), lab)
        async with reachable():
            if units is None:
                await self._store.client.hdel(key, name)
            else:
                await self._store.client.hset(key, name, units)

    def _shard(self, lab: str) -> int:
        return self._store.shard(lab)

    def _key(self, lab: str, window: Window) -> str:
        return keys.spent(self._shard(lab), lab, window.per, window.begins)


def _read(found: Mapping[str, str]) -> Book:
    """Sort the fields of a window: `lab tokens`, `held lab tokens`, `person U1 usd`, `model fast usd`."""
    tallies: dict[str, dict[str, int]] = {}
    for name, count in found.items():
        who, _, measure = name.rpartition(" ")
        tallies.setdefault(who, {})[measure] = int(count)
    spent = {
        who: Spent(of.get("questions", 0), of.get("tokens", 0), of.get("usd", 0))
        for who, of in tallies.items()
    }
    models, held = (
        {who.removeprefix(begin): of for who, of in spent.items() if who.startswith(begin)}
        for begin in ("model ", "held model ")
    )
    people = sum(who.startswith("person ") and of.questions > 0 for who, of in spent.items())
    held = {name: of for name, of in held.items() if of != Spent()}
    return Book(spent.get("lab", Spent()), spent.get("held lab", Spent()), models, people, held)


def _less(all_of: Spent, part: Spent) -> Spent:
    return Spent(
        max(0, all_of.questions - part.questions),
        max(0, all_of.tokens - part.tokens),
        max(0, all_of.micros - part.micros),
    )
