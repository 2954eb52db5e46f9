"""When a digest is due, by its lab's own clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LATEST = 12 * 3600
"""Seconds after which a digest that was missed is left out."""

WEEKDAYS = frozenset(range(5))
DAILY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Schedule:
    """An hour of the lab's clock, on some days of the week; Monday is 0."""

    at: time
    days: frozenset[int]
    zone: ZoneInfo

    def moment(self, day: date) -> float:
        """When a day's digest is due, in seconds since the epoch; a day's clock may have been changed."""
        return datetime.combine(day, self.at, self.zone).timestamp()


@dataclass(frozen=True, slots=True)
class Due:
    """One digest: its day, and the time it tells of, in seconds since the epoch."""

    day: date
    since: float
    until: float


def due(schedule: Schedule, now: float) -> Due | None:
    """The newest digest whose hour has come, unless that is too long ago."""
    found = latest(schedule, now)
    return found if now - found.until <= LATEST else None


def latest(schedule: Schedule, now: float) -> Due:
    """The newest digest whose hour has come; it tells of all since the one before."""
    today = datetime.fromtimestamp(now, schedule.zone).date()
    days = [today - timedelta(days=back) for back in range(15)]
    ended = [day for day in days if day.weekday() in schedule.days and schedule.moment(day) <= now]
    return Due(ended[0], schedule.moment(ended[1]), schedule.moment(ended[0]))


def running(schedule: Schedule, now: float) -> Due:
    """What the next digest would tell, had its hour come now."""
    today = datetime.fromtimestamp(now, schedule.zone).date()
    return Due(today, latest(schedule, now).until, now)


def read_schedule(at: str, days: str, zone: ZoneInfo) -> Schedule:
    """Read "17:00" and "weekdays", "daily" or "mon,wed"; ValueError where it is neither."""
    named = {"weekdays": WEEKDAYS, "daily": DAILY}.get(days)
    return Schedule(time.fromisoformat(at), named or frozenset(map(_weekday, days.split(","))), zone)


def _weekday(name: str) -> int:
    return ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(name.strip().lower()[:3])
