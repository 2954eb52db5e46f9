"""Questions in Redis: claimed when asked, edited, asked again, withdrawn."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import TypeAdapter

from bot.caps import Spent
from bot.records import About, Answer, FileRead, Gate, Question, Side, Turn, Usage, Withdrawal
from bot.store.jobs import MAILBOX_LIMIT, Claim, Close, Jobs, State
from bot.store.threads import remembered, turn_of

_QUESTION = TypeAdapter(Question)
_ANSWER = TypeAdapter(Answer)
_GATE = TypeAdapter(Gate)
_WITHDRAWAL = TypeAdapter(Withdrawal)

DELETION_MARK = 3600
"""Seconds a deletion is remembered before its question: Slack redelivers for about six minutes."""

SOON = 1
"""The order of what comes right after the running job, which has 0."""

DOUBLE_CLICK = 2000
"""Milliseconds in which asking the same model again counts as one click, however fast it answered."""

CLEARED = "cleared"
"""A job's field: the soft rules that its question's files may meet, since its asker said it is no matter."""

Asked = Literal["queued", "known", "full", "unknown"]
Edited = Literal["unknown", "same", "changed", "offered"]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model finished, kept before Slack has it all, so that nobody asks the model again."""

    text: str
    outcome: Literal["answered", "refused", "failed", "stopped", "capped"]
    note: str = ""
    retry: bool = False
    model_returned: str = ""
    prompt_version: str = ""
    usage: Usage = field(default_factory=Usage)
    first_words_at: float = 0.0
    turns_left_out: int = 0
    spent: Spent = field(default_factory=Spent)
    left: str = ""  # what the asker should know of a cap that is nearly used up
    model: str = ""  # the one that was asked, by our name; empty where none was
    shown: str = ""  # what people see where it is not the text itself: an answer that hides its model
    compared: bool = False  # the other model's answer stands, so people can choose
    files: tuple[FileRead, ...] = ()
    first_answer: str = ""  # the address of the question's first answer, where this is a further one


_DRAFT = TypeAdapter(Draft)


def answer_job(question: Question) -> str:
    """The id of the job that answers: its claim is the claim on the question (P1)."""
    return answer_job_at(question.thread.team, question.thread.channel, question.ts, question.side)


def answer_job_at(team: str, channel: str, ts: str, side: Side = "") -> str:
    """The same, from what an event or a button carries."""
    return f"answer:{team}:{channel}:{ts}" + (":b" if side == "b" else "")


def answer_job_of(about: About) -> str:
    """The same, from what a button or a form is about."""
    return answer_job_at(about.thread.team, about.thread.channel, about.question_ts, about.side)


class Questions:
    """What intake and the worker do with questions."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs

    async def ask(self, question: Question) -> Claim:
        """Claim a question and queue its answer, in one atomic step."""
        fields = {
            "body": _QUESTION.dump_json(replace(question, text="")).decode(),
            "text": question.text,
        }
        thread = str(question.thread)
        return await self.jobs.enqueue(question.lab, thread, answer_job(question), question.order, fields)

    async def knows(self, question: Question) -> bool:
        """Whether this very message was asked already."""
        return bool(await self.jobs.fields(str(question.thread), answer_job(question)))

    async def tell(self, question: Question, words: str, *, once: str = "", private: bool = False) -> Claim:
        """Queue a sentence for the asker, in place of an answer or before it; once for each message.

        With `once`, a word for the occasion, once for this person and lab; `private`, for their eyes only.
        """
        fields = {"body": _QUESTION.dump_json(replace(question, text=words, files=())).decode()}
        if private:
            fields["private"] = "1"
        mailbox = f"{question.thread}:tell"  # not behind the thread's answers
        job = answer_job(question).replace("answer:", "tell:", 1)
        if once:
            mailbox = f"{question.lab}:{question.user}:tell"
            job = f"tell:{question.lab}:{question.user}:{once}"
        return await self.jobs.enqueue(question.lab, mailbox, job, question.order, fields)

    async def gate(self, question: Question, gate: Gate, words: str) -> Claim:
        """Queue telling that a text was stopped: once for each message and rule, and without the text."""
        fields = {
            "body": _QUESTION.dump_json(replace(question, text=words, files=())).decode(),
            "gate": _GATE.dump_json(gate).decode(),
        }
        job = answer_job(question).replace("answer:", "gate:", 1) + f":{gate.where}:{gate.text_hash[:8]}"
        return await self.jobs.enqueue(question.lab, f"{question.thread}:gate", job, SOON, fields)

    async def edit(self, thread: str, job: str, text: str, order: int) -> Edited:
        """Take an edited text in: into the question, or as an offer to answer again."""
        offer = f"offer:{job.partition(':')[2]}:{order}"
        shard = self.jobs.store.shard(thread)
        edited: Edited = await self.jobs.store.run("edit", shard, job, text, offer, order, "about", job)
        if edited == "changed":  # so did the other model's question, if there is one
            await self.jobs.store.run("edit", shard, f"{job}:b", text, offer, order, "about", job)
        return edited

    async def withdraw(self, lab: str, thread: str, job: str) -> State:
        """A question was deleted: stop its answer, and queue taking away what stands of it."""
        state = await self._withdraw(lab, thread, job)
        if state != "unknown":
            for again in repeats_of(job, await self.jobs.fields(thread, job)):
                await self._withdraw(lab, thread, again)
        return state

    async def is_withdrawn(self, question: Question) -> bool:
        """Whether its message was deleted, or taken back."""
        return bool(await self.jobs.fields(str(question.thread), withdrawal_of(answer_job(question))))

    async def _withdraw(self, lab: str, thread: str, job: str) -> State:
        state = await self.jobs.cancel(thread, job, "withdrawn", DELETION_MARK)
        if state != "unknown":
            full = 2 * MAILBOX_LIMIT  # a thread too full for questions still takes deletions
            await self.jobs.enqueue(lab, thread, withdrawal_of(job), SOON, {"about": job}, limit=full)
        return state

    async def repeat(self, question: Question) -> Asked:
        """Claim one more answer to `question.repeats`; "known" where the same was asked already.

        It is a question of its own, asked by whoever pressed, and answered behind what waits. One of
        each model is on its way at a time, so a double click makes one.
        """
        thread = question.thread
        own = answer_job_at(thread.team, thread.channel, question.root)
        return await self.jobs.store.run(
            "repeat", self.jobs.store.shard(str(thread)), own, withdrawal_of(own), question.model,
            DOUBLE_CLICK, question.ts, question.lab, str(thread), answer_job(question), question.order,
            MAILBOX_LIMIT, "body", _QUESTION.dump_json(replace(question, text="")).decode(),
            "text", question.text, "about", own,
        )  # fmt: skip

    async def follow(self, thread: str, job: str, kind: str, order: int) -> None:
        """Queue what is to be done about an answer that stands: one job of a kind, again where it ran."""
        shard, follows = self.jobs.store.shard(thread), job.replace("answer:", f"{kind}:", 1)
        await self.jobs.store.run("extend", shard, job, follows, f"{thread}:{kind}", order, "")

    async def extend(
        self, thread: str, job: str, order: int, fields: Mapping[str, str], of: str = ""
    ) -> bool:
        """Keep what became known of an answer, if `of` is its edition; queue showing it (bot/refresh.py)."""
        shard, shows = self.jobs.store.shard(thread), job.replace("answer:", "refresh:", 1)
        flat = [part for pair in fields.items() for part in pair]
        known = await self.jobs.store.run("extend", shard, job, shows, f"{thread}:refresh", order, of, *flat)
        return bool(known)

    async def again(self, thread: str, job: str, order: int, fields: Mapping[str, str] | None = None) -> bool:
        """Queue a finished answer once more; False where it is unknown or on its way already."""
        return await self.jobs.again(thread, job, order, fields)


def withdrawal_of(job: str) -> str:
    """The id of the job that takes an answer away."""
    return job.replace("answer:", "withdraw:", 1)


def repeats_of(job: str, fields: Mapping[str, str]) -> list[str]:
    """The jobs that answered a question again, by the fields of its own answer's job."""
    place = job.rpartition(":")[0]
    return [f"{place}:{ts}" for ts in fields.get("repeats", "").split()]


