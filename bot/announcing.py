"""Saying something in a lab's channel, once, whatever dies: `/jam announce`, and a jam's opening and end."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from bot.errors import RetryLater, SlackRefused, SlackUnsure
from bot.labs import Labs
from bot.records import ThreadKey
from bot.running import Running
from bot.slack.blocks import Block, markdown, section
from bot.slack.delivery import NOTICE
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.store.jobs import Close, Jobs

log = logging.getLogger(__name__)

LOOK_BACK = 60.0
"""Seconds before the job was made, for clocks that differ: from there on the channel is searched for it."""


class Announcing:
    """Queues announcements, and runs the jobs that post them."""

    def __init__(
        self, labs: Labs, jobs: Jobs, directory: Directory, outbox: Outbox,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._jobs = jobs
        self._directory = directory
        self._outbox = outbox
        self._clock = clock

    async def publish(self, about: str, team: str, lab: str, words: str) -> None:
        """Queue one announcement; the same `about` is said once in a lab's channel."""
        fields = {"team": team, "words": words, "made": f"{self._clock():.0f}"}
        order = int(self._clock() * 1e6)
        await self._jobs.enqueue(lab, f"announce:{lab}", f"announce:{about}:{lab}", order, fields)

    async def run(self, running: Running) -> Close:
        """Post one announcement."""
        job = running.job
        team = job.fields["team"]
        channel = await self._directory.channel_id(team, self._labs[job.fields["lab"]].channel)
        if not channel:
            log.error("nothing announced: labjam is not in the channel", extra={"lab": job.fields["lab"]})
            return Close({})
        words = job.fields["words"]
        await say_once(self._outbox, running, team, channel, text=words, blocks=[section(words)])
        return Close({})


async def say_once(
    outbox: Outbox, running: Running, team: str, channel: str, *, text: str, blocks: Sequence[Block],
    thread_ts: str = "", about: str = "",
) -> str:  # fmt: skip
    """Post a job's one message, unless an earlier worker did; gives its ts, empty where Slack refuses it.

    The job's field `made` says since when it may stand; without, it is looked for in all of the thread.
    """
    where: dict[str, Any] = {"channel": channel} | ({"thread_ts": thread_ts} if thread_ts else {})
    about = about or running.job.id
    if running.job.resumed and (ts := await _said(outbox, running, team, where, about=about)):
        return ts
    try:
        posted = await outbox.insist(
            "chat.postMessage", team, hold=running.hold, once=True, **where, text=text,
            blocks=list(blocks), metadata={"event_type": NOTICE, "event_payload": {"about": about}},
            unfurl_links=False, unfurl_media=False,
        )  # fmt: skip
    except SlackUnsure:
        if ts := await _said(outbox, running, team, where, about=about):
            return ts
        # The job looks again before it speaks again.
        raise RetryLater("Slack gives no clear reply to chat.postMessage", 1.0) from None
    except SlackRefused as refused:
        log.error("nothing said", extra={"error": str(refused), "job": running.job.id})
        return ""
    return str(posted["ts"])


async def whisper(
    outbox: Outbox, running: Running, thread: ThreadKey, user: str, words: str, *, inside: bool = True
) -> None:
    """Say something to one person alone, in a thread or where it hangs; SlackUnsure or SlackRefused."""
    place: dict[str, Any] = {"thread_ts": thread.ts} if inside else {}
    await outbox.insist(
        "chat.postEphemeral", thread.team, hold=running.hold, once=True, channel=thread.channel,
        user=user, text=words, blocks=[markdown(words)], **place,
    )  # fmt: skip


async def _said(outbox: Outbox, running: Running, team: str, where: dict[str, Any], *, about: str) -> str:
    method = "conversations.replies" if "thread_ts" in where else "conversations.history"
    thread = {"ts": where["thread_ts"]} if "thread_ts" in where else {}
    oldest = f"{max(0.0, float(running.job.fields.get('made', 0)) - LOOK_BACK):.6f}"
    cursor = ""
    while True:
        page = await outbox.insist(
            method, team, channel=where["channel"], limit=200, include_all_metadata=True, oldest=oldest,
            cursor=cursor, **thread,
        )  # fmt: skip
        for message in page["messages"]:
            if message.get("metadata", {}).get("event_payload", {}).get("about") == about:
                return str(message["ts"])
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            return ""
