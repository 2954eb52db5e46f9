"""Who may stop an answer or have it replaced, and what keeps one that stands from being replaced."""

from collections.abc import Awaitable, Callable

from bot.burn import Burning
from bot.labs import Labs
from bot.records import Question

NOT_YOURS = (
    "Only who asked this, or a moderator, can have its answer replaced. Ask it again below, if you like."
)

Moderates = Callable[[str, str, str], Awaitable[bool]]
"""Whether a person (team, user) moderates a lab."""


class Steering:
    """Decides about answers that are there, for the buttons under them and for what waited since."""

    def __init__(self, labs: Labs, moderates: Moderates, burning: Burning) -> None:
        self._labs = labs
        self._moderates = moderates
        self._burning = burning

    async def may_steer(self, asked: Question, user: str) -> bool:
        """Whether an answer is theirs to stop or replace: its asker's and the moderators'."""
        return user == asked.user or await self._moderates(asked.thread.team, user, asked.lab)

    async def why_it_stays(self, asked: Question, user: str) -> str:
        """Why an answer that has text is not to be replaced, in words; empty where it may be."""
        if not await self.may_steer(asked, user):
            return NOT_YOURS
        lab = self._labs[asked.lab]
        return await self._burning.used_up(lab, asked.user, lab.model(asked.model).name)
