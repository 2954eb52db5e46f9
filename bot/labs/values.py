"""What one value of lab.toml or labjam.toml may be: a zone, a host, an address, a channel."""

import re
import zoneinfo
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from bot.caps import NAMES

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def allowed(known: list[str], given: str) -> str:
    """Word a list of what would have been right, the likeliest first where one is close."""
    close = get_close_matches(given, known, 1)
    guess = f"did you mean {close[0]}? " if close else ""
    return f"{guess}Allowed: {', '.join(known)}" if known else "none is defined"


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(what)
        return text

    return check


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _zone(name: str) -> str:
    if not _zones():
        raise ValueError("this machine has no time zone database; install the tzdata package")
    if name not in _zones():
        close = get_close_matches(name, sorted(_zones()), 1)
        raise ValueError(f'not an IANA time zone; for example "{close[0] if close else "America/Chicago"}"')
    return name


def base_url(url: str) -> str:
    """Check an endpoint's address and drop its closing slash; ValueError says what is wrong."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or re.search(r"\s", url):
        raise ValueError('not a web address; for example "https://api.openai.com/v1"')
    if parts.username is not None:
        raise ValueError("must not carry a user name or password; use auth")
    if parts.query or parts.fragment:
        raise ValueError("must end with its path, without ? and #")
    if re.search(r"/(chat/completions|responses|completions)/?$", parts.path):
        raise ValueError("must end before /chat/completions or /responses, usually with /v1")
    return url.rstrip("/")


def distinct(items: list[str]) -> list[str]:
    """Refuse what is named twice."""
    if len(set(items)) < len(items):
        raise ValueError("must not name the same thing twice")
    return items


def _caps(caps: dict[str, float]) -> dict[str, float]:
    for name, amount in caps.items():
        if name not in NAMES:
            text = f"unknown key; {allowed(list(NAMES), name)}"
            raise PydanticCustomError("unknown_key", "{text}", {"text": text, "key": name})
        if "_usd_" not in name and amount != int(amount):
            whole = {"text": "must be a whole number", "key": name}
            raise PydanticCustomError("unknown_key", "{text}", whole)
    return caps


Line = Annotated[
    str,
    AfterValidator(_matching(r"(?=.*\S)[^\x00-\x1f\x7f\x85\u2028\u2029]+", "must be one line, not empty")),
]
Channel = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[^\W_A-Z][^\WA-Z-]*(-[^\WA-Z-]*)*|[CG][A-Z0-9]{8,20}",
            'not a channel\'s name without "#", nor its id; for example "jam-argonne" or "C0123456789"',
        )
    ),
]
Moderator = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[UWS][A-Z0-9]{6,20}|[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+",
            'not a Slack user id ("U…"), a user group id ("S…") or an e-mail address',
        )
    ),
]
Host = Annotated[
    str,
    AfterValidator(
        _matching(r"([a-z0-9-]+\.)+[a-z0-9-]+", 'not a host in lower case; for example "doi.org"')
    ),
]
Zone = Annotated[str, AfterValidator(_zone)]
Url = Annotated[str, AfterValidator(base_url)]
Variable = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[A-Za-z_][A-Za-z0-9_]*",
            "not the name of an environment variable (a token itself stays out of this file)",
        )
    ),
]
DigestAt = Annotated[
    str,
    AfterValidator(_matching(r"([01]\d|2[0-3]):[0-5]\d|off", 'not "off" nor a time; for example "17:00"')),
]
DigestDays = Annotated[
    str,
    AfterValidator(
        _matching(
            r"weekdays|daily|(mon|tue|wed|thu|fri|sat|sun)(,(mon|tue|wed|thu|fri|sat|sun))*",
            'not "weekdays", "daily" or days; for example "mon,wed,fri"',
        )
    ),
]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Caps = Annotated[dict[str, Price], AfterValidator(_caps)]
Names = Annotated[list[Line], Field(min_length=1), AfterValidator(distinct)]
Count = Annotated[int, Field(ge=0)]
Size = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _look_up(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or url.count("{id}") != 1:
        raise ValueError('must be an address with {id} where the id goes, such as "https://host/works/{id}"')
    if parts.username or "{id}" in parts.netloc:
        raise ValueError("must have {id} behind its host, and no user name")
    return url


LookUpUrl = Annotated[str, AfterValidator(_look_up)]
