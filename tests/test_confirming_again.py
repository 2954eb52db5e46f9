"""A person's word where nothing new is written: asking once more, another model, a file that looks marked."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

import bot.confirming
from bot import ending, outcome
from bot.slack.blocks import AGAIN, ASK, MORE
from bot.trial.messages import Message
from bot.trial.model_script import Plan, Reply, failure
from tests.confirming import SOFT, asked, kept_in, lines, press
from tests.jam import Jam, text_of, until

CONFIG = """
[jam]
certify = "session"
default_models = ["default", "other"]
[models.other]
id = "other-model"
[labs.berkeley]
certify = "off"
"""
FILE = ("notes.txt", b"Canary-88 is listed under ITAR.\n")


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    """Two models; Idaho certifies each session, Berkeley never."""
    config = tmp_path / "twice.toml"
    config.write_text(CONFIG)
    async with Jam(tmp_path, own_store=True, extra={"LABJAM_CONFIG": str(config)}) as jam:
        jam.model.script = Plan(lambda seen: Reply(f"On {seen.question} by {seen.body['model']}"))
        await jam.start_bot()
        yield jam


async def newcomer(jam: Jam, lab: str) -> None:
    """From now on the lab's scientist is somebody who has certified nothing yet."""
    jam.people[lab] = jam.slack.add_person("newcomer")
    await jam.slack.join(jam.people[lab], jam.channels[lab])


async def answered(jam: Jam, lab: str, text: str) -> tuple[str, Message]:
    """Ask and certify; gives the question's ts and its answer."""
    ts = await jam.ask(lab, text)
    await until(lambda: bool(asked(jam, lab)))
    await press(jam, lab, asked(jam, lab)[0])
    return ts, (await jam.answer(lab, ts))[0]


async def choose(jam: Jam, message: Message, action: str, label: str) -> None:
    [element] = [element for _, element in message.elements if element["action_id"] == action]
    [option] = [each for each in element["options"] if each["text"]["text"] == label]
    await jam.slack.click(
        jam.people["idaho"], jam.channels["idaho"], message.ts, action, selected_option=option
    )


async def test_who_asks_another_model_certifies_first(jam: Jam) -> None:
    ts, answer = await answered(jam, "idaho", "iron")
    await newcomer(jam, "idaho")
    await choose(jam, answer, ASK, "other-model")
    await choose(jam, answer, MORE, "Answer again")
    await until(lambda: len(asked(jam, "idaho")) == 2)
    assert "you certify" in asked(jam, "idaho")[0].written
    assert asked(jam, "idaho")[0].thread_ts == ts
    assert len(jam.model.requests) == 1
    await press(jam, "idaho", asked(jam, "idaho")[0])
    written = text_of(await jam.answer("idaho", ts, answers=3))
    assert "On iron by other-model" in written
    assert written.count("On iron by scripted") == 2
    users = [line["user"] for line in await lines(jam, "idaho", "certification")]
    assert users[1:] == [jam.people["idaho"]]


async def test_who_presses_retry_certifies_first(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: failure(400))
    ts, failed = await answered(jam, "idaho", "nickel")
    jam.model.script = Plan(lambda seen: Reply(f"On {seen.question}."))
    await newcomer(jam, "idaho")
    await jam.slack.click(jam.people["idaho"], jam.channels["idaho"], failed.ts, AGAIN)
    await until(lambda: bool(asked(jam, "idaho")))
    await jam.slack.settled()
    assert len(jam.model.requests) == 1
    await press(jam, "idaho", asked(jam, "idaho")[0])
    await until(lambda: jam.replies("idaho", ts)[0].written == "On nickel.")
    assert len(jam.replies("idaho", ts)) == 1
    assert [line["outcome"] for line in await lines(jam, "idaho", "answer")] == ["failed", "answered"]


async def test_a_press_that_nobody_certifies_runs_out(jam: Jam, monkeypatch: pytest.MonkeyPatch) -> None:
    ts, answer = await answered(jam, "idaho", "cobalt")
    await newcomer(jam, "idaho")
    monkeypatch.setattr(bot.confirming, "WAITS", 1.5)
    await choose(jam, answer, MORE, "Answer again")
    mine = jam.people["idaho"]
    await until(lambda: "I did not ask again" in text_of(jam.slack.ephemerals(jam.channels["idaho"], mine)))
    assert len(jam.replies("idaho", ts)) == 1
    assert len(jam.model.requests) == 1


