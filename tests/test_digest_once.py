"""Each digest comes once and tells of each question once: whatever dies, restarts, or happens twice (P9)."""

import asyncio
import random
import re
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path

import pytest

from bot.store.jobs import CROSS_LAB
from tests.digests import HOUR, Office, open_office, utc, working
from tests.jam import until

WEEK = ["Friday", "Monday", "Tuesday", "Wednesday", "Thursday"]
THURSDAY = "2026-11-05"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with open_office(tmp_path) as found:
        yield found


def told(office: Office, lab: str) -> dict[str, int]:
    """How many questions each digest of a channel told of, by its weekday, in their order."""
    found: dict[str, int] = {}
    for message in office.posted(lab):
        day = message.text.partition(" · ")[2].split()[0]
        assert day not in found, "twice"
        counted = re.search(r"\*([\d,]+) questions?\*", message.visible_text)
        found[day] = int(counted[1]) if counted else 0
    return found


@pytest.mark.timeout(120)
async def test_a_week_of_digests_each_once_whatever_dies(office: Office) -> None:
    """Over the end of summer time, in four zones, with two clocks, and processes that die while they post."""
    chance = random.Random(11)  # noqa: S311
    clocks = [office.digests(), office.digests()]
    assert len({datetime(2026, 11, 5, tzinfo=lab.timezone).utcoffset() for lab in office.labs.values()}) == 4
    asked = {lab: await _ask_all_week(office, lab, chance) for lab in office.labs}
    while office.now[0] < utc("2026-11-06T13:00"):
        await asyncio.gather(*(clock.tick(office.team) for clock in clocks))
        if not await office.done():
            if chance.random() < 0.5:  # the reply to a post is lost, or the post itself
                office.slack.faults.drop("chat.postMessage", applied=chance.random() < 0.5)
            if chance.random() < 0.3:
                await _begin_and_die(office, chance)
            await office.post(office.digests())
            office.slack.faults.clear()
        office.now[0] += HOUR
    days = {lab: told(office, lab) for lab in office.labs}
    for lab, by_day in days.items():
        assert list(by_day) == WEEK, lab
        assert sum(by_day.values()) == asked[lab], lab
    leads = told(office, CROSS_LAB)
    assert leads == {day: sum(by_day[day] for by_day in days.values()) for day in WEEK}


async def _ask_all_week(office: Office, lab: str, chance: random.Random) -> int:
    """Questions at odd times; gives how many of them the week's digests are to tell of, by another count."""
    zone = office.labs[lab].timezone
    first, last = (datetime(2026, *day, 17, tzinfo=zone).timestamp() for day in ((10, 29), (11, 5)))
    times = [chance.uniform(utc("2026-10-29T12:00"), utc("2026-11-06T04:00")) for _ in range(12)]
    times += [edge + more for edge in (first, last) for more in (-1.0, 0.0)]
    for at in times:
        await office.asked(lab, at)
    return sum(first <= at < last for at in times)


async def _begin_and_die(office: Office, chance: random.Random) -> None:
    """Begin all that is due, and die somewhere in it, with everything that is held."""
    async with working(office.digests()) as task:
        await asyncio.sleep(chance.random() * 0.15)
        task.cancel()


async def test_who_dies_between_composing_and_posting_leaves_the_same_words_to_the_next(
    office: Office,
) -> None:
    office.now[0] = utc(f"{THURSDAY}T23:10")
    await office.asked("argonne", utc(f"{THURSDAY}T16:00"))
    first = office.digests()
    await first.tick(office.team)
    office.slack.faults.drop("chat.postMessage", None, applied=False)
    async with working(first) as task:
        await until(lambda: composed(office, "argonne"))
        task.cancel()
    office.slack.faults.clear()
    assert not office.posted("argonne")
    await office.asked("argonne", utc(f"{THURSDAY}T16:01"))  # would change the count
    await office.post(office.digests())
    assert told(office, "argonne") == {"Thursday": 1}
    await office.post_due(office.digests())
    assert told(office, "argonne") == {"Thursday": 1}


async def composed(office: Office, lab: str) -> bool:
    """Whether a digest is written down."""
    return "told" in await office.fields(lab, THURSDAY)


