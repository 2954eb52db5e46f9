"""Takes in the wish to have a thread summed up: from whom may ask, and once for the same answers."""

import hashlib
from dataclasses import replace

from bot.admission import Door
from bot.records import ThreadKey
from bot.slack.events import Click
from bot.store.answers import answers_of
from bot.summary.posting import Summaries

NOTHING_HERE = "I know of no answers in this thread."
NOT_NOW = "Who can't ask at this lab now can't have a thread summed up either."
KNOWN = "Nothing was answered here since it was last asked for: the wrap-up stands below, or comes soon."
WAITS = "Answers at this lab are held by its moderators. The wrap-up comes when they go on."


async def ask_wrap_up(summaries: Summaries, door: Door, thread: ThreadKey, click: Click) -> str:
    """Queue a thread's wrap-up; gives what its asker is to know, if anything."""
    jobs, now = summaries.jobs, summaries.clock()
    answers = await answers_of(jobs, thread)
    if not answers:
        return NOTHING_HERE
    last = answers[-1][0]
    asked = replace(last, ts=click.ts, user=click.user, user_team=click.user_team, text="")
    verdict = await door.verdict(asked)
    if not verdict.lets_in:
        return NOT_NOW
    said = hashlib.sha256("\n".join(draft.text for _, draft in answers).encode()).hexdigest()[:12]
    mailbox, job = f"{thread}:wrapup", f"wrapup:{thread}:{last.ts}:{said}"
    fields = {"team": thread.team, "lab": last.lab, "made": f"{now:.0f}", "thread": str(thread)}
    fields["user"] = click.user
    if await jobs.enqueue(last.lab, mailbox, job, asked.order, fields) == "known":
        tried = (await jobs.fields(mailbox, job)).get("outcome") == "failed"
        if not tried or not await jobs.again(mailbox, job, asked.order):
            return KNOWN
    return WAITS if verdict.words else ""
