"""Comparisons in Redis: both answers claimed at once, how often each pair was drawn, what the asker chose."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic import TypeAdapter

from bot.records import About, Question, ThreadKey
from bot.store import keys
from bot.store.jobs import MAILBOX_LIMIT, Claim, Jobs
from bot.store.questions import answer_job, answer_job_of
from bot.store.redis import reachable

_QUESTION = TypeAdapter(Question)


class Pairs:
    """What intake and the voters do with comparisons."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def ask(self, question: Question, models: tuple[str, str], drawn: str) -> Claim:
        """Claim a question and queue both of its answers, in one atomic step; then count the pair."""
        first, second = (
            replace(question, side=side, model=model) for side, model in zip("ab", models, strict=True)
        )
        thread = str(question.thread)
        claim: Claim = await self._jobs.store.run(
            "both", self._jobs.store.shard(thread), question.lab, thread, answer_job(first),
            answer_job(second), question.order, MAILBOX_LIMIT, f"{question.ts}:b", _body(first),
            _body(second), "text", question.text,
        )  # fmt: skip
        if claim == "queued":
            async with reachable():
                await self._jobs.store.client.hincrby(self._drawn(question.lab), drawn, 1)
        return claim

    async def drawn(self, lab: str) -> Mapping[str, int]:
        """How often each pair of a lab was drawn."""
        async with reachable():
            counts = await self._jobs.store.client.hgetall(self._drawn(lab))
        return {pair: int(count) for pair, count in counts.items()}

    async def sides(self, about: About) -> tuple[dict[str, str], dict[str, str]]:
        """What is known of A and of B; empty where it is nothing."""
        thread = str(about.thread)
        return (
            await self._jobs.fields(thread, answer_job_of(replace(about, side="a"))),
            await self._jobs.fields(thread, answer_job_of(replace(about, side="b"))),
        )

    async def compared_in(self, thread: ThreadKey, lab: str) -> list[str]:
        """The ts of a thread's questions that two models of this lab answered."""
        shard = self._jobs.store.shard(str(thread))
        async with reachable():
            kept = await self._jobs.store.client.hkeys(keys.thread(shard, str(thread)))
        asked = sorted(ts.removesuffix(":b") for ts in kept if ts.endswith(":b"))
        sides = [(await self.sides(About(lab, thread, ts)))[0] for ts in asked]
        return [ts for ts, side in zip(asked, sides, strict=True) if side.get("lab") == lab]

    async def choose(self, thread: ThreadKey, question_ts: str, side: Literal["a", "b"]) -> None:
        """Go on in this thread from the answer that its asker found better."""
        name = keys.thread(self._jobs.store.shard(str(thread)), str(thread))
        async with reachable():
            if await self._jobs.store.client.exists(name):
                await self._jobs.store.client.hset(name, f"{question_ts}:choice", side)

    def _drawn(self, lab: str) -> str:
        return keys.pairs(self._jobs.store.shard(lab), lab)


def _body(question: Question) -> str:
    return _QUESTION.dump_json(replace(question, text="")).decode()
