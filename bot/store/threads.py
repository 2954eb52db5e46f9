"""What a thread remembers of its questions: who asked, what was said, and which messages answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import TypeAdapter

from bot.records import Question, Turn
from bot.store.jobs import Job

CHOICE = ":choice"
"""Ends the name under which a thread remembers which of two answers its asker found better."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """What a thread remembers of one question: its turns, if any, and the messages that answer it."""

    turns: tuple[Turn, ...]
    messages: tuple[str, ...]
    repeats: str = ""  # the ts of the question that this answered again
    by: str = ""  # who wrote the question


_ENDED = TypeAdapter(_Ended)


@lru_cache(maxsize=256)
def _ended(text: str) -> _Ended:
    return _ENDED.validate_json(text)


def turn_of(question: Question) -> str:
    """Under which name a thread remembers the answer to a question."""
    return f"{question.ts}:b" if question.side == "b" else question.ts


def remembered(question: Question, turns: Sequence[Turn], messages: tuple[str, ...]) -> str:
    """What is remembered of a question that ended."""
    by = "" if question.repeats else question.user
    return _ENDED.dump_json(_Ended(tuple(turns), messages, question.repeats, by)).decode()


def turns_before(job: Job, question: Question) -> Sequence[Turn]:
    """The thread's turns from before this question, in the order asked.

    Of a question that was answered again the newest answer counts, in the question's own place. One
    that is answered again itself is so with what came before it, as the first time.
    """
    newest: dict[str, tuple[Turn, ...]] = {}
    for ts in sorted(ts for ts in job.turns if not ts.endswith(CHOICE)):
        ended = _ended(job.turns[ts])
        asked = ended.repeats or ts.partition(":")[0]
        if ts != asked and ":" in ts and asked in newest and job.turns.get(asked + CHOICE) != "b":
            continue  # of two compared answers the first counts, unless its asker chose the other
        if ended.turns and (asked not in newest or ended.turns[-1].text.strip()):
            newest[asked] = ended.turns
    return [turn for ts in sorted(newest) if ts < question.root for turn in newest[ts]]


def authors_of(job: Job, question: Question, began: str = "") -> dict[str, str]:
    """Who wrote each of the thread's questions, by its ts, in the order asked; this question's as well.

    `began` is who wrote the `unsigned_start`, if there is one; nobody is told apart where it is unknown.
    """
    authors = {ts: one.by for ts, one in _asked(job).items() if one.by}
    if not question.repeats:
        authors[question.ts] = question.user
    if start := unsigned_start(job):
        authors = {start: began} | authors if began else {}
    return dict(sorted(authors.items()))


def unsigned_start(job: Job) -> str:
    """The ts of the thread's first question, where an early version remembered it without its author."""
    asked = _asked(job)
    first = min(asked, default="")
    return first if first and not asked[first].by else ""


def _asked(job: Job) -> dict[str, _Ended]:
    """What is remembered of each question itself, by its ts: not of it asked again, nor to a second model."""
    ended = {ts: _ended(text) for ts, text in job.turns.items() if ":" not in ts}
    return {ts: one for ts, one in ended.items() if not one.repeats}


def others_of(job: Job, question: Question) -> frozenset[str]:
    """The ts of all messages that belong to the thread's other answers."""
    ended = [
        _ended(text) for ts, text in job.turns.items() if ts != turn_of(question) and not ts.endswith(CHOICE)
    ]
    return frozenset(message for one in ended for message in one.messages)
