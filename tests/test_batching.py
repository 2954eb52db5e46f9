"""Commands of one moment share a round trip and nothing else: no errors, cancellations or waits."""

import asyncio
from collections.abc import Awaitable, Generator
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ResponseError

from bot.errors import StoreAway
from bot.store import batching
from bot.store.batching import SENDERS
from bot.store.embedded import EmbeddedServer
from bot.store.redis import Store
from tests.stores import started


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """A server of our own, whose commands we count; a cluster's client sends each by itself."""
    with started("standalone", tmp_path_factory.mktemp("store")) as at:
        yield at


@pytest.fixture
def client(store: Store) -> Any:
    """As the store uses it."""
    return store.client


async def reads(client: Any) -> int:
    """How often the server read from its connections so far."""
    return (await client.info("stats"))["total_reads_processed"]


async def at_once(*asked: Awaitable[Any]) -> list[Any]:
    """All answers, or the errors in their place."""
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_what_is_asked_for_at_once_goes_together(client: Any) -> None:
    await client.set("ready", 1)
    before = await reads(client)
    assert sorted(await at_once(*(client.incr("n") for _ in range(500)))) == list(range(1, 501))
    assert await reads(client) - before < 50


async def test_answers_are_as_redis_py_gives_them(client: Any) -> None:
    await client.hset("h", mapping={"a": "1"})
    await client.zadd("z", {"m": 2})
    alone: Any = [
        await client.hgetall("h"),
        await client.zrange("z", 0, -1, withscores=True),
        await client.exists("h"),
    ]
    together = await at_once(
        client.hgetall("h"), client.zrange("z", 0, -1, withscores=True), client.exists("h")
    )
    assert together == alone
    assert alone[0] == {"a": "1"}


async def test_a_wrong_command_fails_by_itself(client: Any) -> None:
    said = await at_once(client.set("a", "x"), client.incr("a"), client.get("a"))
    assert isinstance(said[1], ResponseError)
    assert (said[0], said[2]) == (True, "x")


async def test_who_gives_up_takes_nobody_along(client: Any) -> None:
    asked = [asyncio.ensure_future(client.incr("n")) for _ in range(20)]
    await asyncio.sleep(0)
    for one in asked[::2]:
        one.cancel()
    said = await at_once(*asked)
    assert all(isinstance(one, int) for one in said[1::2])
    assert await client.ping()


async def test_what_waits_in_the_server_holds_nobody_up(client: Any) -> None:
    await client.xgroup_create("s", "workers", mkstream=True)
    waiting = [
        asyncio.ensure_future(client.xreadgroup("workers", "me", {"s": ">"}, block=30_000))
        for _ in range(SENDERS + 1)
    ]
    for n in range(20):
        await client.set("n", n)
    assert not any(one.done() for one in waiting)
    for _ in waiting:
        await client.xadd("s", {"f": "v"})
    assert all(isinstance(entries, list) for entries in await at_once(*waiting))


async def test_a_server_that_went_away_fails_all_and_serves_all_when_it_is_back(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    await server.start()
    store = await Store.connect(server.url)
    await server.stop()
    said = await at_once(*(store.ping() for _ in range(50)))
    assert all(isinstance(one, StoreAway) for one in said)
    await server.start()
    assert await at_once(*(store.ping() for _ in range(50))) == [None] * 50
    await store.close()
    await server.stop()


async def test_what_is_asked_for_as_the_last_sender_ends_is_sent_too(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "SENDERS", 1)
    async with asyncio.timeout(20):
        for n in range(1, 51):
            assert await client.incr("n") == n


async def test_who_still_waits_at_the_end_is_told(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    await server.start()
    store = await Store.connect(server.url)
    asked = [asyncio.ensure_future(store.ping()) for _ in range(200)]
    await asyncio.sleep(0)
    await store.close()
    assert all(
        one is None or isinstance(one, StoreAway | asyncio.CancelledError) for one in await at_once(*asked)
    )
    await server.stop()
