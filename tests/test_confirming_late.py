"""What a person pressed is looked at once more when their word comes: much may have happened since."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot import ending
from bot.resuming import CHANGED_SINCE
from bot.slack.blocks import AGAIN, MORE
from bot.trial.messages import Message
from bot.trial.model_script import Plan, Reply, failure
from tests.confirming import asked, press
from tests.jam import Jam, text_of, until
from tests.test_confirming_again import answered, newcomer

CONFIG = """
[jam]
certify = "session"
[labs.idaho]
moderators = ["{moderator}"]
[labs.argonne]
moderators = ["{moderator}"]
caps = {{lab_questions_per_hour = 2}}
"""


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    """Two labs with a moderator; Argonne may ask two questions an hour."""
    config = tmp_path / "late.toml"
    async with Jam(tmp_path, own_store=True, extra={"LABJAM_CONFIG": str(config)}) as jam:
        moderator = jam.people["moderator"] = jam.slack.add_person("moderator")
        config.write_text(CONFIG.format(moderator=moderator))
        for lab in ("idaho", "argonne"):
            await jam.slack.join(moderator, jam.channels[lab])
        jam.model.script = Plan(lambda seen: Reply(f"On {seen.question}."))
        await jam.start_bot()
        yield jam


def alone(jam: Jam, lab: str, who: str) -> list[Message]:
    return jam.slack.ephemerals(jam.channels[lab], jam.people[who])


def buttons(jam: Jam) -> list[Message]:
    """What the moderator alone sees at Argonne, and can press."""
    return [message for message in alone(jam, "argonne", "moderator") if message.elements]


async def test_an_answer_that_came_meanwhile_is_not_replaced(jam: Jam) -> None:
    first, channel = jam.people["idaho"], jam.channels["idaho"]
    jam.model.script = Plan(lambda _: failure(400))
    ts, failed = await answered(jam, "idaho", "nickel")
    await newcomer(jam, "idaho")
    await jam.slack.click(jam.people["idaho"], channel, failed.ts, AGAIN)
    await until(lambda: bool(asked(jam, "idaho")))
    jam.model.script = Plan(lambda _: Reply("The good answer."))
    await jam.slack.click(first, channel, failed.ts, AGAIN)
    await until(lambda: jam.replies("idaho", ts)[0].written == "The good answer.")
    await jam.slack.settled()
    jam.model.script = Plan(lambda _: Reply("A stranger's answer."))
    await press(jam, "idaho", asked(jam, "idaho")[0])
    await until(lambda: CHANGED_SINCE in text_of(alone(jam, "idaho", "idaho")))
    assert jam.replies("idaho", ts)[0].written == "The good answer."
    assert len(jam.model.requests) == 2


async def test_a_cap_used_up_meanwhile_leaves_the_answer(jam: Jam) -> None:
    channel = jam.channels["argonne"]
    ts, answer = await answered(jam, "argonne", "nickel")
    await jam.slack.edit(jam.people["argonne"], channel, ts, "copper")
    await until(lambda: ending.EDITED in jam.replies("argonne", ts)[0].visible_text)
    await jam.slack.click(jam.people["moderator"], channel, answer.ts, AGAIN)
    await until(lambda: bool(buttons(jam)))
    await jam.answer("argonne", await jam.ask("argonne", "zinc"))
    await press(jam, "argonne", buttons(jam)[0], jam.people["moderator"])
    await until(lambda: "limit of 2 questions" in text_of(alone(jam, "argonne", "moderator")))
    assert jam.replies("argonne", ts)[0].written == "On nickel."


async def test_nothing_more_is_asked_in_a_lab_that_closed_meanwhile(jam: Jam) -> None:
    channel = jam.channels["idaho"]
    ts, answer = await answered(jam, "idaho", "nickel")
    await newcomer(jam, "idaho")
    [element] = [element for _, element in answer.elements if element["action_id"] == MORE]
    [option] = [each for each in element["options"] if each["text"]["text"] == "Answer again"]
    await jam.slack.click(jam.people["idaho"], channel, answer.ts, MORE, selected_option=option)
    await until(lambda: bool(asked(jam, "idaho")))
    await jam.slack.command(jam.people["moderator"], channel, "/jam", "close")
    await asyncio.sleep(1.1)  # a state is believed for a second
    await press(jam, "idaho", asked(jam, "idaho")[0])
    await until(lambda: "is closed" in text_of(jam.replies("idaho", ts)))
    assert text_of(jam.replies("idaho", ts)).count("On nickel.") == 1
