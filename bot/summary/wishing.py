"""Takes in the wish to have a thread summed up: from whom may ask, and once for the same answers."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bot.admission import Door
from bot.records import ThreadKey
from bot.slack.events import Click
from bot.store.answers import Asked, answers_of, being_answered
from bot.store.jobs import Jobs
from bot.store.questions import question_of
from bot.summary.posting import Summaries

SUM_UP = "sum"
"""The verb behind an answer's dots."""

NOTHING_HERE = "I know of no answers in this thread."
NOT_NOW = "Who can't ask at this lab now can't have a thread summed up either."
KNOWN = "Nothing was answered here since it was last asked for: the wrap-up stands below, or comes soon."
WAITS = "Answers at this lab are held by its moderators. The wrap-up comes when they go on."
EARLY = "An answer is being written here. The wrap-up comes when it stands."


async def ask_wrap_up(summaries: Summaries, door: Door, thread: ThreadKey, click: Click) -> str:
    """Queue a thread's wrap-up; gives what its asker is to know, if anything."""
    jobs, now = summaries.jobs, summaries.clock()
    coming, answers = await being_answered(jobs, thread), await answers_of(jobs, thread)
    if not coming and not answers:
        return NOTHING_HERE
    last = question_of(coming) if coming else answers[-1][0]
    asked = replace(last, ts=click.ts, user=click.user, user_team=click.user_team, text="")
    verdict = await door.verdict(asked)
    if not verdict.lets_in:
        return NOT_NOW
    if coming:
        await _queue(jobs, thread, f"early:{last.ts}", now, lab=last.lab, user=click.user, early="1")
        told = "" if "draft" in coming else EARLY  # what is whole is only about to be written down
    else:
        queued = await queue_wrap_up(jobs, thread, answers, now, user=click.user)
        told = KNOWN if queued == "known" else ""
    return told or (WAITS if verdict.words else "")


async def queue_wrap_up(
    jobs: Jobs, thread: ThreadKey, answers: Sequence[Asked], now: float, **more: str
) -> Literal["queued", "known"]:
    """Queue a thread's wrap-up, once for the same answers; once more where it failed and its `user` asks."""
    last = answers[-1][0]
    said = hashlib.sha256("\n".join(draft.text for _, draft in answers).encode()).hexdigest()[:12]
    return await _queue(jobs, thread, f"{last.ts}:{said}", now, lab=last.lab, **more)


async def _queue(
    jobs: Jobs, thread: ThreadKey, about: str, now: float, **more: str
) -> Literal["queued", "known"]:
    mailbox, job, order = f"{thread}:wrapup", f"wrapup:{thread}:{about}", int(now * 1e6)
    fields = {"team": thread.team, "made": f"{now:.0f}", "thread": str(thread), "quiet": ""} | more
    if await jobs.enqueue(more["lab"], mailbox, job, order, fields) != "known":
        return "queued"
    before = await jobs.fields(mailbox, job)
    failed = before.get("outcome") == "failed" or "early" in before
    return (
        "queued" if failed and more.get("user") and await jobs.again(mailbox, job, order, fields) else "known"
    )
