"""What people do with an answer: stop it, ask for one more, ask another model, take it away."""

import logging
from dataclasses import replace

from bot.admission import Door
from bot.asking import Asking
from bot.confirming import Confirming
from bot.errors import SlackRefused
from bot.labs import Labs
from bot.records import About, Question, ThreadKey, micros
from bot.slack.blocks import read_choice
from bot.slack.events import Click, Reaction
from bot.slack.outbox import Outbox
from bot.steering import Steering
from bot.store.answers import edition_of
from bot.store.jobs import Jobs
from bot.store.questions import (
    Questions,
    answer_job_at,
    answer_job_of,
    draft_of,
    messages_of,
    question_of,
    repeats_of,
)

log = logging.getLogger(__name__)

STOP = "octagonal_sign"
"""The reaction that stops an answer, on it or on its question: where Slack shows no stop button, too."""

NOT_YOURS_TO_STOP = "Only who asked this, or a moderator, can stop its answer."
NOT_OFFERED = "This lab does not offer that model any more, so I did not ask it."


class Controls:
    """Carries out what is pressed under an answer; each act is kept before Slack hears that it was."""

    def __init__(
        self, labs: Labs, jobs: Jobs, outbox: Outbox, *,
        door: Door, confirming: Confirming, asking: Asking, steering: Steering,
    ) -> None:  # fmt: skip
        self._steering = steering
        self._door = door
        self._confirming = confirming
        self._asking = asking
        self._labs = labs
        self._jobs = jobs
        self._questions = Questions(jobs)
        self._outbox = outbox

    async def answer_anew(self, about: About, click: Click) -> bool:
        """Queue an answer once more, in its place and with the question as last edited; False where not.

        Whoever presses must be let in as an asker is; one that has text is its asker's and moderators'.
        """
        fields = await self._jobs.fields(str(about.thread), answer_job_of(about))
        if "body" not in fields:
            return False
        asked, draft = question_of(fields), draft_of(fields)
        pressed = _pressed(asked, click)
        stands = bool(draft and draft.text.strip())
        if stands and (why := await self._steering.why_it_stays(asked, click.user)):
            await self._questions.tell(pressed, why, private=True)
            return False
        if not await self._door.admits(pressed):
            return False
        lab, job = self._labs[asked.lab], answer_job_of(about)
        if await self._confirming.holds_again(pressed, lab, anew=job, edition=edition_of(fields)):
            return False
        return await self._questions.again(str(about.thread), job, micros(click.ts))

    async def stop_answer(self, about: About, click: Click) -> None:
        """End an answer that grows by edits; what stands of it stays."""
        job = answer_job_of(about)
        fields = await self._jobs.fields(str(about.thread), job)
        if "body" not in fields:
            return
        asked = question_of(fields)
        if await self._steering.may_steer(asked, click.user):
            await self._jobs.cancel(str(about.thread), job, "stopped")
        else:
            await self._questions.tell(_pressed(asked, click), NOT_YOURS_TO_STOP, private=True)

    async def ask_again(self, about: About, click: Click) -> str:
        """Ask the model that answered for one more answer, below; says what became of it."""
        fields = await self._jobs.fields(str(about.thread), answer_job_of(about))
        if "body" not in fields:
            return "unknown"
        asked = question_of(fields)
        return await self._repeat(asked, self._labs[asked.lab].model(asked.model).name, click)

    async def ask_model(self, value: str, click: Click) -> str:
        """Ask another model of the lab the same question, below; `value` is the option's."""
        about, name = read_choice(value)
        fields = await self._jobs.fields(str(about.thread), answer_job_of(about))
        return await self._repeat(question_of(fields), name, click) if "body" in fields else "unknown"

    async def stop(self, reaction: Reaction) -> None:
        """End the answer that a reaction is on, or whose question it is on; what stands of it stays."""
        at_top = ThreadKey(reaction.team, reaction.channel, reaction.ts)
        if await self._stop_in(at_top, reaction):
            return
        try:
            page = await self._outbox.call(
                "conversations.replies", reaction.team, channel=reaction.channel, ts=reaction.ts, limit=1
            )
        except SlackRefused:
            return  # gone, or not ours to read
        thread_ts = str(page["messages"][0].get("thread_ts") or reaction.ts)
        if thread_ts != reaction.ts:
            await self._stop_in(replace(at_top, ts=thread_ts), reaction)

    async def _repeat(self, asked: Question, model: str, click: Click) -> str:
        own = answer_job_at(asked.thread.team, asked.thread.channel, asked.root)
        fields = await self._jobs.fields(str(asked.thread), own)
        if "body" not in fields:
            return "unknown"
        first, lab = question_of(fields), self._labs[asked.lab]
        question = replace(
            first, ts=click.ts, user=click.user, user_team=click.user_team,
            text=fields.get("edit", first.text), model=model, repeats=first.ts, side="",
        )  # fmt: skip
        if model not in {spec.name for spec in lab.models}:
            await self._questions.tell(question, NOT_OFFERED)
            return "not offered"
        if not await self._door.admits(question):
            return "not let in"
        if await self._confirming.holds_again(question, lab):
            return "waits for its asker's word"
        claim = await self._asking.ask(question, lab)
        log.debug("asked again", extra={"ts": first.ts, "claim": claim})
        return claim

    async def _stop_in(self, thread: ThreadKey, reaction: Reaction) -> bool:
        """Stop what the reaction is on in this thread; False where it is on nothing of it."""
        mailbox = str(thread)
        own = answer_job_at(thread.team, thread.channel, reaction.ts)
        fields = await self._jobs.fields(mailbox, own)
        if "body" in fields:
            further = {job: await self._jobs.fields(mailbox, job) for job in repeats_of(own, fields)}
            found = {own: fields} | {job: each for job, each in further.items() if "body" in each}
        else:
            running = await self._jobs.running(mailbox)
            found = {job: each for job, each in running.items() if reaction.ts in messages_of(each)}
        for job, fields in found.items():
            if await self._steering.may_steer(question_of(fields), reaction.user):
                await self._jobs.cancel(mailbox, job, "stopped")
        return bool(found)


def _pressed(asked: Question, click: Click) -> Question:
    """Who is told something about their click, and where."""
    return replace(
        asked, ts=click.ts, user=click.user, user_team=click.user_team, text="", files=(), file_ids=()
    )
