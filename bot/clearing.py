"""Takes our messages out of Slack after a purge: one thread at a time, as fast as Slack allows."""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from bot.errors import SlackRefused
from bot.records import ThreadKey
from bot.running import Running
from bot.slack.outbox import Outbox
from bot.store.jobs import Close


class Clearing:
    """The runner of `clear` jobs: harmless to repeat, so a worker that dies leaves nothing half done."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def run(self, running: Running) -> Close:
        """Delete what a thread holds of ours, or with `whole` empty only what belongs to some questions."""
        fields = running.job.fields
        thread = ThreadKey.parse(fields["thread"])
        named, asked, files = (
            set(json.loads(fields.get(name, "[]"))) for name in ("messages", "asked", "files")
        )
        standing = await self._ours(running, thread)
        for ts, message in standing.items():
            shown = _files_of(message)
            if fields["whole"] or ts in named or _about(message) in asked or shown & files:
                await self._remove_files(running, thread, shown - files)
                await self._delete(running, thread, ts)
        for ts in named - standing.keys():
            await self._delete(running, thread, ts)
        await self._remove_files(running, thread, files)  # last: they tell which messages go
        return Close({"outcome": "cleared", "messages": "[]", "asked": "[]", "files": "[]"})

    async def _ours(self, running: Running, thread: ThreadKey) -> dict[str, dict[str, Any]]:
        """Our messages in a thread, by their ts."""
        found, cursor = dict[str, dict[str, Any]](), ""
        while True:
            try:
                page = await self._outbox.insist(
                    "conversations.replies", thread.team, hold=running.hold, channel=thread.channel,
                    ts=thread.ts, limit=200, include_all_metadata=True, cursor=cursor,
                )  # fmt: skip
            except SlackRefused:  # the thread is gone, or no longer ours to read
                return found
            for message in page["messages"]:
                if message.get("user") == self._outbox.us:
                    found[message["ts"]] = message
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return found

    async def _remove_files(self, running: Running, thread: ThreadKey, files: Iterable[str]) -> None:
        for file in files:
            with suppress(SlackRefused):  # gone already, or somebody else's
                await self._outbox.insist("files.delete", thread.team, hold=running.hold, file=file)

    async def _delete(self, running: Running, thread: ThreadKey, ts: str) -> None:
        try:
            await self._call(running, thread, "chat.delete", ts)
        except SlackRefused as refused:
            if refused.error == "message_not_found":
                return
            for method in ("chat.stopStream", "chat.delete"):  # what streams can't be deleted for sure
                with suppress(SlackRefused):
                    await self._call(running, thread, method, ts)

    async def _call(self, running: Running, thread: ThreadKey, method: str, ts: str) -> None:
        await self._outbox.insist(method, thread.team, hold=running.hold, channel=thread.channel, ts=ts)


def _about(message: dict[str, Any]) -> str:
    """The question that a message is about, where it says so."""
    return str(message.get("metadata", {}).get("event_payload", {}).get("about", ""))


def _files_of(message: dict[str, Any]) -> set[str]:
    """A message's files, and the pictures in it."""
    shown = [block.get("slack_file", {}) for block in message.get("blocks", ())]
    return {file["id"] for file in [*message.get("files", ()), *shown] if file.get("id")}
