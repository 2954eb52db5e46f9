"""Two models answer one question: both whole, neither named, and people learn which is which by choosing."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot import routing
from bot.caps import Cap, all_held
from bot.compare import CALLBACK, CHANGED, GONE
from bot.comparing import unnamed
from bot.labs import read_labs
from bot.reveal import NO_LINK, NOTHING
from bot.slack.blocks import AGAIN, CHOOSE, WHY
from bot.store.redis import Store
from bot.trial.messages import Message
from bot.trial.model_script import Plan, Reply, SeenRequest
from tests.jam import Jam, kill_tree, until

CONFIG = """
[models.left]
id = "left-9"
base_url = "{url}"
auth = {{scheme = "none"}}
[models.right]
id = "right-9"
base_url = "{url}"
auth = {{scheme = "none"}}
[labs.argonne]
models = ["left", "right"]
[labs.berkeley]
moderators = ["mo@lbl.example"]
models = ["left", "right"]
compare_share = 100
"""


def says(seen: SeenRequest) -> Reply:
    name = seen.body["model"]
    return Reply(f"I am {name}, made by OpenAI. My answer to {seen.question!r} is long. " + "Word. " * 300)


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    async with Jam(tmp_path) as started:
        _configure(started)
        await started.start_bot()
        yield started


def _configure(jam: Jam) -> None:
    config = jam.folder / "labjam.toml"
    config.write_text(CONFIG.format(url=jam.model.base_url))
    jam.extra["LABJAM_CONFIG"] = str(config)
    jam.model.script = Plan(says)


async def _both(jam: Jam, lab: str, text: str, thread_ts: str | None = None) -> tuple[str, list[Message]]:
    before = len(jam.replies(lab, thread_ts)) if thread_ts else 0
    ts = await jam.ask(lab, text, thread_ts)
    answers = await jam.answer(lab, thread_ts or ts, answers=before + 2)
    return ts, answers[before:]


def _models(jam: Jam) -> list[str]:
    return [request.body["model"] for request in jam.model.requests]


async def _choose(jam: Jam, lab: str, message: Message, choice: str, user: str = "") -> Any:
    result = await jam.slack.click(user or jam.people[lab], jam.channels[lab], message.ts, CHOOSE[choice])
    assert result.acked
    return result


async def _votes(jam: Jam, lab: str) -> list[dict[str, Any]]:
    return [line for line in await jam.journal(lab) if line["kind"] == "comparison"]


def _seen(message: Message) -> str:
    return json.dumps([message.text, message.raw])


async def test_two_models_answer_blind_and_are_named_to_who_chose(jam: Jam) -> None:
    me, channel = jam.people["argonne"], jam.channels["argonne"]
    other = jam.slack.add_person("other")
    await jam.slack.join(other, channel)
    ts, (first, second) = await _both(jam, "argonne", "Compare: how hot?")
    assert sorted(_models(jam)) == ["left-9", "right-9"]
    assert [request.question for request in jam.model.requests] == ["how hot?"] * 2
    for message, name in ((first, "Answer A"), (second, "Answer B")):
        assert message.written.startswith(f"**{name}**")
        assert message.written.count("Word.") == 300
        assert not [word for word in ("left", "right", "OpenAI") if word in _seen(message)]
    assert not [action for action in CHOOSE.values() if action in _seen(first)]
    model_a, model_b = _models(jam)
    await _choose(jam, "argonne", second, "b")
    await until(lambda: bool(jam.slack.ephemerals(channel, me)))
    [told] = jam.slack.ephemerals(channel, me)
    assert f"B is better. Answer A was {model_a}, answer B was {model_b}." in told.visible_text
    assert not [said for said in jam.slack.ephemerals(channel, other) if "Answer A" in said.visible_text]
    await _say_why(jam, told)
    await _choose(jam, "argonne", second, "tie")
    await until(lambda: len(jam.slack.ephemerals(channel, me)) == 2)
    assert CHANGED.partition("{names} ")[2] in jam.slack.ephemerals(channel, me)[1].visible_text
    await _choose(jam, "argonne", second, "bad", other)
    await until(lambda: bool(jam.slack.ephemerals(channel, other)))
    kept = [
        (v["user"], v["choice"], v["reason"], v["blind"], v["revision"]) for v in await _votes(jam, "argonne")
    ]
    assert kept == [
        (me, "b", "", True, 1), (me, "b", "It has units.", True, 2), (me, "tie", "It has units.", False, 3),
        (other, "bad", "", True, 1),
    ]  # fmt: skip
    answers = [line for line in await jam.journal("argonne") if line["kind"] == "answer"]
    sides = [(line["question"]["side"], line["model_requested"]) for line in answers]
    assert sides == [("a", model_a), ("b", model_b)]
    assert all("made by OpenAI" in line["text"] for line in answers), "the record has the model's own text"
    await _follow_up(jam, ts, model_b)


async def _say_why(jam: Jam, told: Message) -> None:
    me, channel = jam.people["argonne"], jam.channels["argonne"]
    opened = await jam.slack.click(me, channel, told.ts, WHY)
    await until(lambda: bool(opened.views))
    [view] = jam.slack.modals(me)
    assert view.body["callback_id"] == CALLBACK
    [chosen, reason] = view.body["blocks"]
    state = {
        "choice": {"given": {"selected_option": chosen["element"]["initial_option"]}},
        reason["block_id"]: {"given": {"value": "It has units."}},
    }
    assert (await jam.slack.submit_view(me, view.id, state)).acked


async def _follow_up(jam: Jam, ts: str, chosen: str) -> None:
    """A follow-up goes on from what its asker found better, and is answered by one model as ever."""
    await jam.ask("argonne", "and colder?", ts)
    await jam.answer("argonne", ts, answers=3)
    request = jam.model.requests[-1]
    told = json.dumps(request.body)
    assert f"I am {chosen}" in told
    assert told.count("My answer to") == 1


async def test_a_share_of_the_questions_is_compared_and_a_moderator_may_reveal(jam: Jam) -> None:
    _, (first, second) = await _both(jam, "berkeley", "what is dark matter?")
    model_a, model_b = _models(jam)
    moderator, channel = jam.slack.add_person("mo", email="mo@lbl.example"), jam.channels["berkeley"]
    await jam.slack.join(moderator, channel)
    link = f"https://x.slack.com/archives/{channel}/p{(first.thread_ts or '').replace('.', '')}"
    refused = await jam.slack.command(jam.people["berkeley"], channel, "/jam", f"reveal {link}")
    assert "Only the moderators of LBNL" in refused.text
    assert NO_LINK in (await jam.slack.command(moderator, channel, "/jam", "reveal them")).text
    elsewhere = link.replace(channel, jam.channels["argonne"])
    assert NOTHING in (await jam.slack.command(moderator, channel, "/jam", f"reveal {elsewhere}")).text
    assert model_a not in _seen(first) + _seen(second)
    revealed = await jam.slack.command(moderator, channel, "/jam", f"reveal {link}")
    assert revealed.text == f"Answer A was {model_a}, answer B was {model_b}."
    await until(lambda: model_a in _seen(first) and model_b in _seen(second))
    await _choose(jam, "berkeley", second, "a")
    assert [vote["blind"] for vote in await _votes(jam, "berkeley")] == [False]


async def test_words_about_a_failure_name_neither_model_nor_endpoint(jam: Jam) -> None:
    places = "".join(
        f'[endpoints.place-{name}]\nbase_url = "{jam.model.base_url}"\nauth = {{scheme = "none"}}\n'
        f'[models.{name}]\nid = "{name}-9"\nendpoint = "place-{name}"\n'
        for name in ("left", "right")
    )
    (jam.folder / "labjam.toml").write_text(f'{places}[labs.argonne]\nmodels = ["left", "right"]\n')
    await jam.stop_bot()
    await jam.start_bot()
    jam.model.script = Plan(lambda seen: Reply(status=400, code="bad"))
    _, answers = await _both(jam, "argonne", "compare: broken?")
    for message in answers:
        assert "The endpoint does not take this question." in message.visible_text
        assert not [word for word in ("left", "right", "place-") if word in _seen(message)]
    lab = read_labs(jam.settings(), {})["argonne"]
    words = all_held(Cap("model", "questions", "day", 1), "left")
    assert "left" in words
    assert "left" not in unnamed(words, lab)


async def test_a_lab_with_one_model_has_nothing_to_compare(jam: Jam) -> None:
    ts = await jam.ask("idaho", "compare: why?")
    await until(lambda: bool(jam.replies("idaho", ts)))
    assert jam.replies("idaho", ts)[0].visible_text == routing.ONE_MODEL


async def test_a_side_that_failed_leaves_nothing_to_choose_until_it_is_there(jam: Jam) -> None:
    jam.model.script = Plan(says).when("broken?", Reply(status=400, code="bad"))
    ts, (first, second) = await _both(jam, "argonne", "compare: broken?")
    assert CHOOSE["a"] not in _seen(second)
    await jam.slack.click(jam.people["argonne"], jam.channels["argonne"], first.ts, AGAIN)
    await until(lambda: CHOOSE["a"] in _seen(jam.replies("argonne", ts)[0]))


async def test_a_choice_between_purged_answers(jam: Jam) -> None:
    _, (_, second) = await _both(jam, "argonne", "compare: gone?")
    store = await Store.connect(f"unix://{jam.settings().labjam_data.resolve()}/valkey.sock")
    await store.client.delete(*[key async for key in store.client.scan_iter("*:job:answer:*")])
    await store.close()
    await _choose(jam, "argonne", second, "a")
    me, channel = jam.people["argonne"], jam.channels["argonne"]
    await until(lambda: bool(jam.slack.ephemerals(channel, me)))
    assert jam.slack.ephemerals(channel, me)[0].visible_text == GONE


async def test_a_deleted_question_takes_both_answers_with_it(jam: Jam) -> None:
    ts, _ = await _both(jam, "argonne", "compare: never mind")
    await jam.slack.delete(jam.people["argonne"], jam.channels["argonne"], ts)
    await until(lambda: not jam.replies("argonne", ts))


@pytest.mark.timeout(120)
async def test_kill_9_between_the_two_answers(tmp_path: Path) -> None:
    """Each is given once, whole, whatever dies; a redelivered question draws no third."""
    async with Jam(tmp_path) as jam:
        _configure(jam)
        jam.model.script = Plan(lambda seen: Reply(says(seen).text, seconds=0.6))
        child = await jam.start_child()
        ts = await jam.ask("argonne", "compare: once?")
        await until(lambda: len(_models(jam)) >= 2, 25)
        kill_tree(child)
        await child.wait()
        await jam.start_child()
        answers = await jam.answer("argonne", ts, answers=2, timeout=45)
        assert [message.written.count("Word.") for message in answers] == [300, 300]
        assert [message.written[:12] for message in answers] == ["**Answer A**", "**Answer B**"]
        lines = [line for line in await jam.journal("argonne") if line["kind"] == "answer"]
        assert [line["question"]["side"] for line in lines] == ["a", "b"]
