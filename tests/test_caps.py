"""Caps: the hours and days of a lab's clock, and counters that fifty at once can't overrun (P11)."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.burn import Burning, burn_lines
from bot.caps import NAMES, Cap, Spent, Window, in_words, laid_over, left_of, used_up, window
from bot.errors import UsageError
from bot.labs import read_labs
from bot.settings import Settings
from bot.store.redis import Store
from bot.store.spending import Spending, Use

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime.now(UTC).timestamp()  # the server forgets what is long past
HOUR, DAY = window("hour", NOW, CHICAGO), window("day", NOW, CHICAGO)
MORNING = datetime(2026, 3, 2, 16, 20, tzinfo=UTC).timestamp()  # 10:20 in Chicago
MOST = Spent(1, 1000, 4000)


@pytest.fixture
async def spending(url: str) -> AsyncGenerator[Spending]:
    store = await Store.connect(url)
    await store.client.flushall()
    yield Spending(store)
    await store.close()


def use(n: int = 0, person: str = "U1", lab: str = "argonne") -> Use:
    return Use(lab, f"answer:T1:C1:{n}.0", person, "fast")


def day(text: str, zone: ZoneInfo = CHICAGO) -> tuple[float, str]:
    """How many hours the local day of a moment has, and when it begins."""
    seen = window("day", datetime.fromisoformat(text).timestamp(), zone)
    return (seen.ends - seen.begins) / 3600, datetime.fromtimestamp(seen.begins, zone).isoformat()


def test_a_day_is_the_labs_own_also_where_clocks_change() -> None:
    assert day("2026-07-01T05:30:00Z") == (24, "2026-07-01T00:00:00-05:00")
    assert day("2026-07-01T04:30:00Z") == (24, "2026-06-30T00:00:00-05:00")
    assert day("2026-03-08T12:00:00Z") == (23, "2026-03-08T00:00:00-06:00")
    assert day("2026-11-01T06:30:00Z") == (25, "2026-11-01T00:00:00-05:00")
    assert day("2026-11-02T05:59:59Z") == (25, "2026-11-01T00:00:00-05:00")
    assert day("2026-11-02T06:00:00Z") == (24, "2026-11-02T00:00:00-06:00")


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_days_and_hours_follow_one_another_without_gap(year: int) -> None:
    for name in ("America/Chicago", "America/Boise", "America/New_York", "Asia/Kolkata"):
        zone = ZoneInfo(name)
        for per in ("hour", "day"):
            for month in (3, 11):
                seen = window(per, datetime(year, month, 1, tzinfo=UTC).timestamp(), zone)
                for _ in range(16 * (24 if per == "hour" else 1)):
                    following = window(per, seen.ends, zone)
                    assert window(per, seen.ends - 0.001, zone) == seen
                    assert following.begins == seen.ends
                    seen = following


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    first = window("hour", datetime.fromisoformat("2026-11-01T06:30:00Z").timestamp(), CHICAGO)
    second = window("hour", datetime.fromisoformat("2026-11-01T07:30:00Z").timestamp(), CHICAGO)
    assert second == Window("hour", first.ends, first.ends + 3600)


def test_caps_are_named_and_worded() -> None:
    hour, today = window("hour", MORNING, CHICAGO), window("day", MORNING, CHICAGO)
    assert len(NAMES) == 18
    cap = Cap.of("lab_usd_per_day", 12.5)
    assert (cap.name, cap.units, in_words(cap)) == ("lab_usd_per_day", 12_500_000, "$12.50")
    person = Cap("person", "questions", "hour", 20)
    assert used_up(person, hour, CHICAGO, "fast") == (
        "You have reached your limit of 20 questions per hour. Press Retry after 11:00 CST; "
        "your question is kept."
    )
    lab = "Your lab has reached its limit of $12.50 per day. Press Retry after midnight CST; "
    assert used_up(cap, today, CHICAGO, "fast").startswith(lab)
    model = Cap("model", "tokens", "day", 2e6)
    said = "Your lab has reached its limit of 2,000,000 tokens per day for fast. Press Retry after midnight"
    assert used_up(model, today, CHICAGO, "fast").startswith(said)
    assert left_of(person, 1, hour, CHICAGO) == "You have 1 of 20 questions left until 11:00 CST."
    one = Cap("person", "questions", "hour", 1)
    assert left_of(one, 0, hour, CHICAGO) == "You have 0 of 1 question left until 11:00 CST."
    assert left_of(cap, 400_000, today, CHICAGO) == "Your lab has $0.40 of $12.50 left until midnight CST."
    left = "Your lab has 1,500 of 2,000,000 tokens left for fast until midnight CST."
    assert left_of(model, 1500, today, CHICAGO, "fast") == left
    with pytest.raises(ValueError, match="no cap"):
        Cap.of("lab_usd_per_week", 1)


@pytest.mark.parametrize(
    ("caps", "what"),
    [
        ("lab_questions_per_day = 1.5", r"lab_questions_per_day: must be a whole number"),
        ("lab_usd_per_day = 5", r"lab_usd_per_day = 5.0: model default has no prices, .*; give it prices"),
        ("lab_usd_per_dya = 5", r"lab_usd_per_dya: unknown key; did you mean lab_usd_per_day\? .*"),
    ],
)
def test_a_cap_that_can_not_be_counted_is_refused(tmp_path: Path, caps: str, what: str) -> None:
    (tmp_path / "labjam.toml").write_text(f"[labs.argonne.caps]\n{caps}\n")
    config = tmp_path / "labjam.toml"
    with pytest.raises(UsageError, match=rf"labs\.argonne\.caps\.{what}"):
        read_labs(Settings(labjam_config=config, openai_base_url="http://m/v1", labjam_model="m"), {})


def test_moderators_caps_lie_over_the_labs() -> None:
    caps = (Cap("person", "questions", "hour", 20), Cap("lab", "usd", "day", 50))
    changed = {"lab_usd_per_day": 0, "model_tokens_per_hour": 500, "gone_by_now": 3}
    assert laid_over(caps, changed) == (caps[0], Cap("model", "tokens", "hour", 500))


@pytest.mark.parametrize("measure", ["questions", "tokens", "usd"])
@pytest.mark.parametrize("scope", ["person", "lab", "model"])
async def test_fifty_at_once_overrun_no_cap_by_more_than_one(
    spending: Spending, scope: str, measure: str
) -> None:
    """Eight workers' worth of answers race; each costs less than was reserved for it."""
    cap = Cap.of(f"{scope}_{measure}_per_day", {"questions": 7, "tokens": 7300, "usd": 0.0293}[measure])
    real = Spent(1, 900, 3700)

    async def one(n: int) -> bool:
        for _ in range(1000):
            counted = await spending.reserve(use(n), MOST, [cap], HOUR, DAY)
            if counted.allowed:
                await asyncio.sleep(0)
                return await spending.settle("argonne", use(n).job, real)
            if not any(level.may_open for level in counted.levels if level.broken):
                return False
            await asyncio.sleep(0.001)
        raise AssertionError("neither allowed nor refused")

    answered = sum(await asyncio.gather(*(one(n) for n in range(50))))
    used = (await spending.book("argonne", DAY)).lab
    assert used == Spent(answered, answered * real.tokens, answered * real.micros)
    assert cap.units <= used.in_units(cap.measure) < cap.units + real.in_units(cap.measure)


