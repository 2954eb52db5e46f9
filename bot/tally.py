"""How many thumbs an answer has, shown in its small print: many clicks, now and then one edit."""

import time
from collections.abc import Callable

from bot.errors import RetryLater
from bot.records import About
from bot.running import Running, insist
from bot.store.jobs import Close
from bot.store.questions import Questions, question_of
from bot.store.votes import Votes

SHOW_EVERY = 30.0
"""Seconds between two edits of one message for its thumbs: answers need Slack's fifty a minute more."""


class Tallies:
    """The runner of `tally` jobs; a vote makes one due (scripts/vote.lua)."""

    def __init__(self, questions: Questions, votes: Votes, clock: Callable[[], float] = time.time) -> None:
        self._questions = questions
        self._votes = votes
        self._clock = clock

    async def run(self, running: Running) -> Close:
        """Have the count shown under an answer; RetryLater where it was shown just now."""
        job, mailbox, now = running.job.fields["about"], running.job.entry.mailbox, self._clock()
        rest = float(running.job.fields.get("shown_at", 0)) + SHOW_EVERY - now
        if rest > 0:
            raise RetryLater("shown just now", rest, counts=False)
        fields = await running.about()
        if "body" not in fields:
            return Close({})  # purged meanwhile
        question = question_of(fields)
        about = About(question.lab, question.thread, question.ts, question.side)
        tally = await insist(lambda: self._votes.tally(about))
        counted = {"tally": f"{tally.good} {tally.bad}"}
        if fields.get("tally", "0 0") == counted["tally"]:
            return Close({})
        thread = ":".join(mailbox.split(":")[:3])
        await insist(lambda: self._questions.extend(thread, job, int(now * 1_000_000), counted))
        return Close({"shown_at": f"{now:.3f}"})
