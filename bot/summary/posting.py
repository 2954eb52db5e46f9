"""Session summaries and wrap-ups as jobs: what is read, what it may cost, and where it stands, once (P9)."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from bot.announcing import say_once
from bot.budget import Budget
from bot.current import CurrentLabs
from bot.errors import LabjamError, LeaseLost, RetryLater, SlackError
from bot.guard import Guard
from bot.labs import Lab, Labs
from bot.llm.model import Model
from bot.prompting import system_prompt
from bot.records import SCHEMA_VERSION
from bot.recount import Recount
from bot.running import Running
from bot.slack.addresses import thread_address
from bot.slack.blocks import Block, section
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.store.jobs import Close, Jobs
from bot.store.journal import Journal
from bot.store.notes import ThreadNotes
from bot.store.states import LabState, States
from bot.summary.asking import Asker, Spent
from bot.summary.building import Builder, Built, Tasks, estimate
from bot.summary.counting import counted, reason
from bot.summary.gathering import Gathered, Gathering, Marked
from bot.summary.notes import Claims
from bot.summary.words import progress, session_title, summary_blocks

log = logging.getLogger(__name__)

LATEST = 12 * 3600.0
"""Seconds after its end in which a session's summary is begun."""
TOLD_EVERY = 10.0
"""Seconds between two words on how far a summary is: edits are scarce."""

NOTHING = "*{title}*\nNo thread of this session is there to be summed up."
FAILED = "*{title}*\nThe model gave no summary that could be used. `/jam summary now` tries again."


@dataclass(frozen=True, slots=True)
class Summaries:
    """Queues summaries and makes them; `site` is the workspace's address."""

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
        for key in self.labs:
            state = await self.states.of(key)
            ended = float(state.fields.get("ended") or 0)
            if state.closed and self.clock() - ended < LATEST:
                await self.queue(team, key, state, f"{state.session}-{state.fields['ended']}")

    async def queue(self, team: str, lab: str, state: LabState, about: str) -> None:
        """Queue the summary of a lab's session, up to now where it goes on."""
        now = self.clock()
        until = state.fields.get("ended", str(now)) if state.closed else str(now)
        fields = {"team": team, "lab": lab, "made": f"{now:.0f}", "title": state.title}
        fields |= {"since": state.fields.get("opened", "0"), "until": until}
        await self.jobs.enqueue(lab, f"summary:{lab}", f"summary:{lab}:{about}", int(now * 1e6), fields)

    async def expected(self, lab: str, state: LabState) -> tuple[int, int, float | None]:
        """Threads of a lab's session, and about how many tokens and dollars a summary takes."""
        since = float(state.fields.get("opened", 0))
        gathered, _ = await self.gather_counted(await self.current.lab(lab), since, self.clock())
        return len(gathered.threads), *estimate(gathered.threads, (await self.current.lab(lab)).models[0])

    async def gather(self, lab: Lab, since: float, until: float, thread: str = "") -> Gathered:
        """The threads of a session, or one of them."""
        return (await self.gather_counted(lab, since, until, thread))[0]

    async def gather_counted(
        self, lab: Lab, since: float, until: float, thread: str = ""
    ) -> tuple[Gathered, Recount]:
        """The same, with the numbers of all that was asked then, in one pass over the journal."""
        gathering, recount = (
            Gathering(since, until, thread, marked=_marks(lab.guard)),
            Recount(lab.timezone, since, until),
        )
        journal = Journal(self.jobs.store)
        for shard in range(self.jobs.store.shards):
            async for line in journal.lines(shard, lab.key):
                record = json.loads(line.record)
                gathering.add(record)
                recount.add(record)
        return gathering.gathered(), recount

    def link(self, thread: str) -> str:
        """The address of a thread in Slack."""
        return thread_address(self.site, thread)


