"""Digests at their hours: found due by the clock, composed and posted by a job, once (P9)."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.announcing import say_once
from bot.charts import day_chart, day_words, png
from bot.digest.times import Due, Schedule, due, latest, read_schedule, running
from bot.digest.words import Told, all_digest, day_of, lab_digest
from bot.errors import SlackError
from bot.labs import Lab, Labs
from bot.recount import Figures, Recount
from bot.running import Running
from bot.slack.addresses import thread_address
from bot.slack.blocks import image
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.uploads import Uploads
from bot.store.jobs import CROSS_LAB, Close, Jobs
from bot.store.journal import Journal
from bot.store.states import States

log = logging.getLogger(__name__)

OFF = "off"

CHANGED = "digest_at"
"""The word of a lab's state that moderators set over lab.toml's `digest_at`."""

_SKEW = 60.0  # seconds that Redis's clock may be behind Slack's: journal lines are found by its time


@dataclass(frozen=True, slots=True)
class Digests:
    """Composes digests, for the channel or for one person's eyes; `site` is the workspace's address."""

    labs: Labs
    jobs: Jobs
    states: States
    directory: Directory
    outbox: Outbox
    uploads: Uploads
    site: str
    clock: Callable[[], float] = time.time

    async def tick(self, team: str) -> None:
        """Queue each digest whose hour has come; a job's id is taken once, so no digest comes twice."""
        for key, schedule in (await self._schedules()).items():
            found = due(schedule, self.clock())
            if found:
                await self._queue(team, key, found, f"digest:{key}:{found.day}")

    async def post_now(self, team: str, lab: str, about: str) -> None:
        """Queue a lab's digest of its day so far; the same `about` comes once."""
        await self._queue(
            team, lab, running(await self.schedule(lab), self.clock()), f"digest:{lab}:now:{about}"
        )

    async def run(self, run: Running) -> Close:
        """Compose and post one digest, as far as an earlier worker did not."""
        fields = dict(run.job.fields)
        lab, team = fields["lab"], fields["team"]
        if not await self._ever_asked(self.labs if lab == CROSS_LAB else (lab,)):
            return Close({})  # a jam that has not begun has no quiet days
        if "told" not in fields:
            told, chart = await self._compose(lab, read_due(fields))
            file = await self._chart(run, team, chart) if chart else ""
            blocks = (
                [*told.blocks[:2], image(file, chart[1]), *told.blocks[2:]] if file and chart else told.blocks
            )
            fields["told"] = json.dumps([told.text, list(blocks)])
            await run.note({"told": fields["told"]})
        text, blocks = json.loads(fields["told"])
        name = self.labs[lab].channel if lab in self.labs else self.labs.hq
        channel = await self.directory.channel_id(team, name)
        if channel:
            said = await say_once(self.outbox, run, team, channel, text=text, blocks=blocks)
            if not said:  # whatever Slack has against the picture: the words are what matters
                words = [block for block in blocks if block["type"] != "image"]
                await say_once(self.outbox, run, team, channel, text=text, blocks=words)
        else:
            log.error("no digest: labjam is not in the channel", extra={"lab": lab})
        return Close({})

    async def preview(self, lab: str) -> Told:
        """A lab's digest of its day so far; no picture, since only a posted one can have it."""
        return (await self._compose(lab, running(await self.schedule(lab), self.clock())))[0]

    async def schedule(self, lab: str) -> Schedule:
        """When a lab's digest comes; where it is off, its days are still told apart by this hour."""
        settings, state = self.labs[lab], await self.states.of(lab)
        at = state.fields.get(CHANGED) or settings.digest_at
        return read_schedule("17:00" if at == OFF else at, settings.digest_days, settings.timezone)

    async def _schedules(self) -> Mapping[str, Schedule]:
        """Of all labs that want one, and of all labs together: when the last of them has its own."""
        found: dict[str, Schedule] = {}
        for key, lab in self.labs.items():
            at = (await self.states.of(key)).fields.get(CHANGED) or lab.digest_at
            if at != OFF:
                found[key] = await self.schedule(key)
        if found:
            now = self.clock()
            today = datetime.fromtimestamp(now, UTC).date()
            found[CROSS_LAB] = max(found.values(), key=lambda schedule: schedule.moment(today))
        return found

    async def _queue(self, team: str, lab: str, found: Due, job: str) -> None:
        fields = {"team": team, "lab": lab, "made": f"{self.clock():.0f}"} | noted_due(found)
        await self.jobs.enqueue(lab, f"digest:{lab}", job, int(found.until * 1e6), fields)

    async def _compose(self, lab: str, found: Due) -> tuple[Told, tuple[str, str] | None]:
        """What is said, and the chart with its words."""
        if lab == CROSS_LAB:
            figures = {key: (await self._count(one, found))[0] for key, one in self.labs.items()}
            zone = (await self._schedules())[CROSS_LAB].zone
            return all_digest(day_of(found.until, zone), self.labs, figures), None
        settings = self.labs[lab]
        now, before = await self._count(settings, found)
        told = lab_digest(settings, found, now, before, self._link)
        if not now.questions:
            return told, None
        title = f"{settings.short} · {day_of(found.until, settings.timezone)}"
        return told, (day_chart(title, now), day_words(now))

    async def _count(self, lab: Lab, found: Due) -> tuple[Figures, Figures]:
        """The figures of a digest's time, and of the one before it, in one pass over the journal."""
        earlier = latest(await self.schedule(lab.key), found.since)
        now = Recount(lab.timezone, found.since, found.until)
        before = Recount(lab.timezone, earlier.since, earlier.until)
        journal = Journal(self.jobs.store)
        after = f"{int((earlier.since - _SKEW) * 1000)}-0"
        for shard in range(self.jobs.store.shards):
            async for line in journal.lines(shard, lab.key, after):
                record = json.loads(line.record)
                now.add(record)
                before.add(record)
        return now.figures(), before.figures()

    async def _ever_asked(self, labs: Iterable[str]) -> bool:
        journal = Journal(self.jobs.store)
        for lab in labs:
            for shard in range(self.jobs.store.shards):
                async for _ in journal.lines(shard, lab, page=1):
                    return True
        return False

    async def _chart(self, run: Running, team: str, chart: tuple[str, str]) -> str:
        """The id of the chart's file in Slack; empty where it can't be drawn or taken."""
        drawn = await png(chart[0])
        if not drawn:
            return ""
        try:
            file = await self.uploads.send(team, "day.png", drawn, alt=chart[1], hold=run.hold)
            await self.uploads.complete(team, file, "The day in numbers", hold=run.hold)
            if not await self.uploads.settles(team, file, hold=run.hold):
                return ""  # Slack takes no block with a file that it does not know yet
        except SlackError as error:
            log.warning("digest without its chart", extra={"error": str(error)})
            return ""
        return file

    def _link(self, thread: str) -> str:
        return thread_address(self.site, thread)


def noted_due(found: Due) -> dict[str, str]:
    """The fields of a job that say which digest it is."""
    return {"day": found.day.isoformat(), "since": str(found.since), "until": str(found.until)}


def read_due(fields: Mapping[str, str]) -> Due:
    """Read what `noted_due` wrote."""
    day = datetime.fromisoformat(fields["day"]).date()
    return Due(day, float(fields["since"]), float(fields["until"]))
