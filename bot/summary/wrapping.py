"""Wrap-ups as jobs: one thread summed up in it, once its answers stand."""

import logging
from contextlib import suppress

from bot.announcing import say_once, whisper
from bot.errors import LabjamError, LeaseLost, RetryLater, SlackRefused, SlackUnsure
from bot.labs import Lab
from bot.records import ThreadKey
from bot.running import Running, insist
from bot.slack.blocks import Block, section
from bot.store.answers import answers_of, being_answered
from bot.store.jobs import Close
from bot.summary.counting import counted, reason
from bot.summary.gathering import Gathered
from bot.summary.posting import Writing
from bot.summary.wishing import queue_wrap_up
from bot.summary.words import wrap_up_blocks

log = logging.getLogger(__name__)

NOT_YET = 1.0
"""Seconds until a thread whose answer is being written is looked at again."""

FAILED = "*{title}*\nThe model gave none that could be used. Try the shortcut once more."
NOTHING = (
    "Nothing of this thread can be summed up: its answers were taken back, are withheld or flagged, "
    "or carry a marking."
)


class WrapUps:
    """The runner of `wrapup` jobs."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    async def run(self, running: Running) -> Close:
        """Sum one thread up, in it; where there is nothing to sum up, say so to who asked."""
        fields, made = running.job.fields, self._writing.summaries
        lab, thread = await made.current.lab(fields["lab"]), ThreadKey.parse(fields["thread"])
        if "early" in fields:
            return await self._in_time(running, thread)
        gathered = await made.gather(lab, 0.0, made.clock(), fields["thread"])
        if not gathered.threads:
            await self._tell(running, thread)
            return Close({"outcome": "failed"})
        outcome, blocks = await self._written(running, lab, gathered)
        await running.note({"outcome": outcome})  # who reads of a failure may ask again at once
        await say_once(
            made.outbox,
            running,
            thread.team,
            thread.channel,
            text="Wrap-up",
            blocks=blocks,
            thread_ts=thread.ts,
            about=f"{running.job.id} {outcome}",  # one that failed stands beside the next try's
        )
        return Close({})

    async def _in_time(self, running: Running, thread: ThreadKey) -> Close:
        """Queue the wrap-up that was asked for while an answer was being written, now that it stands."""
        jobs = self._writing.summaries.jobs
        if await insist(lambda: being_answered(jobs, thread)):
            raise RetryLater("an answer is being written", NOT_YET, counts=False)
        answers = await insist(lambda: answers_of(jobs, thread))
        if not answers:
            await self._tell(running, thread)
        else:
            user, now = running.job.fields["user"], self._writing.summaries.clock()
            await insist(lambda: queue_wrap_up(jobs, thread, answers, user, now))
        return Close({})

    async def _written(self, running: Running, lab: Lab, gathered: Gathered) -> tuple[str, list[Block]]:
        """How it went, and what is to be said."""
        builder, spent = self._writing.builder(lab)
        try:
            note = await counted(
                self._writing.budget,
                running,
                lab,
                gathered.threads,
                spent=spent,
                work=lambda: builder.note(gathered.threads[0]),
            )
        except (RetryLater, LeaseLost):
            raise
        except LabjamError as error:
            log.warning("no wrap-up", extra={"error": type(error).__name__})
            return "failed", [section(reason(running, error, FAILED).format(title="Wrap-up"))]
        return "answered", wrap_up_blocks(note, lab.models[0].id)

    async def _tell(self, running: Running, thread: ThreadKey) -> None:
        with suppress(SlackRefused, SlackUnsure):
            await whisper(
                self._writing.summaries.outbox, running, thread, running.job.fields["user"], NOTHING
            )
