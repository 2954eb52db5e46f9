"""How fast a lab uses what its caps allow, and when that will be used up if it goes on so."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.caps import Cap, Spent, Window, dollars, in_words, laid_over, left_of, renewal, used_up, window
from bot.labs import Lab
from bot.phrases import many, people
from bot.store.spending import Book, Spending


@dataclass(frozen=True, slots=True)
class Outlook:
    """One cap of the lab, or of one of its models: `used` includes what is only held."""

    cap: Cap
    model: str  # "" where the cap is the lab's
    used: int
    renews: float
    runs_out: float | None  # when, at the rate of the last hour; None where it lasts until it renews


@dataclass(frozen=True, slots=True)
class Burn:
    """What a lab spent in this hour, today, in the last sixty minutes, and by midnight if it goes on.

    What is only held for answers being written is in `held` alone; the outlooks count it as the caps do.
    """

    hour: Spent
    day: Spent
    held: Spent
    people: int  # who asked today
    rate: Spent
    by_midnight: Spent
    models: Mapping[str, Spent]  # today
    outlooks: tuple[Outlook, ...]
    personal: tuple[Cap, ...]  # caps that hold for each person
    zone: ZoneInfo


class Burning:
    """Reckons a lab's burn; four Redis commands, so not on an answer's path."""

    def __init__(self, spending: Spending, clock: Callable[[], float] = time.time) -> None:
        self._spending = spending
        self._clock = clock

    async def caps(self, lab: Lab) -> tuple[Cap, ...]:
        """The lab's caps as they hold now."""
        return laid_over(lab.caps, await self._spending.changed(lab.key))

    async def of(self, lab: Lab) -> Burn:
        """How a lab stands."""
        now = self._clock()
        hour, day = window("hour", now, lab.timezone), window("day", now, lab.timezone)
        books = {
            "hour": await self._spending.book(lab.key, hour),
            "day": await self._spending.book(lab.key, day),
        }
        earlier = await self._spending.book(lab.key, window("hour", hour.begins - 1, lab.timezone))
        part = 1 - (now - hour.begins) / (hour.ends - hour.begins)  # of the earlier hour, for sixty minutes
        rates = {"": _sum(books["hour"].settled, earlier.settled, part)}
        for model in {*books["hour"].models, *earlier.models}:
            ran, before = (book.settled_models.get(model, Spent()) for book in (books["hour"], earlier))
            rates[model] = _sum(ran, before, part)
        caps, today = await self.caps(lab), books["day"]
        return Burn(
            books["hour"].settled, today.settled, today.held, today.people, rates[""],
            _sum(today.settled, rates[""], (day.ends - now) / 3600), today.settled_models,
            tuple(_outlooks(caps, books, rates, {"hour": hour, "day": day}, now)),
            tuple(cap for cap in caps if cap.scope == "person"), lab.timezone,
        )  # fmt: skip

    async def of_day_caps(self, lab: Lab, at: float) -> list[str]:
        """What was used, by `at`, of the caps on a lab's and its models' day: "$3.10 of $50.00"."""
        seen = window("day", at - 1, lab.timezone)
        caps = [cap for cap in await self.caps(lab) if cap.per == "day" and cap.scope != "person"]
        book = await self._spending.book(lab.key, seen) if caps else Book()
        outlooks = _outlooks(tuple(caps), {"day": book}, {}, {"day": seen}, at)
        return [used_words(outlook) for outlook in outlooks]

    async def used_up(self, lab: Lab, person: str, model: str) -> str:
        """Which cap keeps a person from a further answer now, in words; empty where none does."""
        now = self._clock()
        for cap in await self.caps(lab):
            seen = window(cap.per, now, lab.timezone)
            if cap.scope == "person":
                used = await self._spending.used_by(lab.key, person, seen)
            else:
                book = await self._spending.book(lab.key, seen)
                used = book.lab if cap.scope == "lab" else book.models.get(model, Spent())
            if used.in_units(cap.measure) >= cap.units:
                return used_up(cap, seen, lab.timezone, model)
        return ""

    async def left(self, lab: Lab, person: str) -> list[str]:
        """What one person may still ask for, a line for each cap on people."""
        now, lines = self._clock(), list[str]()
        for cap in await self.caps(lab):
            if cap.scope == "person":
                seen = window(cap.per, now, lab.timezone)
                used = (await self._spending.used_by(lab.key, person, seen)).in_units(cap.measure)
                lines.append(left_of(cap, cap.units - used, seen, lab.timezone))
        return lines


