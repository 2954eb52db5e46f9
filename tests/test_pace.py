"""Slack's budgets as they are given out: by one plan in memory, and by the script that all workers share."""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator

import pytest

from bot.pacing import DEAD, HOLD_LIFE, Bucket, Lane, Reply, Request, Seat, Try
from bot.slack.plan import Plan
from bot.slack.rates import POST, START, STOP, UPDATE, Rates
from bot.store.pace import SharedPlan
from tests.stores import engine_at, started

Settle = Callable[[Request, float], Awaitable[Reply]]

NOW = 1_790_000_000.0
RATES = Rates()
POSTS = RATES.of(POST, "C1")
LANE = POSTS[-1].name
SPACING = POSTS[-1].seconds


@pytest.fixture(scope="module", params=["in memory", "standalone", "cluster"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    if request.param == "in memory":
        yield ""
    else:
        with started(request.param, tmp_path_factory.mktemp("store")) as at:
            yield at


@pytest.fixture
async def settle(url: str) -> AsyncGenerator[Settle]:
    """Either of the two, with the time as an argument."""
    if url:
        async with engine_at(url) as engine:
            yield SharedPlan(engine.store).settle
            return
    plan = Plan()

    async def settled(wanted: Request, now: float) -> Reply:
        return plan.settle(wanted, now)

    yield settled


def seat(name: str, asked: float = NOW, *, ready: bool = True) -> Seat:
    """A seat; its name is "<worker>/<flow>/<number>"."""
    return Seat(name, asked, ready)


def lane(*seats: Seat, gone: tuple[str, ...] = (), looks: tuple[str, ...] = ()) -> Lane:
    return Lane(LANE, POSTS, 20 * SPACING, seats, gone, looks)


def account(worker: str, *lanes: Lane, tries: tuple[Try, ...] = (), **more: object) -> Request:
    return Request("T1", worker, lanes, tries, **more)  # type: ignore[arg-type]


def start(*ids: str) -> Try:
    """Streams that want to begin, each with its end kept back."""
    return Try(RATES.of(START, "C1")[:1], ids, behind=LANE, holds=RATES.method(STOP))


async def test_posts_come_one_a_second_in_the_order_asked(settle: Settle) -> None:
    seats = [seat(f"w/{n}/{n}", NOW - n) for n in range(4)]
    reply = await settle(account("w", lane(*seats)), NOW)
    assert list(reply.slots) == ["w/3/3"]
    at, slots = NOW, dict(reply.slots)
    while len(slots) < 4:
        at += 0.25
        slots |= {
            name: at - NOW + wait for name, wait in (await settle(account("w", lane()), at)).slots.items()
        }
    assert list(slots) == ["w/3/3", "w/2/2", "w/1/1", "w/0/0"]
    assert list(slots.values()) == pytest.approx([n * SPACING for n in range(4)], abs=0.01)


async def test_workers_share_one_line(settle: Settle) -> None:
    """Whoever comes by gives the slot to its owner, who finds it the next time."""
    await settle(account("two", lane(seat("two/b/1", NOW - 9))), NOW)
    await settle(account("one", lane(seat("one/a/1", NOW - 5))), NOW)
    reply = await settle(account("two", lane(seat("two/c/2", NOW - 1))), NOW + 0.1)
    assert reply.slots == {}
    reply = await settle(account("one", lane()), NOW + 0.5)
    assert reply.slots == pytest.approx({"one/a/1": SPACING - 0.5}, abs=0.01)
    reply = await settle(account("two", lane()), NOW + 1.1)
    assert reply.slots == pytest.approx({"two/c/2": 2 * SPACING - 1.1}, abs=0.01)
    assert reply.workers == 2


async def test_one_persons_many_questions_stand_between_the_others(settle: Settle) -> None:
    greedy = [seat(f"w/greedy/{n}", NOW - 30, ready=False) for n in range(3)]
    late = seat("w/late/9", NOW, ready=False)
    names = [*(each.id for each in greedy), late.id]
    reply = await settle(account("w", lane(*greedy, late, looks=tuple(names))), NOW)
    assert sorted(names, key=lambda name: reply.places[name]) == [
        "w/greedy/0", "w/greedy/1", "w/late/9", "w/greedy/2",
    ]  # fmt: skip
    assert (reply.crowd, [reply.places[name] for name in names]) == (4, [0, 1, 3, 2])


async def test_a_window_gives_what_it_has_and_says_when_there_is_more(settle: Settle) -> None:
    update = Try(RATES.of(UPDATE), tuple(f"w/try/{n}" for n in range(60)))
    [tried] = (await settle(account("w", tries=(update,)), NOW)).tried
    assert len(tried.slots) == 50
    assert tried.wait == pytest.approx(RATES.method(UPDATE).seconds, abs=0.01)
    [tried] = (await settle(account("w", tries=(update,)), NOW + 59)).tried
    assert tried.slots == ()
    [tried] = (await settle(account("w", tries=(update,)), NOW + 61)).tried
    assert len(tried.slots) == 50


async def test_what_is_spared_is_left_for_better_uses(settle: Settle) -> None:
    pictures = Try(RATES.of(UPDATE), tuple(f"w/try/{n}" for n in range(60)), spare=20)
    finals = Try(RATES.of(UPDATE), tuple(f"w/try/{n}" for n in range(60)))
    counts = [len(tried.slots) for tried in (await settle(account("w", tries=(pictures, finals)), NOW)).tried]
    assert counts == [30, 20]


async def test_a_stream_begins_only_if_it_can_be_ended(settle: Settle) -> None:
    """Twenty run; none more begins a minute later while they do; as many as end may begin."""
    names = tuple(f"w/try/{n}" for n in range(25))
    reply = await settle(account("w", tries=(start(*names),)), NOW)
    assert len(reply.tried[0].slots) == 20
    reply = await settle(account("w", tries=(start("w/try/30"),)), NOW + 70)
    assert (len(reply.tried[0].slots), reply.live) == (0, 20)
    ends = Try(RATES.of(STOP), names[:5])
    await settle(account("w", tries=(ends,), frees=names[:5]), NOW + 70)
    reply = await settle(account("w", tries=(start("w/try/31"),)), NOW + 71)
    assert (len(reply.tried[0].slots), reply.live) == (0, 15)
    reply = await settle(account("w", tries=(start(*(f"w/try/{n}" for n in range(40, 50))),)), NOW + 131)
    assert len(reply.tried[0].slots) == 5
    reply = await settle(account("w"), NOW + 132 + HOLD_LIFE)
    assert reply.live == 0


async def test_first_words_wait_for_whole_answers(settle: Settle) -> None:
    seats = [seat(f"w/{n}/{n}") for n in range(3)]
    reply = await settle(account("w", lane(*seats), tries=(start("w/try/1"),)), NOW)
    assert (reply.tried[0].slots, reply.tried[0].wait) == ((), 1.0)
    reply = await settle(account("w", lane(gone=("w/1/1", "w/2/2")), tries=(start("w/try/1"),)), NOW)
    assert len(reply.tried[0].slots) == 1


async def test_a_refusal_rests_the_bucket_for_all_and_is_remembered(settle: Settle) -> None:
    await settle(account("one", rests={LANE: 5.0}), NOW)
    reply = await settle(account("two", lane(seat("two/a/1"), seat("two/b/2"))), NOW)
    assert (reply.slots, reply.rests) == ({}, {LANE: 5.0})
    slots: dict[str, float] = {}
    for tenth in range(40, 80):
        after = tenth / 10
        reply = await settle(account("two", lane()), NOW + after)
        slots |= {name: after + wait for name, wait in reply.slots.items()}
    assert slots == pytest.approx({"two/a/1": 5.0, "two/b/2": 5.0 + 1.1 * SPACING}, abs=0.02)


async def test_a_dead_workers_seats_are_taken_away(settle: Settle) -> None:
    reply = await settle(account("dead", lane(seat("dead/a/1", NOW - 5, ready=False))), NOW)
    assert not reply.known
    mine = seat("mine/b/1", ready=False)
    reply = await settle(account("mine", lane(mine, looks=(mine.id,))), NOW)
    assert reply.places == {mine.id: 1}
    reply = await settle(account("mine", lane(looks=(mine.id,))), NOW + DEAD - 1)
    assert (reply.places, reply.known) == ({mine.id: 1}, True)
    reply = await settle(account("mine", lane(looks=(mine.id,))), NOW + DEAD + 1)
    assert (reply.places, reply.workers) == ({mine.id: 0}, 1)
    assert not (await settle(account("dead"), NOW + DEAD + 1)).known


async def test_the_script_and_the_plan_agree(settle: Settle) -> None:
    """Whatever two workers ask, in whatever order, both give the same."""
    chance, plan = random.Random(7), Plan()  # noqa: S311
    now, number, seated = NOW, 0, dict[str, list[str]](one=[], two=[])
    lanes = [("post:C1", RATES.of(POST, "C1")), (UPDATE, (Bucket(UPDATE, 5, 6.0),))]
    for _ in range(300):
        now += chance.choice([0.01, 0.25, 1.0]) + chance.random() / 100  # no ties
        worker = chance.choice(["one", "two"])
        told: list[Lane] = []
        for name, buckets in lanes:
            number += 1
            fresh = f"{worker}/{chance.choice('abc')}/{number}"
            seats = [seat(fresh, NOW + chance.randrange(50), ready=chance.random() < 0.6)]
            seated[worker].append(fresh)
            gone, looks = chance.sample(seated[worker], 1), chance.sample(seated[worker], 1)
            told.append(Lane(name, buckets, 3.0, tuple(seats), tuple(gone), tuple(looks)))
        holds = (Bucket(STOP, 4, 6.0), None)
        tries = tuple(
            Try((Bucket(START, 4, 6.0),), (f"{worker}/try/{number}",), chance.randrange(3), "post:C1", hold)
            for hold in holds
        )
        rests = {UPDATE: 2.0} if chance.random() < 0.05 else dict[str, float]()
        frees = (f"{worker}/try/{chance.randrange(number)}",)
        request = Request("T1", worker, tuple(told), tries, rests, frees)
        expected, given = plan.settle(request, now), await settle(request, now)
        assert given.slots == pytest.approx(expected.slots, abs=0.01)
        assert given.places == expected.places
        assert given.rests == pytest.approx(expected.rests, abs=0.01)
        assert [one.slots for one in given.tried] == [
            pytest.approx(one.slots, abs=0.01) for one in expected.tried
        ]
        assert [one.wait for one in given.tried] == pytest.approx(
            [one.wait for one in expected.tried], abs=0.01
        )
        assert (given.live, given.crowd, given.workers, given.known) == (
            expected.live, expected.crowd, expected.workers, expected.known,
        )  # fmt: skip


@pytest.mark.parametrize(("factor", "calls", "seconds"), [(1.0, 20, 60.9), (0.5, 10, 60.9), (10.0, 20, 6.36)])
def test_a_factor_shortens_windows_and_lowers_counts(factor: float, calls: int, seconds: float) -> None:
    """Of "ten times as many" and "ten times as fast" the stricter reading is kept."""
    bucket = Rates(factor=factor).method(START)
    assert (bucket.calls, bucket.seconds) == (calls, pytest.approx(seconds))


def test_a_short_rest_is_the_channels_and_a_long_one_the_workspaces() -> None:
    assert RATES.refused(POST, "C1", 1).name == "post:C1"
    assert RATES.refused(POST, "C1", 30).name == POST
    assert RATES.refused(UPDATE, "C1", 1).name == UPDATE


def test_a_workspace_may_have_been_granted_more() -> None:
    granted = Rates(per_minute={START: 40}, posts_per_second=2.0)
    assert granted.method(START).calls == 40
    assert granted.channel("C1").seconds == pytest.approx(0.51)


def test_more_streams_may_run_where_windows_are_short() -> None:
    """Each end must find its call within seconds: at a factor of 1 no more than a minute has."""
    assert Rates().kept(STOP) == Rates().method(STOP)
    assert Rates(factor=1000.0).kept(STOP).calls > 1000
