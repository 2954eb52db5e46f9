"""What a person sees of questions that wait for their word, for the tests of that."""

from typing import Any

from bot.slack.blocks import CONFIRM
from bot.store.redis import Store
from bot.trial.messages import Message
from tests.jam import Jam, until
from tests.stores import everything

SOFT = "Is a 3A001 converter under ITAR, canary-77?"


def asked(jam: Jam, lab: str) -> list[Message]:
    """What the lab's scientist alone sees, and can press."""
    found = jam.slack.ephemerals(jam.channels[lab], jam.people[lab])
    return [message for message in found if message.elements]


async def press(jam: Jam, lab: str, message: Message, user: str = "") -> str:
    """Press the button; gives what stands there then."""
    await jam.slack.click(user or jam.people[lab], message.channel, message.ts, CONFIRM)
    await until(lambda: not message.elements)
    return message.text


async def lines(jam: Jam, lab: str, kind: str) -> list[dict[str, Any]]:
    """The lab's journal, as far as it is of one kind."""
    return [line for line in await jam.journal(lab) if line["kind"] == kind]


async def kept_in(jam: Jam) -> str:
    """All that Redis holds, as one text."""
    store = await Store.connect(jam.settings().redis_url)
    kept = await everything(store)
    await store.close()
    return kept
