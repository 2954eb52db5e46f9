"""Who may do what: scientist, moderator of a lab, or lead, as lab.toml and labjam.toml name them."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.labs.live import LiveLabs
from bot.slack.people import People


@dataclass(frozen=True, slots=True)
class Role:
    """What one person may do; whoever is neither is a scientist."""

    moderates: frozenset[str] = frozenset()  # keys of labs
    leads: bool = False

    def may_moderate(self, lab: str) -> bool:
        """Whether they may act for this lab."""
        return self.leads or lab in self.moderates

    @property
    def words(self) -> str:
        """The highest of their roles."""
        return "lead" if self.leads else "moderator" if self.moderates else "scientist"


class Roster:
    """Looks people up: by user id, by user group, by e-mail address; a change counts without a restart."""

    def __init__(self, labs: LiveLabs, people: People) -> None:
        self._labs = labs
        self.people = people

    async def of(self, team: str, user: str) -> Role:
        """The role of a person."""
        labs = await self._labs.now()
        leads = await self._names(labs.leads, team, user)
        moderates = [
            key
            for key, lab in labs.items()
            if lab.moderators and await self._names(lab.moderators, team, user)
        ]
        return Role(frozenset(moderates), leads)

    async def moderates(self, team: str, user: str, lab: str) -> bool:
        """Whether a person may act for a lab."""
        return (await self.of(team, user)).may_moderate(lab)

    async def moderators(self, team: str, lab: str) -> list[str]:
        """The user ids of a lab's moderators; SlackBusy or SlackUnsure where Slack can't say now who."""
        labs = await self._labs.now()
        found: dict[str, None] = {}
        for name in labs[lab].moderators if lab in labs else ():
            if "@" in name:
                found[await self.people.at_address(team, name.casefold())] = None
            elif name.startswith("S"):
                found |= dict.fromkeys(sorted(await self.people.members(team, name, sure=True)))
            else:
                found[name] = None
        return [user for user in found if user]

    async def _names(self, listed: Sequence[str], team: str, user: str) -> bool:
        """Whether a list of user ids, group ids and e-mail addresses means this person."""
        if user in listed:
            return True
        for group in (name for name in listed if name.startswith("S") and "@" not in name):
            if user in await self.people.members(team, group):
                return True
        addresses = {name.casefold() for name in listed if "@" in name}
        if not addresses:
            return False
        person = await self.people.person(team, user)
        # Another organisation's administrators decide what its people's addresses are.
        return not person.stranger and person.email in addresses
