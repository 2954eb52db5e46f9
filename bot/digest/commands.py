"""`/jam digest`: see it, post it now, set its hour."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import time

from bot.audit import Audit, Change
from bot.digest.days import CHANGED, OFF
from bot.digest.posting import Digests
from bot.errors import Declined
from bot.moderation.table import Act, Reply, Subcommand
from bot.store.states import LabState, States

_HOUR = re.compile(r"(\d{1,2})(?::(\d{2}))?")


@dataclass(frozen=True, slots=True)
class DigestCommands:
    """The acts on a lab's digest."""

    digests: Digests
    audit: Audit
    states: States

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        return [
            Subcommand("digest preview", "", "shows only you the digest of the day so far",
                       "moderator", self.preview, also=("digest",), one_lab=True),
            Subcommand("digest now", "", "posts the digest of the day so far in the lab's channel",
                       "moderator", self.post_now, changes=True),
            Subcommand("digest at", "HH:MM | off", "sets the hour of the daily digest, by the lab's clock",
                       "moderator", self.set_hour, changes=True, records=True),
        ]  # fmt: skip

    async def preview(self, act: Act) -> Reply:
        """Show the digest to one person."""
        told = await self.digests.preview(act.lab)
        return Reply(told.text, told.blocks)

    async def post_now(self, act: Act) -> Reply:
        """Post it besides the daily one."""
        await self.digests.post_now(act.actor.team, act.lab, act.id)
        return Reply("The digest of the day so far is on its way to the channel.", after="posted")

    async def set_hour(self, act: Act) -> Reply:
        """Set the hour, or switch the digest off."""
        hour = _hour(act.rest)
        file = self.digests.labs[act.lab].digest_at

        def decide(now: LabState) -> Change:
            return Change({CHANGED: "" if hour == file else hour}, now.fields.get(CHANGED, file), hour)

        await self.audit.change(act.actor, act.name, act.lab, decide)
        self.states.forget(act.lab)
        zone = self.digests.labs[act.lab].zone
        return Reply("No daily digest any more." if hour == OFF else f"The digest comes at {hour} ({zone}).")


def _hour(text: str) -> str:
    said = text.strip().casefold()
    if said == OFF:
        return OFF
    with suppress(ValueError):
        if found := _HOUR.fullmatch(said):
            return time(int(found[1]), int(found[2] or 0)).strftime("%H:%M")
    if not said:
        raise Declined("Say at what hour: `/jam digest at 17:00`, or `off`.")
    raise Declined(f"I can't read “{text[:20]}” as an hour: write `/jam digest at 17:00`, or `off`.")