async def test_what_is_held_is_no_reason_to_refuse(spending: Spending) -> None:
    caps = [Cap("lab", "tokens", "day", 1500)]
    for n in range(2):
        assert (await spending.reserve(use(n), MOST, caps, HOUR, DAY)).allowed
    third = await spending.reserve(use(2), MOST, caps, HOUR, DAY)
    [level] = third.levels
    assert (third.allowed, level.broken, level.may_open, level.left) == (False, True, True, 0)
    await spending.settle("argonne", use(0).job, Spent(1, 100))
    await spending.settle("argonne", use(1).job, Spent(1, 100))
    assert (await spending.reserve(use(2), MOST, caps, HOUR, DAY)).allowed


async def test_a_cap_of_one_person_or_model_is_no_other_ones(spending: Spending) -> None:
    caps = [Cap("person", "questions", "hour", 1), Cap("model", "questions", "day", 2)]
    assert (await spending.reserve(use(0), MOST, caps, HOUR, DAY)).allowed
    assert not (await spending.reserve(use(1), MOST, caps, HOUR, DAY)).allowed
    assert (await spending.reserve(use(2, "U2"), MOST, caps, HOUR, DAY)).allowed
    assert not (await spending.reserve(use(3, "U3"), MOST, caps, HOUR, DAY)).allowed
    other = replace(use(4, "U3"), model="other")
    assert (await spending.reserve(other, MOST, caps, HOUR, DAY)).allowed
    assert (await spending.reserve(use(5, lab="idaho"), MOST, caps, HOUR, DAY)).allowed
    assert await spending.used_by("argonne", "U1", HOUR) == MOST


