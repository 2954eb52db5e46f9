"""Who a person is in Slack: e-mail, guest or member, user groups; asked of Slack once, and then cached."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.errors import SlackBusy, SlackError, SlackRefused
from bot.slack.outbox import Outbox

log = logging.getLogger(__name__)

T = TypeVar("T")

PERSON_FRESH = 3600.0
GROUP_FRESH = 60.0
"""Seconds; a moderator who joins a user group has their powers within a minute."""
LIST_FRESH = 30.0
"""Seconds between two looks at the list of members, where more newcomers ask than may be asked about."""
_NOT_SHOWN = {"user_not_found", "user_not_visible"}
"""Slack's words for people of other organisations that it tells us nothing of."""
_PAGE = 1000
"""Members in one page: https://docs.slack.dev/reference/methods/users.list"""


@dataclass(frozen=True, slots=True)
class Person:
    """What a user object says: https://docs.slack.dev/reference/objects/user-object"""

    email: str = ""
    guest: bool = False
    stranger: bool = False  # of another organisation


class People:
    """Persons and user groups by id. What Slack can't say now is answered from what it said before.

    Where it said nothing before, who asks to be `sure` gets SlackBusy or SlackUnsure.
    """

    def __init__(self, outbox: Outbox, clock: Callable[[], float] = time.monotonic) -> None:
        self._outbox = outbox
        self._clock = clock
        self._persons = _Cache[Person](PERSON_FRESH, clock)
        self._groups = _Cache[frozenset[str]](GROUP_FRESH, clock)
        self._addresses = _Cache[str](PERSON_FRESH, clock)
        self._learning: dict[str, tuple[float, asyncio.Task[None]]] = {}

    async def person(self, team: str, user: str, user_team: str = "", *, sure: bool = False) -> Person:
        """Who this is; one whom Slack does not know, or does not tell us of, is taken for what we see.

        `user_team` is the workspace that a message said its author is of.
        """
        seen = Person(stranger=bool(user_team) and user_team != team)
        try:
            return await self._persons.get((team, user), lambda: self._ask(team, user), seen, sure=sure)
        except SlackBusy:  # many newcomers at once: they are all in the list
            await self._learn_again(team)
            return await self._persons.get((team, user), lambda: self._ask(team, user), seen, sure=sure)

    async def members(self, team: str, group: str, *, sure: bool = False) -> frozenset[str]:
        """The user ids in a user group; none where Slack knows no such group."""
        none: frozenset[str] = frozenset()
        return await self._groups.get((team, group), lambda: self._ask_group(team, group), none, sure=sure)

    async def at_address(self, team: str, address: str) -> str:
        """The user id of the member with this e-mail address, for sure; "" where there is none."""
        return await self._addresses.get(
            (team, address), lambda: self._ask_address(team, address), "", sure=True
        )

    async def learn(self, team: str) -> None:
        """Read the list of members, so that fourteen hundred first questions need no call each."""
        cursor = ""
        while True:
            try:
                page = await self._outbox.insist("users.list", team, team_id=team, limit=_PAGE, cursor=cursor)
            except SlackError as error:
                log.warning("members not listed", extra={"error": str(error)})
                return
            for user in page["members"]:
                self._persons.put((team, str(user["id"])), _read(user, team))
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return

    async def _learn_again(self, team: str) -> None:
        began, learning = self._learning.get(team, (0.0, None))
        if learning is None or (learning.done() and self._clock() - began > LIST_FRESH):
            learning = asyncio.ensure_future(self.learn(team))
            self._learning[team] = self._clock(), learning
        await asyncio.shield(learning)

    async def _ask(self, team: str, user: str) -> Person:
        found = await self._outbox.call("users.info", team, user=user)
        return _read(found["user"], team)

    async def _ask_address(self, team: str, address: str) -> str:
        found = (await self._outbox.call("users.lookupByEmail", team, email=address))["user"]
        return "" if _read(found, team).stranger else str(found["id"])

    async def _ask_group(self, team: str, group: str) -> frozenset[str]:
        found = await self._outbox.call("usergroups.users.list", team, usergroup=group, team_id=team)
        return frozenset(map(str, found["users"]))


class _Cache(Generic[T]):
    """Answers that stay good for a while; each question goes to Slack once, however many wait for it."""

    def __init__(self, fresh: float, clock: Callable[[], float]) -> None:
        self._fresh = fresh
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, T]] = {}
        self._asking: dict[tuple[str, str], asyncio.Task[T]] = {}

    async def get(
        self, key: tuple[str, str], ask: Callable[[], Awaitable[T]], otherwise: T, *, sure: bool = False
    ) -> T:
        read_at, known = self._known.get(key, (-self._fresh, otherwise))
        if self._clock() - read_at < self._fresh:
            return known
        if key not in self._asking:
            self._asking[key] = asyncio.ensure_future(ask())
            self._asking[key].add_done_callback(lambda _: self._asking.pop(key, None))
        try:
            said = await asyncio.shield(self._asking[key])
        except SlackRefused as error:
            if error.error in _NOT_SHOWN:
                self.put(key, known)
            about = "" if "@" in key[1] else key[1]
            log.warning("Slack does not say who", extra={"error": str(error), "about": about})
            return known
        except SlackError:
            if sure and key not in self._known:
                raise
            return known
        self.put(key, said)
        return said

    def put(self, key: tuple[str, str], value: T) -> None:
        self._known[key] = (self._clock(), value)


def _read(user: dict[str, Any], team: str) -> Person:
    profile: dict[str, Any] = user.get("profile") or {}
    # In an organisation of several workspaces a colleague's team differs, and `is_stranger` is not sent.
    colleague = bool(user.get("enterprise_user")) or user.get("team_id") in (None, team)
    return Person(
        email=str(profile.get("email") or "").casefold(),
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        stranger="is_stranger" in user or not colleague,
    )
