"""The engine's verbs: each is atomic, fenced, and leaves nothing behind; on one server and on a cluster."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from bot.store import keys
from bot.store.embedded import EmbeddedServer
from bot.store.jobs import MAILBOX_LIMIT, Close, Place
from bot.store.journal import read
from tests.jam import until
from tests.stores import LABS, Cluster, Engine, engine_at, started_cluster

DONE = Close({"outcome": "answered"})


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Cluster]:
    with started_cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture(params=["standalone", "cluster"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Engine]:
    """The engine; when the test is over and every job has ended, no key may be left without an end."""
    server = EmbeddedServer(tmp_path / "store")
    if request.param == "standalone":
        await server.start()
    url = server.url if request.param == "standalone" else request.getfixturevalue("cluster").url
    try:
        async with engine_at(url) as started:
            yield started
            await started.finish_all()
            assert await started.leaks() == []
    finally:
        await server.stop()


async def test_a_job_is_claimed_once(engine: Engine) -> None:
    claims = await asyncio.gather(*(engine.put("answer:1") for _ in range(60)))
    assert Counter(claims) == {"queued": 1, "known": 59}
    job = await engine.begin()
    assert await engine.put("answer:1") == "known"
    assert await engine.jobs.finish(job, DONE)
    assert await engine.put("answer:1") == "known"


async def test_a_mailbox_is_worked_off_in_the_order_asked(engine: Engine) -> None:
    for order in (30, 10, 20):
        await engine.put(f"answer:{order}", order=order)
    seen: list[str] = []
    for _ in range(3):
        job = await engine.begin()
        seen.append(job.id)
        assert await engine.jobs.finish(job, DONE)
    assert seen == ["answer:10", "answer:20", "answer:30"]


async def test_one_job_of_a_mailbox_runs_at_a_time(engine: Engine) -> None:
    await engine.put("answer:1")
    await engine.put("answer:2")
    job = await engine.begin()
    assert not await engine.is_ready()
    assert await engine.jobs.finish(job, DONE)
    assert (await engine.begin()).id == "answer:2"


async def test_what_was_begun_stays_first(engine: Engine) -> None:
    """An earlier question that comes late waits: else its worker's death would start two answers."""
    await engine.put("answer:2", order=2)
    await engine.begin()
    await engine.put("answer:1", order=1)
    assert await engine.jobs.first("thread") == "answer:2"
    taken = await engine.other().sweep(engine.store.shard("thread"), 0.0, 5, LABS)
    again = await engine.other().begin(taken[0])
    assert again
    assert (again.id, again.resumed) == ("answer:2", True)


async def test_a_full_mailbox_refuses(engine: Engine) -> None:
    for n in range(MAILBOX_LIMIT):
        assert await engine.put(f"answer:{n}") == "queued"
    assert await engine.put("answer:more") == "full"
    assert await engine.jobs.fields("thread", "answer:more") == {}
    assert await engine.put("answer:0") == "known"
    assert await engine.put("answer:more", "another thread") == "queued"


async def test_a_finish_leaves_everything_at_once(engine: Engine) -> None:
    await engine.put(fields={"text": 'why | "so"\n?'})
    job = await engine.begin()
    assert (job.kind, job.tries, job.resumed, job.fields["text"]) == ("answer", 0, False, 'why | "so"\n?')
    assert await engine.jobs.finish(job, Close({"reply": "[]"}, '{"kind":"answer"}', "1.5", "[1]"))
    fields = await engine.jobs.fields("thread", "answer:1")
    assert (fields["state"], fields["reply"]) == ("done", "[]")
    assert [line async for line in read(engine.store, LABS[0])] == [{"kind": "answer"}]
    await engine.put("answer:2")
    second = await engine.begin()
    assert second.turns == {"1.5": "[1]"}
    assert await engine.jobs.finish(second, Close({}, turn="1.5"))
    await engine.put("answer:3")
    assert (await engine.begin()).turns == {}


