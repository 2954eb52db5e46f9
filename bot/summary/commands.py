"""`/jam summary now`: sums the lab's session up before it ends."""

from dataclasses import dataclass

from bot.moderation.table import Act, Reply, Subcommand
from bot.phrases import many
from bot.store.states import States
from bot.summary.posting import Summaries
from bot.summary.words import NOTHING


@dataclass(frozen=True, slots=True)
class SummaryCommands:
    """The acts on a session's summary."""

    summaries: Summaries
    states: States

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        return [
            Subcommand("summary now", "", "sums up the session so far in the lab's channel",
                       "moderator", self.now, also=("summary",), changes=True),
        ]  # fmt: skip

    async def now(self, act: Act) -> Reply:
        """Queue the summary; say what it will take."""
        state = await self.states.of(act.lab)
        threads, tokens, cost = await self.summaries.expected(act.lab, state)
        if not threads:
            return Reply(NOTHING)
        await self.summaries.queue(act.actor.team, act.lab, state, act.id)
        takes = f"about {tokens:,} tokens" + (f", {cost:,.2f} USD" if cost is not None else "")
        read = many(threads, "thread")
        return Reply(f"On its way to the channel: {read}, {takes}.", after=read)
