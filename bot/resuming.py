"""What comes of a question once its asker gave their word: it is asked, edited, or answered anew."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.admission import Door
from bot.asking import Asking
from bot.errors import RetryLater, SlackRefused
from bot.gate import Gates
from bot.labs import Lab, Labs
from bot.records import Question
from bot.routing import ASIDE, words_of
from bot.running import Running, insist
from bot.slack.events import read_message
from bot.slack.outbox import Outbox
from bot.steering import Steering
from bot.store.answers import edition_of
from bot.store.confirmations import Pending, close_pending, pending_of
from bot.store.jobs import Close, Jobs
from bot.store.questions import CLEARED, Questions, answer_job, draft_of, question_of

CHANGED_SINCE = (
    "This answer has changed since you pressed, so I did not have it replaced. Press once more, if you like."
)

_LOOK_AGAIN = 1.0
"""Seconds until an answer whose end is being written has ended."""


class Resuming:
    """Ends `confirm` jobs well."""

    def __init__(
        self, labs: Labs, jobs: Jobs, outbox: Outbox, *, gates: Gates, asking: Asking,
        door: Door, steering: Steering, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._outbox = outbox
        self._gates = gates
        self._asking = asking
        self._door = door
        self._steering = steering
        self._questions = Questions(jobs)
        self._clock = clock

    async def go_on(self, running: Running, pending: Pending) -> Close:
        """Do what waited."""
        if pending.anew:
            for job in pending.anew:
                await (self._with_files if pending.rules else self._again)(running, pending, job)
            return close_pending(pending, "confirmed", self._clock())
        question, lab = pending.question, self._labs[pending.question.lab]
        if pending.rules:
            question = await self._read_again(running, question)
        if question is None or await insist(lambda: self._gates.stops(question, lab)):
            return close_pending(pending, "dropped", self._clock())
        if pending.edited:
            await self._edit(question, question.text, pending.edited)
        elif await self._is_let_in(question):
            await self._ask(running, pending, question, lab)
        else:
            return close_pending(pending, "dropped", self._clock())
        return close_pending(pending, "confirmed", self._clock())

    async def _is_let_in(self, question: Question) -> bool:
        """Whether it may go on: the lab may have closed, or whose it is been muted, while it waited."""
        return await insist(lambda: self._door.admits(question))

    async def _ask(self, running: Running, pending: Pending, question: Question, lab: Lab) -> None:
        await insist(lambda: self._asking.ask(question, lab, compare=pending.compare))
        latest = pending_of(await running.fields())
        if latest and not latest.rules and latest.question.text != question.text:  # edited just now
            await self._edit(question, latest.question.text, question.order)

    async def _edit(self, question: Question, text: str, at: int) -> None:
        thread, job = str(question.thread), answer_job(question)
        await insist(lambda: self._questions.edit(thread, job, text, at))

    async def _again(self, running: Running, pending: Pending, job: str) -> None:
        """Have an answer given anew, if it still is the one that was to be, and still may be replaced."""
        pressed, fields = pending.question, await running.fields_of(job)
        if why := await insist(lambda: self._why_it_stays(pending, fields)):
            await insist(lambda: self._questions.tell(pressed, why, private=True))
        elif edition_of(fields) == pending.edition and await self._is_let_in(pressed):
            await insist(lambda: self._questions.again(str(pressed.thread), job, pressed.order))

    async def _why_it_stays(self, pending: Pending, fields: Mapping[str, str]) -> str:
        """What keeps an answer from being replaced, by the fields of its job; empty where none stands."""
        draft = draft_of(fields)
        if draft is None:
            return ""
        if edition_of(fields) != pending.edition:
            return CHANGED_SINCE
        if not draft.text.strip():
            return ""
        return await self._steering.why_it_stays(question_of(fields), pending.question.user)

    async def _with_files(self, running: Running, pending: Pending, job: str) -> None:
        """Have a question whose files its asker has cleared answered anew, once."""
        thread, order = str(pending.question.thread), int(self._clock() * 1_000_000)
        cleared = {CLEARED: " ".join(pending.rules)}
        if (await running.fields_of(job)).get(CLEARED) == cleared[CLEARED]:
            return
        again = await insist(lambda: self._questions.again(thread, job, order, cleared))
        if not again and (await running.fields_of(job)).get("state") in {"queued", "running"}:
            raise RetryLater("its answer is not written down yet", _LOOK_AGAIN, counts=False)

    async def _read_again(self, running: Running, question: Question) -> Question | None:
        """The question as it stands in Slack now; None where it is gone, or no question any more."""
        thread = question.thread
        try:
            page = await self._outbox.insist(
                "conversations.replies", thread.team, hold=running.hold, channel=thread.channel,
                ts=thread.ts, oldest=question.ts, latest=question.ts, inclusive=True, limit=2,
            )  # fmt: skip
        except SlackRefused:
            return None
        for message in page["messages"]:
            event = {"type": "message", "channel": thread.channel} | dict(message)
            found = read_message({"event": event}, thread.team, self._outbox.us)
            if found and found.ts == question.ts and found.text and not found.text.startswith(ASIDE):
                return replace(question, text=words_of(found), files=found.files, file_ids=found.file_ids)
        return None
