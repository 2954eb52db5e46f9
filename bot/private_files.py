"""Hands somebody a file in a direct message, once, whichever worker dies meanwhile."""

import json
from contextlib import suppress

from bot.errors import SlackRefused
from bot.running import Running
from bot.slack.outbox import Outbox
from bot.slack.uploads import Uploads


class PrivateFiles:
    """For jobs whose fields name `team` and `user`; a purge finds the file by what is noted here."""

    def __init__(self, outbox: Outbox, uploads: Uploads) -> None:
        self._outbox = outbox
        self._uploads = uploads

    async def hand(self, running: Running, words: str, name: str, content: bytes) -> None:
        """Say the words, then give the file; without content, the words alone."""
        fields = await running.fields()
        team, hold = fields["team"], running.hold
        with suppress(SlackRefused):  # they can't be reached, and nobody else may have it
            channel = fields.get("channel") or await self._say(running, team, fields["user"], words)
            await running.note({"channel": channel})
            if not content:
                return
            sent = [*json.loads(fields.get("files", "{}")).values()]
            file = sent[0] if sent else await self._uploads.send(team, name, content, hold=hold)
            await running.note({"files": json.dumps({name: file})})
            await self._uploads.complete(team, file, name, channel=channel, hold=hold)

    async def _say(self, running: Running, team: str, user: str, words: str) -> str:
        said = await self._outbox.insist(
            "chat.postMessage", team, hold=running.hold, once=True, channel=user, text=words,
            unfurl_links=False, unfurl_media=False,
        )  # fmt: skip
        return str(said["channel"])
