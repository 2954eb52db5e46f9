"""A lab's state: what its moderators set in Slack, read by every process with at most a second's delay."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.store import keys
from bot.store.redis import Store, reachable

FRESH = 1.0
"""Seconds a state is believed without asking again."""

Held = Literal["", "paused", "stopped"]


@dataclass(frozen=True, slots=True)
class LabState:
    """What stands for a lab now; the defaults are those of a lab whose moderators never did anything.

    `fields` holds all of it as stored, for features that keep a word of their own there.
    """

    session: int = 0  # how often it was opened
    closed: bool = False
    title: str = ""
    until: float = 0.0  # seconds since the epoch; 0 is without end
    held: Held = ""
    held_since: str = ""  # tells one pause from the next
    model: str = ""  # a configured model's name; "" is the lab's own first
    prompt: int = 0  # a version written in Slack; 0 is the file's
    compare: int = 0  # percent of the questions that two models answer
    fields: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)

    def is_open(self, now: float) -> bool:
        """Whether questions are taken: its end counts at once, whenever somebody writes it down."""
        return not self.closed and not (self.until and now >= self.until)

    def muted(self, user: str) -> str:
        """Since when a person may not ask here; empty where they may."""
        return self.fields.get(f"mute:{user}", "")

    def allowed(self, user: str) -> bool:
        """Whether a guest or stranger may ask here."""
        return f"allow:{user}" in self.fields


def read_state(fields: Mapping[str, str]) -> LabState:
    """Read a state as it is stored."""
    held = fields.get("held", "")
    return LabState(
        session=int(fields.get("session", 0)),
        closed=fields.get("closed") == "1",
        title=fields.get("title", ""),
        until=float(fields.get("until", 0)),
        held=held if held in ("paused", "stopped") else "",
        held_since=fields.get("held_since", ""),
        model=fields.get("model", ""),
        prompt=int(fields.get("prompt", 0)),
        compare=int(fields.get("compare", 0)),
        fields=fields,
    )


class States:
    """Every lab's state as this process knows it."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, tuple[float, LabState]] = {}

    async def of(self, lab: str) -> LabState:
        """The state, at most FRESH seconds old; one Redis command where it must be read."""
        read_at, known = self._known.get(lab, (-FRESH, LabState()))
        if self._clock() - read_at < FRESH:
            return known
        now = self._clock()
        async with reachable():
            fields: dict[str, str] = await self._store.client.hgetall(keys.state(keys.DESK, lab))
        self._known[lab] = (now, read_state(fields))
        return self._known[lab][1]

    async def of_all(self, labs: Collection[str]) -> dict[str, LabState]:
        """The same of several labs, in one round trip."""
        return dict(zip(labs, await asyncio.gather(*map(self.of, labs)), strict=True))

    def forget(self, lab: str) -> None:
        """Ask again: this process changed it."""
        self._known.pop(lab, None)

    async def prompt(self, lab: str, version: int) -> str:
        """The JSON of one version of a lab's prompt; empty where there is none."""
        async with reachable():
            return await self._store.client.hget(keys.prompts(keys.DESK, lab), str(version)) or ""

    async def prompts(self, lab: str) -> dict[int, str]:
        """Every version of a lab's prompt, as JSON, the oldest first."""
        async with reachable():
            found: dict[str, str] = await self._store.client.hgetall(keys.prompts(keys.DESK, lab))
        return {int(number): found[number] for number in sorted(found, key=int)}
