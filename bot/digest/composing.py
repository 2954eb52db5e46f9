"""Puts a digest together: what was counted, what it cost, whom blind choices prefer, and its chart."""

import logging
from asyncio import Lock
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.burn import Burning
from bot.charts import day_chart, day_words, labs_chart, labs_words
from bot.digest.days import Day, Days, counted
from bot.digest.times import Due, latest
from bot.digest.words import LabDay, Told, all_digest, day_of, lab_digest, leader
from bot.errors import WorldError
from bot.labs import Labs
from bot.ranking import LEAST, Ranking
from bot.slack.addresses import thread_address
from bot.standings import SEED, standings
from bot.store.jobs import CROSS_LAB
from bot.store.pairs import Pairs

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Composed:
    """A digest before it is posted; no chart where there is nothing to draw."""

    told: Told
    questions: int
    counted: Day | None = None  # of one lab
    chart: str = ""  # SVG
    alt: str = ""  # what the chart says, in words


@dataclass(frozen=True, slots=True)
class Composing:
    """Composes digests; `site` is the workspace's address."""

    labs: Labs
    days: Days
    burning: Burning
    site: str
    _one_ranking: Lock = field(default_factory=Lock)  # at a time: its library takes a hundred megabytes

    async def of(self, lab: str, due: Due) -> Composed:
        """The digest of a lab, or of all labs together."""
        return await (self._of_all(due) if lab == CROSS_LAB else self._of_lab(lab, due))

    async def _of_lab(self, key: str, due: Due) -> Composed:
        lab = self.labs[key]
        now, before = await self.days.count(key, due)
        caps = await self.burning.of_day_caps(lab, due.until)
        ranking = await self._ranking(key) if now.questions else None
        told = lab_digest(LabDay(lab, due, now, before, caps, ranking), self._link)
        day = counted(now, caps, leader(ranking))
        if not now.questions:
            return Composed(told, 0, day)
        title = f"{lab.short} · {day_of(due.until, lab.timezone)}"
        return Composed(told, now.questions, day, day_chart(title, now), day_words(now))

    async def _of_all(self, due: Due) -> Composed:
        schedules = await self.days.schedules()
        schedule = schedules[CROSS_LAB]
        days = await self._days(due)
        before = await self.days.asked_before(CROSS_LAB, due, schedule)
        title = f"All labs · {day_of(due.until, schedule.zone)}"
        told = all_digest(title, [(self.labs[key], day) for key, day in days.items()], before)
        short = {self.labs[key].short: day.figures for key, day in days.items() if day.figures.questions}
        questions = sum(figures.questions for figures in short.values())
        if not questions:
            return Composed(told, 0)
        return Composed(told, questions, None, labs_chart(title, short), labs_words(short))

    async def _days(self, due: Due) -> Mapping[str, Day]:
        """Each lab's day as its own digest told it; a lab without digests by the leads' hours."""
        schedules, found = await self.days.schedules(), dict[str, Day]()
        for key, lab in self.labs.items():
            own = latest(schedules[key], due.until) if key in schedules else due
            if own.day != due.day:
                continue  # its digest does not come every day
            if key in schedules:
                own = await self.days.follow(key, own, schedules[key])
            kept = await self.days.kept(key, own)
            if kept is None:
                figures, _ = await self.days.count(key, own)
                kept = counted(figures, await self.burning.of_day_caps(lab, own.until))
            found[key] = kept
        return found

    async def _ranking(self, lab: str) -> Ranking | None:
        """How people's blind choices rank the models; None where they are few, or the library is missing."""
        if not await Pairs(self.days.jobs).drawn(lab):
            return None
        try:
            async with self._one_ranking:
                found = await standings(self.days.jobs.store, [lab], seed=SEED, least=LEAST)
        except WorldError as error:
            log.info("digest without standings", extra={"why": str(error)})
            return None
        return next((one for one in found if one.standings and not one.domain), None)

    def _link(self, thread: str) -> str:
        return thread_address(self.site, thread)
