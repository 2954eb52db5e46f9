"""The questions that wait in the queue itself, because every worker is full."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.records import Question
from bot.store.jobs import Jobs
from bot.store.questions import question_of

MOST = 500
"""Questions of one lab, in one shard, that are looked at: the first ones in line."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question whose asker is to hear where it stands."""

    question: Question
    job: str
    ahead: int  # questions of its lab before it
    first: bool  # its asker has not heard yet


async def backlog(jobs: Jobs, patience: float, every: float) -> Sequence[Waiting]:
    """Who has waited for `patience` seconds, and heard nothing for `every`; each is marked as told.

    On a cluster the place is an estimate: a lab's questions are spread evenly over its shards.
    """
    found: list[Waiting] = []
    shards = jobs.store.shards
    for shard in range(shards):
        flat = await jobs.store.run(
            "backlog", shard, int(1000 * patience), int(1000 * every), MOST, *jobs.labs
        )
        for i in range(0, len(flat), 5):
            _, ahead, job, body, first = flat[i : i + 5]
            found.append(Waiting(question_of({"body": body}), job, ahead * shards, bool(first)))
    return found
