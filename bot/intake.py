"""Takes a message in before Slack gets its acknowledgement: once that is sent, the question is kept."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from bot.admission import Door
from bot.asking import Asking
from bot.confirming import Confirming
from bot.errors import SlackRefused
from bot.gate import Gates
from bot.labs import Lab, Labs
from bot.records import ThreadKey, micros
from bot.routing import Ask, Decision, Edit, Ignore, Refuse, Withdraw, decide, opens_a_jam_thread, words_of
from bot.slack.directory import Directory
from bot.slack.events import Incoming, read_message
from bot.slack.outbox import Outbox
from bot.store.jobs import Jobs, State
from bot.store.questions import Questions, answer_job_at, messages_of, question_of, repeats_of

OVERTAKES = 600
"""Seconds in which an edit may reach us before its question does: Slack redelivers for six minutes.
It then is the question, with its newest text; so is an aside that lost its slashes."""

log = logging.getLogger(__name__)


class Intake:
    """From an event to a stored question, or to the reason why there is none."""

    def __init__(
        self, labs: Labs, jobs: Jobs, directory: Directory, outbox: Outbox, *,
        gates: Gates, door: Door, confirming: Confirming, asking: Asking,
    ) -> None:  # fmt: skip
        self._door = door
        self._labs = labs
        self._jobs = jobs
        self._questions = Questions(jobs)
        self._directory = directory
        self._outbox = outbox
        self._gates = gates
        self._confirming = confirming
        self._asking = asking
        self._channels = ", ".join(f"#{lab.channel}" for lab in labs.values())

    async def take(self, body: dict[str, Any], team: str) -> bool:
        """Store what an event asks for; raises StoreAway or SlackError, and then it must come again.

        False where it is no message, or none that can be read.
        """
        incoming = read_message(body, team, self._outbox.us)
        if incoming is None:
            log.debug("event ignored: no message, or none that can be read")
            return False
        lab = None if incoming.by_program else await self._lab(incoming)
        decision = decide(incoming, lab, self._channels)
        outcome = await self._carry_out(decision, incoming, lab)
        log.debug("message %s", outcome, extra={"ts": incoming.ts, "channel": incoming.channel})
        return True

    async def stop(self, team: str, channel: str, thread_ts: str, streaming: Collection[str]) -> None:
        """Somebody pressed stop: end the running answer, if it is the one whose messages were `streaming`."""
        mailbox = f"{team}:{channel}:{thread_ts}"
        for job, fields in (await self._jobs.running(mailbox)).items():
            if not streaming or set(messages_of(fields)) & set(streaming):
                for each in (job, *await self._goes_on(mailbox, job, fields)):
                    await self._jobs.cancel(mailbox, each, "stopped")

    async def _goes_on(self, mailbox: str, job: str, fields: Mapping[str, str]) -> list[str]:
        """What answers the same question for the same person after a job: a second model, or once more."""
        asker = question_of(fields).user
        further = {again: await self._jobs.fields(mailbox, again) for again in repeats_of(job, fields)}
        return [
            again for again, each in further.items() if "body" in each and question_of(each).user == asker
        ]

    def forget_channel(self, team: str, channel: str) -> None:
        """A channel was renamed, or we were let in: its name is asked again."""
        self._directory.forget(team, channel)

    async def _carry_out(self, decision: Decision, incoming: Incoming, lab: Lab | None) -> str:
        match decision:
            case Ignore(why):
                return f"ignored: {why}"
            case Refuse(question, words):
                if await self._gates.stops(question, lab):
                    return "stopped by the guard"
                return f"refused: {await self._questions.tell(question, words)}"
            case Ask():
                return await self._ask(decision, lab, incoming)
            case Edit():
                return await self._edit(incoming, lab)
            case Withdraw():
                return f"deleted: {await self._withdraw(incoming, lab)}"

    async def _edit(self, incoming: Incoming, lab: Lab | None) -> str:
        if (lab or self._labs).guard.hard(incoming.text):
            return await self._edited_to_marked(incoming, lab)
        edited = await self._edit_known(incoming)
        asked = decide(replace(incoming, kind="posted"), lab)
        if isinstance(asked, Ask) and lab and edited == "unknown":
            waits = await self._confirming.edit(asked, lab)
            edited = await self._edit_known(incoming) if waits else edited  # it may have gone on just now
            if waits:
                return f"edit: waits, {edited}"
        if edited != "unknown" or incoming.at - micros(incoming.ts) > OVERTAKES * 1_000_000:
            return f"edit: {edited}"
        if not isinstance(asked, Ask):
            return "edit: of no question"
        outcome = await self._ask(asked, lab, incoming)
        # Known now: the question came in just between, with its old text.
        return outcome if outcome != "asked: known" else f"edit: {await self._edit_known(incoming)}"

    async def _edited_to_marked(self, incoming: Incoming, lab: Lab | None) -> str:
        """Take the question back as if it had been deleted: its author says now that it is marked."""
        asked = decide(replace(incoming, kind="posted"), lab)
        state = await self._withdraw(incoming, lab)
        if isinstance(asked, Ask) and (
            state != "unknown" or not asked.if_ours or await self._is_ours(asked, lab)
        ):
            await self._gates.stops(asked.question, lab, "edit")
        return "edit: stopped by the guard"

    async def _withdraw(self, incoming: Incoming, lab: Lab | None) -> State:
        thread = ThreadKey(incoming.team, incoming.channel, incoming.thread)
        job = answer_job_at(incoming.team, incoming.channel, incoming.ts)
        state = await self._questions.withdraw(lab.key if lab else "hq", str(thread), job)
        waited = await self._confirming.withdraw(thread, incoming.ts)
        return waited if state == "unknown" else state

    async def _edit_known(self, incoming: Incoming) -> str:
        job, words = answer_job_at(incoming.team, incoming.channel, incoming.ts), words_of(incoming)
        fields = await self._jobs.fields(_mailbox(incoming), job)
        if "body" not in fields:
            return "unknown"
        asked = question_of(fields)
        latest = replace(asked, text=fields.get("edit", asked.text))
        if await self._confirming.holds_edit(latest, words, incoming.at):
            return "waits for its asker's word"
        return await self._questions.edit(_mailbox(incoming), job, words, incoming.at)

    async def _ask(self, ask: Ask, lab: Lab | None, incoming: Incoming) -> str:
        if ask.if_ours and not await self._is_ours(ask, lab):
            return "ignored: this thread did not begin with a question to us"
        if await self._gates.stops(ask.question, lab):
            return "stopped by the guard"
        if not await self._door.admits(ask.question, addressed=incoming.mentions_us or incoming.direct):
            return "not let in, and told so"
        if lab and await self._confirming.holds(ask, lab):
            return "waits for its asker's word"
        return f"asked: {await self._asking.ask(ask.question, lab, compare=ask.compare)}"

    async def _is_ours(self, ask: Ask, lab: Lab | None) -> bool:
        thread = ask.question.thread
        root = answer_job_at(thread.team, thread.channel, thread.ts)
        if await self._jobs.knows(str(thread), root):
            return True
        # The root may be on its way to us still: only Slack knows now what it says.
        try:
            page = await self._outbox.call(
                "conversations.replies", thread.team, channel=thread.channel, ts=thread.ts, limit=1
            )
        except SlackRefused:
            return False  # the thread is gone, or not ours to read
        event = {"type": "message", "channel": thread.channel} | dict(page["messages"][0])
        first = read_message({"event": event}, thread.team, self._outbox.us)
        return bool(first and lab and first.ts == thread.ts and opens_a_jam_thread(first, lab))

    async def _lab(self, incoming: Incoming) -> Lab | None:
        """The lab of a channel, or in a direct message the person's own: whose jam channel they are in."""
        if not incoming.direct:
            by_id = self._labs.by_channel_name(incoming.channel)
            return by_id or self._labs.by_channel_name(
                await self._directory.channel_name(incoming.team, incoming.channel)
            )
        if incoming.thread_ts:  # a thread stays with the lab it began in, wherever its asker goes
            root = answer_job_at(incoming.team, incoming.channel, incoming.thread_ts)
            began = (await self._jobs.fields(_mailbox(incoming), root)).get("lab", "")
            if began in self._labs:
                return self._labs[began]
        names = await self._directory.channels_of(incoming.team, incoming.user)
        return next((lab for lab in self._labs.values() if lab.channel in names), None)


def _mailbox(incoming: Incoming) -> str:
    return f"{incoming.team}:{incoming.channel}:{incoming.thread}"
