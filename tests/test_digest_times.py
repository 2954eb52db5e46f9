"""When digests are due: by the lab's clock, on its days, through changes of that clock."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest.times import DAILY, LATEST, WEEKDAYS, Due, Schedule, due, latest, read_schedule, running

CHICAGO = ZoneInfo("America/Chicago")
FIVE = Schedule(time(17), WEEKDAYS, CHICAGO)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO).timestamp()


def test_a_digest_is_due_from_its_hour_on_and_tells_of_all_since_the_one_before() -> None:
    assert due(FIVE, at("2026-11-23 16:59:59")) is None  # Friday's is too old by Monday
    monday = Due(date(2026, 11, 23), at("2026-11-20 17:00"), at("2026-11-23 17:00"))
    assert due(FIVE, at("2026-11-23 17:00")) == monday
    assert due(FIVE, at("2026-11-24 04:59:59")) == monday
    assert due(FIVE, at("2026-11-24 05:00:01")) is None
    assert running(FIVE, at("2026-11-23 18:00")) == Due(
        date(2026, 11, 23), at("2026-11-23 17:00"), at("2026-11-23 18:00")
    )


@pytest.mark.parametrize("name", ["Los_Angeles", "Boise", "Denver", "Chicago", "New_York"])
@pytest.mark.parametrize(
    ("before", "day", "hours"),
    [(date(2026, 10, 31), date(2026, 11, 1), 25), (date(2026, 3, 7), date(2026, 3, 8), 23)],
)
def test_a_day_on_which_clocks_change_is_longer_or_shorter(
    name: str, before: date, day: date, hours: int
) -> None:
    zone = ZoneInfo(f"America/{name}")
    since, until = (datetime(each.year, each.month, each.day, 17, tzinfo=zone) for each in (before, day))
    found = due(Schedule(time(17), DAILY, zone), until.timestamp())
    assert found == Due(day, since.timestamp(), until.timestamp())
    assert until.timestamp() - since.timestamp() == hours * 3600


@given(
    st.integers(1_767_225_600, 1_798_761_600),
    st.sampled_from([WEEKDAYS, DAILY, frozenset({2})]),
)
def test_digests_follow_each_other_without_gap_or_overlap(now: int, days: frozenset[int]) -> None:
    schedule = Schedule(time(2, 30), days, CHICAGO)  # an hour that one night lacks and another has twice
    found = latest(schedule, now)
    before = latest(schedule, found.since)
    assert before.until == found.since
    assert before.day < found.day
    assert found.day.weekday() in days
    assert timedelta(0) < timedelta(seconds=found.until - found.since) <= timedelta(days=7, hours=1)
    assert LATEST == 43_200


def test_schedules_as_settings_write_them() -> None:
    assert read_schedule("17:00", "weekdays", CHICAGO) == FIVE
    assert read_schedule("09:30", "mon,wed", CHICAGO).days == {0, 2}
    with pytest.raises(ValueError, match="hour must be in"):
        read_schedule("25:00", "daily", CHICAGO)
