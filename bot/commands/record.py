"""`labjam archive verify`: the commands that read the record."""

import argparse
import sys
from typing import Any

from bot.errors import UsageError
from bot.settings import read_settings


def add(commands: Any) -> None:
    """Add the commands to the parser's."""
    archive = commands.add_parser("archive", help="check the files that hold the record")
    acts = archive.add_subparsers(required=True, metavar="act")
    verify = acts.add_parser("verify", help="name what is altered, missing or out of order; exit 1 if any")
    verify.set_defaults(run=_verify)


def _verify(_: argparse.Namespace) -> int:
    from bot.archive.verify import verify  # noqa: PLC0415

    folder = read_settings().labjam_data / "archive"
    if not folder.is_dir():
        raise UsageError(f"LABJAM_DATA: no archive at {folder}. It is written where labjam's workers run.")
    wrong = False
    for found in verify(folder):
        wrong = wrong or bool(found.findings)
        says = "damaged" if found.findings else "ok"
        print(f"{says:9}{found.lab}: {found.lines:,} lines, {found.redacted:,} redacted, head {found.head}")
        for finding in found.findings:
            print(f"  {finding}", file=sys.stderr)
        if found.left_out:
            print(f"  and {found.left_out:,} more", file=sys.stderr)
    return int(wrong)