async def test_only_the_owner_finishes(engine: Engine) -> None:
    await engine.put()
    job = await engine.begin()
    taken = await engine.other().sweep(job.entry.shard, 0.0, 5, LABS)
    assert taken == [job.entry]
    second = await engine.other().begin(taken[0])
    assert second
    assert second.resumed
    close = Close({"outcome": "mine"}, '{"kind":"answer"}', "1.5", "[1]")
    assert not await engine.jobs.finish(job, close)
    assert not await engine.jobs.note(job, {"draft": "mine"})
    assert not await engine.jobs.release(job, counts=True)
    assert await engine.jobs.begin(job.entry) is None
    assert await engine.other().finish(second, DONE)
    assert not await engine.other().finish(second, close)
    fields = await engine.jobs.fields("thread", "answer:1")
    assert (fields["outcome"], fields.get("draft"), fields.get("tries")) == ("answered", None, None)
    assert [line async for line in read(engine.store, LABS[0])] == []


async def test_a_note_is_there_for_the_next_worker(engine: Engine) -> None:
    await engine.put()
    job = await engine.begin()
    assert await engine.jobs.note(job, {"reply": '["1.5"]'})
    assert await engine.jobs.release(job, counts=False)
    again = await engine.begin()
    assert again.fields["reply"] == '["1.5"]'
    assert again.resumed


async def test_a_job_given_back_is_there_at_once(engine: Engine) -> None:
    await engine.put()
    await engine.put("answer:2")
    assert await engine.jobs.release(await engine.begin(), counts=False)
    job = await engine.begin()
    assert (job.id, job.tries) == ("answer:1", 0)


async def test_a_retry_waits_and_counts(engine: Engine) -> None:
    await engine.put()
    await engine.put("answer:2")
    assert await engine.jobs.release(await engine.begin(), 0.3, counts=True)
    shard = engine.store.shard("thread")
    await engine.jobs.pulse(shard, [])
    assert not await engine.is_ready(), "the next question of the thread waits, too"

    async def due() -> bool:
        await engine.jobs.pulse(shard, [])
        return bool(await engine.store.client.xlen(keys.ready(shard, LABS[0])))

    await until(due, 3)
    job = await engine.begin()
    assert (job.id, job.tries) == ("answer:1", 1)


async def test_a_pulse_keeps_the_lease(engine: Engine) -> None:
    await engine.put()
    job = await engine.begin()
    shard, entry, lease = job.entry.shard, job.entry, 0.4
    for _ in range(8):
        assert await engine.jobs.pulse(shard, [entry]) == (set(), {})
        assert await engine.other().sweep(shard, lease, 5, LABS) == []
        await asyncio.sleep(lease / 4)

    async def taken_over() -> bool:
        return await engine.other().sweep(shard, lease, 5, LABS) == [entry]

    await until(taken_over, 2)
    assert await engine.jobs.pulse(shard, [entry]) == ({entry}, {})
    assert await engine.other().pulse(shard, [entry]) == (set(), {})


async def test_a_sweep_finds_the_dead_behind_the_living(engine: Engine) -> None:
    """XAUTOCLAIM looks at ten times as many entries as it may take, and gives up."""
    for n in range(40):
        await engine.put(f"answer:{n}", f"{{thread}}{n}")
    shard = engine.store.shard("{thread}0")
    mine = [f"{{thread}}{n}" for n in range(40) if engine.store.shard(f"{{thread}}{n}") == shard]
    entries = await engine.jobs.take(shard, LABS, 50, 100)
    assert [entry.mailbox for entry in entries] == mine

    async def last_one() -> bool:
        await engine.jobs.pulse(shard, entries[:-1])
        return await engine.other().sweep(shard, 0.2, 1, LABS) == [entries[-1]]

    await until(last_one, 2)


