"""One export from beginning to end: read the journals, sort them, choose, clean, write, put in place."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bot.exports.attached import Bringing, Fetch, refusing
from bot.exports.cleaning import Cleaner
from bot.exports.dropped import DROPPED
from bot.exports.experiments import Choice, Chooser, Tally
from bot.exports.formats import FORMATS
from bot.exports.gathering import Gathering
from bot.exports.output import Output
from bot.exports.rows import Setting

WITH_FILES = frozenset({"jam"})
"""Formats with room for the files of questions."""
NOT_ASKED = "files were not asked for"

Progress = Callable[[str, int], None]
"""Hears a step's name and how many records it is through."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants exported, and where to."""

    format: str
    target: Path
    key: bytes  # of the people's hashes
    choice: Choice = field(default_factory=Choice)
    names: Mapping[str, str] = field(default_factory=dict[str, str])  # a person's name -> id or ""
    prompts: Mapping[str, str] = field(default_factory=dict[str, str])
    about: Mapping[str, Any] = field(default_factory=dict[str, Any])  # more for the manifest
    fetch: Fetch = field(default_factory=lambda: refusing(NOT_ASKED))  # the files of questions


async def export(
    records: AsyncIterator[tuple[str, str]], request: Request, progress: Progress = lambda step, at: None
) -> dict[str, Any]:
    """Export (lab, JSON) records; gives the manifest. UsageError where the target can't be written."""
    tally = Tally()
    with Output(request.target) as output, Gathering.beside(output.folder) as gathered:
        async for lab, record in records:
            gathered.add(lab, record)
            if gathered.count % 1000 == 0:
                progress("reading", gathered.count)
        await _write(gathered, request, output, tally, progress)
        return output.whole(_manifest(request, tally, gathered.count))


async def _write(
    gathered: Gathering, request: Request, output: Output, tally: Tally, progress: Progress
) -> None:
    setting = Setting(output, tally, request.prompts)
    cleaner = Cleaner(request.key, gathered.slack_ids, request.names)
    chooser = Chooser(request.choice, cleaner, setting.tally, gathered.removed)
    writer = FORMATS[request.format](setting)
    bringing = Bringing(request.fetch, output, setting.tally)
    done = 0
    for thread in gathered.threads():
        experiment = chooser.experiment(thread)
        if experiment:
            if request.format in WITH_FILES:
                await bringing.bring(experiment)
            writer.add(experiment)
        done += len(thread.records)
        progress("writing", done)
    writer.end()


def _manifest(request: Request, tally: Tally, count: int) -> dict[str, Any]:
    return {
        "format": request.format,
        "labjam": version("labjam"),
        "made_at": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds"),
        **request.about,
        "states": sorted(request.choice.states),
        "records_read": count,
        "experiments": tally.experiments,
        "turns": tally.turns,
        "withheld": {"turns": dict(tally.withheld), "reasons": dict(tally.reasons)},
        "never": dict(tally.never),
        "outside_the_time": tally.outside,
        "no_row": dict(tally.skipped),
        "kinds_left_out": dict(tally.kinds_left_out),
        "attached": {"brought": tally.files_brought, "left_out": dict(tally.files_left)},
        "names_replaced": len(request.names),
        "system_prompts": sorted(request.prompts),
        "fields_left_out": list(DROPPED[request.format]),
    }
