"""Calls to Slack in their turn: several processes on one store, and one that lost it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field

import pytest

from bot.errors import SlackBusy, StoreAway
from bot.pacing import Bank, Reply, Request
from bot.showing import status_words
from bot.slack.client import identify, open_session, web_client
from bot.slack.outbox import Outbox
from bot.slack.pacer import InLine, Pacer, Who
from bot.slack.rates import POST, START, STATUS, STOP, UPDATE, Rates
from bot.store.pace import SharedPlan
from bot.store.redis import Store
from bot.trial.rates import RateLimits
from bot.trial.server import LocalSlack
from tests.jam import until
from tests.stores import started

FAST = Rates(factor=20.0)  # a post in 51 ms, a minute's window in 3 s


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with started("standalone", tmp_path_factory.mktemp("store")) as at:
        yield at


@dataclass
class Fickle:
    """A bank that may be away, or lose what it knew."""

    bank: Bank
    away: bool = False
    asked: list[Request] = field(default_factory=list[Request])
    slots: int = 0  # given out

    async def settle(self, request: Request) -> Reply:
        self.asked.append(request)
        if self.away:
            raise StoreAway("gone")
        reply = await self.bank.settle(request)
        self.slots += len(reply.slots)
        return reply


def who(n: int) -> Who:
    """The n-th person to ask."""
    return Who(f"U{n}", "C1", 1_790_000_000.0 + n)


async def test_two_processes_post_in_one_order_at_one_pace(store: Store) -> None:
    pacers = [Pacer(SharedPlan(store), FAST, name) for name in ("one", "two")]
    turns: list[tuple[float, int]] = []

    async def post(n: int) -> None:
        await pacers[n % 2].line(POST, "T1", "C1", who(n)).turn()
        turns.append((time.monotonic(), n))

    posts = [asyncio.create_task(post(n)) for n in reversed(range(40))]
    await asyncio.gather(*posts)
    took = turns[-1][0] - turns[0][0]
    assert 39 * 0.05 < took < 39 * 0.051 * 1.15
    late = sum(abs(place - n) for place, (_, n) in enumerate(turns)) / 40
    assert late < 12, "one second's slots are given out ahead; beyond that, first come first served"


async def test_streams_of_all_processes_draw_on_one_budget(store: Store) -> None:
    pacers = [Pacer(SharedPlan(store), FAST, name) for name in ("one", "two")]

    async def begin(n: int) -> bool:
        try:
            await pacers[n % 2].soon(START, "T1", "", Who(lab=f"lab{n}"), keeps=STOP)
        except SlackBusy:
            return False
        return True

    assert sum(await asyncio.gather(*(begin(n) for n in range(50)))) == 20
    slow = Pacer(SharedPlan(store), Rates(), "three")
    await slow.soon(STATUS, "T1", "", Who())
    assert slow.flush_every("T1") == pytest.approx(21 * 0.606, rel=0.02)


async def test_a_lab_leaves_some_streams_to_the_others(store: Store) -> None:
    pacer = Pacer(SharedPlan(store), FAST, "one")
    got = 0
    for _ in range(20):
        try:
            await pacer.soon(START, "T1", "", Who(lab="busy"), keeps=STOP)
            got += 1
        except SlackBusy:
            break
    assert got == 15
    await pacer.soon(START, "T1", "", Who(lab="other"), keeps=STOP)


async def test_a_place_in_line_is_known_before_the_answer_is(store: Store) -> None:
    pacer = Pacer(SharedPlan(store), Rates(), "one")
    lines = [pacer.line(POST, "T1", "C1", who(n)) for n in range(30)]
    places = await asyncio.gather(*(line.place() for line in lines))
    assert [place.ahead for place in places] == list(range(30))
    assert places[29].seconds == pytest.approx(29 * 1.02)
    for line in lines[:10]:
        line.leave()
    assert (await lines[29].place()).ahead == 19
    turn = asyncio.create_task(lines[29].turn())  # the others' answers are not there yet
    await asyncio.wait_for(turn, 2)
    assert pacer.refresh_every("T1") == pytest.approx(10.0)


async def test_asking_for_a_place_costs_no_slot(store: Store) -> None:
    """Neither while a call waits nor between its slot being given and its being made."""
    bank = Fickle(SharedPlan(store))
    pacer = Pacer(bank, FAST, "one")
    lines = [pacer.line(POST, "T1", "C1", who(n)) for n in range(40)]
    turns = [asyncio.create_task(line.turn()) for line in lines]
    while not all(turn.done() for turn in turns):
        await asyncio.gather(
            *(line.place() for line, turn in zip(lines, turns, strict=True) if not turn.done())
        )
    assert bank.slots == 40


async def test_who_does_not_wait_any_more_holds_up_nobody(store: Store) -> None:
    pacer = Pacer(SharedPlan(store), FAST, "one")
    gone = [asyncio.create_task(pacer.line(POST, "T1", "C1", who(n)).turn()) for n in range(60)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    await asyncio.wait_for(pacer.line(POST, "T1", "C1", who(99)).turn(), 1.5)


async def test_without_the_bank_each_process_plans_its_share(store: Store) -> None:
    """And tells it everything again when it is back, even if it knows nothing any more."""
    bank = Fickle(SharedPlan(store))
    pacer = Pacer(bank, Rates(), "one")
    kept = pacer.line(POST, "T1", "C1", who(1))
    await kept.place()
    bank.away = True
    edits = [pacer.soon(UPDATE, "T1", "C1", Who()) for _ in range(60)]
    refused = await asyncio.gather(*edits, return_exceptions=True)
    assert sum(isinstance(one, SlackBusy) for one in refused) == 10
    await asyncio.wait_for(pacer.line(POST, "T1", "C1", who(2)).turn(), 2)
    await store.client.flushall()
    bank.away = False
    other = Pacer(SharedPlan(store), Rates(), "two")
    line = other.line(POST, "T1", "C1", who(3))

    async def told() -> bool:
        return (await line.place()).ahead == 1

    await until(told, 6)
    kept.leave()
    line.leave()


@dataclass
class Desk:
    """Two processes' outboxes on one store, before a Slack that enforces its rates."""

    slack: LocalSlack
    outboxes: list[Outbox]
    channel: str
    team: str


