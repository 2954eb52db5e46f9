"""What a lab's jam is doing: its status, its queue, the latest acts, and who one is to labjam."""

import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.audit import Audit, Entry, read_entry
from bot.errors import Declined
from bot.labs import Labs
from bot.moderation.table import Act, Reply, Subcommand
from bot.moderation.times import ago, shown_time
from bot.phrases import many
from bot.slack.addresses import message_address
from bot.store.jobs import Jobs, Queue
from bot.store.states import LabState, States

SHOWN = 10
"""Threads and entries in one answer."""
LOOKED_AT = 2000
"""Entries of the whole trail that are looked through for a lab's latest."""

Lines = Callable[[str], Awaitable[Sequence[str]]]
"""What another feature adds to a lab's status."""


@dataclass(slots=True)
class Overview:
    """The acts that only show."""

    labs: Labs
    audit: Audit
    states: States
    jobs: Jobs
    workspace_url: str
    more: Sequence[Lines] = ()
    clock: Callable[[], float] = time.time

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        return [
            Subcommand("status", "", "says whether the jam is open, and what it does", "anyone", self.status),
            Subcommand("queue", "", "shows what runs and waits, the oldest first", "moderator", self.queue),
            Subcommand("audit", "[n]", "shows the last acts in this lab", "moderator", self.show_audit),
            Subcommand("whoami", "", "says who you are to labjam", "anyone", self.whoami, of_a_lab=False),
        ]  # fmt: skip

    async def status(self, act: Act) -> Reply:
        """The lab's jam in a few lines; more of them for its moderators."""
        lab, state = self.labs[act.lab], await self.states.of(act.lab)
        queue = await self.jobs.queue(act.lab, 0)
        lines = [
            f"*{lab.title}*: {self._session(act.lab, state)}",
            _moving(queue) + _later(queue),
        ]
        if act.role.may_moderate(act.lab):
            spec = lab.model(state.model)
            prompt = f"prompt version {state.prompt}" if state.prompt else "the prompt from the lab's files"
            lines.append(f"Model `{spec.name}` ({spec.id} at {spec.endpoint.name}), {prompt}")
            if state.compare:
                lines.append(f"{state.compare}% of the questions are answered by two models")
            if muted := [name[5:] for name in state.fields if name.startswith("mute:")]:
                lines.append("Muted: " + ", ".join(f"<@{user}>" for user in sorted(muted)))
            for more in self.more:
                lines += await more(act.lab)
        return Reply("\n".join(lines))

    async def queue(self, act: Act) -> Reply:
        """What runs and waits, with links to the threads."""
        queue, now = await self.jobs.queue(act.lab, SHOWN), self.clock()
        lines = [self._summary(queue)]
        lines += [f"• {one.state}, {self._link(one.job)}, for {ago(now - one.at)}" for one in queue.first]
        left = queue.running + queue.waiting + queue.parked - len(queue.first)
        if left > 0:
            lines.append(f"and {left} more")
        return Reply("\n".join(lines))

    async def show_audit(self, act: Act) -> Reply:
        """The lab's latest entries, the newest first."""
        word = act.rest.strip() or str(SHOWN)
        if not word.isdecimal() or not 0 < int(word) <= 50:
            raise Declined("Write how many entries to show, from 1 to 50: `/jam audit 20`.")
        zone = self.labs[act.lab].timezone
        lines: list[str] = []
        later = Counter[tuple[str, str, str]]()
        for line in await self.audit.ledger.latest(LOOKED_AT):
            entry = read_entry(line)
            if entry.lab not in (act.lab, "all") or len(lines) >= int(word) or _went_on(entry, later):
                continue
            who = f"<@{entry.actor}>" if entry.team else entry.actor
            ended = "" if entry.ended == "done" else f" ({entry.ended})"
            told = f"{who} `{entry.act}`{ended}{_change(entry)}"
            lines.append(f"{entry.number}. {shown_time(entry.at, zone)} {told}")
        return Reply("\n".join(lines) or "Nothing was done here yet.")

    async def whoami(self, act: Act) -> Reply:
        """Who somebody is to labjam."""
        labs = ", ".join(self.labs[key].short for key in sorted(act.role.moderates) if key in self.labs)
        words = {
            "lead": "You are a lead of the jam: you can act for every lab.",
            "moderator": f"You are a moderator of {labs}.",
            "scientist": "You are a scientist here: ask in your lab's channel.",
        }[act.role.words]
        return Reply(f"{words} Slack calls you <@{act.actor.user}> (`{act.actor.user}`).")

    def _session(self, key: str, state: LabState) -> str:
        if not state.is_open(self.clock()):
            return "closed"
        title = f" “{state.title}”" if state.title else ""
        until = f" until {shown_time(state.until, self.labs[key].timezone)}" if state.until else ""
        return f"open{title}{until}" + (f", {state.held}" if state.held else "")

    def _summary(self, queue: Queue) -> str:
        if not (queue.running or queue.waiting or queue.parked):
            return "Nothing runs and nothing waits."
        return f"{_moving(queue)}:"

    def _link(self, job: str) -> str:
        """A question as a link."""
        kind, *rest = job.split(":")
        if kind != "answer" or len(rest) != 3 or not self.workspace_url:
            return f"`{kind}`"
        _, channel, ts = rest
        return f"<{message_address(self.workspace_url, channel, ts)}|a question>"


def _moving(queue: Queue) -> str:
    return f"{queue.running:,} answering, {many(queue.waiting + queue.parked, 'thread')} waiting"


def _later(queue: Queue) -> str:
    told = f", {queue.delayed:,} will be tried again" if queue.delayed else ""
    if not queue.unconfirmed:
        return told
    waits = "waits for its asker" if queue.unconfirmed == 1 else "wait for their askers"
    return f"{told}, {queue.unconfirmed:,} {waits} to confirm {'it' if queue.unconfirmed == 1 else 'them'}"


def _change(entry: Entry) -> str:
    told = " → ".join(_short(text) for text in (entry.before, entry.after) if text)
    return f": {told}" if told else ""


def _short(text: str) -> str:
    shown = json.dumps(text, ensure_ascii=False)[1:-1]
    return shown if len(shown) <= 120 else f"{shown[:119]}…"


def _went_on(entry: Entry, later: Counter[tuple[str, str, str]]) -> bool:
    """Whether an order's end is among the `later` entries, which this one joins."""
    about = (entry.actor, entry.act, entry.lab)
    if entry.ended != "ordered":
        later[about] += entry.ended != "refused"
        return False
    came = later[about] > 0
    later[about] -= came
    return came
