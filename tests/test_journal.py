"""The journal keeps every record, in order, in the shard of its thread."""

import json
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from bot.store.journal import Journal, read
from tests.stores import Engine, engine_at, started


@pytest.fixture(scope="module", params=["standalone", "cluster"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    folder: Path = tmp_path_factory.mktemp("store")
    with started(request.param, folder) as url:
        yield url


@pytest.fixture
async def engine(server: str) -> AsyncGenerator[Engine]:
    async with engine_at(server) as engine:
        yield engine


async def test_what_is_appended_is_read_back_in_the_order_of_its_thread(engine: Engine) -> None:
    journal = Journal(engine.store)
    for n in range(30):
        await journal.append("argonne", f"T:C:{n % 3}", json.dumps({"kind": "note", "n": n, "thread": n % 3}))
    await journal.append("idaho", "T:C:0", json.dumps({"kind": "note", "n": 99}))

    found = [record async for record in read(engine.store, "argonne")]

    assert sorted(record["n"] for record in found) == list(range(30))
    for thread in range(3):
        in_thread = [record["n"] for record in found if record["thread"] == thread]
        assert in_thread == sorted(in_thread)


async def test_reading_goes_on_after_an_entry_across_pages(engine: Engine) -> None:
    journal = Journal(engine.store)
    for n in range(7):
        await journal.append("argonne", "T:C:0", json.dumps({"n": n}))
    shard = engine.store.shard("T:C:0")
    lines = [line async for line in journal.lines(shard, "argonne", page=3)]

    rest = [line async for line in journal.lines(shard, "argonne", after=lines[3].entry, page=2)]

    assert [json.loads(line.record)["n"] for line in lines] == list(range(7))
    assert rest == lines[4:]
