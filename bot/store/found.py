"""What a purge finds in the store: records, jobs, and our messages and files in Slack."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.scopes import places, question_of_record, thread_of

FIELDS = ("mailbox", "lab", "body", "user", "state", "at", "reply", "sent", "files")
"""What a purge must know of a job; its words stay where they are."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A job, as far as a purge must know it."""

    shard: int
    id: str
    fields: Mapping[str, str]

    @property
    def thread(self) -> str:
        """The thread whose mailbox it was in; without one, what stands in its place."""
        return ":".join(self.fields["mailbox"].split(":")[:3])

    def record(self) -> dict[str, Any]:
        """The same as a journal's record would say it."""
        question: dict[str, Any] = json.loads(self.fields.get("body", "{}"))
        named = places(self.id)
        # Who wishes for something about another's question does not make that question theirs.
        wisher = "" if named else self.fields.get("user", "")
        return {
            "kind": "job", "lab": self.fields.get("lab", ""), "thread": self.thread,
            "threads": [self.thread] if self._holds_whole_thread() else question.get("threads", []),
            "repeats": question.get("repeats", ""), "user": question.get("user", wisher),
            "at": float(self.fields.get("at", 0)) / 1000,
            "question_ts": named[0].rpartition(":")[2] if named else "",
        }  # fmt: skip

    @property
    def messages(self) -> list[str]:
        """The ts of the messages that it left in its thread."""
        return json.loads(self.fields.get("reply", "[]"))

    @property
    def files(self) -> list[str]:
        """The files that it gave to Slack, also those that no message shows any more."""
        return [
            file for name in ("sent", "files") for file in json.loads(self.fields.get(name, "{}")).values()
        ]

    @property
    def copies_lab(self) -> bool:
        """Whether it gave somebody a file that may hold any words of its lab."""
        return self.id.startswith("export:")

    def _holds_whole_thread(self) -> bool:
        return self.id.startswith("takeaway:") and ":all:" in self.id


_InThread = dict[tuple[str, str], set[str]]
"""By lab and thread."""


@dataclass(slots=True)
class Found:
    """What a purge will take, and what it leaves since a hold keeps it."""

    lines: dict[str, list[tuple[int, str, str]]] = field(
        default_factory=dict[str, list[tuple[int, str, str]]]
    )
    """By lab: shard, entry, fingerprint."""
    jobs: list[Trace] = field(default_factory=list[Trace])
    messages: _InThread = field(default_factory=_InThread)
    """The ts of answers' messages."""
    files: _InThread = field(default_factory=_InThread)
    """Our files, whether a message shows them or not."""
    asked: _InThread = field(default_factory=_InThread)
    """The ts of questions."""
    held: int = 0

    @property
    def running(self) -> list[Trace]:
        """Jobs that have not ended."""
        return [job for job in self.jobs if job.fields.get("state") != "done"]

    @property
    def in_slack(self) -> set[tuple[str, str]]:
        """The labs and threads in which something of ours stands."""
        return self.messages.keys() | {place for place, files in self.files.items() if files}

    def note(self, lab: str, record: Mapping[str, Any]) -> None:
        """Take in where messages of a record stand, and what it is about."""
        if record.get("kind") == "summary" and record.get("ts"):
            place = f"{record['team']}:{record['channel']}:{record['ts']}"
            self.messages.setdefault((lab, place), set()).add(record["ts"])
        thread, asked = thread_of(record), question_of_record(record)
        if not thread or not asked:
            return
        self.messages.setdefault((lab, thread), set()).update(record.get("messages") or ())
        self.asked.setdefault((lab, thread), set()).add(asked.rpartition(":")[2])

    def note_jobs(self, jobs: Iterable[Trace]) -> None:
        """Take these jobs in, with what they left in Slack."""
        for job in jobs:
            self.jobs.append(job)
            lab = job.fields.get("lab", "")
            self.note(lab, job.record() | {"messages": job.messages})
            self.files.setdefault((lab, job.thread), set()).update(job.files)
