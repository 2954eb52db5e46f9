"""Caps, purges and holds together: what the composition root needs of them."""

from dataclasses import dataclass
from typing import Self

from bot.burn import Burning
from bot.clearing import Clearing
from bot.clock import Timed
from bot.labs import Labs
from bot.moderation.caps import CapCommands
from bot.moderation.care import CareCommands
from bot.moderation.table import Subcommand
from bot.purge import Purges
from bot.running import Runner
from bot.slack.outbox import Outbox
from bot.store.jobs import Jobs
from bot.store.spending import Spending


@dataclass(frozen=True, slots=True)
class Caring:
    """Their runners, subcommands and jobs of the clock."""

    purges: Purges
    clearing: Clearing
    burning: Burning
    caps: CapCommands
    care: CareCommands

    @classmethod
    def of(cls, labs: Labs, jobs: Jobs, outbox: Outbox) -> Self:
        """Make them."""
        spending, purges = Spending(jobs.store), Purges(jobs)
        burning = Burning(spending)
        caps, care = CapCommands(labs, spending, burning), CareCommands(labs, purges)
        return cls(purges, Clearing(outbox), burning, caps, care)

    @property
    def runners(self) -> dict[str, Runner]:
        """Who runs which kind of their jobs."""
        return {"purge": self.purges.run, "clear": self.clearing.run}

    @property
    def timed(self) -> list[Timed]:
        """What the clock does for them."""
        return [Timed("holds", 6 * 3600.0, self.purges.keep_held)]

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table of `/jam`."""
        return [*self.caps.subcommands(), *self.care.subcommands()]
