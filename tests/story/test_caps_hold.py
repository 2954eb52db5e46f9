"""P11 through the real bot: what an asker sees, fifty at once on two workers, and a worker that dies."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.caps import Spent, window
from bot.controls import STOP
from bot.labs import read_labs
from bot.store.redis import Store
from bot.store.spending import Book, Spending
from bot.trial.model_script import Plan, Reply, failure
from tests.jam import Jam, kill_tree, until

CONFIG = """
[jam]
certify = "off"
[models.default]
max_output = 400
prices = {input = 10.0, output = 20.0}
[models.other]
id = "other-model"
max_output = 400
prices = {input = 10.0, output = 20.0}
[labs.berkeley]
models = ["default", "other"]
compare_share = 100
caps = {person_questions_per_hour = 1}
[labs.brookhaven]
models = ["default", "other"]
compare_share = 100
caps = {model_questions_per_day = 1}
[labs.argonne.caps]
person_questions_per_hour = 2
[labs.idaho.caps]
lab_tokens_per_day = 4000
[labs.livermore.caps]
person_questions_per_day = 5
"""


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    (tmp_path / "labjam.toml").write_text(CONFIG)
    extra = {"LABJAM_CONFIG": str(tmp_path / "labjam.toml")}
    async with Jam(tmp_path, own_store=True, extra=extra) as jam:
        yield jam


async def book(jam: Jam, lab: str) -> Book:
    """What the lab's answers cost today."""
    zone = read_labs(jam.settings(), {})[lab].timezone
    store = await Store.connect(jam.environ["REDIS_URL"])
    found = await Spending(store).book(lab, window("day", datetime.now(UTC).timestamp(), zone))
    await store.close()
    return found


async def test_a_question_too_many_is_kept_until_there_is_room(jam: Jam) -> None:
    jam.model.script = Plan(lambda seen: Reply(f"On {seen.question}."))
    await jam.start_bot()
    first = await jam.ask("argonne", "one")
    [answer] = await jam.answer("argonne", first)
    assert "You have 1 of 2 questions left until" in answer.visible_text
    second = await jam.ask("argonne", "two")
    [answer] = await jam.answer("argonne", second)
    assert "You have 0 of 2 questions left" in answer.visible_text
    third = await jam.ask("argonne", "three")
    [told] = await jam.answer("argonne", third)
    assert "You have reached your limit of 2 questions per hour. Press Retry after" in told.visible_text
    assert len(jam.model.requests) == 2

    store = await Store.connect(jam.environ["REDIS_URL"])
    await Spending(store).change("argonne", "person_questions_per_hour", 20)
    await store.close()
    await jam.slack.click(jam.people["argonne"], jam.channels["argonne"], told.ts, "labjam_again")
    await until(lambda: jam.replies("argonne", third)[0].written == "On three.")
    assert "left until" not in jam.replies("argonne", third)[0].visible_text
    outcomes = [line["outcome"] for line in await jam.journal("argonne") if line["kind"] == "answer"]
    assert outcomes == ["answered", "answered", "capped", "answered"]
    output = 2 * 3  # each reply has two words
    assert (await book(jam, "argonne")).lab == Spent(3, 60 + output, 3 * 20 * 10 + output * 20)


async def test_an_answer_stays_where_there_is_no_room_for_another(jam: Jam) -> None:
    person, channel = jam.people["argonne"], jam.channels["argonne"]
    jam.model.script = Plan(lambda seen: Reply(f"On {seen.question}."))
    await jam.start_bot()
    ts = await jam.ask("argonne", "iron")
    [answer] = await jam.answer("argonne", ts)
    await jam.slack.edit(person, channel, ts, "nickel")
    await until(lambda: "edited" in answer.visible_text)
    store = await Store.connect(jam.environ["REDIS_URL"])
    for number, name in enumerate(
        ("person_questions_per_day", "model_questions_per_hour", "lab_tokens_per_day")
    ):
        await Spending(store).change("argonne", name, 1)
        await jam.slack.click(person, channel, answer.ts, "labjam_again")
        await until(lambda: len(jam.slack.ephemerals(channel, person)) == number + 1)  # noqa: B023
        assert "reached" in jam.slack.ephemerals(channel, person)[-1].visible_text
        await Spending(store).change("argonne", name, None)
    await store.close()
    assert answer.written == "On iron."
    await jam.slack.click(person, channel, answer.ts, "labjam_again")
    await until(lambda: jam.replies("argonne", ts)[0].written == "On nickel.")


