"""The schema of lab.toml and labjam.toml: every key they may hold, and what each allows."""

import re
import zoneinfo
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Literal, Self, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from bot.caps import NAMES

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def allowed(known: list[str], given: str) -> str:
    """Word a list of what would have been right, the likeliest first where one is close."""
    close = get_close_matches(given, known, 1)
    guess = f"did you mean {close[0]}? " if close else ""
    return f"{guess}Allowed: {', '.join(known)}" if known else "none is defined"


class Table(BaseModel):
    """A TOML table: each key optional, unless it says otherwise, since tables are laid over one another."""

    model_config = ConfigDict(strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, raw: object) -> object:
        if isinstance(raw, dict):
            for key in cast("dict[str, object]", raw):
                if key not in cls.model_fields:
                    text = f"unknown key; {allowed(list(cls.model_fields), key)}"
                    raise PydanticCustomError("unknown_key", "{text}", {"text": text, "key": key})
        return cast("object", raw)


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


def _distinct(items: list[str]) -> list[str]:
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
Names = Annotated[list[Line], Field(min_length=1), AfterValidator(_distinct)]
Count = Annotated[int, Field(ge=0)]
Size = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ModerationTable(Table):
    """`[moderation]`: where it stands, the endpoint of the lab's model reads each question and answer."""

    model: Line
    failure: Literal["open", "closed"]


class LabTable(Table):
    """lab.toml, and `[labs.KEY]` of labjam.toml."""

    name: Line | None = None
    short: Line | None = None
    place: Line | None = None
    channel: Channel | None = None
    zone: Zone | None = None
    models: Names | None = None
    answer: Literal["all", "mention"] | None = None
    contact: Line | None = None
    moderators: Annotated[list[Moderator], AfterValidator(_distinct)] | None = None
    caps: Caps | None = None
    guests: Literal["all", "allowed", "none"] | None = None
    strangers: Literal["all", "allowed", "none"] | None = None
    digest_at: DigestAt | None = None
    digest_days: DigestDays | None = None
    endpoint: Line | None = None
    link_hosts: list[Host] | None = None
    numeric_scores: bool | None = None
    compare_share: Annotated[int, Field(ge=0, le=100)] | None = None
    certify: Literal["session", "thread", "off"] | None = None
    moderation: ModerationTable | None = None

    def under(self, over: Self) -> Self:
        """Lay another table over this one, key by key; caps likewise."""
        changes = {key: getattr(over, key) for key in over.model_fields_set}
        if self.caps and over.caps:
            changes["caps"] = self.caps | over.caps
        return self.model_copy(update=changes)


class RuleTable(Table):
    """`[name]` in a file of rules."""

    level: Literal["hard", "soft"]
    title: Line
    alone: list[Line] = []
    begins: list[Line] = []
    first: list[Line] = []
    anywhere: list[Line] = []
    hits: list[str] = []
    misses: list[str] = []


class AuthTable(Table):
    """`auth`: a scheme, and the one place its token comes from."""

    scheme: Literal["bearer", "raw", "none"] = "bearer"
    env: Variable = ""
    file: Line = ""
    command: Line = ""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = sum(map(bool, (self.env, self.file, self.command)))
        if self.scheme == "none" and sources:
            raise ValueError('scheme "none" takes no env, file or command')
        if self.scheme != "none" and sources != 1:
            raise ValueError("must name exactly one of env, file, command")
        return self


class EndpointTable(Table):
    """`[endpoints.NAME]`"""

    base_url: Url
    auth: AuthTable | None = None
    headers: dict[str, Line] = {}


class PricesTable(Table):
    """`prices` of a model, in US dollars for a million tokens; `cached` without a value costs as `input`."""

    input: Price
    output: Price
    cached: Price | None = None


class ModelTable(Table):
    """`[models.NAME]`; without `endpoint` and `base_url` the model is at OPENAI_BASE_URL."""

    id: Line | None = None
    endpoint: Line | None = None
    base_url: Url | None = None
    auth: AuthTable | None = None
    headers: dict[str, Line] | None = None
    api: Literal["responses", "chat"] | None = None
    context: Size = 128_000
    max_output: Size = 16_000
    developer_role: bool = False
    reasoning_effort: Line = ""
    images: bool = False
    first_token_timeout: Seconds = 300.0
    stall_timeout: Seconds = 120.0
    limit_output: bool = False
    stream_usage: bool = True
    prices: PricesTable | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.endpoint and self.base_url:
            raise ValueError("endpoint and base_url: give one, not both")
        if (self.auth or self.headers) and not self.base_url:
            raise ValueError("auth and headers go with base_url, or into [endpoints.NAME]")
        if self.max_output >= self.context:
            raise ValueError("max_output must be smaller than context, which holds question and answer")
        return self


class JamTable(Table):
    """`[jam]`: which labs run, and what holds for all of them."""

    labs: Names | None = None
    default_models: Names = ["default"]
    hq: Channel | None = None
    leads: Annotated[list[Moderator], AfterValidator(_distinct)] = []
    certify: Literal["session", "thread", "off"] = "session"


class SlackTable(Table):
    """`[slack]`: what this workspace grants beyond, or short of, Slack's documented rates."""

    per_minute: dict[Line, Size] = {}
    posts_per_second: Seconds = 1.0
    streaming: bool = True


class ConfigTable(Table):
    """labjam.toml"""

    jam: JamTable = JamTable()
    models: dict[str, ModelTable] = {}
    endpoints: dict[str, EndpointTable] = {}
    labs: dict[str, LabTable] = {}
    slack: SlackTable = SlackTable()
