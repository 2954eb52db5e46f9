"""`labjam audit verify` and `labjam audit export`: the trail of who did what, checked and written out."""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.errors import StoreAway, UsageError, WorldError
from bot.settings import Settings, read_settings


def add(commands: Any) -> None:
    """Add the commands to the parser's."""
    audit = commands.add_parser("audit", help="check or write out the trail of who did what")
    acts = audit.add_subparsers(required=True, metavar="act")
    verify = acts.add_parser("verify", help="name what is altered, missing or out of order; exit 1 if any")
    verify.add_argument("file", nargs="?", type=Path, help="an exported trail; without it, the store's own")
    verify.add_argument("later", nargs="?", type=Path, help="a later one, that must have all of the first")
    verify.set_defaults(run=_verify)
    export = acts.add_parser("export", help="print the trail, one JSON object a line")
    export.set_defaults(run=_export)


def _verify(args: argparse.Namespace) -> int:
    from bot.audit import differences, faults  # noqa: PLC0415

    if not args.file:
        lines, head = asyncio.run(_trail(read_settings()))
        return _told(lines, faults(lines, head))
    kept = _lines(args.file)
    damaged = _told(kept, faults(kept))
    if not args.later:
        return damaged
    later = _lines(args.later)
    return _told(later, [*faults(later), *differences(kept, later)]) or damaged


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: can't be read ({type(error).__name__})") from None


def _told(lines: list[str], found: list[str]) -> int:
    """Print what was found; gives the exit code."""
    for fault in found:
        print(fault, file=sys.stderr)
    last = lines[-1:] and lines[-1].rpartition('"hash":"')[2].strip('"}')
    print(f"{'damaged' if found else 'ok':9}{len(lines):,} entries, head {last or 'none'}")
    return int(bool(found))


def _export(_: argparse.Namespace) -> int:
    lines, _head = asyncio.run(_trail(read_settings()))
    for line in lines:
        print(line)
    return 0


async def _trail(settings: Settings) -> tuple[list[str], tuple[int, str]]:
    from bot.store.ledger import Ledger  # noqa: PLC0415

    try:
        async with _store(settings) as store:
            ledger = Ledger(store)
            head = await ledger.look()  # first, so that what is written meanwhile is no fault
            lines = [line async for line in ledger.lines()]
    except StoreAway as error:
        raise WorldError(f"REDIS_URL: {error}") from None
    return lines[: head.number] if len(lines) > head.number else lines, (head.number, head.hash)


@asynccontextmanager
async def _store(settings: Settings) -> AsyncGenerator[Any]:
    """The store of this deployment: by its address, or the embedded one, whoever runs it."""
    from bot.store.embedded import EmbeddedServer, holder  # noqa: PLC0415
    from bot.store.redis import Store  # noqa: PLC0415

    embedded = EmbeddedServer(settings.labjam_data)
    url = settings.redis_url
    if not url and holder(settings.labjam_data):
        url = f"unix://{(settings.labjam_data / 'valkey.sock').resolve()}"
    started = not url
    if started:
        await embedded.start()
        url = embedded.url
    try:
        store = await Store.connect(url)
        try:
            yield store
        finally:
            await store.close()
    finally:
        if started:
            await embedded.stop()