async def test_a_question_that_got_nothing_is_none_used(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: failure(400))
    await jam.start_bot()
    ts = await jam.ask("livermore", "why?")
    await jam.answer("livermore", ts)
    assert await book(jam, "livermore") == Book(models={"default": Spent()})


async def test_what_was_asked_of_a_model_counts_though_nobody_may_read_it(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply("CUI//SP-EXPT and more"))
    await jam.start_bot()
    [told] = await jam.answer("livermore", await jam.ask("livermore", "why?"))
    assert "I took it back" in told.visible_text
    taken_back = (await book(jam, "livermore")).lab
    assert taken_back.questions == 1
    assert taken_back.tokens > 0
    jam.model.script = Plan(lambda _: Reply("late", wait=30))
    ts = await jam.ask("livermore", "and how?")
    await until(lambda: len(jam.model.requests) == 2)
    await jam.slack.react(jam.people["livermore"], jam.channels["livermore"], ts, STOP)
    await jam.answer("livermore", ts)
    used = (await book(jam, "livermore")).lab
    assert used.questions == 1
    assert used.tokens > taken_back.tokens


async def test_fifty_at_once_on_two_workers_of_which_one_dies(jam: Jam) -> None:
    """The lab's tokens are overrun by one answer's at the most, and all that was held is free again."""
    words = "word " * 380
    jam.model.script = Plan(lambda _: Reply(words, pieces=4, seconds=0.5))
    child = await jam.start_child("run")
    await jam.start_bot()
    asked = await asyncio.gather(*(jam.ask("idaho", f"number {n}") for n in range(50)))
    await until(lambda: len(jam.model.requests) >= 3)
    kill_tree(child)
    for ts in asked:
        await jam.answer("idaho", ts, timeout=40)
    used = await book(jam, "idaho")
    outcomes = [line["outcome"] for line in await jam.journal("idaho") if line["kind"] == "answer"]
    answered = outcomes.count("answered")
    assert (len(outcomes), outcomes.count("capped")) == (50, 50 - answered)
    assert used.held == Spent()
    assert used.lab.tokens == answered * 400
    assert 4000 <= used.lab.tokens < 4400


async def test_two_models_that_answer_one_question_are_one_question(jam: Jam) -> None:
    """Both cost tokens; where the first is not answered the second is not either."""
    jam.model.script = Plan(lambda _: Reply("two words"))
    await jam.start_bot()
    first = await jam.ask("berkeley", "one")
    await jam.answer("berkeley", first, answers=2)
    second = await jam.ask("berkeley", "two")
    for told in await jam.answer("berkeley", second, answers=2):
        assert "You have reached your limit of 1 question per hour" in told.visible_text
    assert len(jam.model.requests) == 2
    assert (await book(jam, "berkeley")).lab == Spent(1, 44, 2 * (20 * 10 + 2 * 20))


async def test_a_models_questions_count_whichever_of_two_answers_it_gives(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply("two words"))
    await jam.start_bot()
    await jam.answer("brookhaven", await jam.ask("brookhaven", "one"), answers=2)
    for told in await jam.answer("brookhaven", await jam.ask("brookhaven", "two"), answers=2):
        assert "has reached its limit of" in told.visible_text
    assert len(jam.model.requests) == 2
    found = await book(jam, "brookhaven")
    assert {name: spent.questions for name, spent in found.models.items()} == {"default": 1, "other": 1}
    assert found.lab.questions == 1
