"""Who may ask in a lab: muting somebody, and allowing a guest or a person of another organisation."""

from dataclasses import dataclass

from bot.audit import Audit, Change
from bot.errors import Declined
from bot.labs import Labs
from bot.moderation.parsing import person_named
from bot.moderation.table import Act, Reply, Subcommand
from bot.store.states import LabState, States

NOBODY = "Name one person: type @ behind `/jam {name}`, and pick them from Slack's list."
SO_ALREADY = {
    ("mute", True): "muted already", ("mute", False): "not muted",
    ("allow", True): "allowed already", ("allow", False): "not on the list of those allowed",
}  # fmt: skip


@dataclass(slots=True)
class Persons:
    """The acts on a person in a lab."""

    labs: Labs
    audit: Audit
    states: States

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        return [
            Subcommand("mute", "@person", "takes no more questions of a person", "moderator", self.mute,
                       changes=True, records=True),
            Subcommand("unmute", "@person", "takes them again", "moderator", self.unmute,
                       changes=True, records=True),
            Subcommand("allow", "@person", "lets a guest, or somebody of another organisation, ask",
                       "moderator", self.allow, changes=True, records=True),
            Subcommand("disallow", "@person", "takes that back", "moderator", self.disallow,
                       changes=True, records=True),
        ]  # fmt: skip

    async def mute(self, act: Act) -> Reply:
        """Take no more questions of a person."""
        user = await self._mark(act, "mute", on=True)
        return Reply(f"<@{user}> is muted. What they asked before is still answered; they are told once.")

    async def unmute(self, act: Act) -> Reply:
        """Take them again."""
        user = await self._mark(act, "mute", on=False)
        return Reply(f"<@{user}> can ask again.")

    async def allow(self, act: Act) -> Reply:
        """Let an outsider ask."""
        user = await self._mark(act, "allow", on=True)
        none = " lab.toml lets no outsiders ask, though." if self._closed_to_outsiders(act.lab) else ""
        return Reply(f"<@{user}> may ask, also as a guest or from another organisation.{none}")

    async def disallow(self, act: Act) -> Reply:
        """Take that back."""
        user = await self._mark(act, "allow", on=False)
        return Reply(f"<@{user}> may ask only as the lab's rules for guests and other organisations say.")

    def _closed_to_outsiders(self, key: str) -> bool:
        return "none" in (self.labs[key].guests, self.labs[key].strangers)

    async def _mark(self, act: Act, mark: str, *, on: bool) -> str:
        user = person_named(act.rest.strip())
        if not user:
            raise Declined(NOBODY.format(name=act.name))

        def decide(now: LabState) -> Change:
            stands = f"{mark}:{user}" in now.fields
            if stands == on:
                raise Declined(f"<@{user}> is {SO_ALREADY[mark, on]}.")
            words = (f"{user} {mark}", f"{user} no {mark}")
            before, after = words if stands else words[::-1]
            return Change({f"{mark}:{user}": f"{act.at:.0f}" if on else ""}, before, after)

        await self.audit.change(act.actor, act.name, act.lab, decide)
        self.states.forget(act.lab)
        return user
