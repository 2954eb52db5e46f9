"""Whoever stops listening closes the connection, so that the endpoint stops generating."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from bot.llm.model import Api, Finish
from bot.trial.model_script import Reply
from tests.test_llm_stream import both_apis, stage, until

LONG = Reply("a long answer", pieces=10, seconds=60)
AT_ONCE = 0.5


async def read_all(stream: AsyncGenerator[str | Finish], seen: list[str | Finish]) -> None:
    async for item in stream:
        seen.append(item)  # noqa: PERF401 - the caller watches it grow


@both_apis
async def test_closing_the_generator(api: Api) -> None:
    async with stage() as at:
        at.plan.when("", LONG)
        stream = at.models.stream(at.request(api))
        await anext(stream)
        assert at.server.concurrent == 1
        await stream.aclose()
        await until(lambda: at.server.aborted == 1 and at.server.concurrent == 0, AT_ONCE)


@both_apis
async def test_cancelling_the_task(api: Api) -> None:
    async with stage() as at:
        at.plan.when("", LONG)
        seen: list[str | Finish] = []
        task = asyncio.create_task(read_all(at.models.stream(at.request(api)), seen))
        await until(lambda: bool(seen))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: at.server.aborted == 1 and at.server.concurrent == 0, AT_ONCE)


@both_apis
async def test_cancelling_before_the_first_word(api: Api) -> None:
    async with stage() as at:
        at.plan.when("", Reply(wait=60))
        task = asyncio.create_task(read_all(at.models.stream(at.request(api)), []))
        await until(lambda: at.server.concurrent == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: at.server.aborted == 1, AT_ONCE)


async def test_a_stall_is_hung_up_on() -> None:
    async with stage() as at:
        with pytest.raises(Exception, match="silent"):
            await at.ask("chat", Reply("one two", pieces=2, ending="stall", after=1), stall_timeout=0.05)
        await until(lambda: at.server.aborted == 1, AT_ONCE)
