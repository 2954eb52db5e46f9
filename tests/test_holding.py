"""A held lab's queue: nothing of it starts or is lost, and what runs ends only where it is stopped."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest

from bot.audit import Actor, Audit
from bot.labs.reading import read_labs
from bot.moderation.sessions import Sessions
from bot.moderation.table import Act
from bot.roles import Role
from bot.running import Running
from bot.settings import Settings
from bot.store.jobs import Close, Jobs
from bot.store.ledger import Ledger
from bot.store.states import States
from bot.worker import Worker
from tests.jam import until
from tests.stores import LABS, Engine, is_done, started, working

LAB = LABS[0]


@pytest.fixture(scope="module", params=["standalone", "cluster"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with started(request.param, tmp_path_factory.mktemp(request.param)) as at:
        yield at


class Answering:
    """A runner of answers that go on until they are stopped, or may end."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.stopped: dict[str, str] = {}
        self.may_end = asyncio.Event()

    async def __call__(self, running: Running) -> Close:
        self.began.append(running.job.id)
        heard = asyncio.Event()
        running.on_stop = heard.set
        if not running.stopped:
            waits = [asyncio.create_task(event.wait()) for event in (heard, self.may_end)]
            _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in pending:
                wait.cancel()
        if running.stopped:
            self.stopped[running.job.id] = running.stopped
        return Close({"outcome": "answered"})


async def test_what_is_held_waits_in_its_order(engine: Engine) -> None:
    await engine.jobs.hold(LAB, "paused")
    ran = Answering()
    ran.may_end.set()
    async with working(Worker(engine.other(), {"answer": ran}, slots=1)):
        for n in range(9):
            await engine.put(f"answer:{n}", f"thread{n % 3}")
        await engine.put("answer:other", "elsewhere", lab=LABS[1])
        await until(lambda: is_done(engine, "answer:other", "elsewhere"))
        await until(lambda: _parked(engine, 3))
        assert ran.began == ["answer:other"]
        assert await engine.jobs.hold(LAB, "") == 3
        await until(lambda: len(ran.began) == 10)
        for n in range(3):
            mine = [job for job in ran.began if job in {f"answer:{n + 3 * k}" for k in range(3)}]
            assert mine == sorted(mine)


async def test_holding_and_letting_go_again_is_harmless(engine: Engine) -> None:
    for how in ("paused", "paused", "stopped", "stopped", "paused", "", ""):
        assert await engine.jobs.hold(LAB, how) == 0
    await engine.put()
    await engine.begin()


async def test_other_jobs_of_a_held_thread_go_on(engine: Engine) -> None:
    """Taking a deleted question's answer away does not wait until the lab goes on."""
    await engine.jobs.hold(LAB, "stopped")
    ran: list[str] = []

    async def run(running: Running) -> Close:
        ran.append(running.job.id)
        return Close({})

    async with working(Worker(engine.other(), {"answer": run, "withdraw": run})):
        await engine.put("answer:1")
        await until(lambda: _parked(engine, 1))
        await engine.put("withdraw:0", order=1)
        await until(lambda: ran == ["withdraw:0"])
        await until(lambda: _parked(engine, 1))
        await engine.jobs.hold(LAB, "")
        await until(lambda: ran == ["withdraw:0", "answer:1"])


HELD_BY = [("wrapup", {"paused", "stopped"}), ("summary", {"stopped"}), ("rehearse", {"stopped"})]


@pytest.mark.parametrize(("kind", "held_by"), HELD_BY)
async def test_what_else_asks_a_model_waits_as_well(engine: Engine, kind: str, held_by: set[str]) -> None:
    for how in ("paused", "stopped"):
        await engine.jobs.hold(LAB, how)
        ran = Answering()
        ran.may_end.set()
        async with working(Worker(engine.other(how), {kind: ran, "withdraw": ran})):
            await engine.put(f"{kind}:{how}", f"{kind}:{how}")
            if how in held_by:
                await until(lambda: _parked(engine, 1))
                assert ran.began == []
            else:
                await until(lambda: bool(ran.began))  # noqa: B023
            await engine.jobs.hold(LAB, "")
            await until(lambda: is_done(engine, f"{kind}:{how}", f"{kind}:{how}"))  # noqa: B023
            assert ran.began == [f"{kind}:{how}"]


async def test_a_pause_lets_go_what_only_a_stop_holds(engine: Engine) -> None:
    ran = Answering()
    ran.may_end.set()
    await engine.jobs.hold(LAB, "stopped")
    async with working(Worker(engine.other(), {"summary": ran, "answer": ran})):
        await engine.put("summary:1", "summary:lab")
        await engine.put("answer:1")
        await until(lambda: _parked(engine, 2))
        await engine.jobs.hold(LAB, "paused")
        await until(lambda: is_done(engine, "summary:1", "summary:lab"))
        await until(lambda: _parked(engine, 1))
        assert ran.began == ["summary:1"]
        await engine.jobs.hold(LAB, "")


