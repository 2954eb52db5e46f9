"""What App Home needs of a lab's journal: read whole once, and then only what is new."""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bot.desk.titles import title_of
from bot.labs import Labs
from bot.records import micros, thread_text
from bot.recount import Figures, Recount, answer_mark
from bot.store.journal import Journal
from bot.store.redis import Store

FRESH = 5.0
"""Seconds in which the journal isn't read again, however many people look."""
RECENT = 3600.0
"""Seconds of answers by which a model's health is judged."""
_FOREVER = 1e12

Answer = tuple[str, str]
"""A thread as "team:channel:ts", and the ts of a question in it; with the side where two models answered."""


@dataclass(frozen=True, slots=True)
class Health:
    """One model's answers of the last hour: how many, how many failed, and its median times in seconds."""

    model: str
    answers: int
    failed: int
    first_words: float
    whole: float


@dataclass(frozen=True, slots=True)
class OwnThread:
    """One person's thread: the last question's outcome, and that person's thumbs in it."""

    key: str
    title: str
    at: float  # of the last question
    outcome: str
    up: int = 0
    down: int = 0


@dataclass(slots=True)
class _Asked:
    title: str
    at: float
    outcome: str
    answers: set[str] = field(default_factory=set[str])  # their marks


@dataclass(slots=True)
class LabRecord:
    """What was read of one lab so far."""

    recount: Recount
    asked: dict[str, dict[Answer, _Asked]] = field(
        default_factory=lambda: defaultdict[str, dict[Answer, _Asked]](dict)
    )
    thumbs: dict[Answer, dict[str, int]] = field(
        default_factory=lambda: defaultdict[Answer, dict[str, int]](dict)
    )
    recent: deque[tuple[float, str, bool, float, float]] = field(
        default_factory=lambda: deque[tuple[float, str, bool, float, float]](maxlen=2000)
    )

    def add(self, line: Mapping[str, Any]) -> None:
        """Take one line of the journal."""
        self.recount.add(line)
        match line.get("kind"):
            case "answer":
                self._answer(line)
            case "withdrawal":
                for mine in self.asked.values():
                    mine.pop((thread_text(line["thread"]), line["question_ts"]), None)
            case "vote":
                place = thread_text(line["thread"]), answer_mark(line)
                self.thumbs[place][line["user"]] = line["thumb"] or 0
            case _:
                pass

    def threads_of(self, user: str) -> list[OwnThread]:
        """A person's threads, the latest first."""
        grouped: dict[str, list[_Asked]] = defaultdict(list)
        for (thread, _), one in self.asked.get(user, {}).items():
            grouped[thread].append(one)
        found = [self._own(user, thread, of) for thread, of in grouped.items()]
        return sorted(found, key=lambda one: -one.at)

    def health(self, now: float) -> list[Health]:
        """How the models did in the last hour, the busiest first."""
        by_model: dict[str, list[tuple[bool, float, float]]] = defaultdict(list)
        for at, model, failed, first, whole in self.recent:
            if at >= now - RECENT:
                by_model[model].append((failed, first, whole))
        found = [_health(model, of) for model, of in by_model.items()]
        return sorted(found, key=lambda one: -one.answers)

    def _own(self, user: str, key: str, of: list[_Asked]) -> OwnThread:
        first, last = min(of, key=lambda one: one.at), max(of, key=lambda one: one.at)
        thumbs = [self.thumbs.get((key, mark), {}).get(user, 0) for one in of for mark in one.answers]
        return OwnThread(key, first.title, last.at, last.outcome, thumbs.count(1), thumbs.count(-1))

    def _answer(self, line: Mapping[str, Any]) -> None:
        asked = line["question"]
        place = thread_text(asked["thread"]), asked.get("repeats") or asked["ts"]
        self.thumbs.pop((place[0], answer_mark(asked)), None)  # they were of an older text
        if line["outcome"] == "withdrawn":
            self.asked[asked["user"]].pop(place, None)
            return
        if not asked.get("repeats") or place in self.asked[asked["user"]]:
            one = self.asked[asked["user"]].setdefault(
                place, _Asked(title_of(asked["text"]), micros(place[1]) / 1e6, "")
            )
            if not (asked.get("side") and one.outcome == "answered"):  # one of two answers is an answer
                one.outcome = line["outcome"]
            one.answers.add(answer_mark(asked))
        if line["model_requested"] and line["outcome"] != "capped":
            began, first, ended = line["asked_at"], line["first_words_at"], line["finished_at"]
            waited = first - began if first else 0.0
            failed = line["outcome"] == "failed"
            self.recent.append((ended, line["model_requested"], failed, waited, ended - began))


class Records:
    """The records of all labs, as this process has read them."""

    def __init__(self, store: Store, labs: Labs, clock: Callable[[], float] = time.monotonic) -> None:
        self._journal = Journal(store)
        self._labs = labs
        self._clock = clock
        self._known: dict[str, _Read] = {}

    async def of(self, lab: str) -> tuple[LabRecord, Figures]:
        """A lab's record, at most FRESH seconds old, and its figures since the jam began."""
        read = self._known.setdefault(lab, _Read(self._new(lab)))
        async with read.lock:
            if self._clock() - read.at >= FRESH:
                await self._catch_up(lab, read)
                read.at = self._clock()
        return read.record, read.figures

    async def _catch_up(self, lab: str, read: "_Read") -> None:
        fresh = await self._read_on(lab, read)
        if fresh is None:  # a purge took lines that we had counted
            read.record, read.after = self._new(lab), {}
            await self._read_on(lab, read)
        if fresh != 0:
            read.figures = read.record.recount.figures()

    async def _read_on(self, lab: str, read: "_Read") -> int | None:
        """How many lines were new; None where a purge that we did not know of is among them."""
        count, purged = 0, False
        for shard in range(self._journal.store.shards):
            async for page in self._journal.pages(shard, lab, read.after.get(shard, "")):
                read.after[shard] = page[-1].entry
                for line in page:
                    record = json.loads(line.record)
                    read.record.add(record)
                    if record.get("kind") == "purge" and record["purge"] not in read.purges:
                        read.purges.add(record["purge"])
                        purged = True
                count += len(page)
        return None if purged else count

    def _new(self, lab: str) -> LabRecord:
        return LabRecord(Recount(self._labs[lab].timezone, 0.0, _FOREVER))


@dataclass(slots=True)
class _Read:
    record: LabRecord
    figures: Figures = field(default_factory=Figures)
    after: dict[int, str] = field(default_factory=dict[int, str])
    purges: set[str] = field(default_factory=set[str])
    at: float = -_FOREVER
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


def _health(model: str, of: list[tuple[bool, float, float]]) -> Health:
    first = [waited for _, waited, _ in of if waited]
    failed = sum(one[0] for one in of)
    return Health(model, len(of), failed, median(first) if first else 0.0, median(one[2] for one in of))
