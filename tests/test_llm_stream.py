"""An answer streams from an endpoint, through either API: all of its text, then how it ended."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.errors import ModelCut
from bot.llm.chat_api import chat_body
from bot.llm.model import Api, Auth, Endpoint, Finish, Message, ModelRequest, ModelSpec
from bot.llm.openai import OpenAIModels
from bot.llm.responses_api import responses_body
from bot.records import Usage
from bot.trial.model_script import Plan, Reply, essay
from bot.trial.model_server import ModelServer

APIS: tuple[Api, ...] = ("chat", "responses")
both_apis = pytest.mark.parametrize("api", APIS)
KEY = Auth(env="KEY")
QUESTION = (Message("system", "Be brief."), Message("user", "Two and two?"))


@dataclass
class Stage:
    """A scripted server and the models that ask it."""

    server: ModelServer
    models: OpenAIModels
    auth: Auth = KEY
    headers: tuple[tuple[str, str], ...] = ()
    plan: Plan = field(default_factory=Plan)

    def spec(self, api: Api, **changes: Any) -> ModelSpec:
        endpoint = Endpoint("lab", self.server.base_url, self.auth, self.headers)
        return replace(ModelSpec("ours", "scripted", endpoint, api=api), **changes)

    def request(self, api: Api, **changes: Any) -> ModelRequest:
        return ModelRequest(self.spec(api, **changes), QUESTION, person="hash-of-a-person")

    async def ask(self, api: Api, reply: Reply | None = None, **changes: Any) -> tuple[str, Finish]:
        """The whole text and its finish, after this reply was planned."""
        if reply:
            self.plan.when("", reply)
        items: list[str | Finish] = []
        async with aclosing(self.models.stream(self.request(api, **changes))) as stream:
            async for item in stream:
                items.append(item)  # noqa: PERF401 - an error must not hide what came before it
        *texts, finish = items
        assert isinstance(finish, Finish)
        return "".join(text for text in texts if isinstance(text, str)), finish

    @property
    def body(self) -> dict[str, Any]:
        """What the server was last asked."""
        return self.server.requests[-1].body


@asynccontextmanager
async def stage(env: dict[str, str] | None = None) -> AsyncGenerator[Stage]:
    """A server and models, both closed at the end."""
    async with ModelServer() as server:
        models = OpenAIModels(env or {"KEY": "key-of-the-lab"})
        made = Stage(server, models)
        server.script = made.plan
        try:
            yield made
        finally:
            await models.close()


async def until(true: Callable[[], bool], timeout: float = 5.0) -> None:
    """Wait for a predicate; AssertionError after `timeout` seconds."""
    end = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < end, "did not come true in time"
        await asyncio.sleep(0.005)


@both_apis
async def test_all_text_in_order_then_the_finish(api: Api) -> None:
    text = essay("1500 words about ½ of <everything>")
    async with stage() as at:
        got, finish = await at.ask(api, Reply(text, pieces=60, seconds=0.1, reasoning=3))
        assert got == text
        assert finish == Finish("stop", "scripted", Usage(20, len(text.split()), reasoning=3, cached=5))


@both_apis
async def test_text_comes_while_the_model_still_writes(api: Api) -> None:
    async with stage() as at:
        at.plan.when("", Reply("one two", pieces=2, ending="stall"))
        async with aclosing(at.models.stream(at.request(api))) as stream:
            assert str(await anext(stream)).startswith("one")


@both_apis
@pytest.mark.parametrize("ending", ["length", "filtered"])
async def test_an_answer_that_was_stopped(api: Api, ending: Any) -> None:
    async with stage() as at:
        text, finish = await at.ask(api, Reply("half of", ending=ending))
        assert (text, finish.reason) == ("half of", ending)


@both_apis
async def test_a_refusal_is_no_text(api: Api) -> None:
    async with stage() as at:
        text, finish = await at.ask(api, Reply("I can't help with that.", ending="refused"))
        assert (text, finish.reason, finish.refusal) == ("", "refused", "I can't help with that.")


@both_apis
async def test_an_empty_answer_is_a_whole_answer(api: Api) -> None:
    async with stage() as at:
        text, finish = await at.ask(api, Reply(""))
        assert (text, finish.reason) == ("", "stop")


@both_apis
@pytest.mark.parametrize(
    ("reply", "reason"),
    [(Reply("whole"), "stop"), (Reply("whole", ending="length"), "length")],
)
async def test_an_endpoint_that_cannot_stream(api: Api, reply: Reply, reason: str) -> None:
    async with stage() as at:
        at.server.streams = False
        text, finish = await at.ask(api, reply)
        assert (text, finish.reason) == ("whole", reason)
        assert finish.usage


@both_apis
async def test_a_refusal_of_an_endpoint_that_cannot_stream(api: Api) -> None:
    async with stage() as at:
        at.server.streams = False
        text, finish = await at.ask(api, Reply("No.", ending="refused"))
        assert (text, finish.reason, finish.refusal) == ("", "refused", "No.")


async def test_usage_that_comes_late() -> None:
    async with stage() as at:
        _, finish = await at.ask("chat", Reply(closing_gap=0.03))
        assert finish.usage


@both_apis
async def test_what_follows_the_end_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.llm.openai.USAGE_TIMEOUT", 0.1)
    monkeypatch.setattr("bot.llm.openai.CLOSING_TIMEOUT", 0.03)
    async with stage() as at:
        text, finish = await at.ask(api, Reply("yes", closing_gap=60 if api == "chat" else 0.1))
        assert (text, finish.reason) == ("yes", "stop")


async def test_a_connection_that_breaks_after_the_end_loses_nothing() -> None:
    async with stage() as at:
        text, finish = await at.ask("chat", Reply("yes", ending="torn"))
        assert (text, finish.reason) == ("yes", "stop")
        with pytest.raises(ModelCut):
            await at.ask("responses", Reply("yes", ending="torn"))


async def test_one_connection_serves_many_answers() -> None:
    async with stage() as at:
        for api in APIS * 5:
            await at.ask(api, Reply(pieces=5))
        assert len(at.server.requests) == 10
        assert at.server.connections == 1


async def test_many_answers_at_once() -> None:
    async with stage() as at:
        at.server.script = lambda seen: Reply(wait=60)
        asked = [asyncio.create_task(at.ask("chat")) for _ in range(150)]
        # aiohttp alone would stop at 100 connections
        await until(lambda: at.server.concurrent == 150, 15)
        for task in asked:
            task.cancel()
        assert len(await asyncio.gather(*asked, return_exceptions=True)) == 150
        await until(lambda: at.server.aborted == 150)


async def test_a_plain_chat_request() -> None:
    async with stage() as at:
        await at.ask("chat")
        assert at.body == {
            "model": "scripted",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Two and two?"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
        }


async def test_a_plain_responses_request() -> None:
    async with stage() as at:
        await at.ask("responses")
        assert at.body == {
            "model": "scripted",
            "input": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Two and two?"},
            ],
            "stream": True,
            "store": False,
        }


async def test_what_a_model_supports_is_used() -> None:
    able: dict[str, Any] = {
        "developer_role": True, "reasoning_effort": "high", "limit_output": True, "max_output": 900,
        "stream_usage": False,
    }  # fmt: skip
    async with stage() as at:
        _, finish = await at.ask("chat", **able)
        assert at.body["messages"][0]["role"] == "developer"
        assert (at.body["reasoning_effort"], at.body["max_tokens"]) == ("high", 900)
        assert "stream_options" not in at.body
        assert finish.usage is None
        await at.ask("responses", **able)
        assert at.body["input"][0]["role"] == "developer"
        assert (at.body["reasoning"], at.body["max_output_tokens"]) == ({"effort": "high"}, 900)


def test_only_openai_itself_is_told_of_the_person() -> None:
    spec = ModelSpec("ours", "m", Endpoint("lab", "https://lab.example/v1"), limit_output=True, max_output=9)
    request = ModelRequest(spec, QUESTION, person="hash")
    for body in (chat_body, responses_body):
        assert body(request, hosted=True)["safety_identifier"] == "hash"
        assert "hash" not in str(body(request, hosted=False))
    assert chat_body(request, hosted=True)["max_completion_tokens"] == 9