async def test_a_stop_ends_sums_that_run_and_counts_answers(engine: Engine) -> None:
    ran = Answering()
    async with working(Worker(engine.other(), {"wrapup": ran, "summary": ran})):
        await engine.put("wrapup:1", "thread:wrapup")
        await engine.put("summary:1", "summary:lab")
        await until(lambda: len(ran.began) == 2)
        assert await engine.jobs.hold(LAB, "stopped") == 0
        await until(lambda: ran.stopped == {"wrapup:1": "halted", "summary:1": "halted"}, 2)
        await until(lambda: is_done(engine, "wrapup:1", "thread:wrapup"))
        await until(lambda: is_done(engine, "summary:1", "summary:lab"))
        await engine.jobs.hold(LAB, "")


async def test_a_stop_ends_what_runs_and_nothing_else(engine: Engine) -> None:
    ran = Answering()
    async with working(*(Worker(engine.other(name), {"answer": ran}) for name in ("one", "two"))):
        for n in range(20):
            await engine.put(f"answer:{n}", f"thread{n}")
        await engine.put("answer:other", "elsewhere", lab=LABS[1])
        await until(lambda: len(ran.began) == 21)
        assert await engine.jobs.hold(LAB, "stopped") == 20
        await until(lambda: len(ran.stopped) == 20, 2)
        assert set(ran.stopped.values()) == {"halted"}
        assert "answer:other" not in ran.stopped
        await engine.put("answer:late", "late")
        await until(lambda: _parked(engine, 1))
        ran.may_end.set()
        await engine.jobs.hold(LAB, "")
        await until(lambda: is_done(engine, "answer:late", "late"))
        assert "answer:late" not in ran.stopped


async def test_none_slips_between_the_stop_and_its_start(engine: Engine) -> None:
    """Questions that come while the lab is stopped: each is ended or waits, none goes on."""
    ran = Answering()
    async with working(*(Worker(engine.other(name), {"answer": ran}) for name in ("one", "two"))):
        asking = asyncio.create_task(_ask_on(engine, 60))
        await until(lambda: len(ran.began) > 10)
        await engine.jobs.hold(LAB, "stopped")
        await asking
        await until(lambda: len(ran.stopped) == len(ran.began), 2)
        await until(lambda: _parked(engine, 60 - len(ran.began)))
        ran.may_end.set()
        await engine.jobs.hold(LAB, "")
        await until(lambda: len(ran.began) == 60)


async def _ask_on(engine: Engine, questions: int) -> None:
    for n in range(questions):
        await engine.put(f"answer:{n}", f"thread{n}")


async def _parked(engine: Engine, count: int) -> bool:
    queue: Any = await engine.jobs.queue(LAB, 5)
    return (queue.parked, queue.running, queue.waiting) == (count, 0, 0)


class Interrupted(Jobs):
    """The clock's engine, in whose next hold a moderator comes between."""

    act: Callable[[], Awaitable[object]] | None = None

    async def hold(self, lab: str, how: str, reason: str = "halted") -> int:
        act, self.act = self.act, None
        if act:
            await act()
        return await super().hold(lab, how, reason)


def of_a_process(engine: Engine, jobs: Jobs) -> Sessions:
    """One process's sessions: each believes a state for a while."""

    async def publish(*_: str) -> None: ...

    settings = Settings(labjam_model="scripted", openai_base_url="http://127.0.0.1:1/v1")
    audit = Audit(Ledger(engine.store))
    return Sessions(read_labs(settings, {}), audit, States(engine.store), jobs, publish)


@pytest.mark.parametrize("when", ["just before", "in between"])
async def test_the_clock_does_not_undo_a_stop(engine: Engine, when: str) -> None:
    clocks = Interrupted(engine.store, LABS, "clock")
    clock, desk = of_a_process(engine, clocks), of_a_process(engine, engine.jobs)
    act = Act("1", Actor("T1", "U1"), Role(leads=True), "stop", LAB, "now", 1.0, "C1")
    assert not (await clock.states.of(LAB)).held
    if when == "just before":
        await desk.stop(act)
    else:
        clocks.act = lambda: desk.stop(act)
    await clock.keep_held()
    assert {await _held(engine, shard) for shard in range(engine.store.shards)} == {"stopped"}
    await desk.resume(act)


async def _held(engine: Engine, shard: int) -> str:
    return await engine.store.client.hget(f"labjam:{{{shard}}}:held", LAB) or ""