async def test_a_place_counts_who_is_ahead(engine: Engine) -> None:
    for n in range(5):
        await engine.put(f"answer:{n}", f"thread{n}")
    await engine.put("answer:late", "thread4")
    await engine.put("answer:elsewhere", "elsewhere", lab=LABS[1])
    place = engine.jobs.place
    assert await place(LABS[0], "thread4", "answer:4") == Place(4, 0)
    assert await place(LABS[0], "thread4", "answer:late") == Place(4, 1)
    assert await place(LABS[1], "elsewhere", "answer:elsewhere") == Place(0, 0)
    job = await engine.begin("thread4")
    assert await place(LABS[0], "thread4", "answer:4") is None, "it runs"
    late = await place(LABS[0], "thread4", "answer:late")
    assert late
    assert late.ahead_in_thread == 1
    assert await engine.jobs.release(job, 60, counts=True)
    assert await place(LABS[0], "thread4", "answer:4") is None, "it rests"
    assert await place(LABS[0], "thread4", "answer:unknown") is None


async def test_cancelling_what_waits(engine: Engine) -> None:
    await engine.put()
    assert await engine.jobs.cancel("thread", "answer:1", "stopped") == "queued"
    job = await engine.begin()
    assert job.fields["cancel"] == "stopped"
    assert (await engine.jobs.pulse(job.entry.shard, [job.entry]))[1] == {"answer:1": "stopped"}


async def test_cancelling_what_runs(engine: Engine) -> None:
    await engine.put()
    job = await engine.begin()
    shard = job.entry.shard
    assert await engine.jobs.cancel("thread", "answer:1", "withdrawn") == "running"
    assert await engine.jobs.pulse(shard, [job.entry]) == (set(), {"answer:1": "withdrawn"})
    assert await engine.jobs.release(job, 60, counts=True)
    job = await engine.begin()  # at once: who was told to stop has nothing to wait for
    assert await engine.jobs.finish(job, DONE)
    assert await engine.jobs.pulse(shard, []) == (set(), {})
    assert await engine.jobs.cancel("thread", "answer:1", "stopped") == "done"
    assert await engine.jobs.pulse(shard, []) == (set(), {})


async def test_cancelling_what_rests(engine: Engine) -> None:
    await engine.put()
    assert await engine.jobs.release(await engine.begin(), 60, counts=True)
    assert await engine.jobs.cancel("thread", "answer:1", "stopped") == "queued"
    await engine.jobs.pulse(engine.store.shard("thread"), [])
    assert (await engine.begin()).fields["cancel"] == "stopped"


async def test_cancelling_what_has_not_come_yet(engine: Engine) -> None:
    """A deletion that overtakes its question leaves a mark, for a while."""
    assert await engine.jobs.cancel("thread", "answer:0", "withdrawn") == "unknown"
    assert await engine.put("answer:0") == "queued"
    assert await engine.jobs.cancel("thread", "answer:1", "withdrawn", 100) == "unknown"
    assert await engine.put("answer:1") == "known"
    assert not await engine.jobs.again("thread", "answer:1", 5)
    shard = engine.store.shard("thread")
    assert 0 < await engine.store.client.ttl(keys.job(shard, "answer:1")) <= 100


async def test_a_finished_job_runs_once_more(engine: Engine) -> None:
    assert not await engine.jobs.again("thread", "answer:1", 5)
    await engine.put()
    assert not await engine.jobs.again("thread", "answer:1", 5)
    job = await engine.begin()
    assert not await engine.jobs.again("thread", "answer:1", 5)
    assert await engine.jobs.note(job, {"draft": "{}", "reply": '["1.5"]'})
    assert await engine.jobs.finish(job, DONE)
    assert await engine.jobs.again("thread", "answer:1", 5)
    assert not await engine.jobs.again("thread", "answer:1", 5)
    job = await engine.begin()
    assert (job.fields.get("draft"), job.fields["reply"], job.tries) == (None, '["1.5"]', 0)
    assert job.resumed, "its messages stand, and are edited"
    assert await engine.jobs.finish(job, Close({"outcome": "withdrawn"}))
    assert not await engine.jobs.again("thread", "answer:1", 5)


