"""The worker: labs share it, threads wait for nobody but themselves, and no job is lost or run twice."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.errors import RetryLater
from bot.running import Runner, Running
from bot.store.embedded import EmbeddedServer
from bot.store.jobs import Close, Entry, Jobs
from bot.worker import MAX_TRIES, Worker
from tests.jam import until
from tests.stores import LABS, Engine, Ran, engine_at, is_done, working

DONE = Close({"outcome": "answered"})


class Hurried(random.Random):
    """Chance that makes every wait a thousandth of what it could be."""

    def uniform(self, a: float, b: float) -> float:
        return super().uniform(a, b) / 1000


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path / "store")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def engine(server: EmbeddedServer) -> AsyncGenerator[Engine]:
    async with engine_at(server.url) as engine:
        yield engine


def worker(engine: Engine, runner: Runner, name: str = "worker", **options: Any) -> Worker:
    return Worker(engine.other(name), {"answer": runner}, **options)


async def test_a_busy_lab_leaves_room_for_the_others(engine: Engine) -> None:
    ran = Ran(may_end=False)
    for n in range(30):
        await engine.put(f"answer:{n}", f"thread{n}", lab=LABS[0])
    async with working(worker(engine, ran, slots=6)):
        await until(lambda: ran.now[LABS[0]] >= 3)
        for lab in LABS[1:]:
            await engine.put(f"answer:{lab}", f"thread-{lab}", lab=lab)
            await until(lambda: ran.now[lab] == 1, 1)  # noqa: B023
        assert ran.most <= 6
        ran.may_end.set()
        await until(lambda: len(ran.jobs) == 32)
    assert len(set(ran.jobs)) == 32
    assert ran.most <= 6


async def test_fewer_slots_than_labs_are_enough(engine: Engine) -> None:
    ran = Ran()
    for n, lab in enumerate(LABS * 2):
        await engine.put(f"answer:{n}", f"thread{n}", lab=lab)
    async with working(worker(engine, ran, slots=1)):
        await until(lambda: len(ran.jobs) == 2 * len(LABS))
    assert ran.most == 1


async def test_a_thread_is_answered_in_order_by_any_worker(engine: Engine) -> None:
    seen: dict[str, list[int]] = defaultdict(list)
    busy: set[str] = set()
    who: Counter[str] = Counter()

    def runner(name: str) -> Runner:
        async def run(running: Running) -> Close:
            thread, _, n = running.job.id.removeprefix("answer:").partition("-")
            assert thread not in busy
            busy.add(thread)
            await asyncio.sleep(0.005)
            busy.remove(thread)
            seen[thread].append(int(n))
            who[name] += 1
            return DONE

        return run

    workers = [worker(engine, runner(name), name) for name in ("first", "second")]
    async with working(*workers):
        await asyncio.gather(
            *(engine.put(f"answer:{t}-{n}", f"thread{t}", order=n + 1) for n in range(10) for t in range(8))
        )
        await until(lambda: who.total() == 80, 20)
    # A question that reaches Redis after a later one began can't come before it.
    assert [sorted(order) for order in seen.values()] == [list(range(10))] * 8
    assert min(who["first"], who["second"]) > 10


async def test_a_retry_comes_when_it_was_asked_for(engine: Engine) -> None:
    at: list[float] = []

    async def run(running: Running) -> Close:
        at.append(asyncio.get_running_loop().time())
        if running.job.tries < 2:
            raise RetryLater("not yet", delay=0.1)
        return DONE

    await engine.put()
    async with working(worker(engine, run)):
        await until(lambda: is_done(engine))
    assert len(at) == 3
    assert all(0.1 <= later - sooner < 2.0 for sooner, later in pairwise(at))


async def test_a_runner_that_breaks_is_tried_again_and_then_given_up(engine: Engine) -> None:
    """Longer each time; and the next question of the thread gets its turn."""
    tries: list[int] = []

    async def run(running: Running) -> Close:
        if running.job.id == "answer:2":
            return DONE
        tries.append(running.job.tries)
        raise ValueError("broken")

    await engine.put()
    await engine.put("answer:2")
    async with working(worker(engine, run, chance=Hurried(1))):
        await until(lambda: is_done(engine, "answer:2"), 20)
    assert tries == list(range(MAX_TRIES + 1))
    assert (await engine.jobs.fields("thread", "answer:1"))["outcome"] == "failed"


async def test_a_cancelled_job_hears_of_it_within_a_second(engine: Engine) -> None:
    heard = asyncio.Event()
    reasons: list[str] = []

    async def run(running: Running) -> Close:
        running.on_stop = heard.set
        await heard.wait()
        reasons.append(running.stopped)
        return DONE

    await engine.put()
    async with working(worker(engine, run)):
        await until(lambda: _is(engine, "running"))
        assert await engine.other().cancel("thread", "answer:1", "stopped") == "running"
        await until(heard.is_set, 1)
        await until(lambda: is_done(engine))
    assert reasons == ["stopped"]


async def _is(engine: Engine, state: str) -> bool:
    return (await engine.jobs.fields("thread", "answer:1")).get("state") == state


async def test_who_stops_finishes_what_it_can_and_hands_over_the_rest(engine: Engine) -> None:
    quick, slow, second = Ran(may_end=False), Ran(may_end=False), Ran()
    handing_over: list[bool] = []

    async def run(running: Running) -> Close:
        try:
            return await (quick if running.job.id == "answer:quick" else slow)(running)
        except asyncio.CancelledError:
            handing_over.append(running.handing_over)
            raise

    await engine.put("answer:quick", "quick")
    await engine.put("answer:slow", "slow")
    async with working(worker(engine, run), grace=0.5) as stop:
        await until(lambda: len(quick.jobs + slow.jobs) == 2)
        stop.set()
        asyncio.get_running_loop().call_later(0.1, quick.may_end.set)
    assert await is_done(engine, "answer:quick", "quick")
    assert handing_over == [True]
    async with working(worker(engine, second, "next")):
        await until(lambda: is_done(engine, "answer:slow", "slow"), 1)
    assert second.jobs == ["answer:slow"]
    assert (await engine.jobs.fields("slow", "answer:slow"))["tries"] == "0"


async def test_what_every_process_enqueues_runs_once(engine: Engine) -> None:
    """A clock's job is named for its minute."""
    ran = Ran()
    async with working(*(worker(engine, ran, f"worker{n}") for n in range(3))):
        for minute in range(5):
            clocks = [engine.other(f"clock{n}") for n in range(3)]
            ticks = (
                clock.enqueue("idaho", "digest", f"answer:{minute}", minute, {"at": "x"}) for clock in clocks
            )
            claims = await asyncio.gather(*ticks)
            assert sorted(claims) == ["known", "known", "queued"]
        await until(lambda: len(ran.jobs) >= 5)
        await until(lambda: is_done(engine, "answer:4", "digest"))
    assert ran.jobs == [f"answer:{minute}" for minute in range(5)]


