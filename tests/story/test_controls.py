"""What people do with an answer: stop it, ask once more, ask another model; each once, and all on record."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot import ending, outcome
from bot.controls import NOT_OFFERED, STOP
from bot.slack.blocks import AGAIN, ASK, MORE
from bot.steering import NOT_YOURS
from bot.trial.messages import Message
from bot.trial.model_script import Plan, Reply, SeenRequest
from tests.jam import Jam, ended, until

TWO_MODELS = """
[models.default]
id = "scripted"
base_url = "{url}"
[models.other]
id = "other-model"
endpoint = "default"
[models.elsewhere]
id = "of-another-lab"
endpoint = "default"
[jam]
default_models = ["default", "other"]
[labs.argonne]
moderators = ["{moderator}"]
"""
ENDLESS = Reply("on and on " * 500, pieces=500, seconds=60)


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    """A jam of two models, where argonne has a moderator."""
    async with Jam(tmp_path) as jam:
        jam.people["moderator"] = jam.slack.add_person("moderator")
        config = tmp_path / "labjam.toml"
        config.write_text(TWO_MODELS.format(url=jam.model.base_url, moderator=jam.people["moderator"]))
        jam.extra["LABJAM_CONFIG"] = str(config)
        await jam.start_bot()
        yield jam


def numbered() -> Plan:
    """Says which answer it is, and of which model."""
    seen: list[SeenRequest] = []

    def say(request: SeenRequest) -> Reply:
        seen.append(request)
        return Reply(f"Answer {len(seen)} of {request.body['model']}.", seconds=0.05)

    return Plan(say)


async def choose(jam: Jam, message: Message, action: str, label: str, lab: str = "argonne") -> None:
    """Choose an option by what it says."""
    [element] = [element for _, element in message.elements if element["action_id"] == action]
    [option] = [each for each in element["options"] if each["text"]["text"] == label]
    clicked = await jam.slack.click(
        jam.people[lab], jam.channels[lab], message.ts, action, selected_option=option
    )
    assert clicked.acked


async def answers_of(jam: Jam, lab: str = "argonne") -> list[dict[str, Any]]:
    return [line for line in await jam.journal(lab) if line["kind"] == "answer"]


async def test_answering_again_comes_below_and_links_to_the_first(jam: Jam) -> None:
    jam.model.script = numbered()
    ts = await jam.ask("argonne", "how many?")
    [first] = await jam.answer("argonne", ts)
    await choose(jam, first, MORE, "Answer again")
    _, second = await jam.answer("argonne", ts, answers=2)
    assert [first.written, second.written] == ["Answer 1 of scripted.", "Answer 2 of scripted."]
    assert ending.FURTHER in second.visible_text
    assert f"p{first.ts.replace('.', '')}" in second.visible_text
    one, two = await answers_of(jam)
    assert (two["question"]["repeats"], two["question"]["user"]) == (ts, jam.people["argonne"])
    assert two["question"]["text"] == one["question"]["text"] == "how many?"
    assert one["question"]["repeats"] == ""


async def test_a_double_click_makes_one(jam: Jam) -> None:
    jam.model.script = numbered()
    ts = await jam.ask("argonne", "how many?")
    [first] = await jam.answer("argonne", ts)
    for _ in range(3):
        await choose(jam, first, MORE, "Answer again")
    await jam.answer("argonne", ts, answers=2)
    await jam.ask("argonne", "done?", ts)
    assert len(await jam.answer("argonne", ts, answers=3)) == 3
    assert len(await answers_of(jam)) == 3


async def test_another_model_answers_from_the_same_thread(jam: Jam) -> None:
    """It reads what the first one read; what comes later in the thread reads the newest answer."""
    jam.model.script = numbered()
    root = await jam.ask("argonne", "first?")
    await jam.answer("argonne", root)
    await jam.ask("argonne", "second?", root)
    _, second = await jam.answer("argonne", root, answers=2)
    await choose(jam, second, ASK, "other-model")
    third = (await jam.answer("argonne", root, answers=3))[-1]
    assert third.written == "Answer 3 of other-model."
    asked = [request.body["messages"][1:] for request in jam.model.requests]
    assert asked[2] == asked[1]
    assert (await answers_of(jam))[-1]["model_requested"] == "other-model"
    await jam.ask("argonne", "third?", root)
    await jam.answer("argonne", root, answers=4)
    said = [message["content"] for message in jam.model.requests[-1].body["messages"][1:]]
    assert said == [
        "first?", "Answer 1 of scripted.", "second?", "Answer 3 of other-model.", "third?",
    ]  # fmt: skip


async def test_a_lab_offers_its_own_models_only(jam: Jam) -> None:
    """P7: neither in the menu, nor to a choice that somebody made up."""
    ts = await jam.ask("argonne", "who else?")
    [answer] = await jam.answer("argonne", ts)
    [menu] = [element for _, element in answer.elements if element["action_id"] == ASK]
    assert [option["text"]["text"] for option in menu["options"]] == ["other-model"]
    forged = menu["options"][0]["value"].replace(" other", " elsewhere")
    await jam.slack.click(
        jam.people["argonne"], jam.channels["argonne"], answer.ts, ASK, selected_option={"value": forged}
    )
    await until(lambda: any(NOT_OFFERED in each.visible_text for each in jam.replies("argonne", ts)))
    assert len(jam.model.requests) == 1


async def test_a_deleted_question_takes_all_its_answers_along(jam: Jam) -> None:
    jam.model.script = numbered()
    ts = await jam.ask("argonne", "oops")
    [first] = await jam.answer("argonne", ts)
    await choose(jam, first, ASK, "other-model")
    await jam.answer("argonne", ts, answers=2)
    await jam.slack.delete(jam.people["argonne"], jam.channels["argonne"], ts)
    await until(lambda: not jam.replies("argonne", ts))
    withdrawn = [line["question_ts"] for line in await jam.journal("argonne") if line["kind"] == "withdrawal"]
    assert set(withdrawn) == {line["question"]["ts"] for line in await answers_of(jam)}


async def test_asking_again_after_an_edit_asks_the_new_words(jam: Jam) -> None:
    """The offer to answer anew keeps the menu; either way the model reads the edited text."""
    jam.model.script = numbered()
    ts = await jam.ask("argonne", "gold")
    [first] = await jam.answer("argonne", ts)
    await jam.slack.edit(jam.people["argonne"], jam.channels["argonne"], ts, "copper")
    await until(lambda: ending.EDITED in jam.replies("argonne", ts)[0].visible_text)
    offered = jam.replies("argonne", ts)[0]
    assert {AGAIN, ASK, MORE} <= {element["action_id"] for _, element in offered.elements}
    await choose(jam, first, MORE, "Answer again")
    await jam.answer("argonne", ts, answers=2)
    assert jam.model.requests[-1].question == "copper"
    await jam.slack.click(jam.people["argonne"], jam.channels["argonne"], first.ts, AGAIN)
    await until(lambda: jam.replies("argonne", ts)[0].written == "Answer 3 of scripted.")
    assert jam.model.requests[-1].question == "copper"


@pytest.mark.parametrize("who", ["argonne", "moderator"])
@pytest.mark.parametrize("on", ["question", "answer"])
async def test_a_reaction_stops_the_model_within_a_second(jam: Jam, who: str, on: str) -> None:
    """By the asker or a moderator, on the question or the answer; nobody else's reaction does."""
    jam.model.script = Plan(lambda seen: ENDLESS if seen.question == "never mind" else Reply("ok"))
    root = await jam.ask("argonne", "hello")
    await jam.answer("argonne", root)
    ts = await jam.ask("argonne", "never mind", root)
    await until(lambda: len(jam.replies("argonne", root)) == 2)
    target = ts if on == "question" else jam.replies("argonne", root)[1].ts
    await jam.slack.react(jam.people["idaho"], jam.channels["argonne"], target, STOP)
    await jam.slack.settled()
    assert jam.replies("argonne", root)[1].streaming
    await jam.slack.react(jam.people[who], jam.channels["argonne"], target, STOP)
    await until(lambda: jam.model.aborted == 1, 1.0)
    stopped = (await jam.answer("argonne", root, answers=2))[1]
    assert outcome.STOPPED in stopped.visible_text
    assert stopped.written.startswith("on and on")


