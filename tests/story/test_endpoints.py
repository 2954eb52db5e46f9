"""P7: a lab bound to its own endpoint asks nobody else, not even when that endpoint is down."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot import outcome
from bot.errors import ModelAway
from bot.slack.blocks import AGAIN
from bot.trial.model_script import Plan, Reply, SeenRequest
from bot.trial.model_server import ModelServer
from tests.jam import Jam, ended, text_of, until

CONFIG = """
[endpoints.onsite]
base_url = "{url}"
auth = {{scheme = "none"}}

[models.onsite-model]
id = "onsite-1"
endpoint = "onsite"

[labs.idaho]
endpoint = "onsite"
models = ["onsite-model"]
"""
SECRET = "codeword-xyzzy of idaho"


@pytest.fixture
async def onsite(tmp_path: Path) -> AsyncGenerator[ModelServer]:
    """Idaho's own endpoint."""
    async with ModelServer(Plan(lambda seen: Reply(f"On site: {seen.question}"))) as server:
        yield server


@pytest.fixture
async def bound(tmp_path: Path, onsite: ModelServer) -> AsyncGenerator[Jam]:
    """A jam in which Idaho is bound to it, and everybody else asks the cloud."""
    (tmp_path / "labjam.toml").write_text(CONFIG.format(url=onsite.base_url))
    async with Jam(tmp_path, extra={"LABJAM_CONFIG": str(tmp_path / "labjam.toml")}) as jam:
        jam.model.script = Plan(lambda seen: Reply(f"In the cloud: {seen.question}"))
        await jam.start_bot()
        yield jam


def saw(server: ModelServer) -> str:
    """Everything a server was ever sent."""
    return str([(request.body, request.headers) for request in server.requests])


def models_of(requests: list[SeenRequest]) -> set[str]:
    return {request.body["model"] for request in requests}


async def kept(jam: Jam) -> bool:
    """Whether Idaho's answer is on record, and its button works."""
    return bool(await jam.journal("idaho"))


async def test_each_labs_questions_reach_only_its_own_endpoint(bound: Jam, onsite: ModelServer) -> None:
    asked = {lab: await bound.ask(lab, f"codeword of {lab}") for lab in bound.channels}
    for lab, ts in asked.items():
        where = "On site" if lab == "idaho" else "In the cloud"
        assert text_of(await bound.answer(lab, ts)) == f"{where}: codeword of {lab}"
    assert (models_of([*onsite.requests]), models_of([*bound.model.requests])) == ({"onsite-1"}, {"scripted"})
    assert "idaho" not in saw(bound.model)
    assert [lab for lab in asked if f"codeword of {lab}" in saw(onsite)] == ["idaho"]


async def test_a_direct_message_goes_where_its_lab_is_bound(bound: Jam, onsite: ModelServer) -> None:
    channel, ts = await bound.slack.dm(bound.people["idaho"], SECRET)
    await until(lambda: bool(ended(bound.slack.replies_of_bot(channel, ts))))
    assert text_of(bound.slack.replies_of_bot(channel, ts)) == f"On site: {SECRET}"
    assert not bound.model.requests


async def test_an_endpoint_that_is_down_is_said_and_nobody_else_is_asked(
    bound: Jam, onsite: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other labs don't notice; once it is back on its port, Retry answers in the same message."""
    monkeypatch.setitem(outcome.TRIES, ModelAway, 1)  # four take up to half a minute
    await onsite.stop()
    ts = await bound.ask("idaho", SECRET)
    other = await bound.ask("argonne", "anything wrong?")
    assert text_of(await bound.answer("argonne", other, timeout=5)) == "In the cloud: anything wrong?"
    [told] = await bound.answer("idaho", ts, timeout=10)
    assert told.visible_text == outcome.AWAY.format(endpoint="onsite")
    assert SECRET not in saw(bound.model)
    await onsite.start(port=int(onsite.base_url.rsplit(":", 1)[1].removesuffix("/v1")))
    await until(lambda: kept(bound))
    await bound.slack.click(bound.people["idaho"], bound.channels["idaho"], told.ts, AGAIN)
    await until(lambda: bound.replies("idaho", ts)[0].written == f"On site: {SECRET}")
    assert len(bound.replies("idaho", ts)) == 1
    assert SECRET not in saw(bound.model)
