"""What we say in a thread besides answers: why not, the offer to answer again, and taking things back."""

import time
from collections.abc import Callable
from contextlib import suppress

from bot.announcing import whisper
from bot.errors import SlackRefused, SlackUnsure
from bot.records import Question
from bot.reply import preview
from bot.running import Running, insist
from bot.slack.blocks import markdown
from bot.slack.delivery import NOTICE
from bot.slack.outbox import Outbox
from bot.store.answers import files_of
from bot.store.jobs import Close
from bot.store.questions import Questions, close_withdrawn, messages_of, question_of


class Notices:
    """The runners of `tell`, `offer` and `withdraw` jobs."""

    def __init__(self, questions: Questions, outbox: Outbox, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._outbox = outbox
        self._questions = questions

    async def tell(self, running: Running) -> Close:
        """Say one sentence to the asker, in the thread, once."""
        question = question_of(running.job.fields)
        thread = question.thread
        if "private" in running.job.fields:
            await self._whisper(running, question)
        elif not (running.job.resumed and await self._told(question)):
            with suppress(SlackRefused, SlackUnsure):  # unsure: better not said than said twice
                await self._outbox.insist(
                    "chat.postMessage", thread.team, hold=running.hold, once=True,
                    channel=thread.channel, thread_ts=thread.ts,
                    text=preview(question.text), blocks=[markdown(question.text)],
                    metadata={"event_type": NOTICE, "event_payload": {"about": question.ts}},
                    unfurl_links=False, unfurl_media=False,
                )  # fmt: skip
        return Close({})

    async def _whisper(self, running: Running, question: Question) -> None:
        inside = question.thread.ts != question.ts
        with suppress(SlackRefused, SlackUnsure):
            await whisper(self._outbox, running, question.thread, question.user, question.text, inside=inside)

    async def offer(self, running: Running) -> Close:
        """Put a button under an answer whose question was edited since, now that it has ended."""
        job = running.job
        at = int(self._clock() * 1_000_000)
        await insist(lambda: self._questions.extend(job.entry.mailbox, job.fields["about"], at, {}))
        return Close({})

    async def withdraw(self, running: Running) -> Close:
        """Take away what stands of an answer whose question was deleted."""
        fields = await running.about()
        if "body" not in fields:
            return Close({})
        question = question_of(fields)
        for ts in messages_of(fields):
            for method in ("chat.stopStream", "chat.delete"):  # a stream can't be deleted for sure
                with suppress(SlackRefused):  # ended, or gone, already
                    await self._outbox.insist(
                        method, question.thread.team, hold=running.hold,
                        channel=question.thread.channel, ts=ts,
                    )  # fmt: skip
        shows = running.job.fields["about"].replace("answer:", "pictures:", 1)
        for file in files_of(await running.fields_of(shows)):
            with suppress(SlackRefused):
                await self._outbox.insist("files.delete", question.thread.team, hold=running.hold, file=file)
        return close_withdrawn(question, self._clock())

    async def _told(self, question: Question) -> bool:
        thread = question.thread
        page = await self._outbox.insist(
            "conversations.replies", thread.team, channel=thread.channel, ts=thread.ts,
            oldest=question.ts, limit=200, include_all_metadata=True,
        )  # fmt: skip
        payloads = [message.get("metadata", {}).get("event_payload", {}) for message in page["messages"]]
        return any(payload.get("about") == question.ts for payload in payloads)
