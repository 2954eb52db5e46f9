"""Thumbs on answers: kept before the click is acknowledged, the last one of a person counts."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from bot.errors import RetryLater, SlackError
from bot.records import About, Vote
from bot.running import Running, insist
from bot.slack.blocks import DETAILS, UNVOTE, about_answer, actions, button, read_about, words
from bot.slack.events import read_reaction
from bot.slack.outbox import Outbox
from bot.store.jobs import CROSS_LAB, Close, Jobs
from bot.store.votes import Kept, Votes

log = logging.getLogger(__name__)

THANKS = "Thank you. Your {thumb} on this answer is kept; your last thumb counts."
TAKEN_BACK = "Your thumb on this answer is taken back. That you had given it stays in the record."
GONE = "This answer is no longer kept, so your thumb could not be. Nothing else was lost."

THUMBS: dict[str, Literal[1, -1]] = {
    "+1": 1, "thumbsup": 1, "thumbs_up": 1, "-1": -1, "thumbsdown": -1, "thumbs_down": -1,
}  # fmt: skip
"""Emoji that are votes, by each of their names."""

_EARLY = 4
"""Looks for the answer that a reaction is on: it may still be on its way."""


class Feedback:
    """Keeps what people think of answers."""

    def __init__(
        self, jobs: Jobs, votes: Votes, outbox: Outbox, clock: Callable[[], float] = time.time
    ) -> None:
        self._jobs = jobs
        self._votes = votes
        self._outbox = outbox
        self._clock = clock

    async def vote(self, value: str, user: str) -> Kept:
        """Keep a click on `thumbs`; ValueError on a foreign value."""
        thumb, _, about = value.partition(" ")
        return await self._votes.keep(self._vote(read_about(about), user, 1 if thumb == "+1" else -1))

    async def take_back(self, value: str, user: str) -> None:
        """Withdraw a person's thumb, if one stands."""
        await self._votes.keep(self._vote(read_about(value), user, 0))

    async def react(self, body: dict[str, Any], team: str) -> None:
        """Queue a thumb that somebody gave as a reaction, or took away; StoreAway where it can't be kept."""
        reaction = read_reaction(body.get("event") or {}, team)
        thumb = THUMBS.get(reaction.name.partition("::")[0]) if reaction else None  # without skin tone
        us = self._outbox.us
        if not reaction or not thumb or reaction.author not in {us, ""} or reaction.user == us:
            return
        place = f"{team}:{reaction.channel}:{reaction.ts}"
        sign = "added" if reaction.added else "removed"
        fields = {
            "channel": reaction.channel, "ts": reaction.ts, "user": reaction.user,
            "thumb": str(thumb), "added": sign, "given": f"{reaction.at / 1e6:.6f}",
        }  # fmt: skip
        job = f"react:{place}:{reaction.user}:{reaction.at}:{thumb}:{sign}"
        await self._jobs.enqueue(CROSS_LAB, f"{place}:{reaction.user}", job, reaction.at, fields)

    async def count(self, running: Running) -> Close:
        """Make a reaction the vote that it is; the runner of `react` jobs."""
        fields = running.job.fields
        about = await insist(lambda: self._votes.answer_at(fields["channel"], fields["ts"]))
        if about is None and running.job.tries < _EARLY:
            raise RetryLater("no answer of ours that has ended", counts=True)
        if about is None:
            return Close({})
        thumb, added = (1 if fields["thumb"] == "1" else -1), fields["added"] == "added"
        vote = Vote(
            about.lab, about.thread, about.question_ts, fields["user"], thumb if added else 0,
            float(fields["given"]), about.side,
        )  # fmt: skip
        where = "" if added else ("1" if thumb == 1 else "-1")
        kept = await insist(lambda: self._votes.keep(vote, where))
        await self._thank(about, fields["user"], thumb, kept)
        return Close({})

    async def thank(self, value: str, user: str, kept: Kept) -> None:
        """Say what a click came to; only where there is something to say that the button does not show."""
        thumb, _, about = value.partition(" ")
        await self._thank(read_about(about), user, 1 if thumb == "+1" else -1, kept)

    async def _thank(self, about: About, user: str, thumb: int, kept: Kept) -> None:
        if kept not in {"first", "gone"}:
            return
        said = GONE if kept == "gone" else THANKS.format(thumb="👍" if thumb == 1 else "👎")
        value = about_answer(about)
        offers = actions([button(DETAILS, "Add details", value), button(UNVOTE, "Take it back", value)])
        with suppress(SlackError):  # the vote is kept; a busy Slack is not asked for thanks
            await self._outbox.call(
                "chat.postEphemeral", about.thread.team, channel=about.thread.channel, user=user,
                thread_ts=about.thread.ts, text=said,
                blocks=[words(said), *([offers] if kept == "first" else [])],
            )  # fmt: skip

    def _vote(self, about: About, user: str, thumb: Any) -> Vote:
        return Vote(about.lab, about.thread, about.question_ts, user, thumb, self._clock(), about.side)
