"""Which model answers a lab, and how many of its questions two models answer side by side."""

import re
from dataclasses import dataclass

from bot.audit import Audit, Change
from bot.errors import Declined
from bot.labs import Labs
from bot.labs.tables import allowed
from bot.moderation.table import Act, Reply, Subcommand
from bot.store.states import LabState, States


@dataclass(slots=True)
class Models:
    """The acts on a lab's model."""

    labs: Labs
    audit: Audit
    states: States

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        return [
            Subcommand("model show", "", "says which model is asked", "moderator", self.show, ("model",)),
            Subcommand("model list", "", "lists the lab's models", "moderator", self.list),
            Subcommand("model set", "NAME", "asks another of the lab's models from the next question on",
                       "moderator", self.set, changes=True, records=True),
            Subcommand("model compare", "N%", "lets two models answer that share of the questions",
                       "moderator", self.compare, changes=True, records=True),
        ]  # fmt: skip

    async def show(self, act: Act) -> Reply:
        """Which model is asked, and what share is compared."""
        lab, state = self.labs[act.lab], await self.states.of(act.lab)
        spec = lab.model(state.model)
        compared = f" {state.compare}% of the questions are answered by two models." if state.compare else ""
        return Reply(f"`{spec.name}` is asked: {spec.id} at {spec.endpoint.name}.{compared}")

    async def list(self, act: Act) -> Reply:
        """The lab's models; no other can be set, so a lab bound to an endpoint stays there (P7)."""
        lab, state = self.labs[act.lab], await self.states.of(act.lab)
        now = lab.model(state.model)
        lines = [
            f"• `{spec.name}`: {spec.id} at {spec.endpoint.name}{' (asked now)' if spec is now else ''}"
            for spec in lab.models
        ]
        return Reply("\n".join(lines))

    async def set(self, act: Act) -> Reply:
        """Ask another model first."""
        lab, name = self.labs[act.lab], act.rest.strip()
        names = [spec.name for spec in lab.models]
        if not name:
            return await self.list(act)
        name = next((one for one in names if one.casefold() == name.casefold()), name)
        if name not in names:
            shown = name.replace("`", "")[:40]
            raise Declined(f"{lab.short} has no model `{shown}`. {allowed(names, name)}.")
        chosen = "" if name == names[0] else name

        def decide(now: LabState) -> Change:
            if lab.model(now.model).name == name:
                raise Declined(f"`{name}` is asked already.")
            return Change({"model": chosen}, lab.model(now.model).name, name)

        await self.audit.change(act.actor, act.name, act.lab, decide)
        self.states.forget(act.lab)
        return Reply(f"`{name}` is asked from the next question on.")

    async def compare(self, act: Act) -> Reply:
        """Set the share of questions that two models answer."""
        lab = self.labs[act.lab]
        share = re.fullmatch(r"(\d{1,3})\s*%?", act.rest.strip())
        if not share or int(share[1]) > 100:
            raise Declined("Write a share from 0% to 100%, such as `/jam model compare 20%`.")
        if int(share[1]) and len(lab.models) < 2:
            raise Declined(f"{lab.short} has only one model. `models` in its lab.toml can name more.")

        def decide(now: LabState) -> Change:
            return Change({"compare": str(int(share[1]))}, f"{now.compare}%", f"{int(share[1])}%")

        await self.audit.change(act.actor, act.name, act.lab, decide)
        self.states.forget(act.lab)
        return Reply(f"Two models answer {int(share[1])}% of the questions from now on.")
