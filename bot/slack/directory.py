"""Which channel is which: names of channels, and the channels a person is in, asked of Slack once."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from bot.errors import SlackError, SlackRefused
from bot.slack.outbox import Outbox

log = logging.getLogger(__name__)

_FRESH = 600.0  # seconds a name is believed
_KNOWN_LIMIT = 10_000
_NOT_OURS_TO_SEE = {"channel_not_found", "not_in_channel", "no_permission", "user_not_found"}
_TYPES = "public_channel,private_channel"


class Directory:
    """Names of channels by id; each question goes to Slack once, however many events wait for it."""

    def __init__(self, outbox: Outbox, clock: Callable[[], float] = time.monotonic) -> None:
        self._outbox = outbox
        self._clock = clock
        self._known: dict[tuple[str, ...], tuple[float, str]] = {}  # when it was asked, what was said
        self._asking: dict[tuple[str, ...], asyncio.Task[str]] = {}

    async def channel_name(self, team: str, channel: str) -> str:
        """The channel's name without `#`; empty where we can't see it."""
        return await self._answer((team, channel), lambda: self._name(team, channel))

    async def channels_of(self, team: str, user: str) -> tuple[str, ...]:
        """The names of the channels that we share with a person."""
        names = await self._answer((team, "of", user), lambda: self._names(team, user))
        return tuple(names.split())

    async def channel_id(self, team: str, channel: str) -> str:
        """The id of a channel that we are in, by its name or id; empty where we are in none such."""
        return await self._answer((team, "id", channel), lambda: self._id(team, channel))

    def forget(self, team: str, channel: str) -> None:
        """Ask again: the channel was renamed, or we were let in."""
        self._known.pop((team, channel), None)

    async def _answer(self, key: tuple[str, ...], ask: Callable[[], Coroutine[Any, Any, str]]) -> str:
        asked_at, known = self._known.get(key, (-_FRESH, ""))
        if self._clock() - asked_at < _FRESH:
            return known
        try:
            said = await self._once(key, ask)
        except SlackRefused as refused:  # Slack would refuse a redelivered event's question, too
            if refused.error not in _NOT_OURS_TO_SEE:
                log.error("Slack names no channels", extra={"error": str(refused)})
            return ""
        except SlackError:
            if known:
                return known  # an old name is better than no answer
            raise
        if said:  # who is in no channel yet may join one any moment
            self._known[key] = (self._clock(), said)
        if len(self._known) > _KNOWN_LIMIT:
            self._known.pop(next(iter(self._known)))
        return said

    async def _once(self, key: tuple[str, ...], ask: Callable[[], Coroutine[Any, Any, str]]) -> str:
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(ask())
            self._asking[key].add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(self._asking[key])

    async def _name(self, team: str, channel: str) -> str:
        found = await self._outbox.call("conversations.info", team, channel=channel)
        return str(found["channel"].get("name") or "")

    async def _id(self, team: str, channel: str) -> str:
        cursor = ""
        while True:
            page = await self._outbox.call(
                "users.conversations", team, team_id=team, types=_TYPES, limit=200, cursor=cursor
            )
            for found in page["channels"]:
                if channel in (found["id"], found["name"]):
                    return str(found["id"])
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return ""

    async def _names(self, team: str, user: str) -> str:
        names: list[str] = []
        cursor = ""
        while True:
            page = await self._outbox.call(
                "users.conversations",
                team,
                user=user,
                team_id=team,
                types=_TYPES,
                limit=200,
                cursor=cursor,  # team_id: org-wide installs
            )
            names += [str(channel["name"]) for channel in page["channels"]]
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return " ".join(names)
