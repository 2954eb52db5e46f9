"""Thumbs and details on a summary and on a wrap-up: records of their own, and a count that shows."""

import time
from pathlib import Path
from typing import Any

from bot.exports.experiments import Choice
from bot.exports.kinds import typed
from bot.forms import SummaryDetails
from bot.purge import Purges
from bot.scopes import Hold, Scope
from bot.slack.blocks import MORE
from bot.store.jobs import CROSS_LAB, Jobs
from bot.store.redis import Store
from bot.summary.standing import DETAILS, THUMB
from bot.trial.messages import Message
from bot.trial.people import View
from tests.exporting import Record, exported, rows
from tests.jam import LABS, Jam, until
from tests.scribe import command, jam, summaries
from tests.stores import everything
from tests.test_forms import fill, shown

__all__ = ["jam"]


async def wrapped_up(jam: Jam) -> Message:
    """Ask, and have the thread summed up by the dots under its answer."""
    person, channel = jam.people["argonne"], jam.channels["argonne"]
    ts = await jam.ask("argonne", "How large is the loss?")
    [answer] = await jam.answer("argonne", ts)
    [menu] = [element for _, element in answer.elements if element["action_id"] == MORE]
    [option] = [one for one in menu["options"] if one["text"]["text"] == "Sum up this thread"]
    await jam.slack.click(person, channel, answer.ts, MORE, selected_option=option)
    await until(lambda: "Written by scripted" in jam.replies("argonne", ts)[-1].visible_text, 20)
    return jam.replies("argonne", ts)[-1]


async def give(jam: Jam, message: Message, sign: str) -> None:
    """Press one of the thumbs."""
    values = [one[f"{which}_button"]["value"] for _, one in message.elements
              if one["action_id"] == THUMB for which in ("positive", "negative")]  # fmt: skip
    [value] = [value for value in values if value.startswith(sign)]
    await jam.slack.click(jam.people["argonne"], jam.channels["argonne"], message.ts, THUMB, value=value)


async def form(jam: Jam, message: Message) -> View:
    """Press *Add details*."""
    clicked = await jam.slack.click(jam.people["argonne"], jam.channels["argonne"], message.ts, DETAILS)
    await until(lambda: bool(clicked.views))
    return jam.slack.workspace.views[clicked.views[0]]


async def said(jam: Jam, kind: str) -> list[dict[str, Any]]:
    return [line for line in await jam.journal("argonne") if line["kind"] == kind]


async def test_a_wrap_up_is_judged_and_that_is_a_record_of_its_own(jam: Jam) -> None:
    person, channel = jam.people["argonne"], jam.channels["argonne"]
    wrap_up = await wrapped_up(jam)
    await give(jam, wrap_up, "+1")
    await until(lambda: "this wrap-up is kept" in str(jam.slack.ephemerals(channel, person)))
    await until(lambda: "👍 1" in wrap_up.visible_text, 20)
    view = await form(jam, wrap_up)
    state = fill(view.body["blocks"])
    assert (await jam.slack.submit_view(person, view.id, state)).ack is None
    again = await form(jam, wrap_up)
    assert shown(again.body["blocks"]) == state
    state["thumb"]["given"]["selected_option"] = {"value": "-1"}
    await jam.slack.submit_view(person, again.id, state)
    forms, votes = await said(jam, "summary_details"), await said(jam, "summary_vote")
    assert all(forms[0][name] for name in SummaryDetails.model_fields), "every field was asked"
    assert [(one["revision"], one["thumb"]) for one in forms] == [(1, 1), (2, -1)]
    assert [(one["sums"], one["thumb"], one["model"]) for one in votes] == [
        ("thread", 1, "scripted"),
        ("thread", -1, "scripted"),
    ]
    assert {one["summary_ts"] for one in (*forms, *votes)} == {wrap_up.ts}
    assert not await said(jam, "vote")


async def test_a_summary_is_judged_and_exports_carry_what_people_said_of_it(jam: Jam, tmp_path: Path) -> None:
    await jam.answer("argonne", await jam.ask("argonne", "How large is the loss?"))
    await command(jam, "summary now")
    await until(lambda: bool(summaries(jam)), 30)
    [summary] = summaries(jam)
    await give(jam, summary, "-1")
    view = await form(jam, summary)
    await jam.slack.submit_view(jam.people["argonne"], view.id, fill(view.body["blocks"]))
    [vote, changed], [details] = await said(jam, "summary_vote"), await said(jam, "summary_details")
    assert (vote["thumb"], changed["thumb"], vote["sums"], vote["summary_ts"]) == (
        -1,
        1,
        "session",
        summary.ts,
    )
    assert vote["thread"]["ts"] == details["thread"]["ts"] == summary.ts
    await command(jam, "mydata")
    await until(lambda: any(file.complete for file in jam.slack.workspace.files.values()), 20)
    [mine] = jam.slack.workspace.files.values()
    assert details["comment"] in mine.content.decode()
    assert '"summary_vote"' in mine.content.decode()
    records: list[Record] = [(one["kind"], typed(one)) for one in (vote, changed, details)]
    private = Choice(frozenset({"private"}))
    for name, file in (("jsonl", "record.jsonl"), ("jam", "sidecar.jsonl")):
        files, _ = await exported(records, name, tmp_path, private)
        [line] = rows(files[file])
        assert [one["thumb"] for one in line["summary_vote"]] == [-1, 1]
        assert line["summary_details"][0]["comment"] == details["comment"]
    files, manifest = await exported(records, "jsonl", tmp_path)
    assert files == {"record.jsonl": ""}
    assert manifest["no_row"] == {"it is said of a session's summary, which is private": 3}


async def test_a_purge_of_a_thread_takes_what_summed_it_up_and_what_was_said_of_that(jam: Jam) -> None:
    wrap_up = await wrapped_up(jam)
    await command(jam, "summary now")
    await until(lambda: bool(summaries(jam)), 30)
    [summary] = summaries(jam)
    for message in (wrap_up, summary):
        view = await form(jam, message)
        await jam.slack.submit_view(jam.people["argonne"], view.id, fill(view.body["blocks"]))
    thread = f"{jam.slack.workspace.team.id}:{wrap_up.channel}:{wrap_up.thread_ts}"
    store = await Store.connect(f"unix://{jam.settings().labjam_data.resolve()}/valkey.sock")
    assert "words of comment" in await everything(store)
    purges = Purges(Jobs(store, [*LABS, CROSS_LAB], "test"))
    me = Scope("argonne", person=jam.people["argonne"])
    await purges.hold(Hold(me, "a moderator", time.time(), "asked for"))
    plan = await purges.look(Scope("argonne"))
    assert (plan.records, plan.held) == (0, len(await jam.journal("argonne")))
    await purges.release(me)
    await purges.order(Scope("argonne", thread=thread), "moderator")
    await until(lambda: not summaries(jam) and wrap_up.deleted, 20)
    await until(lambda: _is_gone(store, "words of comment", "Loss in a cavity", "It checked units"), 20)
    await store.close()


async def _is_gone(store: Store, *words: str) -> bool:
    left = await everything(store)
    return not any(word in left for word in words)
