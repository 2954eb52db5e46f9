"""The schema of lab.toml and labjam.toml: every key they may hold, and what each allows."""

from typing import Annotated, Literal, Self, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from bot.labs.lookups import ARXIV, CROSSREF, PUBMED
from bot.labs.values import (
    Caps,
    Channel,
    Count,
    DigestAt,
    DigestDays,
    Host,
    Line,
    LookUpUrl,
    Moderator,
    Names,
    Price,
    Seconds,
    Size,
    Url,
    Variable,
    Zone,
    allowed,
    distinct,
)


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


class ModerationTable(Table):
    """`[moderation]`: where it stands, the endpoint of the lab's model reads each question and answer."""

    model: Line
    failure: Literal["open", "closed"]


class SuggestionTable(Table):
    """`[[suggestions]]`: a question to begin with, as Slack shows it to who opens labjam's messages."""

    title: Annotated[Line, Field(max_length=60)]
    message: Annotated[Line, Field(max_length=500)]


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
    moderators: Annotated[list[Moderator], AfterValidator(distinct)] | None = None
    caps: Caps | None = None
    guests: Literal["all", "allowed", "none"] | None = None
    strangers: Literal["all", "allowed", "none"] | None = None
    digest_at: DigestAt | None = None
    digest_days: DigestDays | None = None
    endpoint: Line | None = None
    link_hosts: list[Host] | None = None
    messages: Annotated[int, Field(ge=1, le=50)] | None = None
    numeric_scores: bool | None = None
    compare_share: Annotated[int, Field(ge=0, le=100)] | None = None
    wrap_up_after: Annotated[int, Field(ge=0, le=7 * 24 * 60)] | None = None
    certify: Literal["session", "thread", "off"] | None = None
    moderation: ModerationTable | None = None
    suggestions: Annotated[list[SuggestionTable], Field(max_length=4)] | None = None
    keep_days: Count | None = None
    keep_archive: bool | None = None

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
    leads: Annotated[list[Moderator], AfterValidator(distinct)] = []
    certify: Literal["session", "thread", "off"] = "session"


class SlackTable(Table):
    """`[slack]`: what this workspace grants beyond, or short of, Slack's documented rates."""

    per_minute: dict[Line, Size] = {}
    posts_per_second: Seconds = 1.0
    streaming: bool = True


class ReferencesTable(Table):
    """`[references]`: whether ids of papers in answers are looked up, and where."""

    look_up: bool = False
    contact: Line | None = None
    doi: LookUpUrl = CROSSREF
    arxiv: LookUpUrl = ARXIV
    pubmed: LookUpUrl = PUBMED


class ConfigTable(Table):
    """labjam.toml"""

    jam: JamTable = JamTable()
    models: dict[str, ModelTable] = {}
    endpoints: dict[str, EndpointTable] = {}
    labs: dict[str, LabTable] = {}
    slack: SlackTable = SlackTable()
    references: ReferencesTable = ReferencesTable()