@pytest.mark.parametrize("moment", ["composing", "posting"])
async def test_a_restart_of_redis_in_the_middle(office: Office, moment: str) -> None:
    office.now[0] = utc(f"{THURSDAY}T23:10")
    for lab in ("argonne", "princeton"):
        await office.asked(lab, utc(f"{THURSDAY}T16:00"))
    digests = office.digests()
    await digests.tick(office.team)
    if moment == "composing":
        office.slack.faults.freeze()  # so that no chart gets through
    else:
        office.slack.faults.delay("chat.postMessage", 0.5)
    async with working(digests):
        await until(lambda: _are(office, moment), 20)
        await office.server.stop()
        await office.server.start()
        office.slack.faults.clear()
        await until(office.done, 30)
    await office.post_due(office.digests())
    for lab in ("argonne", "princeton"):
        assert told(office, lab) == {"Thursday": 1}


async def _are(office: Office, moment: str) -> bool:
    """Whether both digests are that far."""
    found = [await office.fields(lab, THURSDAY) for lab in ("argonne", "princeton")]
    return all(one.get("state") == "running" and ("told" in one) == (moment == "posting") for one in found)


async def test_two_schedulers_and_two_workers_at_once(office: Office) -> None:
    office.now[0] = utc("2026-11-06T01:30")  # all labs' hours, and the leads', are over
    for lab in office.labs:
        await office.asked(lab, utc(f"{THURSDAY}T16:00"))
    first, second = office.digests(), office.digests()
    async with working(first), working(second):
        for _ in range(5):
            await asyncio.gather(first.tick(office.team), second.tick(office.team))
        await until(office.done, 30)
    for lab in office.labs:
        assert told(office, lab) == {"Thursday": 1}
    assert told(office, CROSS_LAB) == {"Thursday": 9}


async def test_another_hour_neither_drops_nor_repeats_a_question(office: Office) -> None:
    """Moderators move the hour after a digest: the next one begins where that one ended."""
    office.now[0] = utc("2026-11-03T23:01")  # 17:01 in Chicago
    await office.asked("argonne", utc("2026-11-03T22:00"))
    await office.post_due(office.digests())
    await office.asked("argonne", utc("2026-11-03T23:30"))  # between the two hours
    await office.store.client.hset("labjam:{0}:state:argonne", "digest_at", "18:00")
    for hour in ("2026-11-04T00:01", "2026-11-05T00:01"):
        office.now[0] = utc(hour)
        await office.post_due(office.digests())
    assert told(office, "argonne") == {"Tuesday": 1, "Wednesday": 1}
    await office.asked("argonne", utc("2026-11-05T01:00"))
    await office.store.client.hset("labjam:{0}:state:argonne", "digest_at", "09:00")
    office.now[0] = utc("2026-11-05T15:01")
    await office.post_due(office.digests())
    assert told(office, "argonne") == {"Tuesday": 1, "Wednesday": 1, "Thursday": 1}


async def test_what_was_missed_too_long_ago_is_left_out(office: Office) -> None:
    office.now[0] = utc("2026-11-06T11:30")  # 12.5 hours after Argonne's hour, 10.5 after California's
    for lab in ("argonne", "berkeley"):
        await office.asked(lab, utc(f"{THURSDAY}T16:00"))
    for _ in range(2):
        await office.post_due(office.digests())
    assert not office.posted("argonne")
    assert told(office, "berkeley") == {"Thursday": 1}
    assert not office.posted("livermore"), "a jam that has not begun has no quiet days"


async def test_a_jam_that_is_over_has_no_quiet_days(office: Office) -> None:
    await office.asked("argonne", utc("2026-11-02T15:00"))
    closed = {"closed": "1", "ended": str(utc("2026-11-03T20:00"))}
    for lab in office.labs:
        await office.store.client.hset(f"labjam:{{0}}:state:{lab}", mapping=closed)
    for day in ("2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"):
        office.now[0] = utc(f"{day}T02:00")
        await office.post_due(office.digests())
    days = {"Monday": 1, "Tuesday": 0}
    assert (told(office, "argonne"), told(office, CROSS_LAB)) == (days, days)
    assert not told(office, "idaho")
