"""Marked text: it is nowhere but in Slack, its author knows what to do, moderators know where to look."""

import json
import logging
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from bot.logs import _Line
from bot.slack.blocks import DETAILS, PROBLEM
from bot.store.redis import Store
from bot.trial.messages import Message
from bot.trial.model_script import Reply, SeenRequest
from tests.jam import Jam, ended, text_of, until
from tests.stores import everything

CANARY = "canary-5a1f"
MARKED = f"The yield was {CANARY}.\nSECRET//RD\nWhat follows?"


@pytest.fixture
async def guarded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncGenerator[Jam]:
    """A jam whose Idaho has a moderator, with its own store; everything is logged."""
    for name in ("bot", "handlers", "slack_bolt", "aiohttp", "openai"):
        caplog.set_level(logging.DEBUG, logger=name)
    async with Jam(tmp_path, own_store=True) as jam:
        boss = jam.people["boss"] = jam.slack.add_person("boss")
        config = tmp_path / "moderated.toml"
        config.write_text(f'[jam]\ncertify = "off"\n[labs.idaho]\nmoderators = ["{boss}"]\n')
        jam.extra["LABJAM_CONFIG"] = str(config)
        jam.channels["hq"] = jam.slack.add_channel("jam-hq", [boss])
        await jam.start_bot()
        yield jam


async def everything_kept(jam: Jam, caplog: pytest.LogCaptureFixture) -> str:
    """All that labjam holds or passed on, as one text: Redis, files, logs, metrics, what the model got."""
    store = await Store.connect(jam.settings().redis_url)
    kept = [await everything(store)]
    await store.close()
    kept += [path.read_bytes().decode("latin-1") for path in jam.folder.rglob("*") if path.is_file()]
    kept += [_Line().format(record) for record in caplog.records]
    kept += [str(request.body) for request in jam.model.requests]
    kept += [str(call.args) for call in jam.slack.calls]
    return "\n".join([*kept, generate_latest().decode()])


def private(jam: Jam, lab: str) -> list[Message]:
    return jam.slack.ephemerals(jam.channels[lab], jam.people[lab])


def to_moderator(jam: Jam) -> list[Message]:
    return jam.slack.channel_messages(jam.slack.workspace.direct(jam.people["boss"]).id)


async def gates(jam: Jam, lab: str) -> list[dict[str, Any]]:
    return [line for line in await jam.journal(lab) if line["kind"] == "gate"]


async def test_marked_text_is_kept_nowhere(guarded: Jam, caplog: pytest.LogCaptureFixture) -> None:
    jam = guarded
    asked = await jam.ask("idaho", MARKED)
    named = await jam.slack.post(
        jam.people["idaho"], jam.channels["idaho"], "see", files=[(f"{CANARY} CUI//SP-EXPT.pdf", b"x")]
    )
    only_file = await jam.slack.post(
        jam.people["idaho"], jam.channels["idaho"], "", files=[(f"{CANARY} SECRET//RD.pdf", b"x")]
    )
    clean = await jam.ask("idaho", "What is a neutron?")
    await jam.answer("idaho", clean)
    await jam.slack.edit(jam.people["idaho"], jam.channels["idaho"], clean, MARKED + " (edited)")
    await until(lambda: len(private(jam, "idaho")) == 4)
    await until(lambda: not ended(jam.replies("idaho", clean)))
    await jam.slack.dm(jam.people["idaho"], MARKED + " (direct)")
    await until(lambda: len(to_moderator(jam)) == 5)
    await until(lambda: all_written(jam))
    assert CANARY not in await everything_kept(jam, caplog)
    for ts in (asked, named, only_file, clean):
        assert not jam.replies("idaho", ts)
    assert len(jam.model.requests) == 1


async def all_written(jam: Jam) -> bool:
    return len(await gates(jam, "idaho")) == 5


def notebook(output: str) -> bytes:
    cell = {"cell_type": "code", "source": CANARY, "outputs": [{"text": output}]}
    return json.dumps({"nbformat": 4, "cells": [cell]}).encode()


