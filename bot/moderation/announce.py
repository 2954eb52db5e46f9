"""`/jam announce`: a moderator's words in their lab's channel, a lead's in every one."""

from dataclasses import dataclass

from bot.errors import Declined
from bot.labs import Labs
from bot.moderation.sessions import Publish
from bot.moderation.table import Act, Reply, Subcommand
from bot.moderation.wording import LONGEST


@dataclass(slots=True)
class Announcements:
    """The act of saying something to a whole lab."""

    labs: Labs
    publish: Publish

    def subcommands(self) -> list[Subcommand]:
        """Its line of the table."""
        return [
            Subcommand("announce", "TEXT", "says it in the lab's channel, with your name", "moderator",
                       self.announce, changes=True),
        ]  # fmt: skip

    async def announce(self, act: Act) -> Reply:
        """Queue the words for the lab's channel; the same act says them once."""
        words = act.rest.strip()
        if not words:
            raise Declined("Write what to announce: `/jam announce The jam ends at five.`")
        if len(words) > LONGEST:
            raise Declined(
                f"An announcement has at most {LONGEST:,} characters; this one has {len(words):,}."
            )
        await self.publish(act.id, act.actor.team, act.lab, f"{words}\n_Announced by <@{act.actor.user}>_")
        return Reply(f"It goes to #{self.labs[act.lab].channel} now.", after=words)
