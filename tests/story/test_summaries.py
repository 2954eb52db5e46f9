"""A session's summary: each claim rests on threads, each number on the record, whatever the model says."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot.store.redis import Store
from bot.trial.messages import Message
from bot.trial.model_script import Reply, SeenRequest
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


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam, None]:
    async with Jam(tmp_path) as jam:
        jam.model.script = Scribe()
        config = tmp_path / "labjam.toml"
        config.write_text(CONFIG.format(moderator=jam.people["argonne"]))
        jam.extra["LABJAM_CONFIG"] = str(config)
        await jam.start_bot()
        yield jam


async def command(jam: Jam, text: str) -> None:
    await jam.slack.command(jam.people["argonne"], jam.channels["argonne"], "/jam", text)


def posts(jam: Jam) -> list[Message]:
    """All top-level messages in Argonne's channel."""
    return jam.slack.channel_messages(jam.channels["argonne"])


def summaries(jam: Jam) -> list[Message]:
    """The bot's top-level messages in Argonne's channel that are summaries."""
    found = jam.slack.channel_messages(jam.channels["argonne"])
    return [message for message in found if "the numbers are counted" in message.visible_text]


async def two_threads(jam: Jam) -> list[str]:
    asked = [await jam.ask("argonne", text) for text in ("How large is the loss?", "And the Q factor?")]
    for ts in asked:
        await jam.answer("argonne", ts)
    return [ts.replace(".", "") for ts in asked]


async def test_a_session_is_summed_up_when_it_is_closed(jam: Jam) -> None:
    await command(jam, "open Cavities")
    first, second = await two_threads(jam)
    await command(jam, "close")
    await until(lambda: bool(summaries(jam)), 45)
    words = summaries(jam)[0].visible_text
    assert "ANL · Cavities · " in words
    assert "*2 questions* from 1 person, 2 answers; 0 of 2 answers judged." in words
    assert f"archives/{jam.channels['argonne']}/p{first}|[1]>" in words
    assert f"It checked units <{jam.slack.workspace.app.site}" in words
    assert second in words.partition("It checked units")[2]
    assert "[99]" not in words
    assert "It was right" not in words, "a claim without a source is dropped"
    assert "Invented" not in words
    assert "SECRET" not in words
    assert not summaries(jam)[0].pings
    line = next(line for line in await jam.journal("argonne") if line["kind"] == "summary")
    assert line["ts"] in {message.ts for message in jam.slack.channel_messages(line["channel"])}
    assert (len(line["threads"]), line["unread"], line["model"]) == (2, 0, "scripted")
    assert line["tokens"] > 0


async def test_a_model_that_gives_no_form_at_first_is_asked_once_more(jam: Jam) -> None:
    script: Any = jam.model.script
    await two_threads(jam)
    script.bad = 1
    await command(jam, "summary now")
    await until(lambda: bool(summaries(jam)), 30)
    assert "It checked units" in summaries(jam)[0].visible_text
    assert script.notes == 2
    await command(jam, "summary now")
    await until(lambda: len(summaries(jam)) == 2, 30)
    assert script.notes == 2, "no thread is read twice"


async def test_a_model_that_gives_nothing_leaves_the_numbers(jam: Jam) -> None:
    script: Any = jam.model.script
    await two_threads(jam)
    script.claims = {}
    await command(jam, "summary now")
    await until(lambda: bool(summaries(jam)), 30)
    words = summaries(jam)[0].visible_text
    assert "*2 questions*" in words
    assert "no claim that rests on a thread" in words


async def test_a_note_with_a_marking_is_kept_nowhere(jam: Jam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NOTE, "result", "CUI//SP-EXPT")
    await two_threads(jam)
    await command(jam, "summary now")
    await until(lambda: "numbers are counted" in str([m.visible_text for m in posts(jam)]), 30)
    assert "2 that the model could not read" in summaries(jam)[0].visible_text
    settings = jam.settings()
    store = await Store.connect(f"unix://{settings.labjam_data.resolve()}/valkey.sock")
    assert not [name async for name in store.client.scan_iter("*:notes:*")]
    await store.close()


async def test_a_thread_is_wrapped_up_by_its_shortcut(jam: Jam) -> None:
    ts = await jam.ask("argonne", "How large is the loss?")
    answered = await jam.answer("argonne", ts)
    person, channel = jam.people["argonne"], jam.channels["argonne"]
    await jam.slack.message_shortcut(person, channel, answered[0].ts, "jam_summary")
    await until(lambda: "Written by scripted" in jam.replies("argonne", ts)[-1].visible_text, 20)
    words = jam.replies("argonne", ts)[-1].visible_text
    assert "*Problem*: Loss in a cavity" in words
    assert "*Verified*" not in words


