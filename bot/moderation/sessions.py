"""Opening, closing, pausing and stopping a lab's jam; each step is in the audit trail."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.audit import Actor, Audit, Change
from bot.errors import Declined
from bot.labs import Labs
from bot.moderation.table import Act, Reply, Subcommand
from bot.moderation.times import read_time, shown_time, split_until
from bot.phrases import many
from bot.store.jobs import Jobs
from bot.store.states import Held, LabState, States

log = logging.getLogger(__name__)

TITLE = 80
"""Characters of a session's title."""

CLOCK = Actor("", "clock")

Publish = Callable[[str, str, str, str], Awaitable[None]]
"""Says something in a lab's channel, once: id, workspace, lab, words."""


@dataclass(slots=True)
class Sessions:
    """The acts on a lab's session and queue."""

    labs: Labs
    audit: Audit
    states: States
    jobs: Jobs
    publish: Publish

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        return [
            Subcommand("open", "[title] [until 17:00]", "opens the jam, or gives it a new title or end",
                       "moderator", self.open, changes=True, records=True),
            Subcommand("close", "", "closes the jam: new questions are not taken, earlier ones are answered",
                       "moderator", self.close, changes=True, records=True),
            Subcommand("pause", "", "takes questions in but answers none until `resume`",
                       "moderator", self.pause, changes=True, records=True),
            Subcommand("resume", "", "answers again, what waited first",
                       "moderator", self.resume, changes=True, records=True),
            Subcommand("stop", "[now]", "ends every running answer and holds the queue until `resume`",
                       "moderator", self.stop, changes=True, records=True, asks=_sure_to_stop),
        ]  # fmt: skip

    async def open(self, act: Act) -> Reply:
        """Open the lab's jam, with a title and an end where they were given."""
        lab = self.labs[act.lab]
        title, end = split_until(act.rest)
        if len(title) > TITLE:
            raise Declined(f"A title has at most {TITLE} characters; this one has {len(title)}.")
        until = 0.0 if end is None else read_time(end, lab.timezone, act.at)
        was = LabState()

        def decide(now: LabState) -> Change:
            nonlocal was
            was = now
            begins = not now.is_open(act.at) or now.session == 0
            fields = {"session": str(now.session + begins), "closed": "", "title": title}
            fields["until"] = str(until) if until else ""
            if begins:
                fields |= {"opened": f"{act.at:.3f}", "ended": ""}
            return Change(fields, self._worded(now, act), self._words(True, title, until, act.lab))

        await self.audit.change(act.actor, act.name, act.lab, decide)
        self.states.forget(act.lab)
        words = self._words(True, title, until, act.lab)
        await self.publish(act.id, act.actor.team, act.lab, f"The jam at {lab.short} is {words}. Ask away.")
        held = f" It is {was.held}, though: `/jam resume` lets answers go on." if was.held else ""
        return Reply(f"The jam is {words}.{held}")

    async def close(self, act: Act) -> Reply:
        """Close the lab's jam."""
        await self._close(act.actor, act.lab, act.at)
        await self.publish(
            act.id, act.actor.team, act.lab, f"The jam at {self.labs[act.lab].short} is closed."
        )
        return Reply("The jam is closed. What was asked before is still answered; `/jam stop` ends that too.")

    async def close_due(self, team: str, now: float) -> None:
        """Close every lab whose end has come; for the clock."""
        for key, state in (await self.states.of_all(self.labs)).items():
            if state.closed or state.is_open(now):
                continue
            try:
                await self._close(CLOCK, key, now, due=True)
            except Declined:  # a moderator was faster
                continue
            words = f"The jam at {self.labs[key].short} has reached its end and is closed."
            await self.publish(f"end-{state.session}-{state.until:.0f}", team, key, words)

    async def pause(self, act: Act) -> Reply:
        """Hold the lab's queue; what runs goes on."""
        await self._hold(act, "paused")
        return Reply("Paused. Running answers finish; new questions wait, and their askers are told once.")

    async def resume(self, act: Act) -> Reply:
        """Let the lab's queue go on."""
        await self._hold(act, "")
        waiting = await self.jobs.hold(act.lab, "")
        waited = (
            f"{many(waiting, 'thread')} that waited can be answered now." if waiting else "Nothing waited."
        )
        return Reply(f"Going on. {waited}")

    async def stop(self, act: Act) -> Reply:
        """End what runs, hold the queue."""
        await self._hold(act, "stopped")
        ended = await self.jobs.hold(act.lab, "stopped")
        return Reply(f"Stopped. {_ended(ended)} Questions wait until `/jam resume`.")

    async def keep_held(self) -> None:
        """Make the queues as the states say, where a process died between the two; for the clock."""
        await asyncio.gather(*(self._keep_held(key) for key in self.labs))

    async def _keep_held(self, key: str) -> None:
        held = None
        while held != (now := await self._held_now(key)):  # a moderator may act in between
            held = now
            if await self.jobs.hold(key, held):
                log.warning("queue set right", extra={"lab": key, "held": held})

    async def _held_now(self, lab: str) -> Held:
        self.states.forget(lab)
        return (await self.states.of(lab)).held

    async def _hold(self, act: Act, how: str) -> None:
        def decide(now: LabState) -> Change:
            if now.held == how:
                raise Declined(f"It is {how} already." if how else "It is neither paused nor stopped.")
            fields = {"held": how, "held_since": f"{act.at:.0f}" if how else ""}
            return Change(fields, now.held or "running", how or "running")

        await self.audit.change(act.actor, act.name, act.lab, decide)
        self.states.forget(act.lab)
        if how == "paused":
            await self.jobs.hold(act.lab, how)

    async def _close(self, actor: Actor, lab: str, at: float, *, due: bool = False) -> None:
        def decide(now: LabState) -> Change:
            if now.closed or (due and now.is_open(at)):
                raise Declined("It is closed already.")
            words = self._words(True, now.title, now.until, lab)
            return Change({"closed": "1", "until": "", "ended": f"{at:.3f}"}, words, "closed")

        await self.audit.change(actor, "close", lab, decide)
        self.states.forget(lab)

    def _worded(self, state: LabState, act: Act) -> str:
        return self._words(state.is_open(act.at), state.title, state.until, act.lab)

    def _words(self, is_open: bool, title: str, until: float, lab: str) -> str:
        if not is_open:
            return "closed"
        named = f" “{title}”" if title else ""
        end = f" until {shown_time(until, self.labs[lab].timezone)}" if until else ""
        return f"open{named}{end}"


async def _sure_to_stop(act: Act) -> str | None:
    if act.rest.strip().casefold() == "now":
        return None
    return (
        "Stop every running answer? What they said so far stays, but none of them goes on. The queue is held."
    )


def _ended(count: int) -> str:
    if not count:
        return "No answer was running."
    were = "was" if count == 1 else "were"
    return f"{many(count, 'running answer')} {were} asked to end; what they said so far stays, marked."
