"""`labjam purge` and `labjam hold`: take things out of the record, or keep them in."""

import argparse
import asyncio
from typing import Any

from bot.errors import StoreAway, UsageError, WorldError
from bot.settings import read_settings


def add(commands: Any) -> None:
    """Add the commands to the parser's."""
    purge = commands.add_parser("purge", help="take a thread, a person or a lab out of the record")
    _add_scope(purge)
    purge.add_argument("--confirm", metavar="CODE", default="", help="do what was shown, by the code it gave")
    purge.set_defaults(run=_purge)
    hold = commands.add_parser("hold", help="keep something from purge and expiry; alone, list what is kept")
    _add_scope(hold)
    hold.add_argument("--why", metavar="TEXT", default="", help="the reason, kept with the hold")
    hold.add_argument("--release", action="store_true", help="end a hold")
    hold.set_defaults(run=_hold)


def _add_scope(command: Any) -> None:
    command.add_argument("--lab", metavar="LAB", default="", help="a lab's key; alone, all of the lab")
    command.add_argument("--thread", metavar="T:C:TS", default="", help="a thread: team, channel, ts")
    command.add_argument("--person", metavar="ID", default="", help="a person, by Slack's user id")


def _purge(args: argparse.Namespace) -> int:
    from bot.commands.caring import purged  # noqa: PLC0415 - other commands need none of its weight

    return _said(purged(read_settings(), _scope(args), args.confirm))


def _hold(args: argparse.Namespace) -> int:
    from bot.commands.caring import held, listed, released  # noqa: PLC0415

    settings = read_settings()
    if not (args.lab or args.thread or args.person):
        return _said(listed(settings))
    scope = _scope(args)
    return _said(released(settings, scope) if args.release else held(settings, scope, args.why))


def _scope(args: argparse.Namespace) -> Any:
    from bot.scopes import Scope, places  # noqa: PLC0415

    if args.thread and args.person:
        raise UsageError("--person: a thread or a person, not both")
    if args.thread and places(args.thread) != [args.thread]:
        raise UsageError("--thread: write it as TEAM:CHANNEL:TS, such as T0123:C0123:1732320000.000100")
    if not (args.lab or args.person):
        raise UsageError("--lab: say which lab, or which person of all labs")
    return Scope(args.lab, args.thread, args.person)


def _said(work: Any) -> int:
    try:
        lines: list[str] = asyncio.run(work)
    except StoreAway as error:
        raise WorldError(f"REDIS_URL: the store went away ({error}).") from None
    for line in lines:
        print(line)
    return 0
