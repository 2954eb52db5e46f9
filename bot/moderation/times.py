"""Times as moderators write them ("until 17:00"), in their lab's zone, and as they are shown to people."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import Declined

_UNTIL = re.compile(r"(?:^|\s)until(?:\s+(.+)|\s*)$", re.IGNORECASE | re.DOTALL)
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{2}))?")
_HOUR = re.compile(r"(?:(tomorrow)\s+)?(\d{1,2}):(\d{2})", re.IGNORECASE)

NOT_A_TIME = (
    "{said} `until 17:00`, `until tomorrow 17:00` or `until 2026-11-24 17:00`; "
    "it is your lab's time ({zone})."
)


def split_until(text: str) -> tuple[str, str | None]:
    """A title, and what stands behind "until"; None where there is none."""
    found = _UNTIL.search(text)
    return (text[: found.start()].strip(), (found[1] or "").strip()) if found else (text.strip(), None)


def read_time(text: str, zone: ZoneInfo, now: float) -> float:
    """Seconds since the epoch; Declined where it is no time, or past. A bare hour is the next one."""
    here = datetime.fromtimestamp(now, zone)
    try:
        found = _read(text, here)
    except ValueError:
        found = None
    if found is None:
        said = f"I can't read “{text[:40]}” as a time. Write" if text.strip() else "Say until when:"
        raise Declined(NOT_A_TIME.format(said=said, zone=zone.key))
    if found.timestamp() <= now:
        raise Declined(f"{found:%a %d %b %Y %H:%M %Z} is past already. Write a time that is still to come.")
    return found.timestamp()


def read_day(text: str, zone: ZoneInfo) -> float:
    """When a day of the lab begins, in seconds since the epoch; Declined where it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()
    except ValueError:
        raise Declined(f"I can't read “{text[:40]}” as a day. Write it as 2026-11-20.") from None


def _read(text: str, here: datetime) -> datetime | None:
    if day := _DAY.fullmatch(text):
        hour, minute = (int(day[4]), int(day[5])) if day[4] else (23, 59)
        return datetime(int(day[1]), int(day[2]), int(day[3]), hour, minute, tzinfo=here.tzinfo)
    if found := _HOUR.fullmatch(text):
        at = here.replace(hour=int(found[2]), minute=int(found[3]), second=0, microsecond=0)
        return at + timedelta(days=1) if found[1] or at <= here else at
    return None


def shown_time(at: float, zone: ZoneInfo) -> str:
    """A moment as people of a lab read it."""
    return datetime.fromtimestamp(at, zone).strftime("%a %d %b %H:%M %Z")


def ago(seconds: float) -> str:
    """How long since, roughly."""
    if seconds < 90:
        return f"{max(0, int(seconds))} s"
    if seconds < 5400:
        return f"{int(seconds / 60)} min"
    return f"{int(seconds / 3600)} h"
