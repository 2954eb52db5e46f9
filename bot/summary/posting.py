"""Session summaries: when one is due, which threads it reads, and what it may cost."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.current import CurrentLabs
from bot.guard import Guard
from bot.labs import Lab, Labs
from bot.recount import Recount
from bot.slack.addresses import thread_address
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.store.jobs import Jobs
from bot.store.journal import Journal
from bot.store.states import LabState, States
from bot.store.unlisted import Unlisted
from bot.summary.building import estimate
from bot.summary.gathering import Gathered, Gathering, Marked
from bot.summary.standing import mailbox_of

LOOKED_AT = 200
"""Mailboxes of a lab in which answers are looked for."""
CLOCKS_DIFFER = 60.0
"""Seconds by which Redis may be behind Slack: no line about a thread is older than it by more."""
LATEST = 12 * 3600.0
"""Seconds after its end in which a session's summary is begun."""


@dataclass(frozen=True, slots=True)
class Summaries:
    """Queues summaries and gathers what they are made of; `site` is the workspace's address."""

    labs: Labs
    current: CurrentLabs
    jobs: Jobs
    states: States
    directory: Directory
    outbox: Outbox
    site: str
    clock: Callable[[], float] = time.time

    async def tick(self, team: str) -> None:
        """Queue the summary of each session that ended lately; a job's id is taken once, for a month."""
        for key, state in (await self.states.of_all(self.labs)).items():
            ended = float(state.fields.get("ended") or 0)
            if state.closed and self.clock() - ended < LATEST:
                await self.queue(team, key, state, f"{state.session}-{state.fields['ended']}")

    async def queue(self, team: str, lab: str, state: LabState, about: str) -> None:
        """Queue the summary of a lab's session, up to now where it goes on."""
        now = self.clock()
        until = state.fields.get("ended", str(now)) if state.closed else str(now)
        fields = {"team": team, "lab": lab, "made": f"{now:.0f}", "title": state.title}
        fields |= {"ended": "1" if state.closed else ""}
        fields |= {"since": state.fields.get("opened", "0"), "until": until}
        job = f"summary:{lab}:{about}"
        await self.jobs.enqueue(lab, mailbox_of(job), job, int(now * 1e6), fields)

    async def expected(self, lab: str, state: LabState) -> tuple[int, int, float | None]:
        """Threads of a lab's session, and about how many tokens and dollars a summary takes."""
        since = float(state.fields.get("opened", 0))
        gathered, _ = await self.session(await self.current.lab(lab), since, self.clock())
        return len(gathered.threads), *estimate(gathered.threads, (await self.current.lab(lab)).models[0])

    async def is_answering(self, lab: str) -> bool:
        """Whether questions of a lab are being answered, or wait for their turn."""
        queue = await self.jobs.queue(lab, LOOKED_AT)
        going = [one for one in queue.first if one.job.startswith("answer:")]
        return any(one.state in {"running", "waiting"} for one in going)

    async def thread(self, lab: Lab, thread: str, asker: str) -> Gathered:
        """One thread alone; who asks for it does not leave their own one out."""
        unlisted = await Unlisted(self.jobs.store).people() - {asker}
        gathering = Gathering(0.0, self.clock(), thread, marked=marks(lab.guard), unlisted=unlisted)
        ts, journal = thread.rpartition(":")[2], Journal(self.jobs.store)
        began = f"{int((float(ts) - CLOCKS_DIFFER) * 1000)}-0"
        for shard in range(self.jobs.store.shards):  # a flag is in its lab's, not in its thread's
            async for line in journal.lines(shard, lab.key, began):
                if ts in line.record:
                    gathering.add(json.loads(line.record))
        return gathering.gathered()

    async def session(self, lab: Lab, since: float, until: float) -> tuple[Gathered, Recount]:
        """A session's threads, and the numbers of all that was asked then, in one pass over the journal."""
        unlisted = await Unlisted(self.jobs.store).people()
        gathering = Gathering(since, until, marked=marks(lab.guard), unlisted=unlisted)
        recount = Recount(lab.timezone, since, until)
        journal = Journal(self.jobs.store)
        for shard in range(self.jobs.store.shards):
            async for line in journal.lines(shard, lab.key):
                record = json.loads(line.record)
                gathering.add(record)
                recount.add(record)
        # Aside: looking for markings in a long session's texts takes seconds, and Slack waits for three.
        return await asyncio.to_thread(gathering.gathered), recount

    def link(self, thread: str) -> str:
        """The address of a thread in Slack."""
        return thread_address(self.site, thread)


def marks(guard: Guard) -> Marked:
    """Whether a lab's guard stops a text."""
    return lambda text: bool(guard.hard(text))
