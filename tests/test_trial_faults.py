"""Faults and rate limits, met by the real client and its retry handlers."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.trial.rates import RateLimits
from bot.trial.server import LocalSlack
from tests.trial_fixtures import Clock, bolt, refusal, until, web_client


async def test_429_with_retry_after() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        lab = slack.add_channel("jam")
        slack.faults.limit("chat.postMessage", retry_after=7)
        answer = await refusal(client.chat_postMessage(channel=lab, text="x"))
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "7"
        assert answer["error"] == "ratelimited"
        await client.chat_postMessage(channel=lab, text="x")
        assert [call.status for call in slack.calls] == [429, 200]


async def test_errors_and_server_errors_apply_nothing() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        lab = slack.add_channel("jam")
        slack.faults.error("chat.postMessage", "message_limit_exceeded")
        slack.faults.status("chat.postMessage", 503, times=2)
        for error in ("message_limit_exceeded", "fatal_error", "fatal_error"):
            answer = await refusal(client.chat_postMessage(channel=lab, text="x"))
            assert answer["error"] == error
        assert slack.channel_messages(lab) == []
        await client.chat_postMessage(channel=lab, text="x")


async def test_a_call_cut_off_after_it_was_accepted() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        lab = slack.add_channel("jam")
        slack.faults.drop("chat.postMessage", applied=False)
        slack.faults.drop("chat.postMessage")
        for count in (0, 1):
            with pytest.raises(aiohttp.ClientError):
                await client.chat_postMessage(channel=lab, text="x")
            assert len(slack.channel_messages(lab)) == count
        assert [(call.applied, call.error) for call in slack.calls] == [(False, "dropped"), (True, "dropped")]


async def test_the_sdks_default_retry_posts_twice() -> None:
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        client: Any = AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session)
        assert isinstance(client.retry_handlers[0], AsyncConnectionErrorRetryHandler)
        lab = slack.add_channel("jam")
        slack.faults.drop("chat.postMessage")
        await client.chat_postMessage(channel=lab, text="x")
        assert len(slack.channel_messages(lab)) == 2


async def test_a_delayed_and_a_frozen_slack() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        slack.faults.delay("auth.test", 0.05)
        before = time.monotonic()
        await client.auth_test()
        assert time.monotonic() - before >= 0.05
        slack.faults.clear()
        slack.faults.freeze()
        call = asyncio.ensure_future(client.auth_test())
        await until(lambda: len(slack.calls) == 2)
        assert not call.done()
        slack.faults.thaw()
        await call


async def test_a_failed_auth_test_makes_bolt_lose_the_event() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        slack.faults.error("auth.test", "fatal_error", times=1)
        await slack.post(ana, lab, "lost")
        await slack.settled()
        await slack.post(ana, lab, "heard")
        await until(lambda: app.heard)
    assert [event["text"] for event in app.heard] == ["heard"]
    assert slack.delivery.redelivered == 0


async def test_minute_windows_per_method_and_team() -> None:
    clock = Clock()
    async with LocalSlack(clock=clock, rates=RateLimits()) as slack, web_client(slack) as client:
        other = slack.add_team("Argonne")
        labs = [slack.add_channel("jam"), slack.add_channel("jam-argonne", team=other)]
        stamps = [str((await client.chat_postMessage(channel=lab, text="x"))["ts"]) for lab in labs]
        for _ in range(50):
            await client.chat_update(channel=labs[0], ts=stamps[0], text="y")
        answer = await refusal(client.chat_update(channel=labs[0], ts=stamps[0], text="y"))
        assert answer.headers["Retry-After"] == "60"
        await client.chat_update(channel=labs[1], ts=stamps[1], text="another team's budget")
        clock.now += 60
        await client.chat_update(channel=labs[0], ts=stamps[0], text="y")


async def test_posts_per_channel_burst_and_then_one_a_second() -> None:
    clock = Clock()
    async with LocalSlack(clock=clock, rates=RateLimits(burst=3)) as slack, web_client(slack) as client:
        lab, other = slack.add_channel("jam"), slack.add_channel("other")
        for _ in range(3):
            await client.chat_postMessage(channel=lab, text="x")
        await refusal(client.chat_postMessage(channel=lab, text="x"))
        await client.chat_postMessage(channel=other, text="x")
        clock.now += 1
        await client.chat_postMessage(channel=lab, text="x")


def test_a_factor_multiplies_the_budgets() -> None:
    rates = RateLimits(factor=0.5)
    waits = [rates.wait("chat.startStream", "T1", None, float(second)) for second in range(11)]
    assert waits == [0] * 10 + [50]


async def test_the_record_of_calls_is_bounded() -> None:
    async with LocalSlack(calls_kept=3) as slack, web_client(slack) as client:
        for _ in range(5):
            await client.api_test()
        assert len(slack.calls) == 3
