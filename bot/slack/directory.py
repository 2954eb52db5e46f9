"""Which channel is which: names of channels, and the channels a person is in, asked of Slack once."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import suppress
from typing import Any

from bot.errors import SlackError, SlackRefused
from bot.slack.outbox import Outbox

log = logging.getLogger(__name__)

_FRESH = 600.0  # seconds a name is believed
_MEMBERS_FRESH = 300.0  # seconds a list of members is; who is on none is asked about by themselves
_PAGE = 1000  # members: https://docs.slack.dev/reference/methods/conversations.members
_KNOWN_LIMIT = 10_000
_NOT_OURS_TO_SEE = {"channel_not_found", "not_in_channel", "no_permission", "user_not_found"}
_TYPES = "public_channel,private_channel"


class Directory:
    """Names of channels by id; each question goes to Slack once, however many events wait for it.

    Who is in one of the `listed` channels (names or ids) is known from their lists of members: Slack tells
    one person's channels only twenty times a minute, and a jam has fourteen hundred people.
    """

    def __init__(
        self, outbox: Outbox, listed: Collection[str] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._outbox = outbox
        self._listed = listed
        self._clock = clock
        self._members: dict[str, dict[str, str]] = {}  # a person's listed channels, by team
        self._known: dict[tuple[str, ...], tuple[float, str]] = {}  # when it was asked, what was said
        self._asking: dict[tuple[str, ...], asyncio.Task[str]] = {}

    async def channel_name(self, team: str, channel: str) -> str:
        """The channel's name without `#`; empty where we can't see it."""
        return await self._answer((team, channel), lambda: self._name(team, channel))

    async def channels_of(self, team: str, user: str) -> tuple[str, ...]:
        """The names and ids of channels that we share with a person: the listed ones, or else all."""
        if self._listed:
            with suppress(SlackError):  # then this one person is asked about
                await self._answer((team, "members"), lambda: self._learn(team))
        known = self._members.get(team, {}).get(user)
        names = known or await self._answer((team, "of", user), lambda: self._names(team, user))
        return tuple(names.split())

    async def channel_id(self, team: str, channel: str) -> str:
        """The id of a channel that we are in, by its name or id; empty where we are in none such."""
        return await self._answer((team, "id", channel), lambda: self._id(team, channel))

    def forget(self, team: str, channel: str) -> None:
        """Ask again: the channel was renamed, or we were let in."""
        self._known.pop((team, channel), None)

    async def _answer(self, key: tuple[str, ...], ask: Callable[[], Coroutine[Any, Any, str]]) -> str:
        fresh = _MEMBERS_FRESH if key[1] == "members" else _FRESH
        asked_at, known = self._known.get(key, (-fresh, ""))
        if self._clock() - asked_at < fresh:
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
        async for found in self._conversations(team):
            if channel in (found["id"], found["name"]):
                return str(found["id"])
        return ""

    async def _names(self, team: str, user: str) -> str:
        return " ".join([f"{found['name']} {found['id']}" async for found in self._conversations(team, user)])

    async def _learn(self, team: str) -> str:
        """Read who is in each of the listed channels."""
        members: dict[str, list[str]] = defaultdict(list)
        async for found in self._conversations(team):
            if found["id"] in self._listed or found["name"] in self._listed:
                async for user in self._members_of(team, found["id"]):
                    members[user] += [found["name"], found["id"]]
        self._members[team] = {user: " ".join(names) for user, names in members.items()}
        return "known"

    async def _members_of(self, team: str, channel: str) -> AsyncIterator[str]:
        try:
            async for page in self._pages("conversations.members", team, channel=channel, limit=_PAGE):
                for user in page["members"]:
                    yield user
        except SlackRefused as refused:
            log.warning("Slack lists no members", extra={"error": str(refused), "channel": channel})

    async def _conversations(self, team: str, user: str = "") -> AsyncIterator[dict[str, Any]]:
        """The channels that we share with a person; all of ours without one."""
        who = {"user": user} if user else {}
        pages = self._pages("users.conversations", team, team_id=team, types=_TYPES, limit=200, **who)
        async for page in pages:  # team_id: org-wide installs
            for found in page["channels"]:
                yield found

    async def _pages(self, method: str, team: str, **args: Any) -> AsyncIterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = await self._outbox.call(method, team, cursor=cursor, **args)
            yield page
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return
