"""What a Web API method may touch, and how methods are described and find their channel."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.trial.arguments import Arguments
from bot.trial.changes import Changes
from bot.trial.errors import MethodError
from bot.trial.events import HISTORY
from bot.trial.people import Channel
from bot.trial.sockets import Sockets
from bot.trial.triggers import Triggers
from bot.trial.workspace import Workspace

Dict = dict[str, Any]


@dataclass(slots=True, eq=False)
class Site:
    """The local Slack's parts, as its Web API methods use them.

    `stream_life` in seconds; `stream_chars` caps a whole stream's text, None for no cap: Slack documents
    12,000 characters a call only. `file_look`: seconds after an upload until a block may show it, see
    https://github.com/slackapi/node-slack-sdk/issues/1865
    """

    workspace: Workspace
    changes: Changes
    sockets: Sockets
    triggers: Triggers
    stream_life: float = 300.0
    stream_chars: int | None = None
    file_look: float = 0.2


@dataclass(slots=True, frozen=True)
class Method:
    """A Web API method; `{kind}` in `scope` is its channel's kind; `kind` is its token: bot, app or any."""

    run: Callable[[Site, Arguments], Dict]
    scope: str = ""
    kind: str = "bot"
    channel: str = "channel"


def require(site: Site, scope: str) -> None:
    """Refuse a call the app has no scope for."""
    have = site.workspace.app.scopes
    if scope and scope not in have:
        raise MethodError("missing_scope", needed=scope, provided=",".join(sorted(have)))


def find_channel(site: Site, reference: str | None) -> Channel:
    """The channel an argument names, if the app can see it."""
    channel = site.workspace.channel(reference) if reference else None
    if not channel or (channel.kind != "channel" and site.workspace.bot not in channel.members):
        raise MethodError("channel_not_found")
    return channel


def scope_for(site: Site, method: Method, arguments: Arguments) -> str:
    """The scope this very call needs."""
    if "{kind}" not in method.scope:
        return method.scope
    reference = arguments.text(method.channel)
    channel = site.workspace.channel(reference) if reference else None
    return method.scope.replace("{kind}", HISTORY[channel.kind if channel else "channel"])
