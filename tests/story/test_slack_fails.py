"""P1 and P2, at Slack: limits, errors, dropped replies and dead streams cost no character and no answer."""

from pathlib import Path

import pytest

from bot.trial.model_script import Plan, Reply
from bot.trial.rates import RateLimits
from bot.trial.server import LocalSlack
from tests.jam import Jam, ended, text_of, until

SLOW = Reply("Sentence after sentence of a long answer. " * 60, pieces=60, seconds=2.5)
METHODS = [
    "chat.startStream",
    "chat.appendStream",
    "chat.stopStream",
    "chat.postMessage",
    "chat.update",
    "conversations.info",
    "assistant.threads.setStatus",
]


def slow_then_quick(jam: Jam) -> None:
    jam.model.script = Plan(lambda seen: SLOW if "slow" in seen.question else Reply("Quick.", wait=1.0))


async def ask_both(jam: Jam) -> None:
    slow, quick = await jam.ask("argonne", "slow"), await jam.ask("idaho", "quick")
    assert text_of(await jam.answer("argonne", slow, timeout=30)).strip() == SLOW.text.strip()
    assert text_of(await jam.answer("idaho", quick, timeout=30)) == "Quick."
    for lab, ts in (("argonne", slow), ("idaho", quick)):
        assert len(jam.replies(lab, ts)) == 1
        assert len(ended(jam.replies(lab, ts))) == 1


@pytest.mark.parametrize("method", METHODS)
async def test_limits_are_waited_out(jam: Jam, method: str) -> None:
    slow_then_quick(jam)
    jam.slack.faults.limit(method, retry_after=1, times=2)
    await ask_both(jam)


@pytest.mark.parametrize("method", METHODS)
async def test_errors_are_survived(jam: Jam, method: str) -> None:
    slow_then_quick(jam)
    jam.slack.faults.status(method, 500, times=2)
    await ask_both(jam)


@pytest.mark.parametrize("method", METHODS)
async def test_a_call_that_took_effect_without_a_reply_is_not_repeated(jam: Jam, method: str) -> None:
    slow_then_quick(jam)
    jam.slack.faults.drop(method, times=1)
    await ask_both(jam)


async def test_a_workspace_without_streaming_gets_posts_and_edits(jam: Jam) -> None:
    jam.slack.faults.no_streaming()
    slow_then_quick(jam)
    await ask_both(jam)


async def test_a_stream_that_slack_ends_is_finished_by_an_edit(tmp_path: Path) -> None:
    slack = LocalSlack(stream_life=1.0)
    async with Jam(tmp_path, slack=slack) as jam:
        await jam.start_bot()
        slow_then_quick(jam)
        await ask_both(jam)
        assert jam.calls("chat.update") > 0


async def test_a_kick_off_under_slacks_own_limits_loses_nothing(tmp_path: Path) -> None:
    """More people than streams: twenty may stream a minute, the others get their answer in one piece."""
    async with Jam(tmp_path, slack=LocalSlack(rates=RateLimits(burst=10))) as jam:
        await jam.start_bot()
        jam.model.script = Plan(lambda _: Reply("An answer of some length. " * 40, pieces=30, seconds=1.5))
        asked = [(lab, await jam.ask(lab, f"question {n}")) for n in range(5) for lab in jam.channels]
        for lab, ts in asked:
            assert len(ended(await jam.answer(lab, ts, timeout=45))) == 1


async def test_a_taken_back_answer_goes_whatever_slack_says(jam: Jam) -> None:
    for trouble in (jam.slack.faults.limit, jam.slack.faults.drop):
        ts = await jam.ask("idaho", "oops")
        await jam.answer("idaho", ts)
        trouble("chat.delete")
        await jam.slack.delete(jam.people["idaho"], jam.channels["idaho"], ts)
        await until(lambda: not jam.replies("idaho", ts))  # noqa: B023 - awaited here


async def test_a_status_says_that_we_are_at_work(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply("At last.", wait=2.0))
    ts = await jam.ask("princeton", "think hard")
    await until(lambda: "thinking" in jam.slack.status(jam.channels["princeton"], ts), 2.0)
    await jam.answer("princeton", ts)
    assert jam.slack.status(jam.channels["princeton"], ts) == ""
