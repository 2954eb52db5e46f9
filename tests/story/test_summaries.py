"""A session's summary: each claim rests on threads, each number on the record, whatever the model says."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.store import keys
from bot.store.redis import Store
from bot.summary.building import AT_ONCE
from tests.jam import Jam, kill_tree, until
from tests.scribe import NOTE, command, flag, jam, posts, summaries, summing, two_threads

__all__ = ["jam"]


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


async def test_a_session_whose_end_comes_is_summed_up_with_its_last_answers(jam: Jam) -> None:
    script: Any = jam.model.script
    await command(jam, "open Cavities")
    jam.model.script = lambda seen: replace(script(seen), wait=8.0 if seen.question == "A slow one?" else 0)
    await jam.ask("argonne", "A slow one?")
    await until(lambda: bool(jam.model.requests))
    store = await Store.connect(f"unix://{jam.settings().labjam_data.resolve()}/valkey.sock")
    await store.client.hset(keys.state(keys.DESK, "argonne"), "until", str(time.time()))
    await store.close()
    await until(lambda: bool(summaries(jam)), 45)
    assert "has reached its end" in str([message.visible_text for message in posts(jam)])
    assert "*1 question* from 1 person, 1 answer;" in summaries(jam)[0].visible_text


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
    assert "gave no summary that could be used" in words
    assert "Written by" not in words, "it links to no thread"


async def test_a_note_with_a_marking_is_kept_nowhere(jam: Jam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NOTE, "result", "CUI//SP-EXPT")
    await two_threads(jam)
    await command(jam, "summary now")
    await until(lambda: "numbers are counted" in str([m.visible_text for m in posts(jam)]), 30)
    assert "Left out: 2 threads the model could not read." in summaries(jam)[0].visible_text
    settings = jam.settings()
    store = await Store.connect(f"unix://{settings.labjam_data.resolve()}/valkey.sock")
    assert not [name async for name in store.client.scan_iter("*:notes:*")]
    await store.close()


async def test_who_wants_to_be_left_out_is_counted_and_nothing_of_theirs_is_told(jam: Jam) -> None:
    script: Any = jam.model.script
    other, here = jam.people["idaho"], jam.channels["argonne"]
    await jam.slack.join(other, here)
    theirs = await jam.slack.post(other, here, "What of my xenon?")
    await jam.answer("argonne", theirs)
    await two_threads(jam)
    await jam.slack.command(other, here, "/jam", "mydata unlisted")
    await command(jam, "summary now")
    await until(lambda: bool(summaries(jam)), 30)
    words = summaries(jam)[0].visible_text
    assert "Left out: 1 thread of people who want to be left out." in words
    assert "*3 questions* from 2 people" in words
    assert "xenon" not in str([seen.body for seen in jam.model.requests if "take notes" in str(seen.body)])
    assert script.notes == 2
    me = jam.people["argonne"]
    await jam.slack.message_shortcut(me, here, theirs, "jam_summary")
    await until(lambda: "wants to be left out" in str(jam.slack.ephemerals(here, me)), 20)
    await jam.slack.message_shortcut(other, here, theirs, "jam_summary")
    await until(lambda: "Written by" in jam.slack.replies_of_bot(here, theirs)[-1].visible_text, 20)
    assert script.notes == 3, "it is theirs to have summed up"


async def test_what_is_flagged_while_a_summary_is_written_is_not_told(jam: Jam) -> None:
    script: Any = jam.model.script
    [first, second] = await two_threads(jam)
    jam.model.script = lambda seen: replace(script(seen), wait=2.0)
    await command(jam, "summary now")
    await until(lambda: "of 2 threads read" in str(posts(jam)))
    flagged = next(m for m in posts(jam) if m.ts.replace(".", "") == second)
    [answer] = jam.replies("argonne", flagged.ts)
    await flag(jam, "argonne", answer)
    await until(lambda: bool(summaries(jam)), 30)
    words = summaries(jam)[0].visible_text
    assert "Left out: 1 thread flagged." in words
    assert second not in words
    assert first not in words.partition("What was tried")[2], "what rests on both is not told either"


async def test_a_summary_goes_on_where_kill_9_ended_it(tmp_path: Path) -> None:
    async with summing(tmp_path, start=False) as jam:
        script: Any = jam.model.script
        child = await jam.start_child()
        asked = [await jam.ask("argonne", f"Question {number}?") for number in range(24)]
        for ts in asked:
            await jam.answer("argonne", ts)
        jam.model.script = lambda seen: replace(script(seen), wait=0.5)
        await command(jam, "summary now")
        await until(lambda: script.notes >= 12, 20)
        kill_tree(child)
        assert not summaries(jam)
        await jam.start_child()
        await until(lambda: bool(summaries(jam)), 40)
        assert script.notes <= 24 + AT_ONCE, "what was read is not read again"
        [summary] = summaries(jam)
        assert "*24 questions*" in summary.visible_text
        assert [m.ts for m in posts(jam) if m.user == jam.slack.workspace.bot] == [summary.ts]
