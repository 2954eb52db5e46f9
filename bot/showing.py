"""What a thread sees of its answer while it is made: the text as it grows, else where it stands in line."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bot.attempt import STATUS_AFTER
from bot.ending import ending, messages_of_draft
from bot.errors import SlackRefused
from bot.guard import Watch
from bot.labs import Lab
from bot.llm.model import ModelSpec
from bot.records import Question
from bot.reply import preview
from bot.slack.delivery import Delivery
from bot.slack.pacer import FLUSH, InLine
from bot.slack.status import Status
from bot.store.questions import Draft
from bot.typeset import texts

log = logging.getLogger(__name__)

WAITING = "is waiting for the model…"
QUIET = 10.0
"""Seconds of silence in the middle of an answer until the thread says that we are still at work."""
A_WHILE = 60.0
"""Seconds of thought after which a status says how long it has been."""


def status_words(line: InLine | None, *, ready: bool, thought: float) -> str:
    """Word what is going on; `thought` is seconds since it began. Slack puts our name before it."""
    doing = "has the answer…" if ready else "is thinking…"
    if line and line.ahead > 1:
        return in_line(doing, line.ahead, line.seconds)
    if ready:
        return "is about to answer…"
    return f"is still thinking, {_duration(thought)} so far…" if thought >= A_WHILE else doing


def in_line(doing: str, ahead: int, seconds: float) -> str:
    """Say somebody's place in line, and how long it takes where that is known."""
    place = f"{doing} {_ordinal(ahead + 1)} in line"
    return f"{place}, about {_duration(seconds)}" if seconds else place


@dataclass(slots=True)
class Showing:
    """One question's thread; nothing here fails an answer, but for the end of it."""

    question: Question
    lab: Lab
    delivery: Delivery
    status: Status
    watch: Watch
    stop: Callable[[str], None] = lambda reason: None
    clock: Callable[[], float] = time.monotonic
    _began: float = 0.0
    _words: str = ""  # the status that stands
    _due: float = 0.0  # when it is to be looked at again
    _quiet_since: float = 0.0
    _telling: bool = False

    @property
    def spec(self) -> ModelSpec:
        """The model that is asked."""
        return self.lab.model(self.question.model)

    async def text(self, so_far: str) -> float:
        """Show an unfinished answer, unless it is one to take back, or one of two that are compared.

        Gives seconds until a next look is worth it.
        """
        if self.watch.look(so_far):
            self.stop("marked")
            return FLUSH
        if self.question.side:  # these are shown whole, alike however they came
            return await self._tell(ready=False)
        self._quiet_since = 0.0
        again, nothing_stood = FLUSH, not self.delivery.messages
        with suppress(SlackRefused):  # what can't be shown now is tried again, or told, at the end
            again = await self.delivery.show(texts(so_far, self.lab, final=False))
        if self.delivery.stopped_by_user:
            self.stop("stopped")
        if not self.delivery.messages:
            await self._tell(ready=False)
        elif nothing_stood:
            self._words = ""  # Slack takes it away for a new message
        return again

    async def silence(self) -> float:
        """Say that the model is at work; gives seconds until that is to be said again."""
        now = self.clock()
        self._quiet_since = self._quiet_since or now
        if await self.delivery.rotate():
            self._due = 0.0  # Slack took the status away with the stream
        if self.delivery.messages and now - self._quiet_since < QUIET:
            return QUIET
        again = await self._tell(ready=False)
        return min(again, QUIET) if self.delivery.messages else again

    async def wait(self) -> None:
        """Say that the model will be asked again."""
        await self._say(WAITING)

    async def fall_silent(self) -> None:
        """Let go of an answer that nobody wants any more."""
        await self.delivery.leave()
        await self._say("")

    async def say(self, draft: Draft) -> None:
        """Make the answer stand, with what belongs under it; without that, where Slack refuses it."""
        stood = set(self.delivery.messages)
        telling = None if stood or not self.delivery.line else asyncio.create_task(self._keep_telling())
        try:
            await self._close(draft)
        finally:
            if telling:
                telling.cancel()
        new = not stood.issuperset(self.delivery.messages)
        if self._words and (self._telling or not new or not self.status.has_words):
            await self._say("")

    def stand_in_line(self) -> None:
        """Hold a place from the first moment on, until something of the answer stands."""
        if self.delivery.line and not self.delivery.messages:
            self.delivery.line.sit()

    def leave(self) -> None:
        """Give up the place in line, where there is one."""
        if self.delivery.line:
            self.delivery.line.leave()

    async def _close(self, draft: Draft) -> None:
        shown = messages_of_draft(draft, self.lab)
        try:
            await self.delivery.close(shown, ending(draft, self.lab, self.question), preview(shown[0]))
        except SlackRefused as refused:
            log.error("answer stands without its buttons", extra={"error": str(refused)})
            await self.delivery.close(shown, [], preview(shown[0]))

    async def _keep_telling(self) -> None:
        """Keep the status alive while a finished answer waits for its turn."""
        await asyncio.sleep(STATUS_AFTER)
        while not self.delivery.messages:
            self._due = min(self._due, self.clock() + 1.0)  # what it says has changed
            await asyncio.sleep(await self._tell(ready=True))

    async def _tell(self, *, ready: bool) -> float:
        """Bring the status up to date where it is due; gives seconds until it is again."""
        now = self.clock()
        self._began = self._began or now
        if now < self._due:
            return self._due - now
        line = await self.delivery.line.place() if self.delivery.line and self.status.has_words else None
        if ready and self.delivery.messages:
            return QUIET
        stands = await self._say(status_words(line, ready=ready, thought=now - self._began))
        every = self.status.every(self.question.thread.team, waiting=bool(line and line.ahead > 1))
        self._due = self.clock() + (every if stands else 1.0)
        return self._due - self.clock()

    async def _say(self, words: str) -> bool:
        thread = self.question.thread
        first, self._words, self._telling = not self._words, words, True
        stands = await self.status.show(thread.team, thread.channel, thread.ts, words, first=first)
        self._telling = False
        return stands


def _ordinal(n: int) -> str:
    ending = "th" if n % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n:,}{ending}"


def _duration(seconds: float) -> str:
    """Seconds as a person says them: never less than it is."""
    if seconds <= 55:
        return f"{max(5, 5 * -int(-seconds // 5))} s"
    return f"{-int(-seconds // 60)} min"
