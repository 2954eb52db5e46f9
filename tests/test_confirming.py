"""A person's word before their question: certified once a session, and asked where a text looks marked."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

import bot.confirming
from bot.slack.blocks import AGAIN, CONFIRM
from bot.store.redis import Store
from tests.confirming import SOFT, asked, kept_in, lines, press
from tests.jam import Jam, text_of, until


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncGenerator[Jam]:
    """A jam as labs get it: Idaho certifies each session, Argonne each thread, Berkeley never."""
    config = tmp_path / "strict.toml"
    config.write_text('[labs.argonne]\ncertify = "thread"\n[labs.berkeley]\ncertify = "off"\n')
    async with Jam(tmp_path, own_store=True, extra={"LABJAM_CONFIG": str(config)}) as jam:
        await jam.start_bot()
        yield jam


async def test_the_first_question_of_a_session_waits_for_a_button(strict: Jam) -> None:
    jam = strict
    ts = await jam.ask("idaho", "What is a neutron?")
    await until(lambda: len(asked(jam, "idaho")) == 1)
    assert not jam.model.requests
    assert not jam.replies("idaho", ts)
    await until(lambda: _status(jam, "0 answering, 0 threads waiting, 1 waits for its asker to confirm it"))
    said = asked(jam, "idaho")[0].written
    assert "you certify" in said
    assert "Idaho National Laboratory" in said
    assert "is on its way" in await press(jam, "idaho", asked(jam, "idaho")[0])
    assert "What is a neutron?" in text_of(await jam.answer("idaho", ts))
    second = await jam.ask("idaho", "And a proton?")
    await jam.answer("idaho", second)
    assert not asked(jam, "idaho")
    (kept,) = await lines(jam, "idaho", "certification")
    assert kept["user"] == jam.people["idaho"]
    assert kept["scope"] == "session:0"
    assert len(kept["wording"]) == 12
    assert kept["at"] > float(ts)


async def test_one_press_lets_all_go_that_waited(strict: Jam) -> None:
    jam = strict
    first = await jam.ask("idaho", "What is a neutron?")
    second = await jam.ask("idaho", "What is a proton?")
    channel, third = await jam.slack.dm(jam.people["idaho"], "What is a pion?")
    await until(lambda: len(asked(jam, "idaho")) == 2)
    await press(jam, "idaho", asked(jam, "idaho")[0])
    await jam.answer("idaho", first)
    await jam.answer("idaho", second)
    await until(lambda: "pion" in text_of(jam.slack.replies_of_bot(channel, third)[-1:]))
    assert len(await lines(jam, "idaho", "certification")) == 1
    assert len(await lines(jam, "idaho", "answer")) == 3
    late = await press(jam, "idaho", asked(jam, "idaho")[0])
    assert "does not wait any more" in late


async def test_a_session_that_opens_asks_again(strict: Jam) -> None:
    jam = strict
    ts = await jam.ask("idaho", "What is a neutron?")
    await until(lambda: bool(asked(jam, "idaho")))
    await press(jam, "idaho", asked(jam, "idaho")[0])
    await jam.answer("idaho", ts)
    store = await Store.connect(jam.settings().redis_url)
    client: Any = store.client
    await client.hset("labjam:{0}:state:idaho", "session", 2)
    await store.close()
    await asyncio.sleep(1.1)  # a state is believed for a second
    ts = await jam.ask("idaho", "And a proton?")
    await until(lambda: bool(asked(jam, "idaho")))
    await press(jam, "idaho", asked(jam, "idaho")[0])
    await jam.answer("idaho", ts)
    scopes = [line["scope"] for line in await lines(jam, "idaho", "certification")]
    assert scopes == ["session:0", "session:2"]


async def test_a_lab_may_ask_for_each_thread_or_never(strict: Jam) -> None:
    jam = strict
    for _ in range(2):
        ts = await jam.ask("argonne", "What is a neutron?")
        await until(lambda: bool(asked(jam, "argonne")))
        await press(jam, "argonne", asked(jam, "argonne")[0])
        await jam.answer("argonne", ts)
        await jam.ask("argonne", "And then?", ts)
        await jam.answer("argonne", ts, 2)
    await jam.answer("berkeley", await jam.ask("berkeley", "What is a neutron?"))
    assert not asked(jam, "berkeley")


async def test_edits_and_deletions_count_while_it_waits(strict: Jam) -> None:
    jam = strict
    person, channel = jam.people["idaho"], jam.channels["idaho"]
    edited = await jam.ask("idaho", "What is a neutron?")
    deleted = await jam.ask("idaho", "What is a proton?")
    aside = await jam.ask("idaho", "What is a pion?")
    marked = await jam.ask("idaho", "What is a kaon?")
    await until(lambda: len(asked(jam, "idaho")) == 4)
    await jam.slack.edit(person, channel, edited, "What is a muon?")
    await jam.slack.delete(person, channel, deleted)
    await jam.slack.edit(person, channel, aside, "// nothing")
    await jam.slack.edit(person, channel, marked, "SECRET//RD")
    await jam.slack.settled()
    buttons = asked(jam, "idaho")
    await press(jam, "idaho", buttons[0])
    assert "What is a muon?" in text_of(await jam.answer("idaho", edited))
    for button in buttons[1:]:
        assert "does not wait" in await press(jam, "idaho", button)
    assert len(jam.model.requests) == 1
    assert len(await lines(jam, "idaho", "answer")) == 1


async def test_nobody_presses_for_another(strict: Jam) -> None:
    jam = strict
    ts = await jam.ask("idaho", "What is a neutron?")
    await until(lambda: bool(asked(jam, "idaho")))
    button = asked(jam, "idaho")[0]
    await jam.slack.click(jam.people["argonne"], button.channel, button.ts, CONFIRM)
    await jam.slack.settled()
    assert not await lines(jam, "idaho", "certification")
    assert not jam.replies("idaho", ts)


async def test_it_waits_through_a_restart_and_is_asked_once(strict: Jam) -> None:
    jam = strict
    ts = await jam.ask("idaho", "What is a neutron?")
    await until(lambda: bool(asked(jam, "idaho")))
    await jam.stop_bot()
    await jam.start_bot()
    event = {"type": "message", "channel": jam.channels["idaho"], "user": jam.people["idaho"], "ts": ts}
    again = event | {"text": "What is a neutron?", "event_ts": ts, "channel_type": "channel"}
    await jam.slack.deliver(again, copies=2)
    await jam.slack.settled()
    assert len(asked(jam, "idaho")) == 1
    await press(jam, "idaho", asked(jam, "idaho")[0])
    await jam.answer("idaho", ts)
    await jam.slack.deliver(again, copies=2)
    await jam.slack.settled()
    await jam.answer("idaho", await jam.ask("idaho", "still there?"))
    assert len([r for r in jam.model.requests if "neutron" in str(r.body)]) == 1


async def test_what_nobody_presses_runs_out_politely(strict: Jam, monkeypatch: pytest.MonkeyPatch) -> None:
    jam = strict
    monkeypatch.setattr(bot.confirming, "WAITS", 1.5)
    ts = await jam.ask("idaho", "What is a neutron?")
    await until(lambda: bool(jam.replies("idaho", ts)))
    assert "Ask it again, and the button comes again" in jam.replies("idaho", ts)[0].written
    assert "does not wait any more" in await press(jam, "idaho", asked(jam, "idaho")[0])
    assert not jam.model.requests


async def test_what_looks_marked_waits_in_slack_alone(strict: Jam) -> None:
    jam = strict
    ts = await jam.ask("berkeley", SOFT)
    await until(lambda: bool(asked(jam, "berkeley")))
    said = asked(jam, "berkeley")[0].written
    assert "a mention of export control" in said
    assert "canary" not in said
    assert "canary" not in await everything_in(jam)
    await jam.slack.edit(jam.people["berkeley"], jam.channels["berkeley"], ts, SOFT + " Say yes or no.")
    await jam.slack.settled()
    assert "canary" not in await everything_in(jam)
    await press(jam, "berkeley", asked(jam, "berkeley")[0])
    assert "Say yes or no." in text_of(await jam.answer("berkeley", ts))
    (gate,) = await lines(jam, "berkeley", "gate")
    assert gate["level"] == "soft"
    assert gate["rules"] == ["export_word"]
    assert gate["decision"] == "confirmed"


async def everything_in(jam: Jam) -> str:
    store = await Store.connect(jam.settings().redis_url)
    client: Any = store.client
    kept = [str(await client.hgetall(key)) async for key in client.scan_iter("*:job:*", count=1000)]
    await store.close()
    return "\n".join(kept)


async def test_what_looks_marked_can_be_dropped(strict: Jam) -> None:
    jam = strict
    ts = await jam.ask("berkeley", SOFT)
    await until(lambda: bool(asked(jam, "berkeley")))
    await jam.slack.delete(jam.people["berkeley"], jam.channels["berkeley"], ts)
    await until(lambda: has_gate(jam, "berkeley"))
    (gate,) = await lines(jam, "berkeley", "gate")
    assert gate["decision"] == "dropped"
    assert not jam.model.requests


async def has_gate(jam: Jam, lab: str) -> bool:
    return bool(await lines(jam, lab, "gate"))


async def test_an_edit_that_looks_marked_is_asked_about_anew(strict: Jam) -> None:
    jam = strict
    ts = await jam.ask("idaho", "What is a neutron?")
    await until(lambda: len(asked(jam, "idaho")) == 1)
    await jam.slack.edit(jam.people["idaho"], jam.channels["idaho"], ts, SOFT)
    await until(lambda: len(asked(jam, "idaho")) == 2)
    assert "has changed" in await press(jam, "idaho", asked(jam, "idaho")[0])
    (button,) = asked(jam, "idaho")
    assert "you certify" in button.written
    assert "export control" in button.written
    await press(jam, "idaho", button)
    assert "canary-77" in text_of(await jam.answer("idaho", ts))
    assert len(await lines(jam, "idaho", "certification")) == 1
    assert len(await lines(jam, "idaho", "gate")) == 1


async def test_an_edit_of_an_answered_question_that_looks_marked_waits_too(strict: Jam) -> None:
    jam = strict
    person, channel = jam.people["berkeley"], jam.channels["berkeley"]
    ts = await jam.ask("berkeley", "What is a converter?")
    [answer] = await jam.answer("berkeley", ts)
    await jam.slack.edit(person, channel, ts, SOFT)
    await until(lambda: len(asked(jam, "berkeley")) == 1)
    assert "Your edited question looks like" in asked(jam, "berkeley")[0].written
    await jam.slack.settled()
    assert "canary" not in await kept_in(jam)
    assert AGAIN not in {element["action_id"] for _, element in answer.elements}
    await press(jam, "berkeley", asked(jam, "berkeley")[0])
    await until(lambda: AGAIN in {element["action_id"] for _, element in answer.elements})
    await jam.slack.click(person, channel, answer.ts, AGAIN)
    await until(lambda: "canary-77" in jam.replies("berkeley", ts)[0].written)
    (gate,) = await lines(jam, "berkeley", "gate")
    assert (gate["level"], gate["rules"], gate["decision"]) == ("soft", ["export_word"], "confirmed")
    await jam.slack.edit(person, channel, ts, f"{SOFT} And a 3A002 one?")
    await until(lambda: len(asked(jam, "berkeley")) == 1)
    assert "3A002" not in await kept_in(jam)


async def test_a_clean_edit_ends_the_wait_of_one_that_looks_marked(strict: Jam) -> None:
    jam = strict
    person, channel = jam.people["berkeley"], jam.channels["berkeley"]
    ts = await jam.ask("berkeley", "What is a converter?")
    [answer] = await jam.answer("berkeley", ts)
    await jam.slack.edit(person, channel, ts, SOFT)
    await until(lambda: bool(asked(jam, "berkeley")))
    await jam.slack.edit(person, channel, ts, "What is a coil?")
    await until(lambda: AGAIN in {element["action_id"] for _, element in answer.elements})
    await until(lambda: has_gate(jam, "berkeley"))
    (gate,) = await lines(jam, "berkeley", "gate")
    assert gate["decision"] == "dropped"
    assert "does not wait any more" in await press(jam, "berkeley", asked(jam, "berkeley")[0])
    assert "canary" not in await kept_in(jam)


async def test_an_edit_that_nobody_confirms_leaves_the_answer(
    strict: Jam, monkeypatch: pytest.MonkeyPatch
) -> None:
    jam = strict
    monkeypatch.setattr(bot.confirming, "WAITS", 1.5)
    ts = await jam.ask("berkeley", "What is a converter?")
    await jam.answer("berkeley", ts)
    await jam.slack.edit(jam.people["berkeley"], jam.channels["berkeley"], ts, SOFT)
    await until(lambda: len(jam.replies("berkeley", ts)) == 2)
    assert "did not take your edit in" in jam.replies("berkeley", ts)[1].written
    assert "What is a converter?" in jam.replies("berkeley", ts)[0].written


async def _status(jam: Jam, line: str) -> bool:
    said = await jam.slack.command(jam.people["idaho"], jam.channels["idaho"], "/jam", "status")
    return line in said.text.split("\n")
