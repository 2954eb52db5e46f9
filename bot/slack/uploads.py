"""Files on their way to Slack: a place asked for, the bytes sent there, then completed and shared, once."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import aiohttp

from bot.errors import RetryLater, SlackRefused, SlackUnsure
from bot.slack.outbox import Hold, Outbox

LOOKS = (0.0, 0.3, 0.7, 1.5, 3.0)
"""Seconds between asking whether Slack has looked at a file, which it does after it took it."""
ALT_TEXT = 1_000
"""Characters: https://docs.slack.dev/reference/methods/files.getUploadURLExternal"""

_DONE = "file_already_completed"


class Uploads:
    """Uploads in two steps, so that a caller can note the file's id in between: `send` may be repeated
    at no harm, since nobody sees a file before `complete`, and `complete` looks before it repeats."""

    def __init__(self, outbox: Outbox, session: aiohttp.ClientSession) -> None:
        self._outbox = outbox
        self._session = session

    async def send(
        self, team: str, name: str, content: bytes, *, alt: str = "", hold: Hold | None = None
    ) -> str:
        """Send a file's bytes; gives its id. RetryLater where its place takes nothing."""
        about: dict[str, Any] = {"alt_txt": alt[:ALT_TEXT]} if alt else {}
        given = await self._outbox.insist(
            "files.getUploadURLExternal", team, hold=hold, filename=name, length=len(content), **about
        )
        headers = {"Content-Type": "application/octet-stream"}
        try:
            async with self._session.post(given["upload_url"], data=content, headers=headers) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RetryLater(f"upload: {type(error).__name__}") from None
        if status != 200:
            raise RetryLater(f"upload: HTTP {status}")
        return str(given["file_id"])

    async def complete(
        self, team: str, file: str, title: str, *, channel: str = "", thread_ts: str = "", words: str = "",
        hold: Hold | None = None,
    ) -> None:  # fmt: skip
        """Make a sent file exist; with `channel` it is shared there, once, with `words` before it.

        A file without a channel is ours alone: a picture in a message's blocks (`slack_file`).
        """
        place = {"channel_id": channel, "thread_ts": thread_ts, "initial_comment": words}
        given: dict[str, Any] = {name: value for name, value in place.items() if value}
        files = json.dumps([{"id": file, "title": title}])
        try:
            await self._outbox.insist(
                "files.completeUploadExternal", team, hold=hold, once=bool(channel), files=files, **given
            )
        except SlackUnsure:
            if not await self.is_shared(team, file, hold=hold):
                raise RetryLater("Slack gives no clear reply to files.completeUploadExternal") from None
        except SlackRefused as refused:
            if refused.error != _DONE:
                raise

    async def settles(self, team: str, file: str, *, hold: Hold | None = None) -> bool:
        """Wait a few seconds until Slack knows what a file is; False where it takes longer."""
        for pause in LOOKS:
            await asyncio.sleep(pause)
            if await self.is_known(team, file, hold=hold):
                return True
        return False

    async def delete(self, team: str, file: str, *, hold: Hold | None = None) -> None:
        """Take a file out of Slack, and so out of every message; harmless where it is gone."""
        with suppress(SlackRefused):  # gone already, or never completed
            await self._outbox.insist("files.delete", team, hold=hold, file=file)

    async def is_shared(self, team: str, file: str, *, hold: Hold | None = None) -> bool:
        """Whether a file stands in any channel."""
        try:
            found = (await self._outbox.insist("files.info", team, hold=hold, file=file))["file"]
        except SlackRefused:
            return False  # it was never completed
        return any(found.get(place) for place in ("channels", "groups", "ims"))

    async def is_known(self, team: str, file: str, *, hold: Hold | None = None) -> bool:
        """Whether Slack has looked at what a file is; before that no block may show it:
        https://github.com/slackapi/node-slack-sdk/issues/1865"""
        found = await self._outbox.insist("files.info", team, hold=hold, file=file)
        return bool(found["file"].get("mimetype"))
