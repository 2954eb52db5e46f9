"""A kick-off under Slack's own rates: nobody is lost, nobody starves, and who waits knows how long."""

import re
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from bot.trial.model_script import Plan, Reply
from bot.trial.rates import RateLimits
from bot.trial.server import LocalSlack
from tests.jam import Jam, ended, until

FACTOR = 8.0
"""How much faster than a jam: Slack's windows and labjam's budgets alike."""


@pytest.fixture
async def busy(tmp_path: Path) -> AsyncGenerator[Jam]:
    """One process that hears Slack, two that answer, and a Slack that enforces its rates."""
    slack = LocalSlack(rates=RateLimits(factor=FACTOR, burst=3))
    async with Jam(tmp_path, slack=slack, own_store=True) as jam:
        jam.extra["LABJAM_SLACK_RATE_FACTOR"] = str(FACTOR)
        jam.model.script = Plan(lambda _: Reply("An answer of some length. " * 20, pieces=20, seconds=0.8))
        await jam.start_child("serve")
        for _ in range(2):
            await jam.start_child("work")
        await until(lambda: jam.calls("auth.test") >= 3, 15)
        yield jam


def statuses(jam: Jam, ts: str) -> Sequence[str]:
    """What a thread's status said, one after another."""
    calls = jam.slack.calls_of("assistant.threads.setStatus")
    return [str(call.args["status"]) for call in calls if call.args["thread_ts"] == ts]


async def test_a_kick_off_loses_nobody_and_says_who_waits(busy: Jam) -> None:
    lab = "argonne"
    people = [busy.slack.add_person(f"visitor-{n}") for n in range(60)]
    for person in people:
        await busy.slack.join(person, busy.channels[lab])
    asked = [await busy.slack.post(person, busy.channels[lab], "why?") for person in people]
    last = asked[-1]
    await until(lambda: any("in line" in words for words in statuses(busy, last)), 4)
    place = re.search(r"(\d+)\w\w in line, about \d+ s$", statuses(busy, last)[0])
    assert place
    assert 30 <= int(place[1]) <= 60
    elsewhere = {other: await busy.ask(other, "why not?") for other in list(busy.channels)[1:]}
    for other, ts in elsewhere.items():
        assert len(ended(await busy.answer(other, ts, timeout=6))) == 1
    assert not busy.whole(lab, last), "the busy lab is still at it"
    for ts in asked:
        assert len(ended(await busy.answer(lab, ts, timeout=20))) == 1
        assert len(busy.replies(lab, ts)) == 1
    assert busy.slack.status(busy.channels[lab], last) == ""
    refused = sum(call.status == 429 for call in busy.slack.calls)
    assert refused <= len(busy.slack.calls) / 100


async def test_without_streaming_few_are_edited_and_many_are_posted(busy: Jam) -> None:
    busy.slack.faults.no_streaming()
    first = [await busy.ask(lab, "why?") for lab in busy.channels]
    for lab, ts in zip(busy.channels, first, strict=True):
        assert len(ended(await busy.answer(lab, ts, timeout=10))) == 1
    refused = sum(call.status == 429 for call in busy.slack.calls)
    assert refused <= len(busy.slack.calls) / 100


async def test_an_answer_that_waits_for_slack_goes_with_its_question(busy: Jam) -> None:
    """It is never posted."""
    lab, channel = "argonne", busy.channels["argonne"]
    busy.slack.faults.no_streaming()
    busy.slack.faults.limit("chat.postMessage", retry_after=4)
    first = await busy.ask(lab, "why?")
    await until(lambda: any(call.status == 429 for call in busy.slack.calls), 10)
    gone, kept = await busy.ask(lab, "oops"), await busy.ask(lab, "and so?")
    await until(lambda: any("answer…" in words for words in statuses(busy, gone)), 10)
    await busy.slack.delete(busy.people[lab], channel, gone)
    for ts in (first, kept):
        assert len(ended(await busy.answer(lab, ts, timeout=10))) == 1
    posted = [call.args["thread_ts"] for call in busy.slack.calls_of("chat.postMessage")]
    assert set(posted) == {first, kept}
    await until(lambda: busy.slack.status(channel, gone) == "")
