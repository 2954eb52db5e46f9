"""Thumbs in Redis: the last one of each person on an answer, and the job that shows how many there are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from bot.records import About, SummaryVote, Vote
from bot.store import keys
from bot.store.jobs import Jobs
from bot.store.questions import answer_job_at, answer_job_of, question_of
from bot.store.redis import reachable

Kept = Literal["gone", "same", "late", "first", "changed"]
"""What became of a vote: no such answer, nothing new, overtaken by a newer one, or kept."""

SHOWN_AFTER = 3.0
"""Seconds until a vote shows on the message; more of them are shown with it."""

_VOTE = TypeAdapter(Vote)
_SUMMARY_VOTE = TypeAdapter(SummaryVote)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many people find an answer good, and how many bad."""

    good: int = 0
    bad: int = 0


def tally_of(fields: Mapping[str, str]) -> Tally:
    """What was last counted, by the fields of the answer's job; nothing where nobody judged."""
    good, _, bad = fields.get("tally", "0 0").partition(" ")
    return Tally(int(good), int(bad))


class Votes:
    """Keeps and counts thumbs."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def keep(self, vote: Vote, only_where: Literal["", "1", "-1"] = "") -> Kept:
        """Keep a thumb with its journal line, or take it back; `only_where` that thumb stands."""
        job = answer_job_at(vote.thread.team, vote.thread.channel, vote.question_ts, vote.side)
        line = json.dumps({"kind": "vote"} | json.loads(_VOTE.dump_json(vote)))
        return await self._keep(vote, job, f"{vote.thread}:tally:{job}", line, only_where)

    async def keep_on_summary(self, vote: SummaryVote, job: str, mailbox: str) -> Kept:
        """The same for the summary that a job made; `mailbox` is the job's."""
        line = json.dumps({"kind": "summary_vote"} | json.loads(_SUMMARY_VOTE.dump_json(vote)))
        home = ":".join(mailbox.split(":")[:3])  # names the shard
        return await self._keep(vote, job, f"{home}:applause:{job}", line)

    async def _keep(
        self, vote: Vote | SummaryVote, job: str, mailbox: str, line: str, only_where: str = ""
    ) -> Kept:
        """`mailbox` is that of the job that shows how many there are."""
        shows = f"{mailbox.split(':')[3]}:{job.partition(':')[2]}"
        return await self._jobs.store.run(
            "vote", self._jobs.store.shard(mailbox), job, vote.user, vote.thumb, f"{vote.at:.6f}", only_where,
            keys.KEEP, vote.lab, line, shows, mailbox, int(SHOWN_AFTER * 1000),
        )  # fmt: skip

    async def tally(self, about: About) -> Tally:
        """Count the thumbs that stand on one answer."""
        return await self.tally_at(str(about.thread), answer_job_of(about))

    async def tally_at(self, mailbox: str, job: str) -> Tally:
        """The same for whatever a job of a mailbox made."""
        async with reachable():
            standing = await self._jobs.store.client.hvals(self._key(mailbox, job))
        thumbs = [value.partition(" ")[0] for value in standing]
        return Tally(thumbs.count("1"), thumbs.count("-1"))

    async def of(self, user: str, about: About) -> Literal[1, -1] | None:
        """The thumb of one person on an answer, if any stands."""
        return await self.of_at(user, str(about.thread), answer_job_of(about))

    async def of_at(self, user: str, mailbox: str, job: str) -> Literal[1, -1] | None:
        """The same for whatever a job of a mailbox made."""
        async with reachable():
            value = await self._jobs.store.client.hget(self._key(mailbox, job), user)
        thumbs: dict[str, Literal[1, -1]] = {"1": 1, "-1": -1}
        return thumbs.get((value or "").partition(" ")[0])

    async def answer_at(self, channel: str, ts: str) -> About | None:
        """The answer that a message belongs to; None where it belongs to none that ended."""
        client = self._jobs.store.client
        for shard in range(self._jobs.store.shards):
            async with reachable():
                job = await client.get(keys.message(shard, channel, ts))
                body = job and await client.hget(keys.job(shard, job), "body")
            if body:
                question = question_of({"body": body})
                return About(question.lab, question.thread, question.ts, question.side)
        return None

    def _key(self, mailbox: str, job: str) -> str:
        return keys.votes(self._jobs.store.shard(mailbox), job)
