"""Flags: a shortcut, a tag of the details or the guard call moderators, who claim, resolve and see ages."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot.slack.blocks import DETAILS
from bot.trial.messages import Message
from bot.trial.model_script import Plan, Reply
from tests.desk import typed
from tests.jam import Jam, until

CONFIG = """
[jam]
certify = "off"
[labs.argonne]
moderators = ["{one}", "Two@ANL.example", "S0LOCALMODS"]
"""


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    config = tmp_path / "labjam.toml"
    async with Jam(tmp_path, own_store=True, extra={"LABJAM_CONFIG": str(config)}) as jam:
        for name in ("one", "two", "three"):
            jam.people[name] = jam.slack.add_person(name, email=f"{name}@anl.example")
            await jam.slack.join(jam.people[name], jam.channels["argonne"])
        jam.slack.workspace.groups["S0LOCALMODS"] = [jam.people["three"], jam.people["one"]]
        config.write_text(CONFIG.format(one=jam.people["one"]))
        jam.model.script = Plan(lambda seen: Reply(f"Reply to {seen.question}."))
        await jam.start_bot()
        yield jam


async def say(jam: Jam, text: str, person: str = "one") -> str:
    return (await typed(jam, jam.people[person], jam.channels["argonne"], text)).text


def told(jam: Jam, person: str) -> list[Message]:
    """What the bot said to somebody in a direct message."""
    direct = jam.slack.workspace.direct(jam.people[person])
    return [message for message in direct.messages.values() if message.user == jam.slack.workspace.bot]


async def flags(jam: Jam) -> list[dict[str, Any]]:
    return [line for line in await jam.journal("argonne") if line["kind"] == "flag"]


async def test_a_flag_is_told_once_claimed_and_resolved(jam: Jam) -> None:
    ts = await jam.ask("argonne", "about iodine")
    [answer] = await jam.answer("argonne", ts)
    reader, channel = jam.people["argonne"], jam.channels["argonne"]
    jam.slack.faults.status("users.lookupByEmail", 503)
    jam.slack.faults.status("usergroups.users.list", 503)
    flagged = await jam.slack.message_shortcut(reader, channel, answer.ts, "jam_flag")
    await until(lambda: "Flagged. The moderators of this lab look at it" in flagged.text)
    again = await jam.slack.message_shortcut(reader, channel, answer.ts, "jam_flag")
    await until(lambda: "flagged already" in again.text)
    none = await jam.slack.message_shortcut(reader, channel, ts, "jam_flag")
    await until(lambda: "Only an answer of labjam's" in none.text)
    for person in ("one", "two", "three"):
        await until(lambda: bool(told(jam, person)), 20)  # noqa: B023
        [message] = told(jam, person)
        assert "was flagged by a reader" in message.visible_text
        assert "iodine" not in message.visible_text
        assert reader not in str(message.raw)

    listed = await say(jam, "flag list")
    found = re.search(r"`?([0-9a-f]{5})`? .*flagged by a reader, \d+ s ago", listed)
    assert found, listed
    assert "Flagged answers: 1 unclaimed, 0 in hand, oldest" in await say(jam, "status")
    assert "It is yours" in await say(jam, f"flag claim {found[1]}")
    assert "has it in hand already" in await say(jam, f"flag claim {found[1]}", "two")
    assert "has it" in await say(jam, "flags")
    assert "Say what came of it" in await say(jam, f"flag resolve {found[1]}")
    assert "Resolved" in await say(jam, f"flag resolve {found[1]} checked against the handbook")
    assert "is resolved already" in await say(jam, f"flag resolve {found[1]} twice")
    assert "No flagged answer waits" in await say(jam, "flag list")
    assert "Only the moderators" in await say(jam, "flag list", "argonne")
    kept = [(line["revision"], line["state"], line["user"], line["note"]) for line in await flags(jam)]
    assert kept == [
        (1, "open", reader, ""),
        (2, "claimed", jam.people["one"], ""),
        (3, "resolved", jam.people["one"], "checked against the handbook"),
    ]
    await jam.slack.message_shortcut(reader, channel, answer.ts, "jam_flag")
    await until(lambda: len(told(jam, "two")) == 2, 20)
    assert (await flags(jam))[-1]["revision"] == 4


async def test_unsafe_advice_and_the_guard_flag_too(jam: Jam) -> None:
    ts = await jam.ask("argonne", "mix what?")
    [answer] = await jam.answer("argonne", ts)
    reader, channel = jam.people["argonne"], jam.channels["argonne"]
    await jam.slack.click(reader, channel, answer.ts, DETAILS)
    await until(lambda: bool(jam.slack.workspace.views))
    view = list(jam.slack.workspace.views.values())[-1]
    [block] = [block for block in view.body["blocks"] if block.get("block_id") == "reasons"]
    element = block["element"]
    [unsafe] = [option for option in element["options"] if option["value"] == "unsafe_advice"]
    state = {"reasons": {element["action_id"]: {"type": element["type"], "selected_options": [unsafe]}}}
    await jam.slack.submit_view(reader, view.id, state)
    await until(lambda: _open(jam, 1))
    assert (await flags(jam))[0]["reason"] == "unsafe"

    jam.model.script = Plan(lambda _: Reply("SECRET//RD\nwords of the model"))
    await jam.ask("argonne", "say something marked")
    await until(lambda: _open(jam, 2))
    assert [line["reason"] for line in await flags(jam)] == ["unsafe", "guard"]
    assert "words of the model" not in str(await jam.journal("argonne"))
    for person in ("one", "two", "three"):
        await until(lambda: "took back an answer" in str([one.written for one in told(jam, person)]))  # noqa: B023


async def _open(jam: Jam, count: int) -> bool:
    return len(await flags(jam)) == count