async def test_a_file_that_looks_marked_waits_for_its_asker(jam: Jam) -> None:
    person, channel = jam.people["berkeley"], jam.channels["berkeley"]
    ts = await jam.slack.post(person, channel, "What is in it?", files=[FILE])
    await until(lambda: len(asked(jam, "berkeley")) == 1)
    assert "Your file looks like it could be" in asked(jam, "berkeley")[0].written
    assert "a mention of export control" in asked(jam, "berkeley")[0].written
    [told] = await jam.answer("berkeley", ts)
    assert outcome.LOOKS_MARKED in told.visible_text
    assert not jam.model.requests
    assert "Canary-88" not in await kept_in(jam)
    await jam.slack.click(person, channel, told.ts, AGAIN)
    await jam.slack.settled()
    await press(jam, "berkeley", asked(jam, "berkeley")[0])
    await until(lambda: "On What is in it?" in jam.replies("berkeley", ts)[0].written)
    assert "Canary-88" in str(jam.model.requests[0].body)
    [gate] = await lines(jam, "berkeley", "gate")
    assert (gate["where"], gate["level"], gate["decision"]) == ("file", "soft", "confirmed")
    assert gate["rules"] == ["export_word"]
    assert len(jam.replies("berkeley", ts)) == 1
    await jam.ask("berkeley", "Go on.", ts)
    await jam.answer("berkeley", ts, 2)
    assert "Canary-88" in str(jam.model.requests[1].body)
    assert len(jam.slack.ephemerals(channel, person)) == 1


async def test_of_two_models_each_gets_a_file_that_was_cleared_once(jam: Jam) -> None:
    person, channel = jam.people["berkeley"], jam.channels["berkeley"]
    ts = await jam.slack.post(person, channel, "compare: What is in it?", files=[FILE])
    await jam.answer("berkeley", ts, answers=2)
    await until(lambda: bool(asked(jam, "berkeley")))
    await press(jam, "berkeley", asked(jam, "berkeley")[0])
    await until(lambda: text_of(jam.replies("berkeley", ts)).count("On What is in it?") == 2)
    await jam.slack.settled()
    assert len(jam.model.requests) == 2
    assert len(jam.slack.ephemerals(channel, person)) == 1


async def test_a_file_that_nobody_clears_is_given_to_no_model(jam: Jam) -> None:
    person, channel = jam.people["berkeley"], jam.channels["berkeley"]
    ts = await jam.slack.post(person, channel, "What is in it?", files=[FILE])
    await until(lambda: bool(asked(jam, "berkeley")))
    await jam.answer("berkeley", ts)
    await jam.slack.delete(person, channel, ts)
    await until(lambda: has_gate(jam))
    [gate] = await lines(jam, "berkeley", "gate")
    assert (gate["where"], gate["decision"]) == ("file", "dropped")
    await until(lambda: not jam.replies("berkeley", ts))
    assert "does not wait any more" in await press(jam, "berkeley", asked(jam, "berkeley")[0])
    assert not jam.model.requests


async def test_a_word_about_a_file_lets_no_edit_through(jam: Jam) -> None:
    person, channel = jam.people["berkeley"], jam.channels["berkeley"]
    ts = await jam.slack.post(person, channel, "What is in it?", files=[FILE])
    await until(lambda: len(asked(jam, "berkeley")) == 1)
    await jam.answer("berkeley", ts)
    await jam.slack.edit(person, channel, ts, SOFT)  # it meets the same rule
    await until(lambda: len(asked(jam, "berkeley")) == 2)
    about_file, about_edit = asked(jam, "berkeley")
    assert "Your edited question looks like" in about_edit.written
    await press(jam, "berkeley", about_file)
    await until(lambda: "On What is in it?" in jam.replies("berkeley", ts)[0].written)
    assert "canary-77" not in await kept_in(jam)
    assert [gate["where"] for gate in await lines(jam, "berkeley", "gate")] == ["file"]
    await press(jam, "berkeley", about_edit)
    await until(lambda: ending.EDITED in jam.replies("berkeley", ts)[0].visible_text)
    gates = [(gate["where"], gate["decision"]) for gate in await lines(jam, "berkeley", "gate")]
    assert gates == [("file", "confirmed"), ("message", "confirmed")]


async def has_gate(jam: Jam) -> bool:
    return bool(await lines(jam, "berkeley", "gate"))
