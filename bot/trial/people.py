"""Small records of the local Slack: team, app, person, channel, file, view."""

from dataclasses import dataclass, field
from typing import Any, Literal

from bot.trial.messages import Message

Kind = Literal["channel", "group", "im", "mpim"]

BOT_SCOPES = (
    "app_mentions:read assistant:write channels:history channels:join channels:read chat:write commands "
    "files:read files:write groups:history groups:read im:history im:read im:write mpim:history mpim:read "
    "reactions:read reactions:write team:read usergroups:read users:read users:read.email"
)


@dataclass(slots=True)
class Team:
    """A Slack workspace; the app is installed in every team the local Slack knows."""

    id: str
    name: str
    domain: str


@dataclass(slots=True)
class App:
    """The app under test, as Slack knows it; `site` is the base URL of this local Slack."""

    id: str
    name: str
    bot_user: str
    bot_id: str
    site: str = ""
    scopes: set[str] = field(default_factory=lambda: set(BOT_SCOPES.split()))


@dataclass(slots=True)
class Person:
    """A human or bot member; one whose `team` is not the app's is an external (Slack Connect) person."""

    id: str
    name: str
    team: str
    is_bot: bool = False
    email: str | None = None
    tz: str = "America/Chicago"
    guest: bool = False
    direct: str = ""


@dataclass(slots=True)
class Channel:
    """A conversation with its members and messages; `roots` and `threads` hold ts in order."""

    id: str
    name: str
    team: str
    kind: Kind
    members: dict[str, None] = field(default_factory=dict[str, None])
    partner: str = ""
    created: int = 0
    archived: bool = False
    ext_shared: bool = False
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    roots: list[str] = field(default_factory=list[str])
    threads: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


@dataclass(slots=True)
class File:
    """An uploaded file; `size` in bytes."""

    id: str
    name: str
    user: str
    team: str
    mimetype: str = "text/plain"
    title: str = ""
    content: bytes = b""
    size: int = 0
    created: int = 0
    complete: bool = False
    known_at: float = 0.0  # when Slack has looked at what it is, which it does after the upload
    channels: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class View:
    """A modal or App Home as one person has it open; `stack` is the root view's id."""

    id: str
    user: str
    team: str
    body: dict[str, Any]
    hash: str
    stack: str
    previous: str | None = None
