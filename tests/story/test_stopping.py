"""Stop, whatever an answer is about to do: the model ends within a second, and what it said stays."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot import outcome
from bot.controls import NOT_YOURS_TO_STOP, STOP
from bot.slack import blocks
from bot.trial.model_script import Plan, Reply
from tests.jam import Jam, until
from tests.story.test_controls import ENDLESS, TWO_MODELS

SOON = 1.0


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    """A jam of two models, where argonne has a moderator."""
    async with Jam(tmp_path) as jam:
        jam.people["moderator"] = jam.slack.add_person("moderator")
        config = tmp_path / "labjam.toml"
        config.write_text(TWO_MODELS.format(url=jam.model.base_url, moderator=jam.people["moderator"]))
        jam.extra["LABJAM_CONFIG"] = str(config)
        await jam.start_bot()
        jam.model.script = Plan(lambda seen: THINKING if "think" in seen.question else ENDLESS)
        yield jam


THINKING = Reply("At last.", wait=60)


async def press(jam: Jam, how: str, ts: str) -> None:
    """Stop as the asker: by Slack's button, ours, or the reaction."""
    person, channel = jam.people["argonne"], jam.channels["argonne"]
    match how:
        case "Slack's button":
            await jam.slack.stop_button(person, channel, ts)
        case "our button":
            [message] = jam.replies("argonne", ts)
            await jam.slack.click(person, channel, message.ts, blocks.STOP)
        case _:
            await jam.slack.react(person, channel, ts, STOP)


@pytest.mark.parametrize("how", ["Slack's button", "the reaction"])
async def test_a_model_that_thinks_is_stopped(jam: Jam, how: str) -> None:
    ts = await jam.ask("argonne", "think")
    await until(lambda: "thinking" in jam.slack.status(jam.channels["argonne"], ts))
    await press(jam, how, ts)
    await until(lambda: jam.model.aborted == 1, SOON)
    [answer] = await jam.answer("argonne", ts)
    assert outcome.STOPPED_EARLY in answer.visible_text
    assert jam.slack.status(jam.channels["argonne"], ts) == ""


async def test_a_streaming_answer_is_stopped_by_slacks_button(jam: Jam) -> None:
    ts = await jam.ask("argonne", "go")
    await until(lambda: bool(jam.replies("argonne", ts)))
    await press(jam, "Slack's button", ts)
    await until(lambda: jam.model.aborted == 1, SOON)
    [answer] = await jam.answer("argonne", ts)
    assert outcome.STOPPED in answer.visible_text
    assert answer.written.startswith("on and on")


@pytest.mark.parametrize("how", ["our button", "the reaction"])
async def test_an_answer_that_grows_by_edits_is_stopped(jam: Jam, how: str) -> None:
    """Slack shows no button of its own there; ours goes with the end."""
    jam.slack.faults.no_streaming()
    ts = await jam.ask("argonne", "go")
    await until(lambda: bool(jam.replies("argonne", ts)))
    [growing] = jam.replies("argonne", ts)
    assert [element["action_id"] for _, element in growing.elements] == [blocks.STOP]
    await jam.slack.join(jam.people["idaho"], jam.channels["argonne"])
    await jam.slack.click(jam.people["idaho"], jam.channels["argonne"], growing.ts, blocks.STOP)
    ephemerals = jam.slack.ephemerals
    await until(lambda: NOT_YOURS_TO_STOP in str(ephemerals(jam.channels["argonne"], jam.people["idaho"])))
    assert jam.model.aborted == 0
    await press(jam, how, ts)
    await until(lambda: jam.model.aborted == 1, SOON)
    await until(lambda: outcome.STOPPED in jam.replies("argonne", ts)[0].visible_text)
    [answer] = jam.replies("argonne", ts)
    assert answer.written.startswith("on and on")
    assert blocks.STOP not in [element["action_id"] for _, element in answer.elements]


async def test_an_answer_that_is_to_come_in_one_piece_is_stopped(jam: Jam) -> None:
    """Nothing of it stands yet: Slack has no room for it now."""
    for method in ("chat.startStream", "chat.postMessage"):
        jam.slack.faults.limit(method, retry_after=3)
    ts = await jam.ask("argonne", "go")
    await until(lambda: jam.calls("chat.startStream") > 0)
    await press(jam, "the reaction", ts)
    await until(lambda: jam.model.aborted == 1, SOON)
    [answer] = await jam.answer("argonne", ts)
    assert outcome.STOPPED in answer.visible_text
    assert answer.written.startswith("on and on")


async def test_what_is_stopped_while_its_file_is_read_asks_no_model(jam: Jam) -> None:
    jam.slack.faults.delay("files.info", 1.5)
    person, channel = jam.people["argonne"], jam.channels["argonne"]
    ts = await jam.slack.post(person, channel, "read", files=[("data.txt", b"1 2 3")])
    await until(lambda: jam.calls("files.info") > 0)
    await press(jam, "the reaction", ts)
    [answer] = await jam.answer("argonne", ts)
    assert outcome.STOPPED_EARLY in answer.visible_text
    assert not jam.model.requests


@pytest.mark.parametrize("how", ["Slack's button", "the reaction"])
async def test_both_answers_of_a_comparison_are_stopped(jam: Jam, how: str) -> None:
    ts = await jam.ask("argonne", "Compare: think")
    await until(lambda: len(jam.model.requests) == 1)
    await press(jam, how, ts)
    await until(lambda: jam.model.aborted == 1, SOON)
    await until(lambda: len(jam.replies("argonne", ts)) == 2)
    for answer in jam.replies("argonne", ts):
        assert outcome.STOPPED_EARLY in answer.visible_text
    assert len(jam.model.requests) == 1


async def test_slacks_button_leaves_what_another_asked_for(jam: Jam) -> None:
    """The same question, to be answered once more for a colleague behind the answer that is stopped."""
    asker, channel = jam.people["argonne"], jam.channels["argonne"]
    await jam.slack.join(jam.people["idaho"], channel)
    jam.model.script = Plan(lambda seen: THINKING if "think" in seen.question else Reply("ok"))
    ts = await jam.ask("argonne", "hello")
    [answer] = await jam.answer("argonne", ts)
    [menu] = [element for _, element in answer.elements if element["action_id"] == blocks.MORE]
    await jam.slack.edit(asker, channel, ts, "think")
    await until(lambda: "edited" in jam.replies("argonne", ts)[0].visible_text)
    await jam.slack.click(asker, channel, answer.ts, "labjam_again")
    await until(lambda: len(jam.model.requests) == 2)
    more = {"selected_option": menu["options"][0]}
    clicked = await jam.slack.click(jam.people["idaho"], channel, answer.ts, blocks.MORE, **more)
    assert clicked.acked
    await press(jam, "Slack's button", ts)
    await until(lambda: jam.model.aborted == 1)
    await until(lambda: len(jam.model.requests) == 3)
