"""From a question to one whole answer: ask the model, show what comes, make it stand, keep the record."""

import asyncio
import hmac
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from bot import outcome, typeset
from bot.attaching import Attaching, attached_text
from bot.attempt import Attempt
from bot.budget import Budget, cost_of, spent_on
from bot.comparing import compared
from bot.current import CurrentLabs
from bot.ending import unfinished
from bot.errors import Capped, ModelError, ModelTooLong, RetryLater, SlackRefused
from bot.further import first_answer
from bot.gate import Gates, unmarked
from bot.guard import Watch
from bot.labs import Labs
from bot.llm.model import Model, ModelRequest
from bot.prompting import Estimator, QuestionTooLong, Speakers, conversation, system_prompt
from bot.records import Answer, Question, micros
from bot.running import Running, insist
from bot.showing import Showing
from bot.slack.delivery import Delivery
from bot.slack.making import Address
from bot.slack.outbox import Outbox
from bot.slack.status import Status
from bot.store.jobs import Close
from bot.store.questions import (
    Draft,
    answer_job_at,
    close_with,
    draft_of,
    messages_of,
    noted_draft,
    noted_messages,
    question_of,
)
from bot.store.threads import authors_of, others_of, turns_before, unsigned_start

log = logging.getLogger(__name__)


