"""The engine's verbs: each is atomic, fenced, and leaves nothing behind; on one server and on a cluster."""

import asyncio
import inspect
import re
from collections import Counter
from pathlib import Path

from bot.store import keys
from bot.store.jobs import MAILBOX_LIMIT, Close, Place
from bot.store.journal import read
from tests.jam import until
from tests.stores import LABS, Engine

DONE = Close({"outcome": "answered"})


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


async def test_a_place_counts_who_is_ahead(engine: Engine) -> None:
    for n in range(5):
        await engine.put(f"answer:{n}", f"thread{n}")
        await asyncio.sleep(0.002)  # shards of a cluster compare by the millisecond
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
    assert await engine.store.client.ttl(keys.job(engine.store.shard("thread"), "answer:1")) == -1
    assert not await engine.jobs.again("thread", "answer:1", 5)
    job = await engine.begin()
    assert (job.fields.get("draft"), job.fields["reply"], job.tries) == (None, '["1.5"]', 0)
    assert not job.resumed, "all that stands is recorded"
    assert await engine.jobs.finish(job, Close({"outcome": "withdrawn"}))
    assert not await engine.jobs.again("thread", "answer:1", 5)


def test_scripts_and_the_table_of_keys_agree() -> None:
    scripts = (Path(keys.__file__).parent / "scripts").glob("*.lua")
    written = {name for path in scripts for name in re.findall(r"base \.\. '(\w+)", path.read_text())}
    table = set(re.findall(r"^\| \{shard\}:(\w+)", keys.__doc__ or "", re.MULTILINE))
    made = [keys.active(7), keys.mailbox(7, "x"), keys.ready(7, "x"), keys.job(7, "x"), keys.thread(7, "x"),
            keys.votes(7, "x"), keys.journal(7, "x")]  # fmt: skip
    assert all(re.fullmatch(r"labjam:\{7\}:\w+(:x)?", key) for key in made)
    named = {name for name, _ in inspect.getmembers(keys, inspect.isfunction)} - {"shard_of"}
    assert named | written <= table
