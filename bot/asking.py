"""Puts a question into the queue, from wherever it comes: for one model, or for two that compare."""

from bot.compare import Draws
from bot.labs import Lab
from bot.records import Question
from bot.store.jobs import Jobs
from bot.store.questions import Asked, Questions

FULL = "Fifty questions wait in this thread already, so I left this one out. Ask again in a while."


class Asking:
    """The one way to an answer for what people write, or ask again."""

    def __init__(self, jobs: Jobs, draws: Draws) -> None:
        self._questions = Questions(jobs)
        self._draws = draws

    async def ask(self, question: Question, lab: Lab | None, *, compare: bool = False) -> str:
        """Claim a question and queue its answers; tells the asker where the thread is full."""
        claim = await self._claim(question, lab, compare=compare)
        if claim == "full":
            await self._questions.tell(question, FULL)
        return claim

    async def _claim(self, question: Question, lab: Lab | None, *, compare: bool) -> Asked:
        if question.repeats:
            return await self._questions.repeat(question)
        pair = await self._draws.pair(question, lab, wanted=compare) if lab else None
        return await (self._draws.ask(question, pair) if pair else self._questions.ask(question))
