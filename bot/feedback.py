"""Thumbs on answers: kept before the click is acknowledged, the last one of a person counts."""

import time
from collections.abc import Callable

from bot.records import Vote
from bot.slack.blocks import read_about
from bot.store.jobs import Jobs
from bot.store.questions import Questions, answer_job_at


class Feedback:
    """Keeps what people think of answers."""

    def __init__(self, jobs: Jobs, clock: Callable[[], float] = time.time) -> None:
        self._questions = Questions(jobs)
        self._clock = clock

    async def vote(self, value: str, user: str) -> bool:
        """Keep a click on `thumbs`; False where the same thumb stood. ValueError on a foreign value."""
        thumb, _, about = value.partition(" ")
        lab, thread, ts = read_about(about)
        vote = Vote(lab, thread, ts, user, 1 if thumb == "+1" else -1, self._clock())
        return await self._questions.vote(vote, answer_job_at(thread.team, thread.channel, ts))

    async def again(self, value: str) -> bool:
        """Queue an answer once more, with the question as last edited; False where it is on its way."""
        _, thread, ts = read_about(value)
        job = answer_job_at(thread.team, thread.channel, ts)
        return await self._questions.again(str(thread), job, int(self._clock() * 1_000_000))
