"""Questions that no worker has room for: who asked them hears the place in line, once in a while."""

import asyncio

from bot.lobby import Lobby
from bot.records import Question, ThreadKey
from bot.slack.client import identify, open_session, web_client
from bot.slack.outbox import Outbox
from bot.slack.status import Status
from bot.store.backlog import backlog
from bot.store.questions import Questions
from bot.trial.server import LocalSlack
from tests.stores import LABS, Engine


async def ask(engine: Engine, ts: str, channel: str = "C1", lab: str = LABS[0]) -> None:
    """Put a question into the queue."""
    thread = ThreadKey("T1", channel, ts)
    await Questions(engine.jobs).ask(Question(thread, ts, "U1", "T1", lab, "why?"))


async def test_only_who_waits_hears_and_not_too_often(engine: Engine) -> None:
    await engine.put("tell:1", "elsewhere")
    for n in range(6):
        await ask(engine, f"1790000000.00000{n}")
    assert await backlog(engine.jobs, patience=60, every=50) == []
    found = await backlog(engine.jobs, patience=0, every=50)
    assert {one.job for one in found} == {f"answer:T1:C1:1790000000.00000{n}" for n in range(6)}
    assert all(one.first and one.question.user == "U1" for one in found)
    if engine.store.shards == 1:
        assert [one.ahead for one in found] == [1, 2, 3, 4, 5, 6]
    assert await backlog(engine.jobs, patience=0, every=50) == []
    again = await backlog(engine.jobs, patience=0, every=0)
    assert [one.first for one in again] == [False] * 6


async def test_who_is_being_answered_is_left_alone(engine: Engine) -> None:
    for n in range(3):
        await ask(engine, f"1790000000.00000{n}")
    await engine.begin("T1:C1:1790000000.000001")
    found = await backlog(engine.jobs, patience=0, every=0)
    assert "answer:T1:C1:1790000000.000001" not in {one.job for one in found}


async def test_the_thread_says_place_and_pace(engine: Engine) -> None:
    now = [1000.0]
    async with LocalSlack() as slack, open_session() as session:
        channel = slack.add_channel("jam-argonne", [person := slack.add_person("scientist")])
        client = web_client(slack.bot_token, slack.api_url, session)
        us = await identify(client)
        asked = [await slack.post(person, channel, "why?") for _ in range(30)]
        for ts in asked:
            await ask(engine, ts, channel)
        lobby = Lobby(engine.jobs, Status(Outbox(client, us.user)), lambda: now[0])
        await asyncio.sleep(0.6)
        await lobby.look()
        said = {ts: slack.status(channel, ts) for ts in asked}
        assert all("in line" in words for words in said.values())
        if engine.store.shards == 1:
            assert said[asked[29]] == "is busy… 30th in line"
