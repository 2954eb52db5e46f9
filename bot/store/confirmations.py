"""Questions that wait for their asker's word, and what people certified."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import TypeAdapter

from bot.records import Certification, Gate, Question, ThreadKey
from bot.store import keys
from bot.store.jobs import Claim, Close, Jobs, State
from bot.store.questions import answer_job_at

_QUESTION = TypeAdapter(Question)
_CERTIFICATION = TypeAdapter(Certification)
_GATE = TypeAdapter(Gate)

WAITS = 2 * 3600.0
"""Seconds a question waits for its asker."""
_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Pending:
    """A question that waits, and for what. One that a soft rule met has no text here: Slack has it."""

    question: Question
    scope: str = ""  # what must be certified; "" is nothing
    rules: tuple[str, ...] = ()  # the soft rules to be confirmed
    titles: tuple[str, ...] = ()  # what these say to people
    text_hash: str = ""
    until: float = 0.0  # seconds since the epoch
    compare: bool = False  # two models are to answer
    edited: int = 0  # microseconds; where it is asked already, and this is a later text of it
    anew: tuple[str, ...] = ()  # jobs of answers that stand, and are to be given anew; rules are of its files
    edition: str = ""  # which answer it was that somebody wants given anew

    @property
    def kind(self) -> Literal["question", "edited question", "file"]:
        """What it is that waits; its files may wait while a later text of it does, too."""
        return "file" if self.anew and self.rules else "edited question" if self.edited else "question"

    @property
    def needs(self) -> str:
        """What its asker is asked, to tell one asking from another."""
        return " ".join((self.kind, self.scope, *self.rules))


_PENDING = TypeAdapter(Pending)


class Confirmations:
    """What intake, the button and the `confirm` job do with such questions."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs

    async def certified(self, question: Question, scope: str, wording: str, *, wait: bool = False) -> bool:
        """Whether the asker certified; with `wait`, the question is to go on once they do."""
        person = _person(question.lab, question.thread.team, question.user)
        waiting = " ".join(_place(question.thread, question.ts, files=False))
        shard = self.jobs.store.shard(person)
        found = await self.jobs.store.run(
            "certified", shard, person, scope, wording, waiting if wait else "", _DAY
        )
        return bool(found)

    async def has_certified(self, lab: str, team: str, user: str, scope: str, wording: str) -> bool:
        """Whether a person certified for this; nothing waits for it."""
        person = _person(lab, team, user)
        shard = self.jobs.store.shard(person)
        return bool(await self.jobs.store.run("certified", shard, person, scope, wording, "", _DAY))

    async def certify(self, team: str, given: Certification) -> None:
        """Keep a certification, and let go on what waited for nothing else."""
        person = _person(given.lab, team, given.user)
        line = json.dumps({"kind": "certification"} | json.loads(_CERTIFICATION.dump_json(given)))
        waiting: list[str] = await self.jobs.store.run(
            "certify", self.jobs.store.shard(person), person, given.scope, given.wording, keys.KEEP,
            given.lab, line,
        )  # fmt: skip
        for each in waiting:
            mailbox, job = each.split(" ")
            await self.jobs.cancel(mailbox, job, "certified")

    async def wait(self, pending: Pending) -> Claim:
        """Let a question wait; once for each message, and once for its files."""
        asked, (mailbox, job) = pending.question, _place_of(pending)
        return await self.jobs.enqueue(asked.lab, mailbox, job, asked.order, _fields(pending))

    async def wait_again(self, pending: Pending, at: int) -> None:
        """Let a question wait that is asked already, for what came up `at` (microseconds), once."""
        if await self.wait(pending) == "known":
            (_, job), shard = _place_of(pending), self.jobs.store.shard(str(pending.question.thread))
            await self.jobs.store.run("wait_again", shard, job, at, *_flat(pending))

    async def amend(self, pending: Pending) -> bool:
        """Change what a waiting question says; False where it does not wait any more."""
        shard = self.jobs.store.shard(str(pending.question.thread))
        return bool(await self.jobs.store.run("amend", shard, _place_of(pending)[1], *_flat(pending)))

    async def find(self, thread: ThreadKey, ts: str, *, files: bool = False) -> Pending | None:
        """The question that waits here, or its files, if they do."""
        fields = await self.jobs.fields(*_place(thread, ts, files=files))
        return None if fields.get("state") == "done" else pending_of(fields)

    async def end(self, thread: ThreadKey, ts: str, reason: str, *, files: bool = False) -> State:
        """Tell a waiting question, or its files, why they wait no longer: "confirmed" or "withdrawn"."""
        return await self.jobs.cancel(*_place(thread, ts, files=files), reason)


def pending_of(fields: Mapping[str, str]) -> Pending | None:
    """What a `confirm` job's fields say; None once it has ended."""
    return _PENDING.validate_json(fields["pending"]) if fields.get("pending") else None


def close_pending(pending: Pending, decision: str, at: float) -> Close:
    """What a question that waited leaves: nothing of its text, and a line where a soft rule had met it."""
    fields = {"pending": "", "body": "{}", "asked": ""}
    if not pending.rules:
        return Close(fields)
    asked = pending.question
    where, ended = (
        "file" if pending.kind == "file" else "message",
        "confirmed" if decision == "confirmed" else "dropped",
    )
    gate = Gate(asked.lab, asked.thread, asked.ts, where, "soft", pending.rules, pending.text_hash, ended, at)
    return Close(fields, record=json.dumps({"kind": "gate"} | json.loads(_GATE.dump_json(gate))))


def _fields(pending: Pending) -> dict[str, str]:
    if pending.rules:
        pending = replace(pending, question=replace(pending.question, text="", files=(), file_ids=()))
    bare = replace(pending.question, text="", files=())  # whose it is, where a purge looks
    fields = {"pending": _PENDING.dump_json(pending).decode(), "body": _QUESTION.dump_json(bare).decode()}
    return fields | ({"edited": str(pending.edited)} if pending.edited else {})


def _flat(pending: Pending) -> list[str]:
    return [part for pair in _fields(pending).items() for part in pair]


def _place_of(pending: Pending) -> tuple[str, str]:
    return _place(pending.question.thread, pending.question.ts, files=pending.kind == "file")


def _place(thread: ThreadKey, ts: str, *, files: bool) -> tuple[str, str]:
    """The mailbox and the job in which a message waits, or its files: each for a word of its own."""
    job = answer_job_at(thread.team, thread.channel, ts).replace("answer:", "confirm:", 1)
    return (f"{thread}:files-{ts}", f"{job}:files") if files else (f"{thread}:confirm-{ts}", job)


def _person(lab: str, team: str, user: str) -> str:
    return f"{lab}:{team}:{user}"