def question_of(fields: Mapping[str, str]) -> Question:
    """The question of a job's fields, with its text as last edited."""
    question = _QUESTION.validate_json(fields["body"])
    return replace(question, text=fields.get("text", question.text))


def gate_of(fields: Mapping[str, str]) -> Gate:
    """What a `gate` job is about."""
    return _GATE.validate_json(fields["gate"])


def close_gate(gate: Gate) -> Close:
    """What a told gate leaves: its line in the journal, and no trace of whose it was."""
    line = json.dumps({"kind": "gate"} | json.loads(_GATE.dump_json(gate)))
    return Close({"body": "{}", "told": ""}, record=line)


def messages_of(fields: Mapping[str, str]) -> tuple[str, ...]:
    """The ts of the Slack messages that hold an answer, in order."""
    return tuple(json.loads(fields.get("reply", "[]")))


def pictures_of(fields: Mapping[str, str]) -> dict[str, str]:
    """The files that show an answer's formulas, by the formulas' keys."""
    return json.loads(fields.get("pictures", "{}"))


def draft_of(fields: Mapping[str, str]) -> Draft | None:
    """What a model finished for this job, if it did."""
    return _DRAFT.validate_json(fields["draft"]) if "draft" in fields else None


def noted_messages(messages: Sequence[str]) -> dict[str, str]:
    """The field that records where an answer stands."""
    return {"reply": json.dumps(list(messages))}


def noted_draft(draft: Draft) -> dict[str, str]:
    """The field that records what a model finished."""
    return {"draft": _DRAFT.dump_json(draft).decode()}


def close_with(answer: Answer, attached: str = "") -> Close:
    """What an ended question leaves: its turns for the thread, its line in the journal."""
    asked = answer.question
    turns = (Turn("user", asked.text, asked.ts, attached), Turn("assistant", answer.text, asked.ts))
    said = turns if answer.outcome in {"answered", "stopped"} else ()
    head = {"kind": "answer", "lab": asked.lab, "at": answer.finished_at}
    line = json.dumps(head | json.loads(_ANSWER.dump_json(answer)))
    fields = {"outcome": answer.outcome, "attached": ""} | noted_messages(answer.messages)
    if not asked.text:  # taken back, or stopped by the guard: not kept in the job either
        fields |= {"text": "", "body": _QUESTION.dump_json(asked).decode()}
    return Close(fields, record=line, turn=turn_of(asked), turns=remembered(asked, said, answer.messages))


def close_withdrawn(question: Question, at: float) -> Close:
    """What a deleted question leaves: no turn, and a line that tells every export to leave it out."""
    withdrawal = Withdrawal(question.lab, question.thread, question.ts, at)
    line = json.dumps({"kind": "withdrawal"} | json.loads(_WITHDRAWAL.dump_json(withdrawal)))
    return Close({}, record=line, turn=turn_of(question))
