"""Each endpoint gets its own token, in its own scheme, and nothing of another's."""

import asyncio
import logging
from pathlib import Path

import pytest

from bot.errors import ModelRejected
from bot.llm.auth import Token
from bot.llm.model import Api, Auth, Endpoint, ModelSpec, Scheme
from bot.trial.model_script import ECHO, Reply, SeenRequest, failure
from tests.test_llm_stream import both_apis, stage


@both_apis
@pytest.mark.parametrize(("scheme", "sent"), [("bearer", "Bearer t0ken"), ("raw", "t0ken"), ("none", None)])
async def test_schemes(api: Api, scheme: Scheme, sent: str | None) -> None:
    async with stage({"LAB_TOKEN": " t0ken\n"}) as at:
        at.auth = Auth(scheme, env="" if scheme == "none" else "LAB_TOKEN")
        await at.ask(api)
        assert at.server.requests[-1].headers.get("authorization") == sent


async def test_an_own_header_may_carry_the_token() -> None:
    async with stage() as at:
        at.auth, at.headers = Auth("none"), (("X-Api-Key", "k"), ("Authorization", "Custom c"))
        await at.ask("chat")
        headers = at.server.requests[-1].headers
        assert (headers["x-api-key"], headers["authorization"]) == ("k", "Custom c")


async def test_nothing_of_the_environment_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "not-for-labs")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Mine: not-for-labs\nAuthorization: not-for-labs")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/not-for-labs")
    async with stage() as at:
        at.auth = Auth("none")
        await at.ask("chat")
        await at.ask("responses")
        assert await at.models.check(at.spec("chat"))
        assert len(at.server.requests) == 3
        assert "not-for-labs" not in str(at.server.requests)


async def test_two_endpoints_never_meet() -> None:
    async with stage({"A": "token-a", "B": "token-b"}) as a, stage() as b:
        one, two = (
            ModelSpec(name, "scripted", Endpoint(name, server.base_url, Auth(env=name)))
            for name, server in (("A", a.server), ("B", b.server))
        )
        for spec in (one, two):
            await a.ask("chat", endpoint=spec.endpoint)
        a.plan.when("", failure(503))
        with pytest.raises(Exception, match="A: HTTP 503"):
            await a.ask("chat", endpoint=one.endpoint)
        assert [seen.headers["authorization"] for seen in a.server.requests] == ["Bearer token-a"] * 2
        assert [seen.headers["authorization"] for seen in b.server.requests] == ["Bearer token-b"]


def only(token: str, seen: SeenRequest) -> Reply:
    return Reply("yes") if seen.headers["authorization"] == f"Bearer {token}" else failure(401, "expired")


@both_apis
async def test_a_file_is_read_again_after_a_401(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    async with stage() as at:
        at.auth = Auth(file=str(file))
        at.server.script = lambda seen: only("old", seen)
        assert (await at.ask(api))[0] == "yes"
        file.write_text("new\n")
        at.server.script = lambda seen: only("new", seen)
        assert (await at.ask(api))[0] == "yes"
        assert (await at.ask(api))[0] == "yes"
        sent = [seen.headers["authorization"] for seen in at.server.requests]
        assert sent == ["Bearer old", "Bearer old", "Bearer new", "Bearer new"]


async def test_a_command_runs_once_for_many_401s(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    async with stage() as at:
        at.auth = Auth(command=f"echo x >> {runs}; echo token-$(wc -l < {runs})")
        await at.ask("chat", Reply("first"))
        at.server.script = lambda seen: only("token-2", seen)
        answers = await asyncio.gather(*(at.ask("chat") for _ in range(20)))
        assert [text for text, _ in answers] == ["yes"] * 20
        assert len(runs.read_text().split()) == 2


async def test_a_token_refused_twice_is_not_tried_a_third_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    async with stage() as at:
        at.auth = Auth(file=str(file))
        await at.ask("chat")
        file.write_text("also wrong")
        at.server.script = lambda _: failure(401, "invalid_api_key")
        with pytest.raises(ModelRejected, match=r"401 invalid_api_key .*the file") as caught:
            await at.ask("chat")
        assert len(at.server.requests) == 3
        assert "wrong" not in str(caught.value)


async def test_the_same_token_is_not_sent_again() -> None:
    async with stage() as at:
        at.server.script = lambda _: failure(401)
        with pytest.raises(ModelRejected, match="the variable KEY"):
            await at.ask("chat")
        assert len(at.server.requests) == 1


@pytest.mark.parametrize(
    ("auth", "named"),
    [
        (Auth(env="NOWHERE"), "the variable NOWHERE"),
        (Auth(env="BROKEN"), "the variable BROKEN"),
        (Auth(file="/nowhere/token"), "the file /nowhere/token"),
        (Auth(command="false --password=s3cret"), "the command false"),
        (Auth(command="echo s3cret; exit 3"), "the command echo"),
        (Auth(), "nowhere"),
    ],
)
async def test_a_token_that_cannot_be_had(auth: Auth, named: str) -> None:
    async with stage({"BROKEN": "s3cret\nsecond line"}) as at:
        at.auth = auth
        with pytest.raises(ModelRejected, match=named) as caught:
            await at.ask("chat")
        assert "lab" in str(caught.value)
        assert "s3cret" not in str(caught.value)
        assert not at.server.requests


async def test_a_command_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.llm.auth.COMMAND_TIMEOUT", 0.1)
    async with stage() as at:
        at.auth = Auth(command="sleep 30; echo late")
        with pytest.raises(ModelRejected, match="the command sleep"):
            await at.ask("chat")


@both_apis
async def test_a_log_at_its_most_verbose_holds_no_words_and_no_token(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with stage() as at:
            await at.ask(api, Reply("words of the model"))
            with pytest.raises(ModelRejected):
                await at.ask(api, failure(400, "bad"))
    logged = "\n".join(record.getMessage() for record in caplog.records)
    for words in (
        "Two and two",
        "Be brief",
        "words of the model",
        "key-of-the-lab",
        "hash-of-a-person",
        ECHO,
    ):
        assert words not in logged


def test_a_token_does_not_show() -> None:
    assert "s3cret" not in repr(Token("s3cret", 1))
