"""Writes a session's summary: its message says how far it is, and becomes it, once (P9)."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from bot.announcing import say_once
from bot.budget import Budget
from bot.errors import LabjamError, LeaseLost, RetryLater, SlackError
from bot.guard import Guard
from bot.labs import Lab
from bot.llm.model import Model
from bot.prompting import system_prompt
from bot.records import SCHEMA_VERSION
from bot.running import Running
from bot.slack.blocks import Block, section
from bot.slack.outbox import Outbox
from bot.store.jobs import Close
from bot.store.notes import ThreadNotes
from bot.summary.asking import Asker, Spent
from bot.summary.building import Builder, Built, Tasks, estimate
from bot.summary.counting import counted, reason
from bot.summary.gathering import Gathered
from bot.summary.posting import Summaries, marks
from bot.summary.standing import Standing
from bot.summary.words import NOTHING, made_by, progress, session_title, summary_blocks

log = logging.getLogger(__name__)

LAST_ANSWERS = 900.0
"""Seconds for which the summary of a session that ended waits for answers that are still being written."""
TOLD_EVERY = 10.0
"""Seconds between two words on how far a summary is: edits are scarce."""

FAILED = "*{title}*\nThe model gave no summary that could be used. `/jam summary now` tries again."


@dataclass(frozen=True, slots=True)
class _Session:
    """What is summed up."""

    lab: Lab
    since: float
    until: float
    title: str


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
        if fields.get("ended") and made.clock() - until < LAST_ANSWERS and await made.is_answering(lab.key):
            raise RetryLater("the session's last answers are being written", 5.0, counts=False)
        gathered = (await made.session(lab, since, until))[0]
        first = gathered.threads[0].began if gathered.threads else until
        title = session_title(lab.short, fields["title"], since or first, until, lab.timezone)
        channel = await made.directory.channel_id(fields["team"], lab.channel)
        if not channel:
            log.error("no summary: labjam is not in the channel", extra={"lab": lab.key})
            return Close({})
        if not gathered.threads:
            words = f"*{title}*\n{NOTHING}"
            await say_once(made.outbox, running, fields["team"], channel, text=title, blocks=[section(words)])
            return Close({})
        place = _Place(made.outbox, running, fields["team"], channel, made.clock)
        session = _Session(lab, since, until, title)
        try:
            built, spent = await self._built(running, session, gathered, place)
        except (RetryLater, LeaseLost):
            raise
        except LabjamError as error:
            log.warning("no summary", extra={"lab": lab.key, "error": type(error).__name__})
            await place.end(title, [section(reason(running, error, FAILED).format(title=title))])
            return Close({})
        return await self._stand(running, session, built, place, spent)

    async def _built(
        self, running: Running, session: _Session, gathered: Gathered, place: "_Place"
    ) -> tuple[Built, Spent]:
        """Read the threads and sum them up; say now and then how far that is."""
        lab = session.lab
        builder, spent = self.builder(lab)
        tokens, cost = estimate(gathered.threads, lab.models[0])
        about = f" (about {tokens:,} tokens" + (f", {cost:,.2f} USD)" if cost is not None else ")")
        await place.begin(progress(0, len(gathered.threads), about))

        async def tell(done: int, threads: int) -> None:
            await place.progress(progress(done, threads, about))

        built = await counted(
            self.budget,
            running,
            lab,
            gathered.threads,
            spent=spent,
            work=lambda: builder.build(gathered.threads, tell),
        )
        return built, spent

    async def _stand(
        self, running: Running, session: _Session, built: Built, place: "_Place", spent: Spent
    ) -> Close:
        """Let the summary stand: without what was taken back, flagged or withheld while it was written."""
        lab, made = session.lab, self.summaries
        gathered, recount = await made.session(lab, session.since, session.until)
        still = {thread.key for thread in gathered.threads}
        built = _unmarked(built, lab.guard).only(still)
        model = lab.models[0].id
        standing = Standing(
            lab=lab.key, team=place.team, channel=place.channel, sums="session", model=model,
            title=session.title, small_print=made_by(model, built, gathered),
            blocks=summary_blocks(session.title, built, recount.figures(), made.link),
            threads=tuple(thread.key for thread in built.threads),
        )  # fmt: skip
        await running.note({"body": standing.model_dump_json()})
        await place.end(session.title, standing.shown(running.job.id))
        claims = {"claims": built.claims.model_dump(mode="json"), "unread": built.unread}
        left_out = {name: getattr(gathered, name) for name in ("withheld", "flagged", "unlisted")}
        return Close({}, record=record_of(standing, place.ts, made.clock(), spent, **claims, **left_out))

    def builder(self, lab: Lab) -> tuple[Builder, Spent]:
        """Who reads a lab's threads, with what that costs."""
        spent = Spent()
        asker = Asker(self._model, lab.models[0], self._person, spent, marks(lab.guard))
        prompts = (system_prompt(self.summaries.labs, lab, part).text for part in ("note", "summary"))
        return Builder(
            asker, Tasks(*prompts), ThreadNotes(self.summaries.jobs.store), marks(lab.guard)
        ), spent


def record_of(standing: Standing, ts: str, at: float, spent: Spent, **said: Any) -> str:
    """The journal's line of a summary or wrap-up: where it stands, for a purge to find, and what it took."""
    record = {
        "kind": "summary", "schema_version": SCHEMA_VERSION, "lab": standing.lab, "at": at,
        "team": standing.team, "channel": standing.channel, "ts": ts, "sums": standing.sums,
        "threads": standing.threads, "model": standing.model, **said, **asdict(spent),
    }  # fmt: skip
    return json.dumps(record)


class _Place:
    """The one message that says how far a summary is, and becomes it."""

    def __init__(
        self, outbox: Outbox, running: Running, team: str, channel: str, clock: Callable[[], float]
    ) -> None:
        self.team = team
        self.channel = channel
        self.ts = running.job.fields.get("ts", "")
        self._outbox = outbox
        self._running = running
        self._clock = clock
        self._told_at = 0.0

    async def begin(self, words: str) -> None:
        if not self.ts:
            self.ts = await say_once(
                self._outbox, self._running, self.team, self.channel, text=words, blocks=[section(words)]
            )
            await self._running.note({"ts": self.ts})
        self._told_at = self._clock()

    async def progress(self, words: str) -> None:
        if not self.ts or self._clock() - self._told_at < TOLD_EVERY:
            return
        self._told_at = self._clock()
        try:
            await self._outbox.call(
                "chat.update", self.team, channel=self.channel, ts=self.ts, text=words,
                blocks=[section(words)],
            )  # fmt: skip
        except SlackError as error:
            log.debug("progress not shown", extra={"error": str(error)})

    async def end(self, text: str, blocks: list[Block]) -> None:
        if self.ts:
            await self._outbox.insist(
                "chat.update", self.team, hold=self._running.hold, channel=self.channel, ts=self.ts,
                text=text, blocks=blocks,
            )  # fmt: skip


def _unmarked(built: Built, guard: Guard) -> Built:
    """A summary without the claims in which the guard finds a marking (P6)."""
    return built.having(lambda claim: not guard.hard(claim.text))