async def test_a_running_job_survives_redis_going_away(engine: Engine, server: EmbeddedServer) -> None:
    ran, noted = Ran(may_end=False), asyncio.Event()

    async def run(running: Running) -> Close:
        if running.job.id == "answer:1":
            await ran(running)
            await running.note({"reply": "[]"})
            noted.set()
        await running.hold()
        return DONE

    await engine.put()
    async with working(worker(engine, run), worker(engine, run, "second")):
        await until(lambda: len(ran.jobs) == 1)
        await server.stop()
        ran.may_end.set()
        await asyncio.sleep(1.0)
        assert not noted.is_set()
        await server.start()
        await until(lambda: is_done(engine), 5)
        await engine.put("answer:2")
        await until(lambda: is_done(engine, "answer:2"), 5)
    assert ran.jobs == ["answer:1"]


async def test_an_error_nobody_foresaw_does_not_end_the_worker(engine: Engine) -> None:
    class Odd(Jobs):
        odd = True

        async def take(self, *args: Any, **kwargs: Any) -> list[Entry]:
            if self.odd:
                self.odd = False
                raise AttributeError("'NoneType' object has no attribute 'read'")
            return await super().take(*args, **kwargs)

    await engine.put()
    async with working(Worker(Odd(engine.store, LABS, "odd"), {"answer": Ran()})):
        await until(lambda: is_done(engine))
