"""Reads what stands: the answers of a thread, as long as Redis keeps them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bot.records import Question, ThreadKey
from bot.store import keys
from bot.store.jobs import Jobs
from bot.store.questions import Draft, answer_job_at, draft_of, question_of
from bot.store.redis import reachable

Asked = tuple[Question, Draft]


async def answer_of(jobs: Jobs, thread: ThreadKey, job: str) -> Asked | None:
    """One answer with its question; None where it is gone, or not written."""
    fields = await jobs.fields(str(thread), job)
    draft = draft_of(fields)
    return (question_of(fields), draft) if draft and draft.text.strip() else None


async def answers_of(jobs: Jobs, thread: ThreadKey) -> list[Asked]:
    """All answers of a thread in the order asked, further ones behind the first of their question."""
    async with reachable():
        turns: Any = await jobs.store.client.hkeys(keys.thread(jobs.store.shard(str(thread)), str(thread)))
    jobs_of = [answer_job_at(thread.team, thread.channel, str(ts)) for ts in turns]
    found = [await answer_of(jobs, thread, job) for job in jobs_of]
    return sorted((each for each in found if each), key=lambda each: (each[0].root, each[0].ts))


async def being_answered(jobs: Jobs, thread: ThreadKey) -> dict[str, str]:
    """The fields of the answer of a thread that is being written now; empty where none is."""
    for job, fields in (await jobs.running(str(thread))).items():
        if job.startswith("answer:"):
            return fields
    return {}


def edition_of(fields: Mapping[str, str]) -> str:
    """Which of a question's answers stands, by the fields of its job: it may have been answered again."""
    return hashlib.sha1(fields.get("draft", "").encode(), usedforsecurity=False).hexdigest()


def files_of(fields: Mapping[str, str]) -> list[str]:
    """All files that a `pictures` job gave to Slack: pictures, and the one that holds all of an answer."""
    return list(json.loads(fields.get("sent", "{}")).values())


def is_withdrawn(fields: Mapping[str, str]) -> bool:
    """Whether a question was deleted, or purged."""
    return fields.get("cancel") == "withdrawn"
