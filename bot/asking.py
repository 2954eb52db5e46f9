"""Puts a question into the queue, from wherever it comes: for one model, or for two that compare."""

from bot.compare import Draws
from bot.controls import FULL
from bot.labs import Lab
from bot.records import Question
from bot.store.jobs import Jobs
from bot.store.questions import Questions


class Asking:
    """The one way to an answer for what people write."""

    def __init__(self, jobs: Jobs, draws: Draws) -> None:
        self._questions = Questions(jobs)
        self._draws = draws

    async def ask(self, question: Question, lab: Lab | None, *, compare: bool = False) -> str:
        """Claim a question and queue its answers; tells the asker where the thread is full."""
        pair = await self._draws.pair(question, lab, wanted=compare) if lab else None
        claim = await (self._draws.ask(question, pair) if pair else self._questions.ask(question))
        if claim == "full":
            await self._questions.tell(question, FULL)
        return claim