async def test_a_job_taken_over_is_counted_once_and_settled_once(spending: Spending) -> None:
    """A worker that dies leaves its reservation to the next one, which finds it."""
    caps = [Cap("person", "questions", "hour", 1)]
    for _ in range(3):
        assert (await spending.reserve(use(), MOST, caps, HOUR, DAY)).allowed
    book = await spending.book("argonne", DAY)
    assert (book.lab, book.held, book.people) == (MOST, Spent(0, MOST.tokens, MOST.micros), 1)
    assert await spending.settle("argonne", use().job, Spent(1, 400, 900))
    assert not await spending.settle("argonne", use().job, Spent(1, 400, 900))
    book = await spending.book("argonne", DAY)
    assert (book.lab, book.held, book.models) == (Spent(1, 400, 900), Spent(), {"fast": Spent(1, 400, 900)})


async def test_what_is_held_is_told_apart_from_what_is_spent(spending: Spending) -> None:
    lab = read_labs(Settings(openai_base_url="http://m/v1", labjam_model="m"), {})["argonne"]
    hour, today = window("hour", NOW, lab.timezone), window("day", NOW, lab.timezone)
    await spending.change("argonne", "lab_tokens_per_day", 50_000)
    for n, most in enumerate((Spent(1, 800, 0), Spent(1, 17_009, 0))):
        assert (await spending.reserve(use(n), most, [], hour, today)).allowed
    await spending.settle("argonne", use(0).job, Spent(1, 1, 0))
    burn = await Burning(spending, lambda: NOW).of(lab)
    assert (burn.hour, burn.day, burn.held) == (Spent(2, 1), Spent(2, 1), Spent(0, 17_009))
    assert burn.models == {"fast": Spent(2, 1)}
    assert burn.by_midnight.tokens < 100
    said = burn_lines(burn)
    reserved = "up to 17,009 tokens more are reserved for answers being written"
    assert said[0].startswith(f"Today: 2 questions, 1 token by 1 person; {reserved}. The last hour: ")
    assert any(line.startswith("Cap: 17,010 tokens of 50,000 tokens used this day") for line in said)


async def test_nothing_stays_for_ever(spending: Spending, url: str) -> None:
    """Also what no worker ever settles, and an answer that ends after its day was forgotten."""
    hour = replace(HOUR, ends=int(datetime.now(UTC).timestamp()))
    await spending.reserve(use(), MOST, [], hour, replace(DAY, ends=hour.ends))
    store = await Store.connect(url)
    names = [name async for name in store.client.scan_iter("*")]
    assert len(names) == 3
    for name in names:
        assert 0 < await store.client.ttl(name) <= 2 * 24 * 3600
        if ":reserved:" not in name:
            await store.client.delete(name)
    assert await spending.settle("argonne", use().job, Spent(1, 400, 900))
    assert [name async for name in store.client.scan_iter("*")] == []
    await store.close()


async def test_moderators_change_a_cap_at_once(spending: Spending) -> None:
    caps = [Cap("lab", "questions", "day", 1)]
    assert (await spending.reserve(use(0), MOST, caps, HOUR, DAY)).allowed
    await spending.change("argonne", "lab_questions_per_day", 2)
    assert (await spending.reserve(use(1), MOST, caps, HOUR, DAY)).allowed
    assert not (await spending.reserve(use(2), MOST, caps, HOUR, DAY)).allowed
    await spending.change("argonne", "lab_questions_per_day", 0)
    assert (await spending.reserve(use(2), MOST, caps, HOUR, DAY)).levels == ()
    assert await spending.changed("argonne") == {"lab_questions_per_day": 0}
    await spending.change("argonne", "lab_questions_per_day", None)
    assert not (await spending.reserve(use(3), MOST, caps, HOUR, DAY)).allowed


async def test_whatever_caps_there_are_an_answer_is_counted_in_few_commands(
    spending: Spending, url: str
) -> None:
    store = await Store.connect(url)
    await spending.reserve(use(0), MOST, [], HOUR, DAY)  # the scripts are known from here on
    await spending.settle("argonne", use(0).job, MOST)
    await store.client.config_resetstat()
    await spending.reserve(use(1), MOST, [Cap.of(name, 10_000) for name in NAMES], HOUR, DAY)
    await spending.settle("argonne", use(1).job, MOST)
    ran = await store.client.info("commandstats")
    await store.close()
    assert sum(of["calls"] for of in ran.values()) <= 24, ran
