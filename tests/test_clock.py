"""The clock: one process at a time, another goes on where it ends, and it ends whatever the store says."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import pytest

from bot.clock import Clock, Timed
from bot.errors import StoreAway
from bot.store.redis import Store
from bot.store.turns import Turns
from tests.jam import until
from tests.stores import started

EVERY = 0.1


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """A server of our own, whose commands we count."""
    with started("standalone", tmp_path_factory.mktemp("store")) as at:
        yield at


class Ticks:
    """A timed job that remembers who ran it."""

    def __init__(self, store: Store) -> None:
        self.ran: list[str] = []
        self._store = store

    @asynccontextmanager
    async def clock_of(self, consumer: str) -> AsyncGenerator[None]:
        """A process that works, as far as its clock goes."""

        async def tick() -> None:
            self.ran.append(consumer)

        clock = Clock(Turns(self._store, consumer), [Timed("tick", EVERY, tick)])
        running = asyncio.create_task(clock.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})


async def test_a_process_by_itself_asks_once_a_turn(store: Store) -> None:
    ticks = Ticks(store)
    await store.client.config_resetstat()
    began = time.monotonic()
    async with ticks.clock_of("first"):
        await until(lambda: len(ticks.ran) >= 8)
        asked = (await store.client.info("commandstats"))["cmdstat_set"]["calls"]
    assert asked <= len(ticks.ran) + 3
    assert len(ticks.ran) <= (time.monotonic() - began) / EVERY + 1


async def test_where_one_process_ends_another_goes_on(store: Store) -> None:
    ticks = Ticks(store)
    began = time.monotonic()
    async with ticks.clock_of("second"):
        async with ticks.clock_of("first"):
            await until(lambda: len(ticks.ran) >= 8)
        before = len(ticks.ran)
        await until(lambda: len(ticks.ran) >= before + 3)
    assert set(ticks.ran[before + 1 :]) == {"second"}
    assert len(ticks.ran) <= (time.monotonic() - began) / EVERY + 2


async def test_who_is_ended_while_it_asks_keeps_no_turn(store: Store) -> None:
    """Else nobody would run the job until the turn is taken for dead."""
    ticks = Ticks(store)
    for _ in range(20):
        async with ticks.clock_of("first"):
            await asyncio.sleep(0)  # it has asked, and was not told yet
            await asyncio.sleep(0)
    async with ticks.clock_of("second"):
        await until(lambda: "second" in ticks.ran)


class Away(Turns):
    """Gives a turn, and is away when it is given back."""

    def __init__(self) -> None:
        self.ended = 0

    async def take(self, name: str, longest: float) -> bool:
        return True

    async def end(self, name: str, rest: float) -> None:
        self.ended += 1
        raise StoreAway("gone")


async def test_a_turn_that_is_cancelled_while_the_store_is_away_ends() -> None:
    turns, begun = Away(), asyncio.Event()

    async def run() -> None:
        begun.set()
        await asyncio.Event().wait()

    ticking = asyncio.create_task(Clock(turns, [Timed("test", 0.0, run)]).run())
    await begun.wait()
    ticking.cancel()
    await asyncio.wait([ticking], timeout=5)
    assert ticking.cancelled()
    assert turns.ended == 1
