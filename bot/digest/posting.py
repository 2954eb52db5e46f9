"""Digests at their hours: found due by the clock, composed and posted by a job, once (P9)."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from bot.announcing import say_once
from bot.burn import Burning
from bot.charts import png
from bot.digest.composing import Composed, Composing
from bot.digest.days import Days, job_of, mailbox_of, noted_day, noted_due, read_due
from bot.digest.times import Due, due, running
from bot.digest.words import Told
from bot.errors import SlackError
from bot.labs import Labs
from bot.running import Running
from bot.slack.blocks import image, small_print
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.uploads import Uploads
from bot.store.jobs import Close, Jobs

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Digests:
    """Queues digests, and runs the jobs that post them; or shows one to one person."""

    labs: Labs
    jobs: Jobs
    days: Days
    composing: Composing
    directory: Directory
    outbox: Outbox
    uploads: Uploads
    clock: Callable[[], float] = time.time

    @classmethod
    def of(
        cls, days: Days, directory: Directory, outbox: Outbox, uploads: Uploads,
        *, burning: Burning, site: str, clock: Callable[[], float] = time.time,
    ) -> Self:  # fmt: skip
        """Make them; `site` is the workspace's address."""
        composing = Composing(days.labs, days, burning, site)
        return cls(days.labs, days.jobs, days, composing, directory, outbox, uploads, clock)

    async def tick(self, team: str) -> None:
        """Queue each digest whose hour has come."""
        for lab, schedule in (await self.days.schedules()).items():
            found = due(schedule, self.clock())
            if found:
                await self._queue(team, lab, found, job_of(lab, found.day.isoformat()))

    async def post_now(self, team: str, lab: str, about: str) -> None:
        """Queue a lab's digest of its day so far; the same `about` comes once."""
        found = running(await self.days.schedule(lab), self.clock())
        await self._queue(team, lab, found, job_of(lab, f"now:{about}"))

    async def preview(self, lab: str) -> Told:
        """A lab's digest of its day so far; words for its chart, since only a posted one can have it."""
        due = running(await self.days.schedule(lab), self.clock())
        composed = await self.composing.of(lab, due)
        told = composed.told
        if not composed.alt:
            return told
        return Told(told.text, (*told.blocks, small_print(f"Its chart will say: {composed.alt}")))

    async def run(self, run: Running) -> Close:
        """Compose and post one digest, as far as an earlier worker did not."""
        fields = dict(run.job.fields)
        lab, team = fields["lab"], fields["team"]
        if "told" not in fields:
            fields |= await self._composed(run, team, lab, read_due(fields))
        if fields.get("questions") == "0" and not await self.days.is_on(lab, read_due(fields)):
            return Close({})  # a jam that has not begun, or is over, has no quiet days
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

    async def _composed(self, run: Running, team: str, lab: str, due: Due) -> dict[str, str]:
        """Compose a digest and write it down, so that whoever posts it says the same."""
        schedules = await self.days.schedules()
        if run.job.id == job_of(lab, due.day.isoformat()) and lab in schedules:
            due = await self.days.follow(lab, due, schedules[lab])
        composed = await self.composing.of(lab, due)
        told = composed.told
        file = await self._chart(run, team, composed) if composed.chart else ""
        blocks = [*told.blocks[:2], *([image(file, composed.alt)] if file else []), *told.blocks[2:]]
        noted = {"told": json.dumps([told.text, blocks]), "questions": str(composed.questions)}
        noted |= {"counted": noted_day(composed.counted)} if composed.counted else {}
        await run.note(noted)
        return noted

    async def _queue(self, team: str, lab: str, found: Due, job: str) -> None:
        fields = {"team": team, "lab": lab, "made": f"{self.clock():.0f}"} | noted_due(found)
        await self.jobs.enqueue(lab, mailbox_of(lab), job, int(found.until * 1e6), fields)

    async def _chart(self, run: Running, team: str, composed: Composed) -> str:
        """The id of the chart's file in Slack; empty where it can't be drawn or taken."""
        drawn = await png(composed.chart)
        if not drawn:
            return ""
        try:
            file = await self.uploads.send(team, "day.png", drawn, alt=composed.alt, hold=run.hold)
            await self.uploads.complete(team, file, "The day in numbers", hold=run.hold)
            if not await self.uploads.settles(team, file, hold=run.hold):
                return ""  # Slack takes no block with a file that it does not know yet
        except SlackError as error:
            log.warning("digest without its chart", extra={"error": str(error)})
            return ""
        return file
