"""A jam with a moderator and a lead, for the tests of `/jam`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.audit import Entry, read_entry
from bot.moderation.wording import WORKING
from bot.store.ledger import Ledger
from bot.store.redis import Store
from bot.trial.triggers import Interaction
from tests.jam import Jam, until
from tests.stores import everything

CONFIG = """
[jam]
leads = ["S0LOCALLEADS"]
default_models = ["default", "other"]

[models.other]
id = "other-1"

[labs.argonne]
moderators = ["Mo@ANL.example"]

[labs.idaho]
moderators = ["{other}"]
"""


@dataclass
class Desk:
    """A running jam, and its people with a say: argonne's moderator, idaho's, and a lead."""

    jam: Jam
    moderator: str
    other: str
    lead: str
    hq: str

    @property
    def lab(self) -> str:
        """The channel of argonne."""
        return self.jam.channels["argonne"]

    @property
    def scientist(self) -> str:
        """Somebody who only asks."""
        return self.jam.people["argonne"]

    async def say(self, who: str, text: str, channel: str = "") -> Interaction:
        """Type `/jam …`, in argonne's channel unless another is named."""
        return await typed(self.jam, who, channel or self.lab, text)

    async def do(self, text: str, who: str = "", channel: str = "") -> str:
        """The same as argonne's moderator, sure where asked; gives the words of the answer."""
        who, channel = who or self.moderator, channel or self.lab
        interaction = await self.say(who, text, channel)
        question = interaction.messages[-1] if interaction.messages else None
        if question and any(element["action_id"] == "labjam_do" for _, element in question.elements):
            before = question.visible_text
            await self.jam.slack.click(who, channel, question.ts, "labjam_do")
            await until(lambda: question.visible_text not in (before, WORKING), 30)
            return question.visible_text
        return interaction.text

    async def audited(self) -> list[Entry]:
        """The audit trail, the oldest entry first."""
        store = await self.store()
        lines = [read_entry(line) async for line in Ledger(store).lines()]
        await store.close()
        return lines

    async def kept(self) -> str:
        """All that Redis holds, as one text."""
        store = await self.store()
        found = await everything(store)
        await store.close()
        return found

    async def store(self) -> Store:
        """The jam's own store, opened once more; whoever asks closes it."""
        return await self.jam.open_store()

    async def subcommands(self) -> list[str]:
        """The names of every subcommand, as a lead's help has them, without their arguments."""
        shown = (await self.say(self.lead, "help")).text
        return re.findall(r"^`/jam ([a-z-]+(?: [a-z]+)?)(?=[` ])", shown, re.MULTILINE)


async def typed(jam: Jam, who: str, channel: str, text: str) -> Interaction:
    """Type `/jam …`, and wait for its answer where that comes behind the acknowledgement."""
    interaction = await jam.slack.command(who, channel, "/jam", text)
    assert interaction.acked, text
    await until(lambda: not interaction.text.endswith(WORKING), 30)
    return interaction


async def furnish(jam: Jam, folder: Path, config: str = CONFIG, **extra: Any) -> Desk:
    """Add the people with a say to a jam that does not run yet, and its labjam.toml."""
    moderator = jam.slack.add_person("mo", email="mo@anl.example")
    other = jam.slack.add_person("ida")
    lead = jam.slack.add_person("lea")
    await jam.slack.join(moderator, jam.channels["argonne"])
    await jam.slack.join(other, jam.channels["idaho"])
    jam.slack.workspace.groups["S0LOCALLEADS"] = [lead]
    file = folder / "labjam.toml"
    file.write_text(config.format(other=other, **extra))
    jam.extra["LABJAM_CONFIG"] = str(file)
    return Desk(jam, moderator, other, lead, jam.slack.add_channel("jam-hq", [lead]))
