"""`/jam standings`: which models a lab's people prefer, by their blind choices."""

from dataclasses import dataclass

from bot.errors import Declined, WorldError
from bot.forms import DOMAINS
from bot.moderation.table import Act, Reply, Subcommand
from bot.ranking import LEAST, Ranking
from bot.recount import SMALL
from bot.standings import SEED, field_name, field_named, standings, table
from bot.store.redis import Store

NONE = f"Nobody has chosen blind between two models here yet. A ranking needs {LEAST} choices."
SHARED = "Models whose intervals overlap may share a place."


@dataclass(frozen=True, slots=True)
class StandingsCommand:
    """The subcommand; what it shows is made anew from the journal."""

    store: Store

    def subcommands(self) -> list[Subcommand]:
        """Its line of the table."""
        says = "ranks the models by people's blind choices, all or those of one field"
        return [Subcommand("standings", "[field]", says, "moderator", self.show, also=("ranking",))]

    async def show(self, act: Act) -> Reply:
        """One ranking, and which others there are."""
        domain = field_named(act.rest)
        if act.rest.strip() and not domain:
            raise Declined(f"There is no such field. The fields are: {', '.join(DOMAINS)}.")
        try:
            found = {one.domain: one for one in await standings(self.store, [act.lab], seed=SEED)}
        except WorldError as error:
            raise Declined(str(error)) from None
        wanted = found.get(domain)
        if not wanted:
            return Reply(NONE if not domain else f"Nobody has chosen blind in {field_name(domain)} yet.")
        told = table(wanted).replace("`", "'").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        head, _, rows = told.partition("\n")
        lines = [f"*{field_name(domain).capitalize()}*: {head}"]
        lines += [f"```\n{rows}\n```", SHARED] if rows else []
        return Reply("\n".join(lines + ([] if domain else _others(found))))


def _others(found: dict[str, Ranking]) -> list[str]:
    """The fields that have a ranking of their own."""
    ranked = [domain for domain, one in found.items() if domain and one.standings]
    few = sum(1 for domain, one in found.items() if domain and one.people < SMALL)
    return [
        *([f"By field: {', '.join(f'`/jam standings {domain}`' for domain in ranked)}."] if ranked else []),
        *([f"Fields in which fewer than {SMALL} people chose are not broken down."] if few else []),
    ]