async def test_there_is_no_way_round_it(guarded: Jam, caplog: pytest.LogCaptureFixture) -> None:
    jam = guarded
    me, boss, channel = jam.people["idaho"], jam.people["boss"], jam.channels["idaho"]
    jam.slack.workspace.people[me].name = f"{CANARY} SECRET//RD"
    for text in (f"_SECRET//RD_ {CANARY}", f"compare: Classification:SECRET//RD {CANARY}"):
        await jam.ask("idaho", text)
    for name, content in (
        ("table.csv", f"id,note\n{'1,fine' * 20_000}\n2,{CANARY} CUI//SP-EXPT\n".encode()),
        ("run.ipynb", notebook("\x1b[1mSECRET\x1b[0m//RD")),
        ("SECRET.txt", CANARY.encode()),
    ):
        await jam.slack.post(me, channel, "What is it?", files=[(name, content)])
    for command in ("announce", "open", "flag resolve 12345", "prompt test", "hold", "release all", "mute"):
        said = await jam.slack.command(boss, channel, "/jam", f"{command} {CANARY} SECRET//RD")
        assert CANARY not in said.text
    await until(lambda: _has(jam, 5), 20)
    assert {line["where"] for line in await gates(jam, "idaho")} == {"message", "file"}
    assert not jam.model.requests
    assert CANARY not in await everything_kept(jam, caplog)


async def test_its_author_and_the_moderators_are_told(guarded: Jam) -> None:
    jam = guarded
    asked = await jam.ask("idaho", MARKED)
    await until(lambda: bool(to_moderator(jam)))
    told = private(jam, "idaho")[0].written
    assert "Delete your message. I can't do that for you" in told
    assert "classification or export-control office" in told
    assert "not stored" in told
    warned = to_moderator(jam)[0].written
    assert jam.channels["idaho"] in warned
    assert "The guard stopped a message** in" in warned
    assert "class_caveat" in warned
    assert "Check whether it is still in Slack: http" in warned
    assert asked.replace(".", "") in warned  # where it stands
    assert jam.people["idaho"] not in warned
    (line,) = await lines_of(jam, "idaho")
    assert line["question_ts"] == asked
    assert line["rules"] == ["class_caveat"]
    assert line["decision"] == "stopped"
    assert len(line["text_hash"]) == 32
    assert jam.people["idaho"] not in str(line)
    other = await jam.slack.post(jam.people["idaho"], jam.channels["idaho"], MARKED + "!")
    clean = await jam.ask("idaho", "And without?")
    assert await jam.answer("idaho", clean)
    assert not jam.replies("idaho", other)


async def lines_of(jam: Jam, lab: str) -> list[dict[str, Any]]:
    await until(lambda: has_gates(jam, lab))
    return await gates(jam, lab)


async def has_gates(jam: Jam, lab: str) -> bool:
    return bool(await gates(jam, lab))


async def test_without_moderators_the_leads_channel_is_told(guarded: Jam) -> None:
    jam = guarded
    await jam.ask("argonne", MARKED)
    await until(lambda: bool(jam.slack.channel_messages(jam.channels["hq"])))
    told = jam.slack.channel_messages(jam.channels["hq"])[0].written
    assert jam.channels["argonne"] in told
    assert CANARY not in told


async def test_a_thread_gets_it_in_the_thread(guarded: Jam) -> None:
    jam = guarded
    root = await jam.ask("idaho", "What is a neutron?")
    await jam.answer("idaho", root)
    await jam.ask("idaho", MARKED, root)
    await until(lambda: bool(private(jam, "idaho")))
    assert private(jam, "idaho")[0].thread_ts == root
    again = await jam.ask("idaho", "Go on.", root)
    await jam.answer("idaho", root, 2)
    assert "Go on." in str(jam.model.requests[-1].body)
    assert CANARY not in str(jam.model.requests[-1].body)
    assert again


async def test_what_a_younger_rule_stops_is_no_part_of_a_thread_any_more(
    guarded: Jam, tmp_path: Path
) -> None:
    jam = guarded
    root = await jam.ask("idaho", f"SITE ONLY: {CANARY}")
    await jam.answer("idaho", root)
    await jam.stop_bot()
    (tmp_path / "over" / "_guard").mkdir(parents=True)
    rule = 'level = "hard"\ntitle = "a marking of ours"\nanywhere = ["SITE ONLY"]\nhits = ["SITE ONLY"]\n'
    (tmp_path / "over" / "_guard" / "site.toml").write_text(f"[ours]\n{rule}")
    jam.extra["LABJAM_PROMPTS"] = str(tmp_path / "over")
    await jam.start_bot()
    await jam.ask("idaho", "Go on.", root)
    await jam.answer("idaho", root, 2)
    assert CANARY not in str(jam.model.requests[-1].body)


