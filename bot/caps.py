"""What a lab allows itself: caps in questions, tokens or dollars, the hours and days in which they renew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import product
from typing import Literal, Self, cast, get_args
from zoneinfo import ZoneInfo

Scope = Literal["person", "lab", "model"]
"""Whose use is counted: one person's in the lab, the whole lab's, or the lab's of each model."""
Measure = Literal["questions", "tokens", "usd"]
Per = Literal["hour", "day"]

NEARLY = 0.2
"""The part of a cap that is left when its asker hears of it."""

KEPT = "your question is kept."


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `amount` in each hour or each day of the lab's own clock."""

    scope: Scope
    measure: Measure
    per: Per
    amount: float

    @property
    def name(self) -> str:
        """Its key in lab.toml."""
        return f"{self.scope}_{self.measure}_per_{self.per}"

    @property
    def units(self) -> int:
        """The amount as it is counted: dollars in millionths."""
        return round(self.amount * 1_000_000) if self.measure == "usd" else int(self.amount)

    @classmethod
    def of(cls, name: str, amount: float) -> Self:
        """Make the cap of such a key; ValueError where it is none."""
        if name not in NAMES:
            raise ValueError(f"no cap is called {name}")
        scope, measure, _, per = name.split("_")
        return cls(cast("Scope", scope), cast("Measure", measure), cast("Per", per), amount)

    @classmethod
    def of_units(cls, name: str, units: int) -> Self:
        """The same from the counted amount."""
        cap = cls.of(name, units)
        return cls(cap.scope, cap.measure, cap.per, units / 1_000_000) if cap.measure == "usd" else cap


NAMES = tuple(
    f"{scope}_{measure}_per_{per}"
    for scope, measure, per in product(get_args(Scope), get_args(Measure), get_args(Per))
)
"""The keys of `[caps]` in lab.toml."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What answers cost; `micros` are millionths of a dollar.

    `second`, of two answers to one question, is a question asked of its model, and no further one of anybody.
    """

    questions: int = 0
    tokens: int = 0
    micros: int = 0
    second: int = 0

    def in_units(self, measure: Measure) -> int:
        """The count that a cap of this measure is compared with."""
        return self.micros if measure == "usd" else self.tokens if measure == "tokens" else self.questions


@dataclass(frozen=True, slots=True)
class Window:
    """One hour or day of a lab's clock, in seconds since the epoch; `ends` is no longer in it."""

    per: Per
    begins: int
    ends: int


def window(per: Per, at: float, zone: ZoneInfo) -> Window:
    """The lab-local hour or day that holds this moment; a day has 23 or 25 hours where clocks change."""
    local = datetime.fromtimestamp(at, zone)
    if per == "hour":
        begins = int(at) - local.minute * 60 - local.second
        return Window(per, begins, begins + 3600)
    today, tomorrow = local.date(), local.date() + timedelta(days=1)
    midnights = [datetime.combine(date, time(), zone).timestamp() for date in (today, tomorrow)]
    return Window(per, int(midnights[0]), int(midnights[1]))


def laid_over(caps: Iterable[Cap], changed: Mapping[str, int]) -> tuple[Cap, ...]:
    """A lab's caps with those that its moderators changed, by name in counted units; 0 lifts one."""
    merged = {cap.name: cap for cap in caps}
    merged |= {name: Cap.of_units(name, units) for name, units in changed.items() if name in NAMES}
    return tuple(merged[name] for name in NAMES if name in merged and merged[name].amount > 0)


def is_low(cap: Cap, left: int) -> bool:
    """Whether so little is left that its asker should know: a fifth, or the last two questions."""
    return left <= max(cap.units * NEARLY, 2 if cap.measure == "questions" else 0)


def in_words(cap: Cap, units: int | None = None) -> str:
    """An amount as people read it, the cap's own unless told: "20 questions", "$12.50"."""
    amount = cap.units if units is None else max(0, units)
    if cap.measure == "usd":
        return dollars(amount)
    return f"{amount:,} {cap.measure if amount != 1 else cap.measure[:-1]}"


def dollars(micros: int) -> str:
    """Millionths of a dollar as people read them."""
    return f"${micros / 1_000_000:,.2f}"


def renewal(seen: Window, zone: ZoneInfo) -> str:
    """When a window ends, by the lab's clock: "15:00 CDT", "midnight CST"."""
    ends = datetime.fromtimestamp(seen.ends, zone)
    return f"midnight {ends:%Z}" if seen.per == "day" else f"{ends:%H:%M %Z}"


def used_up(cap: Cap, seen: Window, zone: ZoneInfo, model: str) -> str:
    """What the asker is told whose question a cap does not allow now."""
    who = "You have reached your" if cap.scope == "person" else "Your lab has reached its"
    what = f"{in_words(cap)} per {cap.per}" + (f" for {model}" if cap.scope == "model" else "")
    return f"{who} limit of {what}. Press Retry after {renewal(seen, zone)}; {KEPT}"


def all_held(cap: Cap, model: str) -> str:
    """What the asker is told where answers that are being written may use up what is left."""
    whose = "your" if cap.scope == "person" else "your lab's"
    what = f"{whose} {in_words(cap)}" + (f" for {model}" if cap.scope == "model" else "")
    return f"What is left of {what} is held for answers on their way. Press Retry in a few minutes; {KEPT}"


def left_of(cap: Cap, left: int, seen: Window, zone: ZoneInfo, model: str = "") -> str:
    """What is left of a cap: "You have 1 of 20 questions left until 15:00 CDT."."""
    whose = "You have" if cap.scope == "person" else "Your lab has"
    amount = dollars(max(0, left)) if cap.measure == "usd" else f"{max(0, left):,}"
    of_model = f" for {model}" if cap.scope == "model" and model else ""
    return f"{whose} {amount} of {in_words(cap)} left{of_model} until {renewal(seen, zone)}."
