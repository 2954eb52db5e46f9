"""A jam whose model takes notes and sums up as it is told, and what its people do with that."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.trial.messages import Message
from bot.trial.model_script import Reply, SeenRequest
from handlers.flags import NO_ANSWER
from tests.jam import Jam, until

NOTE = {
    "problem": "Loss in a cavity",
    "approach": "It estimated Q",
    "result": "A Q of 1e9",
    "open": "The coating",
}
CONFIG = """
[jam]
certify = "off"
[labs.argonne]
moderators = ["{moderator}"]
[labs.berkeley]
wrap_up_after = 60
[labs.idaho.caps]
person_questions_per_day = 1
[labs.princeton]
moderators = ["{moderator}"]
caps = {{lab_tokens_per_day = 1}}
"""


class Scribe:
    """A model that answers questions, takes notes and sums up as it is told."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {
            "tried": [{"text": "Two people estimated losses <!channel>", "sources": [1, 2]}],
            "well": [
                {"text": "It was right", "sources": []},
                {"text": "It checked units", "sources": [2, 99]},
            ],
            "badly": [{"text": "Invented", "sources": [98]}],
            "open": [{"text": "SECRET//NOFORN", "sources": [1]}],
        }
        self.bad = 0  # how many forms come broken first
        self.notes = 0

    def __call__(self, seen: SeenRequest) -> Reply:
        system = str(seen.body["messages"][0]["content"])
        if "take notes" not in system and "sum up a session" not in system:
            return Reply(f"An answer to {seen.question}.")
        if self.bad:
            self.bad -= 1
            return Reply("Certainly! Here is what you asked for: {")
        if "take notes" in system:
            self.notes += 1
            return Reply(f"```json\\n{json.dumps(NOTE)}\\n```")
        return Reply(json.dumps(self.claims))


async def command(jam: Jam, text: str) -> None:
    await jam.slack.command(jam.people["argonne"], jam.channels["argonne"], "/jam", text)


def posts(jam: Jam) -> list[Message]:
    """All top-level messages in Argonne's channel."""
    return jam.slack.channel_messages(jam.channels["argonne"])


def summaries(jam: Jam) -> list[Message]:
    """The bot's top-level messages in Argonne's channel that are summaries."""
    found = jam.slack.channel_messages(jam.channels["argonne"])
    return [message for message in found if "he numbers are counted" in message.visible_text]


async def two_threads(jam: Jam) -> list[str]:
    asked = [await jam.ask("argonne", text) for text in ("How large is the loss?", "And the Q factor?")]
    for ts in asked:
        await jam.answer("argonne", ts)
    return [ts.replace(".", "") for ts in asked]


async def wish(jam: Jam, lab: str, ts: str, told: str = "") -> str:
    """Use the shortcut on a thread; gives what its user was told, once it is so."""
    used = await jam.slack.message_shortcut(jam.people[lab], jam.channels[lab], ts, "jam_summary")
    assert used.acked
    await until(lambda: told in used.text)
    return used.text


async def flag(jam: Jam, lab: str, message: Message) -> None:
    """Flag an answer, as soon as it is written down."""

    async def is_flagged() -> bool:
        used = await jam.slack.message_shortcut(jam.people[lab], jam.channels[lab], message.ts, "jam_flag")
        await until(lambda: bool(used.text))
        return used.text != NO_ANSWER

    await until(is_flagged)


@asynccontextmanager
async def summing(folder: Path, *, start: bool = True) -> AsyncGenerator[Jam, None]:
    """The jam, with its bot running where it is to `start`."""
    async with Jam(folder) as jam:
        jam.model.script = Scribe()
        config = folder / "labjam.toml"
        config.write_text(CONFIG.format(moderator=jam.people["argonne"]))
        jam.extra["LABJAM_CONFIG"] = str(config)
        if start:
            await jam.start_bot()
        yield jam


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam, None]:
    """That jam, with its bot running."""
    async with summing(tmp_path) as jam:
        yield jam