async def test_people_among_themselves_are_not_told(guarded: Jam) -> None:
    jam = guarded
    other = jam.slack.add_person("other")
    await jam.slack.join(other, jam.channels["idaho"])
    root = await jam.ask("idaho", "What is a neutron?")
    await jam.answer("idaho", root)
    reply = await jam.slack.post(other, jam.channels["idaho"], "SECRET//RD", thread_ts=root)
    await jam.slack.edit(other, jam.channels["idaho"], reply, "CUI//SP-EXPT")
    outside = jam.slack.add_channel("lunch", [other])
    lunch = await jam.slack.post(other, outside, "SECRET//RD")
    await jam.slack.edit(other, outside, lunch, "CUI//SP-EXPT")
    await jam.slack.settled()
    await jam.answer("idaho", await jam.ask("idaho", "still there?"))
    told = [*jam.slack.ephemerals(jam.channels["idaho"], other), *jam.slack.ephemerals(outside, other)]
    assert not any("marking" in message.text for message in told)
    assert not to_moderator(jam)


async def test_it_is_told_after_a_restart(guarded: Jam) -> None:
    jam = guarded
    jam.slack.faults.status("chat.postEphemeral", 503, None)
    await jam.ask("idaho", MARKED)
    await until(lambda: jam.calls("chat.postEphemeral") > 0)
    await jam.stop_bot()
    jam.slack.faults.clear()
    await jam.start_bot()
    await until(lambda: bool(private(jam, "idaho")), 20)


async def test_a_marked_answer_is_taken_back_while_it_comes(
    guarded: Jam, caplog: pytest.LogCaptureFixture
) -> None:
    jam = guarded
    text = f"First words, {CANARY}.\n" + "A line of prose.\n" * 20 + "TOP SECRET//SI\n" + "More.\n" * 300
    jam.model.script = lambda seen: Reply(text=text, pieces=60, seconds=8.0)
    asked = await jam.ask("idaho", "Write something.")
    replies = await jam.answer("idaho", asked, timeout=20)
    assert jam.model.aborted == 1
    assert CANARY not in text_of(replies)
    assert "I took it back" in text_of(replies)
    await until(lambda: "guard took back an answer" in "".join(one.written for one in to_moderator(jam)))
    warned = "".join(one.written for one in to_moderator(jam))
    assert "Nothing of it was kept, and whoever asked was told.\nThe question: http" in warned
    assert "Delete your message" not in private(jam, "idaho")[0].written
    (answer,) = [line for line in await jam.journal("idaho") if line["kind"] == "answer"]
    assert answer["outcome"] == "failed"
    kept = await everything_kept(jam, caplog)
    in_slack = sum(CANARY in str(call.args) for call in jam.slack.calls)
    assert kept.count(CANARY) <= in_slack * 2  # the stream's own beginning, nothing later

    def clean(seen: SeenRequest) -> Reply:
        return Reply(text="A clean answer.")

    jam.model.script = clean
    await jam.slack.click(jam.people["idaho"], jam.channels["idaho"], replies[-1].ts, "labjam_again")
    await until(lambda: "A clean answer." in text_of(jam.replies("idaho", asked)))


async def test_a_marking_in_the_last_line_is_taken_back_too(guarded: Jam) -> None:
    jam = guarded
    jam.model.script = lambda seen: Reply(text=f"{CANARY}\n\nSECRET")
    replies = await jam.answer("idaho", await jam.ask("idaho", "Write something."))
    assert "I took it back" in text_of(replies)
    assert CANARY not in str([await jam.journal("idaho")])


async def test_a_marked_text_in_a_form_is_a_gate_too(guarded: Jam, caplog: pytest.LogCaptureFixture) -> None:
    jam = guarded
    me, channel = jam.people["idaho"], jam.channels["idaho"]
    asked = await jam.ask("idaho", "What is a neutron?")
    [answer] = await jam.answer("idaho", asked)
    for action, field in ((DETAILS, "comment"), (PROBLEM, "description")):
        clicked = await jam.slack.click(me, channel, answer.ts, action)
        await until(lambda clicked=clicked: bool(clicked.views))
        said = {field: {"given": {"type": "plain_text_input", "value": f"{field} {MARKED}"}}}
        refused = await jam.slack.submit_view(me, clicked.views[0], said)
        assert refused.ack
        assert "nothing was kept" in refused.ack["errors"][field]
    await until(lambda: len(to_moderator(jam)) == 2)
    warned = to_moderator(jam)[0].written
    assert "typed into a form about" in warned
    assert me not in warned
    await until(lambda: _has(jam, 2))
    for line in await gates(jam, "idaho"):
        assert (line["where"], line["question_ts"], line["decision"]) == ("form", asked, "stopped")
    assert not private(jam, "idaho"), "the form says it"
    assert {line["kind"] for line in await jam.journal("idaho")} == {"answer", "gate"}
    assert CANARY not in await everything_kept(jam, caplog)


async def _has(jam: Jam, count: int) -> bool:
    return len(await gates(jam, "idaho")) == count
