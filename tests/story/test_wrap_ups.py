"""A thread's wrap-up: once for the same answers, never in silence, never against a stop or a cap."""

import json
import time
from typing import Any

import pytest

from bot.labs import read_labs
from bot.store.jobs import Jobs
from bot.store.redis import Store
from bot.store.states import States
from bot.summary.quiet import Quiet
from bot.trial.model_script import Reply
from tests.jam import LABS, Jam, until
from tests.scribe import NOTE, command, flag, jam, summaries, wish

__all__ = ["jam"]


async def test_a_thread_is_wrapped_up_by_its_shortcut(jam: Jam) -> None:
    ts = await jam.ask("argonne", "How large is the loss?")
    answered = await jam.answer("argonne", ts)
    person, channel = jam.people["argonne"], jam.channels["argonne"]
    await jam.slack.message_shortcut(person, channel, answered[0].ts, "jam_summary")
    await until(lambda: "Written by scripted" in jam.replies("argonne", ts)[-1].visible_text, 20)
    words = jam.replies("argonne", ts)[-1].visible_text
    assert "*Problem*: Loss in a cavity" in words
    assert "*Verified*" not in words


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
    await flag(jam, "argonne", answer)
    await wish(jam, "argonne", ts)
    await until(lambda: "withheld or flagged" in str(jam.slack.ephemerals(channel, person)), 20)
    assert script.notes == 0


@pytest.mark.parametrize(("deleted", "told"), [(0, "Nothing of this thread"), (1, "for what is left")])
async def test_what_is_taken_back_while_it_is_summed_up_is_in_no_wrap_up(
    jam: Jam, deleted: int, told: str
) -> None:
    asked = [await jam.ask("argonne", "How large is the loss?")]
    await jam.answer("argonne", asked[0])
    if deleted:
        asked.append(await jam.ask("argonne", "And the Q factor?", asked[0]))
        await jam.answer("argonne", asked[0], 2)
    before = len(jam.model.requests)
    jam.model.script = lambda _: Reply(json.dumps(NOTE), wait=3.0)
    await wish(jam, "argonne", asked[0])
    await until(lambda: len(jam.model.requests) > before)
    person, channel = jam.people["argonne"], jam.channels["argonne"]
    await jam.slack.delete(person, channel, asked[deleted])

    async def is_withdrawn() -> bool:
        return "withdrawal" in {line["kind"] for line in await jam.journal("argonne")}

    await until(is_withdrawn)
    await until(lambda: told in str(jam.slack.ephemerals(channel, person)), 20)
    assert "Written by" not in str(jam.replies("argonne", asked[0]))
    assert "summary" not in {line["kind"] for line in await jam.journal("argonne")}


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
    await jam.answer("argonne", ts, 3)  # the wrap-up has buttons, too
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


async def test_a_quiet_thread_is_wrapped_up_once_where_its_lab_wants_it(jam: Jam) -> None:
    script: Any = jam.model.script
    here = jam.channels["berkeley"]
    left_alone = [await jam.ask("berkeley", "A flagged one?"), await jam.ask("berkeley", "An unlisted one?")]
    hers = jam.people["idaho"]
    await jam.slack.join(hers, here)
    await jam.slack.post(hers, here, f"<@{jam.slack.workspace.bot}> and mine?", thread_ts=left_alone[1])
    await jam.answer("berkeley", left_alone[1], 2)
    [flagged] = await jam.answer("berkeley", left_alone[0])
    await flag(jam, "berkeley", flagged)
    await jam.slack.command(hers, here, "/jam", "mydata unlisted")
    elsewhere, ts = await jam.ask("argonne", "How large?"), await jam.ask("berkeley", "How large is it?")
    await jam.answer("argonne", elsewhere)
    await jam.answer("berkeley", ts)
    store = await Store.connect(f"unix://{jam.settings().labjam_data.resolve()}/valkey.sock")
    jobs = Jobs(store, LABS, "test")
    ahead = Quiet(read_labs(jam.settings(), {}), jobs, States(store), lambda: time.time() + 3_605)
    await until(lambda: _settled(jobs, jam, ts))
    await Quiet(ahead.labs, jobs, ahead.states, lambda: time.time() + 3_500).tick()
    for _ in range(2):
        await ahead.tick()
    await until(lambda: "quiet for 60 minutes" in jam.replies("berkeley", ts)[-1].visible_text, 20)
    await until(lambda: _settled(jobs, jam, ts, ":wrapup"))
    await ahead.tick()
    await jam.slack.settled()
    assert (len(jam.replies("berkeley", ts)), script.notes) == (2, 1)
    assert [len(jam.replies("berkeley", one)) for one in left_alone] == [1, 2]
    assert len(jam.replies("argonne", elsewhere)) == 1
    await store.close()


async def _settled(jobs: Jobs, jam: Jam, ts: str, what: str = "") -> bool:
    """Whether no job of a thread is left to be done."""
    return not await jobs.is_busy(f"{jam.slack.workspace.team.id}:{jam.channels['berkeley']}:{ts}{what}")
