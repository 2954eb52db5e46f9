"""Fetches the files of an export out of Slack: within limits, and no faster than it allows."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.errors import RetryLater, SlackError
from bot.exports.attached import MOST, TOO_LARGE, Fetch
from bot.slack.client import identify, open_session, web_client
from bot.slack.downloads import Downloads, NotGiven
from bot.slack.outbox import Outbox

EVERY = 0.6
"""Seconds between two look-ups: files.info is of tier 4, a hundred or more a minute."""
TRIES = 3
WITHIN = 120.0
"""Seconds for one file."""
GIVE_UP = 5
"""Files in a row that Slack did not hand out by its own fault, before no more are asked for."""

GONE = "it is gone from Slack"
OUTSIDE = "it is kept outside Slack"
NOT_GIVEN = "Slack did not hand it out"
AWAY = "Slack could not be reached"

Pause = Callable[[float], Awaitable[None]]


@asynccontextmanager
async def slack_files(token: str, api_url: str) -> AsyncGenerator[Fetch]:
    """Fetch with this token; WorldError where Slack does not know it."""
    async with open_session() as session:
        client = web_client(token, api_url, session)
        identity = await identify(client)
        yield SlackFiles(Downloads(Outbox(client, identity.user), session, token, api_url)).fetch


class SlackFiles:
    """Asks for one file after another; a file that is refused is no error."""

    def __init__(self, downloads: Downloads, pause: Pause = asyncio.sleep) -> None:
        self._downloads = downloads
        self._pause = pause
        self._failed = 0

    async def fetch(self, team: str, file: str) -> bytes | str:
        """A file's bytes, or why there are none."""
        if self._failed >= GIVE_UP:
            return AWAY
        try:
            async with asyncio.timeout(WITHIN):
                found = await self._patiently(team, file)
        except (TimeoutError, RetryLater, SlackError):
            self._failed += 1
            return AWAY
        self._failed = 0
        return found

    async def _patiently(self, team: str, file: str) -> bytes | str:
        for number in range(1, TRIES + 1):
            await self._pause(EVERY * number)
            try:
                return await self._once(team, file)
            except RetryLater:
                if number == TRIES:
                    raise
        raise AssertionError("unreachable")

    async def _once(self, team: str, file: str) -> bytes | str:
        found = await self._downloads.look(team, file)
        if found is None:
            return GONE
        if not found.url:
            return OUTSIDE
        if found.size > MOST:
            return TOO_LARGE
        try:
            content = await self._downloads.fetch(found, MOST)
        except NotGiven:
            return NOT_GIVEN
        return TOO_LARGE if content is None else content