async def wish(jam: Jam, lab: str, ts: str, told: str = "") -> str:
    """Use the shortcut on a thread; gives what its user was told, once it is so."""
    used = await jam.slack.message_shortcut(jam.people[lab], jam.channels[lab], ts, "jam_summary")
    assert used.acked
    await until(lambda: told in used.text)
    return used.text


async def test_a_wrap_up_asked_for_while_an_answer_is_written_comes_when_it_stands(jam: Jam) -> None:
    script = jam.model.script
    jam.model.script = lambda _: Reply("A slow answer.", wait=3.0)
    ts = await jam.ask("argonne", "How large is the loss?")
    await until(lambda: bool(jam.model.requests))
    await wish(jam, "argonne", ts, "comes when it stands")
    jam.model.script = script
    await until(lambda: "Written by scripted" in str(jam.replies("argonne", ts)[-1:]), 20)
    assert "A slow answer." in jam.replies("argonne", ts)[0].visible_text


async def test_who_wants_a_flagged_thread_summed_up_is_told_that_it_is_not(jam: Jam) -> None:
    script: Any = jam.model.script
    ts = await jam.ask("argonne", "How large is the loss?")
    [answer] = await jam.answer("argonne", ts)
    person, channel = jam.people["argonne"], jam.channels["argonne"]
    await jam.slack.message_shortcut(person, channel, answer.ts, "jam_flag")
    await wish(jam, "argonne", ts)
    await until(lambda: "withheld or flagged" in str(jam.slack.ephemerals(channel, person)), 20)
    assert script.notes == 0


async def test_the_same_answers_are_wrapped_up_once(jam: Jam) -> None:
    script: Any = jam.model.script
    ts = await jam.ask("argonne", "How large is the loss?")
    await jam.answer("argonne", ts)
    script.bad = 2
    assert await wish(jam, "argonne", ts) == ""
    await until(lambda: "gave none that could be used" in jam.replies("argonne", ts)[-1].visible_text, 20)
    assert await wish(jam, "argonne", ts) == "", "one that failed is tried again"
    await until(lambda: "Written by scripted" in jam.replies("argonne", ts)[-1].visible_text, 20)
    await wish(jam, "argonne", ts, "stands below")
    await jam.ask("argonne", "And the Q factor?", ts)
    await jam.answer("argonne", ts, 2)
    assert await wish(jam, "argonne", ts) == "", "one more answer makes it another"
    await until(lambda: script.notes == 2, 20)


async def test_who_may_not_ask_gets_no_wrap_up_and_a_stopped_lab_makes_none(jam: Jam) -> None:
    script: Any = jam.model.script
    ts = await jam.ask("argonne", "How large is the loss?")
    await jam.answer("argonne", ts)
    await command(jam, "stop now")
    await wish(jam, "argonne", ts, "comes when they go on")
    await command(jam, "close")
    await command(jam, "summary now")
    await wish(jam, "argonne", ts, "can't have a thread summed up")
    await wish(jam, "argonne", ts, "can't have a thread summed up")
    assert script.notes == 0
    await command(jam, "resume")
    await until(lambda: "Written by scripted" in jam.replies("argonne", ts)[-1].visible_text, 20)
    await until(lambda: bool(summaries(jam)), 20)


async def test_sums_are_made_within_the_caps(jam: Jam) -> None:
    script: Any = jam.model.script
    ts = await jam.ask("idaho", "How large is the loss?")
    await jam.answer("idaho", ts)
    assert await wish(jam, "idaho", ts) == ""
    await until(lambda: "used up for now" in jam.replies("idaho", ts)[-1].visible_text, 20)
    ts = await jam.ask("princeton", "How large is the loss?")
    await jam.answer("princeton", ts)
    here = jam.channels["princeton"]
    await jam.slack.join(jam.people["argonne"], here)
    await jam.slack.command(jam.people["argonne"], here, "/jam", "summary now")
    await until(lambda: any("used up" in m.visible_text for m in jam.slack.channel_messages(here)), 20)
    assert script.notes == 0


async def test_a_stop_ends_a_wrap_up_that_is_being_made(jam: Jam) -> None:
    ts = await jam.ask("argonne", "How large is the loss?")
    await jam.answer("argonne", ts)
    jam.model.script = lambda _: Reply("{", wait=60.0)
    before = len(jam.model.requests)
    await wish(jam, "argonne", ts)
    await until(lambda: len(jam.model.requests) > before)
    await command(jam, "stop now")
    await until(lambda: "moderators stopped this" in jam.replies("argonne", ts)[-1].visible_text, 5)