class Answers:
    """Answers questions; the one runner of `answer` jobs."""

    def __init__(
        self, labs: Labs, current: CurrentLabs, model: Model, outbox: Outbox, *,
        budget: Budget, gates: Gates, attaching: Attaching, pseudonym_key: bytes,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._current = current
        self._model = model
        self._outbox = outbox
        self._budget = budget
        self._gates = gates
        self._attaching = attaching
        self._status = Status(outbox)
        self._estimator = Estimator()
        self._pseudonym_key = pseudonym_key
        self._clock = clock

    async def run(self, running: Running) -> Close:
        """Bring one question to its end, wherever an earlier worker left it."""
        thread = await self._thread(running, unsure=running.job.resumed)
        thread.stand_in_line()
        try:
            draft = draft_of(running.job.fields)
            if draft is None:
                draft = await self._think(running, thread)
                draft = await compared(running, thread.question, thread.lab, draft)
                if thread.question.repeats:
                    draft = replace(draft, first_answer=await first_answer(running, self._outbox))
                await running.note(noted_draft(draft))
            return await self._end(running, thread, draft)
        finally:
            thread.leave()
            running.recorded = not thread.delivery.unsure

    async def give_up(self, running: Running) -> Close:
        """Say that something of ours broke, with a Retry button."""
        return await self._end(running, await self._thread(running, unsure=True), outcome.broken())

    async def _end(self, running: Running, thread: Showing, draft: Draft) -> Close:
        """Say what is to be said, and give the record of it."""
        await self._budget.settle(running, thread.lab, draft.spent)
        if running.stopped == "withdrawn":
            await thread.fall_silent()
            return close_with(self._record(running, thread, draft))
        draft = await self._say(running, thread, draft)
        attached = await attached_text(running) if thread.question.file_ids else ""
        return close_with(self._record(running, thread, draft), attached)

    async def _say(self, running: Running, thread: Showing, draft: Draft) -> Draft:
        """Make the answer stand; where Slack refuses it, without its tables, and else say that it did."""
        try:
            await thread.say(draft)
        except SlackRefused as refused:
            log.error("answer can't be posted", extra={"job": running.job.id, "error": str(refused)})
            plain = typeset.without_tables(draft, thread.lab)
            if plain != draft:
                await running.note(noted_draft(plain))
                return await self._say(running, thread, plain)
            with suppress(SlackRefused):
                await thread.say(outcome.not_taken())
            return replace(draft, outcome="failed", note="")
        return draft

    async def _thread(self, running: Running, *, unsure: bool) -> Showing:
        question = question_of(running.job.fields)
        delivery = self._delivery(running, question, unsure)
        lab = await insist(lambda: self._current.lab(question.lab))
        return Showing(question, lab, delivery, self._status, Watch(lab.guard))

    async def _think(self, running: Running, thread: Showing) -> Draft:
        """Ask the model; gives what to say, or raises RetryLater to ask again in a while."""
        if running.stopped:
            return outcome.stopped("", running.stopped)
        if await self._gates.stops(thread.question, thread.lab):
            return _stopped(thread)
        spec = thread.spec
        attached = await self._attaching.read(running, thread.question, thread.lab, spec)
        if isinstance(attached, str):
            return _stopped(thread) if attached == "stopped" else outcome.waits_for_word()
        prompt = system_prompt(self._labs, thread.lab)
        turns = unmarked(turns_before(running.job, thread.question), thread.lab.guard)
        ratio = self._estimator.chars_per_token(spec.name)
        try:
            asked = conversation(
                prompt, spec, turns, thread.question, ratio,
                attached=attached, speakers=await self._speakers(running, thread.question),
            )  # fmt: skip
        except QuestionTooLong as error:
            return outcome.too_long(error.length, error.allowed)
        tokens = int(asked.characters / ratio)
        try:
            left = await self._budget.admit(running, thread.question, thread.lab, spec, tokens)
        except Capped as capped:
            return outcome.capped(str(capped))
        request = ModelRequest(spec, asked.messages, self._pseudonym(thread.question), thread.lab.moderation)
        attempt = Attempt(self._model, request, self._clock)
        draft = await self._follow(running, thread, attempt)
        spent = spent_on(draft, thread.question, spec, tokens, ratio)
        draft = await self._gates.let_out(draft, thread.question, thread.lab)
        if draft.usage.input and not attached.pictures:
            self._estimator.learn(spec.name, asked.characters, draft.usage.input)
        return replace(
            draft,
            model=spec.name,
            prompt_version=prompt.version,
            files=attached.files,
            first_words_at=attempt.first_words_at,
            turns_left_out=asked.left_out,
            spent=spent,
            left=left,
        )

    async def _follow(self, running: Running, thread: Showing, attempt: Attempt) -> Draft:
        """Read and show one attempt until it ends, fails or is stopped."""
        thread.stop = running.stop
        showing = asyncio.create_task(attempt.show(thread))
        reading = asyncio.create_task(attempt.read())
        running.on_stop = reading.cancel
        if running.stopped:  # while its files were read
            reading.cancel()
        try:
            await reading
        except asyncio.CancelledError:
            if not running.stopped or running.handing_over:
                await _give_up(showing)
                if running.handing_over:
                    await thread.delivery.park()
                raise
        except ModelError as error:
            await _finish(attempt, showing)
            return await self._failed(error, running, thread, attempt)
        finally:
            running.on_stop = None
        await _finish(attempt, showing)
        if attempt.finish is None or running.stopped:
            return outcome.stopped(attempt.text, running.stopped)
        return outcome.finished(attempt.text, attempt.finish)

    async def _failed(self, error: ModelError, running: Running, thread: Showing, attempt: Attempt) -> Draft:
        log.warning(
            "model failed",
            extra={
                "job": running.job.id,
                "error": f"{type(error).__name__}: {error}",
                "tries": running.job.tries,
            },
        )
        if isinstance(error, ModelTooLong):
            self._estimator.overrun(thread.spec.name)
        try:
            return outcome.failed(error, running.job.tries, attempt.text, thread.spec.endpoint.name)
        except RetryLater:
            await thread.delivery.park()
            await thread.wait()
            raise

    def _delivery(self, running: Running, question: Question, unsure: bool) -> Delivery:
        async def note(messages: Sequence[str]) -> None:
            await running.note(noted_messages(messages))

        async def recorded() -> Sequence[str]:
            return messages_of(await running.fields())

        thread = question.thread
        return Delivery(
            self._outbox,
            Address(thread.team, thread.channel, thread.ts, question.user, question.user_team, question.ts),
            hold=running.hold,
            note=note,
            recorded=recorded,
            standing=messages_of(running.job.fields),
            others=others_of(running.job, question),
            unsure=unsure,
            interim=unfinished(question),
            wanted=lambda: running.stopped != "withdrawn",
        )

    async def _speakers(self, running: Running, question: Question) -> Speakers:
        thread, began = question.thread, ""
        if start := unsigned_start(running.job):
            fields = await running.fields_of(answer_job_at(thread.team, thread.channel, start))
            began = question_of(fields).user if "body" in fields else ""
        return Speakers.of(self._pseudonym_key, str(thread), authors_of(running.job, question, began))

    def _pseudonym(self, question: Question) -> str:
        # OpenAI takes 64 characters: one person's trouble is then not the whole lab's.
        person = f"{question.user_team}:{question.user}".encode()
        return hmac.digest(self._pseudonym_key, person, "sha256").hex()

    def _record(self, running: Running, thread: Showing, draft: Draft) -> Answer:
        spec = thread.lab.model(draft.model or thread.question.model)
        withdrawn = running.stopped == "withdrawn"
        return Answer(
            question=replace(thread.question, text="") if withdrawn else thread.question,
            outcome="withdrawn" if withdrawn else draft.outcome,
            text="" if withdrawn else draft.text,
            note=draft.note,
            messages=thread.delivery.messages,
            model_requested=spec.id,
            model_returned=draft.model_returned,
            endpoint=spec.endpoint.name,
            prompt_version=draft.prompt_version,
            usage=draft.usage,
            tries=running.job.tries + 1,
            asked_at=micros(thread.question.ts) / 1e6,
            first_words_at=draft.first_words_at,
            finished_at=self._clock(),
            turns_left_out=draft.turns_left_out,
            files=draft.files,
            cost=cost_of(spec, draft.usage),
        )


def _stopped(thread: Showing) -> Draft:
    """Forget a question that the guard stopped after it was taken in."""
    thread.question = replace(thread.question, text="", files=(), file_ids=())
    return outcome.marked_question(thread.lab.contact)


async def _finish(attempt: Attempt, showing: asyncio.Task[None]) -> None:
    attempt.end()
    await showing


async def _give_up(showing: asyncio.Task[None]) -> None:
    showing.cancel()
    with suppress(asyncio.CancelledError):
        await showing
