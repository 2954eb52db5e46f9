"""The whole engine on a Redis Cluster: threads are spread over its nodes, and all else stays the same."""

import asyncio
from collections import Counter
from collections.abc import Generator

import pytest

from bot.running import Running
from bot.store import keys
from bot.store.jobs import Close, Place
from bot.store.journal import read
from bot.store.redis import Store
from bot.worker import Worker
from tests.jam import until
from tests.stores import LABS, Engine, started, working


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with started("cluster", tmp_path_factory.mktemp("cluster")) as at:
        yield at


async def test_threads_are_spread_over_all_shards_and_nodes(engine: Engine) -> None:
    assert engine.store.shards == keys.CLUSTER_SHARDS == 16
    shards = Counter(engine.store.shard(f"T1:C1:17323200{n:02}.000100") for n in range(100))
    assert len(shards) == 16
    nodes = Counter(engine.store.client.get_node_from_key(keys.active(shard)).port for shard in range(16))
    assert len(nodes) == 3
    assert max(nodes.values()) <= 10


async def test_many_threads_are_answered_once_and_in_order(engine: Engine) -> None:
    ran: list[str] = []

    async def run(running: Running) -> Close:
        ran.append(running.job.id)
        await running.hold()
        await running.note({"reply": "[]"})
        return Close({"outcome": "answered"}, f'{{"job": "{running.job.id}"}}', "1.5", "[]")

    asked = [(f"answer:{t}-{n}", f"thread{t}", LABS[t % 3], n) for n in range(4) for t in range(40)]
    for job, thread, lab, n in asked:
        await engine.put(job, thread, lab=lab, order=n + 1)
    workers = [Worker(engine.other(name), {"answer": run}) for name in ("one", "two")]
    async with working(*workers):
        await until(lambda: len(ran) >= len(asked), 20)
    assert Counter(ran) == Counter(job for job, *_ in asked)
    for t in range(40):
        assert [job for job in ran if job.startswith(f"answer:{t}-")] == [f"answer:{t}-{n}" for n in range(4)]
    kept = [line["job"] for lab in LABS async for line in read(engine.store, lab)]
    assert sorted(kept) == sorted(ran)


async def test_a_place_counts_every_shard(engine: Engine) -> None:
    for n in range(20):
        await engine.put(f"answer:{n}", f"thread{n}")
        await asyncio.sleep(0.002)
    assert await engine.jobs.place(LABS[0], "thread19", "answer:19") == Place(19, 0)
    taken = await engine.jobs.take(engine.store.shard("thread0"), LABS, 50, 1000)
    assert "thread19" not in [entry.mailbox for entry in taken]
    assert await engine.jobs.place(LABS[0], "thread19", "answer:19") == Place(19 - len(taken), 0)


async def test_a_cancellation_reaches_a_worker_in_any_shard(engine: Engine) -> None:
    stopped: list[str] = []

    async def run(running: Running) -> Close:
        heard = asyncio.Event()
        running.on_stop = heard.set
        await heard.wait()
        stopped.append(running.job.id)
        return Close({"outcome": "stopped"})

    async with working(Worker(engine.other(), {"answer": run})):
        for n in range(12):
            await engine.put(f"answer:{n}", f"thread{n}")
        for n in range(12):
            await until(lambda: _runs(engine, n))  # noqa: B023
            assert await engine.jobs.cancel(f"thread{n}", f"answer:{n}", "stopped") == "running"
        await until(lambda: len(stopped) == 12, 2)


async def _runs(engine: Engine, n: int) -> bool:
    return (await engine.jobs.fields(f"thread{n}", f"answer:{n}")).get("state") == "running"


async def test_a_burst_waits_for_no_connection(engine: Engine) -> None:
    """The cluster's client raises where its pool is empty; a refused question would come again late."""
    claims = await asyncio.gather(*(engine.put(f"answer:{n}", f"thread{n}") for n in range(600)))
    assert Counter(claims) == {"queued": 600}


async def test_every_process_has_the_same_pseudonym_key(engine: Engine, url: str) -> None:
    second = await Store.connect(url)
    assert await second.pseudonym_key() == await engine.store.pseudonym_key()
    await second.ping()
    await second.close()
