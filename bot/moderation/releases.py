"""`/jam review`, `/jam release` and `/jam withhold`: which answers may leave the lab."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.errors import Declined
from bot.labs import Labs
from bot.moderation.care import thread_linked
from bot.moderation.table import Act, Reply, Subcommand
from bot.moderation.times import read_day
from bot.phrases import many
from bot.records import ReleaseState
from bot.releasing import Found, Releasing, Which, changed
from bot.store.releases import COMES_FROM

USAGE = "[thread LINK|all] [up|down|judged|private|reviewed|withheld|since DAY|until DAY] [because WHY]"
AFTER = "After `thread LINK` or `all` may stand up, down, judged, a state, since DAY, until DAY, because WHY."
TARGETS: dict[str, ReleaseState] = {
    "review": "lab_reviewed", "release": "released", "withhold": "withheld",
}  # fmt: skip
WORDS: dict[ReleaseState, str] = {
    "private": "private", "lab_reviewed": "reviewed", "released": "released", "withheld": "withheld",
}  # fmt: skip
ASKED: dict[ReleaseState, str] = {
    "lab_reviewed": "Mark them as reviewed? Then `/jam release` can let them leave.",
    "released": "Release them? Then every export carries them.",
    "withheld": "Withhold them? Then no export carries them.",
}
NONE_MEANT = "No answer matches that. `/jam release` alone shows how many are in which state."
NONE_REVIEWED = f"{NONE_MEANT} Only what was reviewed can be released: `/jam review` comes first."

_BECAUSE = re.compile(r"(?:^|\s)because\s+(.+)$", re.IGNORECASE | re.DOTALL)
_STATES = {word: state for state, word in WORDS.items()}


@dataclass(slots=True)
class ReleaseCommands:
    """The subcommands on release states."""

    labs: Labs
    releasing: Releasing

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        says = {
            "review": "marks answers as reviewed by the lab; nothing is released before",
            "release": "lets reviewed answers leave with exports; alone, shows how many are in which state",
            "withhold": "keeps answers from every export, because …",
        }
        return [
            Subcommand(
                name, USAGE, said, "moderator", self.change, changes=True, one_lab=True, asks=self._sure
            )
            for name, said in says.items()
        ]

    async def change(self, act: Act) -> Reply:
        """Say how things are, or change what was chosen."""
        if not act.rest.strip():
            return await self._shown(act)
        target = TARGETS[act.name]
        found, reason = await self._found(act, target)
        stood = await self.releasing.change(
            act.lab, found, target, user=act.actor.user, reason=reason, at=act.at
        )
        words = _said(stood, target)
        return Reply(words, before=_counted(stood), after=f"{changed(stood, target)} {WORDS[target]}")

    async def _found(self, act: Act, target: ReleaseState) -> tuple[list[Found], str]:
        """What is meant, and why; Declined where nothing is, or where no reason is given for it."""
        chosen, reason = _taken_apart(act.rest)
        which = self._which(act, chosen)
        if target == "withheld" and not reason:
            raise Declined("Say why, for the record: `/jam withhold … because …`.")
        if not which.thread and not which.states:
            which = replace(which, states=frozenset(COMES_FROM[target]))
        found = await self.releasing.find(act.lab, which)
        if not found:
            raise Declined(NONE_REVIEWED if target == "released" else NONE_MEANT)
        return found, reason

    async def _sure(self, act: Act) -> str:
        """Ask before many at once."""
        target = TARGETS[act.name]
        if act.words[:1] != ["all"]:
            return ""
        found, _ = await self._found(act, target)
        states = _counted(Counter(one.state for one in found))
        return f"{many(len(found), 'answer')} of this lab: {states}. {ASKED[target]}"

    async def _shown(self, act: Act) -> Reply:
        states: Counter[ReleaseState] = Counter(
            one.state for one in await self.releasing.find(act.lab, Which())
        )
        return Reply(f"Of this lab's answers: {_counted(states) or 'none'}. Exports carry what is released.")

    def _which(self, act: Act, words: list[str]) -> Which:
        which, zone = Which(), self.labs[act.lab].timezone
        rest = list(words)
        match rest[:2]:
            case ["thread", link, *_] if thread := thread_linked(act.actor.team, link):
                which, rest = replace(which, thread=thread), rest[2:]
            case ["all", *_]:
                rest = rest[1:]
            case _:
                raise Declined("Say which: `thread` and a link to one of its messages, or `all`.")
        while rest:
            which, rest = _narrowed(which, rest, zone)
        return which


def _narrowed(which: Which, words: list[str], zone: ZoneInfo) -> tuple[Which, list[str]]:
    match words:
        case [("since" | "until") as end, day, *rest]:
            return replace(which, **{end: read_day(day, zone)}), rest
        case [("up" | "down") as thumb, *rest]:
            return replace(which, thumb=1 if thumb == "up" else -1), rest
        case ["judged", *rest]:
            return replace(which, judged=True), rest
        case [word, *rest] if word in _STATES:
            return replace(which, states=which.states | {_STATES[word]}), rest
        case _:
            raise Declined(f"I don't know “{words[0][:40]}” here. {AFTER}")


def _taken_apart(rest: str) -> tuple[list[str], str]:
    """The words that choose, and what stands behind "because"."""
    found = _BECAUSE.search(rest)
    chosen = rest[: found.start()] if found else rest
    return chosen.split(), found[1].strip() if found else ""


def _said(stood: Counter[ReleaseState], target: ReleaseState) -> str:
    done = changed(stood, target)
    words = f"{many(done, 'answer')} {WORDS[target]}."
    same = stood[target]
    if same:
        words += f" {same:,} {'was' if same == 1 else 'were'} already."
    if left := stood.total() - done - same:
        words += f" {left:,} left as before: `/jam review` comes before `/jam release`."
    return words


def _counted(states: Counter[ReleaseState]) -> str:
    return ", ".join(f"{states[state]:,} {word}" for state, word in WORDS.items() if states[state])
