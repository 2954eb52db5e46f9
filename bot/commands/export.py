"""`labjam export`: the record as files, people taken out, and a line that says what stayed behind and why."""

import argparse
import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.errors import StoreAway, UsageError, WorldError
from bot.exports import PURPOSES
from bot.exports.summary import summary
from bot.settings import read_settings

_INCLUDES = ("private", "lab_reviewed", "withheld")
_SUFFIXES = {"jam": ".zip", "csv": ".csv"}


def add(commands: Any) -> None:
    """Add the command to the parser's."""
    about = "write the record, or what models learn from, to files"
    command = commands.add_parser("export", help=about, description=about)
    command.add_argument(
        "--format",
        required=True,
        choices=PURPOSES,
        metavar="FORMAT",
        help="; ".join(f"{name}: {says}" for name, says in PURPOSES.items()),
    )
    command.add_argument(
        "-o",
        dest="target",
        metavar="PATH",
        type=Path,
        help="a file, a .zip, or a folder to make; default labjam-FORMAT",
    )
    command.add_argument("--lab", action="append", default=[], metavar="A,B", help="only these; default all")
    command.add_argument(
        "--since",
        type=_time,
        metavar="TIME",
        help="asked at or after it, as 2026-11-20 or 2026-11-20T08:00-06:00; UTC where no offset is given",
    )
    command.add_argument("--until", type=_time, metavar="TIME", help="asked before it")
    command.add_argument(
        "--include",
        action="append",
        default=[],
        metavar="STATE",
        help=f"besides what is released: {', '.join(_INCLUDES)}, all",
    )
    command.add_argument(
        "--consented",
        action="store_true",
        help="in jam, jsonl and csv, too, only details that may go to the model's maker",
    )
    command.add_argument(
        "--names",
        metavar="WHERE",
        help="whose names to replace in texts: slack, none, or a "
        "file with one name a line; default slack if SLACK_BOT_TOKEN is set",
    )
    command.add_argument(
        "--archive", action="store_true", help="read the archive under LABJAM_DATA, where the store is lost"
    )
    command.add_argument("--no-files", action="store_true", help="in jam, leave out questions' files")
    command.set_defaults(run=_export)  # fmt: skip


def _export(args: argparse.Namespace) -> int:
    from bot.commands.exporting import Wanted, exported  # noqa: PLC0415 - other commands need none of its weight

    target = args.target or Path(f"labjam-{args.format}{_SUFFIXES.get(args.format, '.jsonl')}")
    wanted = Wanted(
        args.format, target, args.lab, _states(args.include), args.since, args.until, args.consented,
        args.names, args.archive, not args.no_files,
    )  # fmt: skip
    try:
        manifest = asyncio.run(_until_told(exported(wanted, read_settings())))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise WorldError("EXPORT: stopped; nothing was written.") from None
    except StoreAway as error:
        raise WorldError(f"REDIS_URL: the store went away ({error}); nothing was written.") from None
    except OSError as error:
        raise WorldError(f"-o: {error.strerror}; nothing was written.") from None
    for line in summary(manifest):
        print(line)
    return 0


async def _until_told(work: Any) -> Any:
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _states(includes: list[str]) -> frozenset[str]:
    words = {word for given in includes for word in given.split(",")}
    if unknown := words - {*_INCLUDES, "all", "released"}:
        raise UsageError(f"--include: {min(unknown)} is no state; allowed: {', '.join(_INCLUDES)}, all")
    return frozenset({"released"}) | (set(_INCLUDES) if "all" in words else words)


def _time(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-20T08:00") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
