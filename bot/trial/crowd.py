"""Simulated scientists who keep asking, so that a moderator sees a busy jam: `labjam try --seed-crowd N`."""

import asyncio
import random
from collections.abc import Sequence
from itertools import cycle, islice

from bot.labs import Lab
from bot.slack.blocks import CONFIRM, THUMB
from bot.trial.cast import short_name
from bot.trial.messages import Message
from bot.trial.server import LocalSlack

MOST = 1_400
"""The largest jam that labjam is made for."""

PAUSE = 75.0
"""Mean seconds between a person's answer and next question."""

PATIENCE = 600.0
"""Seconds a person waits for an answer."""

_FOLLOWS, _JUDGES, _LIKES = 0.4, 0.6, 0.7  # how often somebody asks on, judges, and likes what it is

_TOPICS = (
    "dose rates behind a slab shield", "ion-temperature-gradient turbulence", "beam loss in a storage ring",
    "electrolyte decomposition in a lithium cell", "shock ignition of a granular bed",
    "graph partitioning on GPUs", "neutron reflectometry of a bilayer", "carbon flux in a peat column",
    "creep of a nickel superalloy",
)  # fmt: skip
_ASKS = (
    "How would you estimate {}? Show an equation.", "Compare three methods for {} in a table.",
    "Write code that sets up a small model of {}.", "Which limiting cases check a result on {}?",
    "Give a long answer on what is uncertain about {}.",
)  # fmt: skip
_MORE = (
    "Which assumption matters most?",
    "Now as a table, please.",
    "And the code for it?",
    "What would refute this?",
)


class Crowd:
    """People who ask, read, judge and ask on, each in the channel of one lab."""

    def __init__(
        self, slack: LocalSlack, labs: Sequence[Lab], chance: random.Random, pause: float = PAUSE
    ) -> None:
        self._slack = slack
        self._labs = labs
        self._chance = chance
        self._pause = pause

    async def run(self, people: int) -> None:
        """Keep `people` of them at it until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number, lab in enumerate(islice(cycle(self._labs), people), 1):
                channel = self._slack.workspace.channel(lab.channel)
                if channel:
                    user = await self._person(number, lab, channel.id)
                    group.create_task(self._live(user, channel.id))

    async def _person(self, number: int, lab: Lab, channel: str) -> str:
        name = f"Crowd {number} ({short_name(lab.key)})"
        people = self._slack.workspace.people.values()
        known = next((person.id for person in people if person.name == name), "")
        user = known or self._slack.add_person(name, email=f"crowd{number}@example.org", tz=lab.zone)
        if not known:
            await self._slack.join(user, channel)
        return user

    async def _live(self, user: str, channel: str) -> None:
        await asyncio.sleep(self._chance.uniform(0, self._pause))
        while True:
            topic = self._chance.choice(_TOPICS)
            thread = await self._slack.post(user, channel, self._chance.choice(_ASKS).format(topic))
            read = await self._read(user, channel, thread, 1)
            if read and self._chance.random() < _FOLLOWS:
                await asyncio.sleep(self._chance.uniform(0.1, 0.3) * self._pause)
                await self._slack.post(user, channel, self._chance.choice(_MORE), thread_ts=thread)
                await self._read(user, channel, thread, 2)
            await asyncio.sleep(self._chance.expovariate(1 / self._pause))

    async def _read(self, user: str, channel: str, thread: str, wanted: int) -> bool:
        """Wait for this many answers, and perhaps judge the last; False where it did not come in time."""
        clock = asyncio.get_running_loop().time
        until = clock() + PATIENCE
        while len(ended := self._answers(channel, thread)) < wanted:
            if clock() > until:
                return False
            await self._certify(user, channel)
            await asyncio.sleep(0.5)
        await asyncio.sleep(self._chance.uniform(0.03, 0.1) * self._pause)
        if self._chance.random() < _JUDGES:
            thumb = "+1" if self._chance.random() < _LIKES else "-1"
            await self._slack.click(user, channel, ended[-1].ts, THUMB, _value(ended[-1], thumb))
        return True

    async def _certify(self, user: str, channel: str) -> None:
        """Press the button that a first question waits for."""
        for message in self._slack.ephemerals(channel, user):
            if any(element["action_id"] == CONFIRM for _, element in message.elements):
                await self._slack.click(user, channel, message.ts, CONFIRM)

    def _answers(self, channel: str, thread: str) -> list[Message]:
        return [each for each in self._slack.replies_of_bot(channel, thread) if _value(each, "+1")]


def _value(message: Message, thumb: str) -> str:
    """What a thumb of this message carries; empty where it has none."""
    for _, element in message.elements:
        if element["action_id"] == THUMB:
            return str(element["positive_button" if thumb == "+1" else "negative_button"]["value"])
    return ""
