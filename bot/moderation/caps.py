"""`/jam cap` and `/jam caps`: what a lab allows itself, changed by its moderators, shown to everybody."""

import re
from dataclasses import dataclass
from typing import cast

from bot.burn import Burning, burn_lines
from bot.caps import Cap, Measure, Per, Scope, in_words
from bot.errors import Declined
from bot.labs import Lab, Labs
from bot.moderation.table import Act, Reply, Subcommand
from bot.store.spending import Spending

USAGE = "[person|lab|model] N [questions|tokens|USD] per [hour|day]"
EXAMPLES = (
    "Write it like `/jam cap person 20 questions per hour`, `/jam cap lab 50 USD per day`, "
    "`/jam cap lab off USD per day`, or `default` in place of `off` for what lab.toml says."
)

_AMOUNT = re.compile(r"\$?(\d[\d,]*(?:\.\d+)?)([km]?)")
_TIMES = {"": 1, "k": 1_000, "m": 1_000_000}
_WORDS = {
    "person": "person", "people": "person", "each": "person", "lab": "lab", "model": "model",
    "question": "questions", "questions": "questions", "token": "tokens", "tokens": "tokens",
    "usd": "usd", "dollar": "usd", "dollars": "usd", "$": "usd",
    "hour": "hour", "hourly": "hour", "day": "day", "daily": "day", "today": "day",
}  # fmt: skip
_FILLERS = {"per", "a", "an", "at", "most", "the", "of"}
_MOST = 1e9
NOTHING_ALLOWED = (
    "A cap of 0 would let nobody ask. `/jam pause` does that; `off` in place of the number lifts the cap."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A cap as a moderator wrote it; None as its amount goes back to lab.toml's."""

    scope: Scope
    measure: Measure
    per: Per
    amount: float | None

    @property
    def cap(self) -> Cap:
        return Cap(self.scope, self.measure, self.per, self.amount or 0)


@dataclass(slots=True)
class CapCommands:
    """The subcommands on caps."""

    labs: Labs
    spending: Spending
    burning: Burning

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        return [
            Subcommand("cap", USAGE, "sets a cap; `off` in place of N lifts it, `default` resets it",
                       "moderator", self.change, changes=True),
            Subcommand("caps", "", "shows the lab's caps, and what is left for you", "anyone", self.show),
        ]  # fmt: skip

    async def show(self, act: Act) -> Reply:
        """What is left: for who asks, and to those with a say also for the lab."""
        lab = self.labs[act.lab]
        mine = await self.burning.left(lab, act.actor.user)
        if act.role.may_moderate(act.lab):
            mine += burn_lines(await self.burning.of(lab))
        return Reply("\n".join(mine) or f"{lab.short} has no cap on what one person may ask.")

    async def change(self, act: Act) -> Reply:
        """Set, lift or reset one cap."""
        lab = self.labs[act.lab]
        if not act.rest.strip():
            raise Declined(EXAMPLES)
        wanted = read_cap(act.rest)
        if wanted.measure == "usd" and wanted.amount:
            _require_prices(lab)
        before = {cap.name: cap for cap in await self.burning.caps(lab)}.get(wanted.cap.name)
        units = None if wanted.amount is None else wanted.cap.units
        await self.spending.change(act.lab, wanted.cap.name, units)
        after = {cap.name: cap for cap in await self.burning.caps(lab)}.get(wanted.cap.name)
        whose = {"person": "each person", "lab": "the lab", "model": "each model of the lab"}[wanted.scope]
        what = "Tokens" if wanted.measure == "tokens" else "USD" if wanted.measure == "usd" else "Questions"
        now = f"at most {in_words(after)} per {after.per}" if after else f"no cap per {wanted.per}"
        return Reply(
            f"{what} for {whose}: {now}, from the next question on.",
            before=_audited(wanted, before), after=_audited(wanted, after),
        )  # fmt: skip


def read_cap(text: str) -> Wanted:
    """Read a cap in words, in any order; Declined says what is missing or not understood."""
    found: dict[str, str] = {}
    amount, given = None, False
    for word in text.casefold().replace("/", " per ").split():
        if word in {"off", "none", "default"}:
            amount, given = (None if word == "default" else 0.0), True
        elif number := _AMOUNT.fullmatch(word):
            amount, given = _amount(number), True
            if word.startswith("$"):
                found["measure"] = "usd"
        elif word in _WORDS:
            found[_part(_WORDS[word])] = _WORDS[word]
        elif word not in _FILLERS:
            raise Declined(f"I don't understand “{word[:30].replace('`', '')}” here. {EXAMPLES}")
    _require(found, given, amount)
    scope, measure, per = found["scope"], found["measure"], found["per"]
    return Wanted(cast("Scope", scope), cast("Measure", measure), cast("Per", per), amount)


def _amount(number: re.Match[str]) -> float:
    amount = float(number[1].replace(",", "")) * _TIMES[number[2]]
    if not amount:
        raise Declined(NOTHING_ALLOWED)
    return amount


def _part(word: str) -> str:
    return "scope" if word in {"person", "lab", "model"} else "per" if word in {"hour", "day"} else "measure"


def _require(found: dict[str, str], given: bool, amount: float | None) -> None:
    missing = {"scope": "for whom: person, lab or model", "measure": "of what: questions, tokens or USD",
               "per": "per hour or per day"}  # fmt: skip
    for part, what in missing.items():
        if part not in found:
            raise Declined(f"Say {what}. {EXAMPLES}")
    if not given:
        raise Declined(f"Say how many. {EXAMPLES}")
    whole = found["measure"] == "usd" or amount is None or amount == int(amount)
    if not whole or (amount or 0) > _MOST:
        raise Declined(f"That number can't be a cap. {EXAMPLES}")


def _require_prices(lab: Lab) -> None:
    free = [spec.name for spec in lab.models if not spec.prices]
    if free:
        raise Declined(
            f"The model {free[0]} has no prices in labjam.toml, so its dollars can't be counted. Cap tokens."
        )


def _audited(wanted: Wanted, cap: Cap | None) -> str:
    return f"{wanted.cap.name} = {cap.amount:g}" if cap else f"{wanted.cap.name}: none"