def burn_lines(burn: Burn) -> list[str]:
    """A lab's burn as moderators read it."""
    ahead = f"By midnight, at this rate: {spent_words(burn.by_midnight)}."
    day = f"{spent_words(burn.day)} by {people(burn.people)}"
    if burn.held.tokens:
        held = many(burn.held.tokens, "token")
        are = "is" if burn.held.tokens == 1 else "are"
        day += f"; up to {held} more {are} reserved for answers being written"
    lines = [f"Today: {day}. The last hour: {spent_words(burn.rate)}. {ahead}"]
    if burn.day == burn.rate == burn.held == Spent():
        lines = ["Nothing was asked today yet."]
    if len(burn.models) > 1:
        models = (f"{model} {spent_words(spent)}" for model, spent in sorted(burn.models.items()))
        lines.append(f"By model: {'; '.join(models)}.")
    lines += [outlook_words(outlook, burn.zone) for outlook in burn.outlooks]
    if burn.personal:
        each = ", ".join(f"{in_words(cap)} per {cap.per}" for cap in burn.personal)
        lines.append(f"Each person: {each}.")
    return lines


def spent_words(spent: Spent) -> str:
    """What was spent: "12 questions, 340,000 tokens, $3.10"."""
    questions = in_words(Cap("lab", "questions", "day", 0), spent.questions)
    money = f", {dollars(spent.micros)}" if spent.micros else ""
    return f"{questions}, {many(spent.tokens, 'token')}{money}"


def used_words(outlook: Outlook) -> str:
    """What is used of one cap: "$3.10 of $50.00", "12 of 100 questions for fast"."""
    cap = outlook.cap
    used = dollars(outlook.used) if cap.measure == "usd" else f"{outlook.used:,}"
    return f"{used} of {in_words(cap)}{f' for {outlook.model}' if outlook.model else ''}"


def outlook_words(outlook: Outlook, zone: ZoneInfo) -> str:
    """How one cap stands: what is used of it, and whether that will do."""
    cap = outlook.cap
    seen = Window(cap.per, 0, int(outlook.renews))
    whose = f" of {outlook.model}" if outlook.model else ""
    head = f"Cap: {in_words(cap, outlook.used)} of {in_words(cap)}{whose} used this {cap.per}"
    if outlook.used >= cap.units:
        return f"{head}: none left until {renewal(seen, zone)}."
    if outlook.runs_out is None:
        return f"{head}; at this rate it lasts until {renewal(seen, zone)}."
    ends = renewal(Window("hour", 0, int(outlook.runs_out)), zone)
    return f"{head}; at this rate it is used up at {ends}, and renews at {renewal(seen, zone)}."


def _sum(one: Spent, other: Spent, times: float) -> Spent:
    """One, and the other so many times."""
    return Spent(
        one.questions + round(other.questions * times),
        one.tokens + round(other.tokens * times),
        one.micros + round(other.micros * times),
    )


def _outlooks(
    caps: tuple[Cap, ...], books: Mapping[str, Book], rates: Mapping[str, Spent],
    windows: Mapping[str, Window], now: float,
) -> Iterator[Outlook]:  # fmt: skip
    for cap in caps:
        book, seen = books[cap.per], windows[cap.per]
        use = {"": book.lab} if cap.scope == "lab" else book.models if cap.scope == "model" else {}
        for model, spent in sorted(use.items()):
            used = spent.in_units(cap.measure)
            rate = rates.get(model, Spent()).in_units(cap.measure)
            ends = now + (cap.units - used) / rate * 3600 if rate else None
            lasts = ends is None or ends >= seen.ends
            yield Outlook(cap, model, used, seen.ends, None if lasts or used >= cap.units else ends)
