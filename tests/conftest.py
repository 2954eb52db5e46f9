"""Fixtures that every test may use."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.store.redis import Store
from tests.jam import Jam
from tests.stores import Engine, engine_at, started

settings.register_profile("jam", deadline=None)  # pytest's own limit holds on a busy machine, too
settings.load_profile("jam")


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    """A local Slack with nine jam channels, a scripted model, and a bot that runs."""
    async with Jam(tmp_path) as running:
        await running.start_bot()
        yield running


@pytest.fixture(scope="module", params=["standalone", "cluster"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """A server, and then a cluster: what holds for the store holds for both."""
    with started(request.param, tmp_path_factory.mktemp("store")) as at:
        yield at


@pytest.fixture
async def engine(url: str) -> AsyncGenerator[Engine]:
    """The engine on an empty store."""
    async with engine_at(url) as made:
        yield made


@pytest.fixture
async def store(url: str) -> AsyncGenerator[Store]:
    """An empty store."""
    opened = await Store.connect(url)
    await opened.client.flushall()
    yield opened
    await opened.close()
