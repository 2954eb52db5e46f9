"""`/jam reveal`: shows a thread which models its compared answers came from."""

from dataclasses import dataclass

from bot.compare import Comparisons
from bot.errors import Declined
from bot.moderation.care import thread_linked
from bot.moderation.table import Act, Reply, Subcommand
from bot.records import ThreadKey

USAGE = "LINK"
NO_LINK = "Give a link to a message of the thread: in its menu, choose Copy link."
NOTHING = "There is no comparison of your lab in that thread."


@dataclass(slots=True)
class RevealCommand:
    """The subcommand; choices made after it are kept, and not ranked."""

    comparisons: Comparisons

    def subcommands(self) -> list[Subcommand]:
        """Its line of the table of `/jam`."""
        says = "names the models of compared answers under them, for all to see"
        return [Subcommand("reveal", USAGE, says, "moderator", self.reveal, changes=True, one_lab=True)]

    async def reveal(self, act: Act) -> Reply:
        """Reveal every comparison of one thread."""
        link = act.words[0] if act.words else ""
        thread = thread_linked(act.actor.team, link)
        if not thread:
            raise Declined(NO_LINK)
        revealed = await self.comparisons.reveal_in(ThreadKey.parse(thread), act.lab)
        if not revealed:
            raise Declined(NOTHING)
        return Reply("\n".join(revealed), before="blind", after=f"revealed {thread}")