async def test_who_leaves_keeps_what_it_holds(engine: Engine) -> None:
    await engine.put("answer:1", lab=LABS[0])
    await engine.put("answer:2", "elsewhere", lab=LABS[1])
    job = await engine.begin()
    await engine.jobs.leave()
    assert await engine.other().sweep(job.entry.shard, 0.0, 5, LABS) == [job.entry]
    await engine.jobs.leave()
    consumers = await engine.store.client.xinfo_consumers(keys.ready(job.entry.shard, LABS[0]), "workers")
    assert "first" not in [str(consumer["name"]) for consumer in consumers]


async def test_entries_of_two_labs_may_share_an_id(engine: Engine) -> None:
    """Stream ids are milliseconds and a number: two labs' streams easily make the same one."""
    shard, client = engine.store.shard("thread"), engine.store.client
    other = next(f"t{n}" for n in range(999) if engine.store.shard(f"t{n}") == shard)
    for mailbox, lab in (("thread", LABS[0]), (other, LABS[1])):
        await engine.put(f"answer:{lab}", mailbox, lab=lab)
        await client.delete(keys.ready(shard, lab))
        await client.xadd(keys.ready(shard, lab), {"mailbox": mailbox}, id="5-1")
        await client.hset(keys.active(shard), mailbox, "5-1")
    await engine.jobs.prepare()
    first, second = sorted(await engine.jobs.take(shard, LABS, 5, 100), key=lambda entry: entry.lab)
    assert (first.id, first.lab, second.id, second.lab) == ("5-1", LABS[0], "5-1", LABS[1])
    assert len({first, second}) == 2
    await engine.other().sweep(shard, 0.0, 5, [LABS[1]])
    assert await engine.jobs.pulse(shard, [first, second]) == ({second}, {})
    job = await engine.jobs.begin(first)
    assert job
    assert job.id == f"answer:{LABS[0]}"
    assert await engine.jobs.finish(job, DONE)


async def test_an_emptied_store_is_prepared_again(engine: Engine) -> None:
    await engine.put()
    job = await engine.begin()
    await engine.store.client.flushall()
    assert await engine.jobs.pulse(job.entry.shard, [job.entry]) == ({job.entry}, {})
    assert not await engine.jobs.finish(job, DONE)
    assert await engine.jobs.take(job.entry.shard, LABS, 5, 1) == []
    await engine.put()
    assert (await engine.begin()).id == "answer:1"


async def test_consumers_of_dead_workers_are_forgotten(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.put()
    held = await engine.begin()
    await engine.other("dead").take(held.entry.shard, LABS, 5, 1)
    monkeypatch.setattr("bot.store.jobs.FORGOTTEN_AFTER", 0.01)
    await asyncio.sleep(0.05)
    await engine.other().prepare()
    consumers = await engine.store.client.xinfo_consumers(keys.ready(held.entry.shard, LABS[0]), "workers")
    assert [str(consumer["name"]) for consumer in consumers] == ["first"]


def test_scripts_and_the_table_of_keys_agree() -> None:
    scripts = (Path(keys.__file__).parent / "scripts").glob("*.lua")
    written = {name for path in scripts for name in re.findall(r"base \.\. '(\w+)", path.read_text())}
    table = set(re.findall(r"^\| \{shard\}:(\w+)", keys.__doc__ or "", re.MULTILINE))
    assert written == table
    made = [keys.active(7), keys.mailbox(7, "x"), keys.ready(7, "x"), keys.job(7, "x"), keys.thread(7, "x"),
            keys.votes(7, "x"), keys.journal(7, "x")]  # fmt: skip
    assert all(re.fullmatch(r"labjam:\{7\}:\w+(:x)?", key) for key in made)
    assert {key.split(":")[2] for key in made} | {"delayed", "cancelled"} == table
