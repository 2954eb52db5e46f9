"""Who may work on a job, and for how long: leases, fences, take-overs; on one server and on a cluster."""

import asyncio

import pytest

from bot.errors import LeaseLost
from bot.running import Lease, Running
from bot.store import keys
from bot.store.jobs import Close
from bot.store.journal import read
from bot.worker import Worker
from tests.jam import until
from tests.stores import LABS, Engine, Ran, is_done, working

DONE = Close({"outcome": "answered"})


async def test_what_was_begun_stays_first(engine: Engine) -> None:
    """An earlier question that comes late waits: else its worker's death would start two answers."""
    await engine.put("answer:2", order=2)
    await engine.begin()
    await engine.put("answer:1", order=1)
    assert list(await engine.jobs.running("thread")) == ["answer:2"]
    taken = await engine.other().sweep(engine.store.shard("thread"), 0.0, 5, LABS)
    again = await engine.other().begin(taken[0])
    assert again
    assert (again.id, again.resumed) == ("answer:2", True)


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


async def test_who_leaves_keeps_what_it_holds(engine: Engine) -> None:
    await engine.put("answer:1", lab=LABS[0])
    await engine.put("answer:2", "elsewhere", lab=LABS[1])
    job = await engine.begin()
    await engine.jobs.leave()
    assert job.entry in await engine.other().sweep(job.entry.shard, 0.0, 5, LABS)
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


async def test_who_lost_its_lease_must_not_speak(engine: Engine) -> None:
    lost, started = asyncio.Event(), asyncio.Event()

    async def run(running: Running) -> Close:
        await running.hold()
        started.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            with pytest.raises(LeaseLost):
                await running.hold()
            with pytest.raises(LeaseLost):
                await running.note({"draft": "mine"})
            lost.set()
            raise
        return DONE

    await engine.put()
    async with working(Worker(engine.jobs, {"answer": run}, lease=1.0)):
        await started.wait()
        taken = await engine.other().sweep(engine.store.shard("thread"), 0.0, 5, LABS)
        job = await engine.other().begin(taken[0])
        await until(lost.is_set, 5)
        assert job
        assert "draft" not in await engine.jobs.fields("thread", "answer:1")
        assert await engine.other().finish(job, DONE)


async def test_a_silent_lease_holds_only_three_quarters_of_its_time() -> None:
    """A process that was paused asks again before it speaks."""
    now = [0.0]
    lease = Lease(10.0, lambda: now[0])
    now[0] = 7.4
    await asyncio.wait_for(lease.hold(), 1)
    now[0] = 7.6
    waiting = asyncio.create_task(lease.hold())
    await asyncio.wait([waiting], timeout=0.05)
    assert not waiting.done()
    lease.renew(7.6)
    await asyncio.wait_for(waiting, 1)
    lease.lose()
    with pytest.raises(LeaseLost):
        await lease.hold()


async def test_what_a_dead_worker_held_is_taken_over(engine: Engine) -> None:
    ran = Ran()
    await engine.put()
    await engine.begin(jobs=engine.other("dead"))
    async with working(Worker(engine.other("worker"), {"answer": ran}, lease=0.6)):
        await asyncio.sleep(0.3)
        assert ran.jobs == []
        await until(lambda: is_done(engine), 3)
    assert ran.jobs == ["answer:1"]


async def test_an_emptied_store_ends_what_ran_on_it(engine: Engine) -> None:
    """Even with every slot taken: the worker notices, and is there for what comes next."""
    ran = Ran(may_end=False)
    await engine.put()
    async with working(Worker(engine.other("worker"), {"answer": ran}, slots=1, lease=0.4)):
        await until(lambda: len(ran.jobs) == 1)
        await engine.store.client.flushall()
        await until(lambda: not ran.now.total())
        ran.may_end.set()
        await engine.put("answer:2")
        await until(lambda: is_done(engine, "answer:2"))
