"""One lab's settings as the rest of labjam sees them, and all labs of this deployment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from bot.caps import Cap
from bot.guard import NO_RULES, Guard
from bot.labs.lookups import NOWHERE, LookUps
from bot.llm.model import ModelSpec, Moderation
from bot.slack.rates import Rates

Certify = Literal["session", "thread", "off"]
"""How often a person certifies that nothing they ask is CUI, export-controlled or personal data."""

HQ_CHANNEL = "jam-hq"
"""Where what crosses labs is posted, unless `[jam] hq` says otherwise."""


MESSAGES = 6
"""That hold one answer at most, unless a lab says otherwise."""

Outsiders = Literal["all", "allowed", "none"]
"""Which of them may ask: all, those whom a moderator allowed, or none."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question to begin with: what the button says, and what is asked."""

    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab; hashable, so that what is derived from it can be cached by it."""

    key: str  # its folder under prompts/
    title: str
    short: str  # "ANL"
    place: str
    channel: str  # a name without "#", or a channel id
    zone: str  # IANA; checked
    models: tuple[ModelSpec, ...]  # the first is asked; the others are for comparisons
    answer: Literal["all", "mention"]
    contact: str  # whom to tell of text that looks marked
    moderators: tuple[str, ...]  # Slack user ids, user group ids, e-mail addresses
    caps: tuple[Cap, ...]  # those with an amount
    endpoint: str  # the one this lab is bound to (P7); "" where it is not
    link_hosts: tuple[str, ...]  # exact hosts whose links stay live in answers
    system: str  # the raw text of its system.md
    guests: Outsiders = "allowed"  # guest accounts of the workspace
    digest_at: str = "17:00"  # of the lab's clock; "off" for none
    digest_days: str = "weekdays"  # or "daily", or "mon,wed"
    strangers: Outsiders = "allowed"  # other organisations' people, in a channel shared with them
    numeric_scores: bool = False  # whether people are asked for scores of 1 to 5
    compare_share: int = 0  # percent of questions that two models answer, blind
    wrap_up_after: int = 0  # quiet minutes after which a thread is wrapped up by itself; 0 is never
    guard: Guard = NO_RULES  # the house's rules, its own laid over them
    certify: Certify = "session"
    moderation: Moderation | None = None
    suggestions: tuple[Suggestion, ...] = ()  # four at most
    keep_days: int = 0  # of records; 0 keeps them for ever
    keep_archive: bool = True  # the archive keeps them longer
    messages: int = MESSAGES  # that hold one answer at most; of a longer one the rest comes as a file

    def model(self, name: str = "") -> ModelSpec:
        """The model of this name; the first where it has none such, so that no other lab's is asked (P7)."""
        return next((spec for spec in self.models if spec.name == name), self.models[0])

    @property
    def timezone(self) -> ZoneInfo:
        """The zone that makes this lab's days."""
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True)
class Labs(Mapping[str, Lab]):
    """The labs that run here, by key, in the order of their folders' names."""

    by_key: Mapping[str, Lab]
    house: Mapping[str, str]  # raw texts of prompts/_house, by file name without .md
    models: Mapping[str, ModelSpec]  # all that are configured, also those no lab uses
    hq: str = HQ_CHANNEL
    leads: tuple[str, ...] = ()  # who may act for every lab; named as moderators are
    rates: Rates = field(default_factory=Rates)  # how often Slack may be called
    guard: Guard = NO_RULES  # the house's rules
    look_ups: LookUps = NOWHERE  # of papers that answers name

    def __getitem__(self, key: str) -> Lab:
        return self.by_key[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_key)

    def __len__(self) -> int:
        return len(self.by_key)

    def by_channel_name(self, channel: str) -> Lab | None:
        """Find the lab whose `channel` is this name or id."""
        return next((lab for lab in self.by_key.values() if lab.channel == channel), None)
