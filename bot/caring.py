"""Caps, purges, holds and flags together: what the composition root needs of them."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.burn import Burning, burn_lines
from bot.clearing import Clearing
from bot.clock import Timed
from bot.flagging import Flagging
from bot.labs import Labs
from bot.moderation.caps import CapCommands
from bot.moderation.care import CareCommands
from bot.moderation.flags import FlagCommands
from bot.moderation.table import Subcommand
from bot.moderation.times import ago
from bot.purge import Purges
from bot.retention import EVERY, Retention
from bot.running import Runner
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.store.jobs import Jobs
from bot.store.spending import Spending
from bot.store.votes import Votes


@dataclass(frozen=True, slots=True)
class Caring:
    """Their runners, subcommands and jobs of the clock."""

    labs: Labs
    purges: Purges
    clearing: Clearing
    burning: Burning
    caps: CapCommands
    care: CareCommands
    flagging: Flagging
    votes: Votes
    retention: Retention

    @classmethod
    def of(
        cls, labs: Labs, jobs: Jobs, outbox: Outbox, directory: Directory, flagging: Flagging, *,
        url: str, archive: Path,
    ) -> Self:  # fmt: skip
        """Make them."""
        spending, purges = Spending(jobs.store), Purges(jobs)
        burning = Burning(spending)
        caps = CapCommands(labs, spending, burning)
        care = CareCommands(labs, purges, directory, url)
        kept = Retention(labs, purges, archive)
        return cls(labs, purges, Clearing(outbox), burning, caps, care, flagging, Votes(jobs), kept)

    @property
    def runners(self) -> dict[str, Runner]:
        """Who runs which kind of their jobs."""
        return {"purge": self.purges.run, "clear": self.clearing.run, "flagged": self.flagging.tell}

    @property
    def timed(self) -> list[Timed]:
        """What the clock does for them."""
        return [
            Timed("holds", EVERY, self.purges.keep_held, longest=3600.0),
            Timed("retention", EVERY, self.retention.run, longest=3600.0),
        ]

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table of `/jam`."""
        return [
            *FlagCommands(self.flagging).subcommands(),
            *self.caps.subcommands(),
            *self.care.subcommands(),
        ]

    async def status(self, key: str) -> list[str]:
        """What a lab's moderators should know of these: lines for `/jam status`."""
        lines = burn_lines(await self.burning.of(self.labs[key]))
        flags = await self.flagging.queue(key)
        if flags.unclaimed or flags.claimed:
            oldest = ago(time.time() - flags.oldest)
            lines.append(
                f"Flagged answers: {flags.unclaimed} unclaimed, {flags.claimed} in hand, oldest {oldest}"
            )
        if holds := [hold for hold in await self.purges.holds() if hold.scope.lab in {"", key}]:
            lines.append(f"Legal holds: {len(holds)}; `/jam hold` lists them")
        return lines