class Writing:
    """Runs the jobs of sessions: asks the lab's own model, never another lab's (P7)."""

    def __init__(self, summaries: Summaries, model: Model, budget: Budget, person: str) -> None:
        self.summaries = summaries
        self.budget = budget
        self._model = model
        self._person = person

    async def summarise(self, running: Running) -> Close:
        """Read a session's threads, say how far it is, then let the summary stand in its place."""
        fields, made = running.job.fields, self.summaries
        lab = await made.current.lab(fields["lab"])
        since, until = float(fields["since"]), float(fields["until"])
        gathered, recount = await made.gather_counted(lab, since, until)
        first = gathered.threads[0].began if gathered.threads else until
        title = session_title(lab.short, fields["title"], since or first, until, lab.timezone)
        channel = await made.directory.channel_id(fields["team"], lab.channel)
        if not channel:
            log.error("no summary: labjam is not in the channel", extra={"lab": lab.key})
            return Close({})
        if not gathered.threads:
            words = NOTHING.format(title=title)
            await say_once(made.outbox, running, fields["team"], channel, text=title, blocks=[section(words)])
            return Close({})
        place = _Place(made.outbox, running, fields["team"], channel, made.clock)
        builder, spent = self.builder(lab)
        tokens, cost = estimate(gathered.threads, lab.models[0])
        about = f" (about {tokens:,} tokens" + (f", {cost:,.2f} USD)" if cost is not None else ")")
        await place.begin(progress(0, len(gathered.threads), about))

        async def tell(done: int, threads: int) -> None:
            await place.progress(progress(done, threads, about))

        try:
            built = await counted(
                self.budget,
                running,
                lab,
                gathered.threads,
                spent=spent,
                work=lambda: builder.build(gathered.threads, tell),
            )
        except (RetryLater, LeaseLost):
            raise
        except LabjamError as error:
            log.warning("no summary", extra={"lab": lab.key, "error": type(error).__name__})
            await place.end(title, [section(reason(running, error, FAILED).format(title=title))])
            return Close({})
        built = _unmarked(built, lab.guard)
        blocks = summary_blocks(
            title, built, gathered, recount.figures(), link=made.link, model=lab.models[0].id
        )
        await place.end(title, blocks)
        return Close({}, record=self._record(lab, place, built, gathered, spent))

    def builder(self, lab: Lab) -> tuple[Builder, Spent]:
        """Who reads a lab's threads, with what that costs."""
        spent = Spent()
        asker = Asker(self._model, lab.models[0], self._person, spent)
        prompts = (system_prompt(self.summaries.labs, lab, part).text for part in ("note", "summary"))
        return Builder(
            asker, Tasks(*prompts), ThreadNotes(self.summaries.jobs.store), _marks(lab.guard)
        ), spent

    def _record(self, lab: Lab, place: "_Place", built: Built, gathered: Gathered, spent: Spent) -> str:
        at = self.summaries.clock()
        record: dict[str, Any] = {
            "kind": "summary", "schema_version": SCHEMA_VERSION, "lab": lab.key, "at": at, **place.message,
            "claims": built.claims.model_dump(mode="json"), "unread": built.unread,
            "threads": [thread.key for thread in built.threads], "model": lab.models[0].id,
            "withheld": gathered.withheld, "flagged": gathered.flagged, **asdict(spent),
        }  # fmt: skip
        return json.dumps(record)


class _Place:
    """The one message that says how far a summary is, and becomes it."""

    def __init__(
        self, outbox: Outbox, running: Running, team: str, channel: str, clock: Callable[[], float]
    ) -> None:
        self._outbox = outbox
        self._running = running
        self._team = team
        self._channel = channel
        self._clock = clock
        self._told_at = 0.0
        self._ts = running.job.fields.get("ts", "")

    @property
    def message(self) -> dict[str, str]:
        """Where it stands, for a purge to find."""
        return {"team": self._team, "channel": self._channel, "ts": self._ts}

    async def begin(self, words: str) -> None:
        if not self._ts:
            self._ts = await say_once(
                self._outbox, self._running, self._team, self._channel, text=words, blocks=[section(words)]
            )
            await self._running.note({"ts": self._ts})
        self._told_at = self._clock()

    async def progress(self, words: str) -> None:
        if not self._ts or self._clock() - self._told_at < TOLD_EVERY:
            return
        self._told_at = self._clock()
        try:
            await self._outbox.call(
                "chat.update",
                self._team,
                channel=self._channel,
                ts=self._ts,
                text=words,
                blocks=[section(words)],
            )
        except SlackError as error:
            log.debug("progress not shown", extra={"error": str(error)})

    async def end(self, text: str, blocks: list[Block]) -> None:
        if self._ts:
            await self._outbox.insist(
                "chat.update", self._team, hold=self._running.hold, channel=self._channel, ts=self._ts,
                text=text, blocks=blocks,
            )  # fmt: skip


def _unmarked(built: Built, guard: Guard) -> Built:
    """A summary without the claims in which the guard finds a marking (P6)."""
    parts = {
        name: tuple(claim for claim in getattr(built.claims, name) if not guard.hard(claim.text))
        for name in Claims.model_fields
    }
    return Built(built.claims.model_copy(update=parts), built.threads, built.unread)


def _marks(guard: Guard) -> Marked:
    return lambda text: bool(guard.hard(text))
