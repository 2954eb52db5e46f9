"""`labjam standings`: which models the labs' people prefer, by their blind choices."""

import argparse
import asyncio
from typing import Any

from bot.errors import StoreAway, UsageError, WorldError
from bot.settings import Settings, read_settings


def add(commands: Any) -> None:
    """Add the command to the parser's."""
    about = "rank the models by people's blind choices"
    command = commands.add_parser("standings", help=about, description=about)
    command.add_argument("--lab", action="append", default=[], metavar="A,B", help="only these; default all")
    command.add_argument("--field", metavar="FIELD", default="", help="only this field, such as fusion")
    command.add_argument("--seed", metavar="N", type=int, default=0, help="of the intervals' resampling")
    command.set_defaults(run=_standings)


def _standings(args: argparse.Namespace) -> int:
    from bot.forms import DOMAINS  # noqa: PLC0415 - other commands need none of its weight
    from bot.standings import field_named  # noqa: PLC0415

    domain = field_named(args.field)
    if args.field and not domain:
        raise UsageError(f"--field: {args.field} is no field; there are: {', '.join(DOMAINS)}")
    try:
        lines = asyncio.run(_told(read_settings(), args.lab, domain, args.seed))
    except StoreAway as error:
        raise WorldError(f"REDIS_URL: the store went away ({error}).") from None
    print("\n".join(lines) or "Nobody has chosen blind between two models yet.")
    return 0


async def _told(settings: Settings, wanted: list[str], domain: str, seed: int) -> list[str]:
    from bot.commands.exporting import chosen  # noqa: PLC0415
    from bot.recount import SMALL  # noqa: PLC0415
    from bot.standings import field_name, standings, table  # noqa: PLC0415
    from bot.store.journal import Journal  # noqa: PLC0415
    from bot.store.opening import opened  # noqa: PLC0415

    async with opened(settings) as store:
        labs = chosen(wanted, await Journal(store).labs())
        found = [one for one in await standings(store, labs, seed=seed) if one.domain == domain or not domain]
    few = [one for one in found if one.domain and one.people < SMALL]
    shown = [one for one in found if one not in few or domain]
    lines = [f"{one.lab}, {field_name(one.domain)}: {table(one)}\n" for one in shown]
    if few and not domain:
        lines.append(f"Fields in which fewer than {SMALL} people chose are not broken down.")
    return lines
