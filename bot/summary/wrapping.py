"""Wrap-ups as jobs: one thread summed up in it, once its answers stand."""

import logging
from collections.abc import Sequence
from contextlib import suppress

from bot.announcing import say_once, whisper
from bot.errors import LabjamError, LeaseLost, RetryLater, SlackRefused, SlackUnsure
from bot.records import ThreadKey
from bot.running import Running, insist
from bot.slack.blocks import Block, section
from bot.store.answers import answers_of, being_answered
from bot.store.jobs import Close
from bot.summary.counting import counted, reason
from bot.summary.gathering import is_all_there
from bot.summary.standing import Standing
from bot.summary.wishing import queue_wrap_up
from bot.summary.words import wrap_up_blocks, wrapped_by
from bot.summary.writing import Writing, record_of

log = logging.getLogger(__name__)

NOT_YET = 1.0
"""Seconds until a thread whose answer is being written is looked at again."""

FAILED_NOTE = {"outcome": "failed"}
"""Noted before it is told, so that who reads of it may ask again at once."""

FAILED = "*{title}*\nThe model gave none that could be used. Try the shortcut once more."
NOTHING = (
    "Nothing of this thread can be summed up: its answers were taken back, are withheld or flagged, carry "
    "a marking, or are somebody's who wants to be left out."
)
CHANGED = (
    "Some of this thread was taken back, withheld or flagged while I summed it up, so that did not become a "
    "wrap-up. Use the shortcut once more for what is left."
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
        gathered = await made.thread(lab, str(thread), fields.get("user", ""))
        if not gathered.threads:
            return await self._without(running, thread, NOTHING)
        builder, spent = self._writing.builder(lab)
        try:
            note = await counted(
                self._writing.budget, running, lab, gathered.threads, spent=spent,
                work=lambda: builder.note(gathered.threads[0]),
            )  # fmt: skip
        except (RetryLater, LeaseLost):
            raise
        except LabjamError as error:
            log.warning("no wrap-up", extra={"error": type(error).__name__})
            return await self._failed(running, thread, reason(running, error, FAILED).format(title="Wrap-up"))
        now = (await made.thread(lab, str(thread), fields.get("user", ""))).threads
        if not now or not is_all_there(gathered.threads[0], now[0]):
            return await self._without(running, thread, CHANGED if now else NOTHING)
        model = lab.models[0].id
        standing = Standing(
            lab=lab.key, team=thread.team, channel=thread.channel, thread_ts=thread.ts, sums="thread",
            model=model, title="Wrap-up", blocks=wrap_up_blocks(note), threads=(str(thread),),
            small_print=wrapped_by(model, fields.get("quiet", "")),
        )  # fmt: skip
        await running.note({"body": standing.model_dump_json()})  # before it can be judged
        ts = await self._say(running, thread, standing.shown(running.job.id))
        record = record_of(standing, ts, made.clock(), spent, note=note.model_dump(mode="json"))
        return Close({"outcome": "answered", "ts": ts}, record=record)

    async def _without(self, running: Running, thread: ThreadKey, words: str) -> Close:
        await running.note(FAILED_NOTE)
        await self._tell(running, thread, words)
        return Close({})

    async def _failed(self, running: Running, thread: ThreadKey, words: str) -> Close:
        await running.note(FAILED_NOTE)
        if running.job.fields.get("user"):  # nobody waits for one that comes by itself
            await self._say(running, thread, [section(words)], again=" failed")
        return Close({})

    async def _say(
        self, running: Running, thread: ThreadKey, blocks: Sequence[Block], again: str = ""
    ) -> str:
        return await say_once(
            self._writing.summaries.outbox, running, thread.team, thread.channel, text="Wrap-up",
            blocks=blocks, thread_ts=thread.ts, about=running.job.id + again,
        )  # fmt: skip

    async def _in_time(self, running: Running, thread: ThreadKey) -> Close:
        """Queue the wrap-up that was asked for while an answer was being written, now that it stands."""
        jobs = self._writing.summaries.jobs
        if await insist(lambda: being_answered(jobs, thread)):
            raise RetryLater("an answer is being written", NOT_YET, counts=False)
        answers = await insist(lambda: answers_of(jobs, thread))
        if not answers:
            await self._tell(running, thread, NOTHING)
        else:
            user, now = running.job.fields["user"], self._writing.summaries.clock()
            await insist(lambda: queue_wrap_up(jobs, thread, answers, now, user=user))
        return Close({})

    async def _tell(self, running: Running, thread: ThreadKey, words: str) -> None:
        if user := running.job.fields.get("user", ""):
            with suppress(SlackRefused, SlackUnsure):
                await whisper(self._writing.summaries.outbox, running, thread, user, words)