@pytest.fixture
async def desk(store: Store) -> AsyncGenerator[Desk]:
    async with LocalSlack(rates=RateLimits(factor=20.0)) as slack, open_session() as session:
        channel = slack.add_channel("jam-argonne")
        client = web_client(slack.bot_token, slack.api_url, session)
        us = await identify(client)
        outboxes = [Outbox(client, us.user, Pacer(SharedPlan(store), FAST, name)) for name in ("one", "two")]
        yield Desk(slack, outboxes, channel, us.team)


async def test_what_slack_refuses_one_process_no_other_tries(desk: Desk) -> None:
    first, second = desk.outboxes
    made = await first.insist(POST, desk.team, channel=desk.channel, text="x")
    desk.slack.faults.limit(UPDATE, retry_after=2)
    with pytest.raises(SlackBusy):
        await first.call(UPDATE, desk.team, channel=desk.channel, ts=made["ts"], text="y")
    before = len(desk.slack.calls_of(UPDATE))
    began = time.monotonic()
    await first.call(POST, desk.team, channel=desk.channel, text="another method")
    with pytest.raises(SlackBusy):
        await second.call(UPDATE, desk.team, channel=desk.channel, ts=made["ts"], text="y")
    assert len(desk.slack.calls_of(UPDATE)) == before
    await second.insist(UPDATE, desk.team, channel=desk.channel, ts=made["ts"], text="y")
    assert time.monotonic() - began > 1.9


async def test_many_posts_and_edits_meet_no_refusal(desk: Desk) -> None:
    """Eighty posts in one channel and eighty edits at once: next to all of them at the first try."""
    stamps = [
        str((await desk.outboxes[0].insist(POST, desk.team, channel=desk.channel, text="x"))["ts"])
        for _ in range(2)
    ]
    await asyncio.gather(
        *(
            desk.outboxes[n % 2].insist(POST, desk.team, channel=desk.channel, text=f"{n}", who=who(n))
            for n in range(80)
        ),
        *(
            desk.outboxes[n % 2].insist(
                UPDATE, desk.team, channel=desk.channel, ts=stamps[n % 2], text=f"{n}"
            )
            for n in range(80)
        ),
    )
    assert sum(call.status == 429 for call in desk.slack.calls) <= 16


def test_a_status_says_place_and_time() -> None:
    far, near = InLine(43, 43.9), InLine(1, 1.0)
    assert status_words(None, ready=False, thought=0) == "is thinking…"
    assert status_words(far, ready=False, thought=0) == "is thinking… 44th in line, about 45 s"
    assert (
        status_words(InLine(111, 113), ready=True, thought=0) == "has the answer… 112th in line, about 2 min"
    )
    assert status_words(near, ready=True, thought=5) == "is about to answer…"
    assert status_words(near, ready=False, thought=61) == "is still thinking, 2 min so far…"
