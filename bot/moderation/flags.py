"""`/jam flag list`, `claim` and `resolve`: what a lab's moderators are to look at."""

from dataclasses import dataclass

from bot.errors import Declined
from bot.flagging import REASONS, Flagging
from bot.moderation.table import Act, Reply, Subcommand
from bot.moderation.times import ago
from bot.store.flags import Flag

SHOWN = 20
"""Flags in one list."""


@dataclass(slots=True)
class FlagCommands:
    """The subcommands on flags."""

    flagging: Flagging

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        return [
            Subcommand("flag list", "", "shows the flagged answers that wait, the oldest first",
                       "moderator", self.show, also=("flag", "flags")),
            Subcommand("flag claim", "ID", "takes a flag in hand", "moderator", self.claim,
                       changes=True, one_lab=True),
            Subcommand("flag resolve", "ID what came of it", "ends a flag, with a note", "moderator",
                       self.resolve, changes=True, one_lab=True),
        ]  # fmt: skip

    async def show(self, act: Act) -> Reply:
        """What waits."""
        flags = await self.flagging.waiting(act.lab)
        lines = [self._line(flag, act.at) for flag in flags[:SHOWN]]
        if len(flags) > SHOWN:
            lines.append(f"and {len(flags) - SHOWN} more")
        return Reply("\n".join(lines) or "No flagged answer waits.")

    async def claim(self, act: Act) -> Reply:
        """Take one in hand."""
        if len(act.words) != 1:
            raise Declined("Say which: `/jam flag claim` and the five characters from `/jam flag list`.")
        flag = await self.flagging.claim(act.lab, act.words[0], act.actor.user)
        link = self.flagging.link(flag.thread, flag.question_ts)
        done = f"`/jam flag resolve {flag.id} …` ends it."
        return Reply(f"It is yours: <{link}|the question>. {done}", before="open", after=f"{flag.id} claimed")

    async def resolve(self, act: Act) -> Reply:
        """End one."""
        flag_id, _, note = act.rest.strip().partition(" ")
        if not note.strip():
            raise Declined("Say what came of it: `/jam flag resolve ID the answer is right, tagged anyway`.")
        flag = await self.flagging.resolve(act.lab, flag_id, act.actor.user, note.strip())
        return Reply(
            "Resolved, and the note is in the record.", before="waiting", after=f"{flag.id} resolved"
        )

    def _line(self, flag: Flag, now: float) -> str:
        link = self.flagging.link(flag.thread, flag.question_ts)
        who = f", <@{flag.holder}> has it" if flag.holder else ""
        since = ago(now - flag.opened_at)
        place = f"<{link}|a question> in <#{flag.thread.channel}>"
        return f"`{flag.id}` {place}: {REASONS[flag.reason]}, {since} ago{who}"