async def test_a_waiting_question_is_stopped_before_it_begins(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply("slow", wait=1.0))
    root = await jam.ask("argonne", "first")
    second = await jam.ask("argonne", "second", root)
    await jam.slack.settled()
    await jam.slack.react(jam.people["argonne"], jam.channels["argonne"], second, STOP)
    answers = await jam.answer("argonne", root, answers=2)
    assert outcome.STOPPED_EARLY in answers[1].visible_text
    assert [request.question for request in jam.model.requests] == ["first"]


async def test_an_answer_of_another_process_is_stopped(tmp_path: Path) -> None:
    async with Jam(tmp_path, own_store=True) as jam:
        jam.model.script = Plan(lambda _: ENDLESS)
        await jam.start_child("serve")
        await jam.start_child("work")
        ts = await jam.ask("idaho", "never mind")
        await until(lambda: bool(jam.replies("idaho", ts)))
        await jam.slack.react(jam.people["idaho"], jam.channels["idaho"], ts, STOP)
        await until(lambda: jam.model.aborted == 1, 1.0)
        assert len(ended(await jam.answer("idaho", ts))) == 1


async def test_only_its_asker_or_a_moderator_has_an_answer_replaced(jam: Jam) -> None:
    jam.model.script = numbered()
    channel, ts = jam.channels["argonne"], await jam.ask("argonne", "gold")
    [first] = await jam.answer("argonne", ts)
    await jam.slack.edit(jam.people["argonne"], channel, ts, "copper")
    await until(lambda: ending.EDITED in jam.replies("argonne", ts)[0].visible_text)
    await jam.slack.join(jam.people["idaho"], channel)
    await jam.slack.click(jam.people["idaho"], channel, first.ts, AGAIN)
    await until(lambda: NOT_YOURS in str(jam.slack.ephemerals(channel, jam.people["idaho"])))
    assert len(jam.model.requests) == 1
    await jam.slack.click(jam.people["moderator"], channel, first.ts, AGAIN)
    await until(lambda: jam.replies("argonne", ts)[0].written == "Answer 2 of scripted.")


async def test_nothing_is_retried_in_a_closed_jam(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply("", status=400))
    ts = await jam.ask("argonne", "gold")
    [failed] = await jam.answer("argonne", ts)
    asked = len(jam.model.requests)
    await jam.slack.command(jam.people["moderator"], jam.channels["argonne"], "/jam", "close")
    await asyncio.sleep(1.1)  # a state is believed for a second
    await jam.slack.click(jam.people["argonne"], jam.channels["argonne"], failed.ts, AGAIN)
    await until(lambda: "is closed" in str([one.visible_text for one in jam.replies("argonne", ts)]))
    await jam.slack.settled()
    assert len(jam.model.requests) == asked
