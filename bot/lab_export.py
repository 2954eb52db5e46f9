"""`/jam export`: a lab's record in any of the formats, in a direct message to the moderator who asked."""

import asyncio
import hashlib
import json
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.errors import Declined, WorldError
from bot.exports import PURPOSES
from bot.exports.experiments import RELEASED, Choice
from bot.exports.export import Request, export
from bot.exports.summary import summary
from bot.labs import Labs
from bot.moderation.table import Act, Reply, Subcommand
from bot.moderation.times import read_day
from bot.private_files import PrivateFiles
from bot.prompting import system_prompt
from bot.running import Running, insist
from bot.store.jobs import Close, Jobs
from bot.store.journal import Journal

USAGE = "[FORMAT] [all] [since DAY] [until DAY]"
DEFAULT = "jsonl"
EVERYTHING = frozenset({*RELEASED, "private", "lab_reviewed", "withheld"})
COMES = "An export of {what} is being made. It comes to you as a direct message."
SURE = (
    "Export all answers of this lab, also those it has not released, and those it withholds? "
    "You get a file with people's names taken out; it is yours to keep safe."
)
NOTHING = (
    "There is nothing to export of {what}. `/jam release` says how many answers are in which state; "
    "`/jam export {format} all` takes them all."
)

NAMELESS = (
    "There is no export of {what}: labjam could not read the members' names from Slack, and without them it "
    "can't take names out. Try again."
)

FORMATS = "The formats are:\n" + "\n".join(f"• `{name}` {purpose}" for name, purpose in PURPOSES.items())

LEFT_BEHIND = 3600.0
"""Seconds after which a folder of an export is a killed process's: making one takes minutes at the most."""

Names = Callable[[], Awaitable[Mapping[str, str]]]
"""Reads the members' names, which an export replaces; WorldError where nobody can tell."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a moderator asked for."""

    format: str = DEFAULT
    everything: bool = False
    since: float = 0.0
    until: float = float("inf")


class LabExports:
    """The subcommand, and the runner of its `export` jobs."""

    def __init__(self, labs: Labs, jobs: Jobs, files: PrivateFiles, names: Names, folder: Path) -> None:
        self._labs = labs
        self._jobs = jobs
        self._files = files
        self._names = names
        self._folder = folder
        for left in folder.glob("export-*"):
            if time.time() - left.stat().st_mtime > LEFT_BEHIND:
                shutil.rmtree(left, ignore_errors=True)

    def subcommands(self) -> list[Subcommand]:
        """Its line of the table of `/jam`."""
        formats = ", ".join(PURPOSES)
        says = f"sends you what is released as a file ({formats}); `all` takes the rest, too"
        return [Subcommand("export", USAGE, says, "moderator", self.ask, changes=True, asks=self._sure)]

    async def _sure(self, act: Act) -> str:
        return SURE if read_wanted(act, self._labs).everything else ""

    async def ask(self, act: Act) -> Reply:
        """Queue it: a long record takes a while to read."""
        wanted = read_wanted(act, self._labs)
        fields = {
            "team": act.actor.team, "user": act.actor.user, "format": wanted.format,
            "since": str(wanted.since), "at_most": str(wanted.until),
            "everything": "1" if wanted.everything else "",
        }  # fmt: skip
        mailbox = f"{act.actor.team}:{act.actor.user}:export"
        await self._jobs.enqueue(act.lab, mailbox, f"export:{act.lab}:{act.id}", int(act.at * 1e6), fields)
        what = self._what(act.lab, wanted.format, everything=wanted.everything)
        return Reply(COMES.format(what=what), after=what)

    async def run(self, running: Running) -> Close:
        """Make the export, and send it."""
        fields = running.job.fields
        lab, kind, everything = fields["lab"], fields["format"], bool(fields["everything"])
        choice = Choice(
            EVERYTHING if everything else RELEASED, float(fields["since"]), float(fields["at_most"])
        )
        what = self._what(lab, kind, everything=everything)
        try:
            names = await self._names()
        except WorldError:
            await self._files.hand(running, NAMELESS.format(what=what), "", b"")
            return Close({})
        with self._aside(running.job.id) as folder:
            key = await insist(self._jobs.store.pseudonym_key)
            target = folder / f"labjam-{lab}-{kind}.zip"
            prompt = system_prompt(self._labs, self._labs[lab])
            request = Request(
                kind, target, key, choice, names, {prompt.version: prompt.text}, {"labs": [lab]}
            )
            manifest = await self._made(request, lab, folder / "records")
            if not manifest["turns"]:
                words, content = NOTHING.format(what=what, format=kind), b""
            else:
                words, content = "\n".join([f"*{what}*", *summary(manifest)]), target.read_bytes()
        await self._files.hand(running, words, target.name, content)
        return Close({})

    @contextmanager
    def _aside(self, job: str) -> Generator[Path]:
        """A folder for one job, with nothing in it that a killed process left there; gone afterwards."""
        folder = self._folder / f"export-{hashlib.sha256(job.encode()).hexdigest()[:16]}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _made(self, request: Request, lab: str, records: Path) -> dict[str, Any]:
        """Make the files aside, so that answers go on streaming here."""
        journal = Journal(self._jobs.store)
        with records.open("w", encoding="utf-8") as spool:
            for shard in range(self._jobs.store.shards):
                async for line in journal.lines(shard, lab):
                    spool.write(json.dumps(line.record) + "\n")
        return await asyncio.to_thread(lambda: asyncio.run(export(_lines(records, lab), request)))

    def _what(self, lab: str, kind: str, *, everything: bool) -> str:
        which = "all answers" if everything else "the released answers"
        return f"{which} of {self._labs[lab].short} as {kind}"


async def _lines(records: Path, lab: str) -> AsyncIterator[tuple[str, str]]:
    with records.open(encoding="utf-8") as spool:
        for line in spool:
            yield lab, json.loads(line)


def read_wanted(act: Act, labs: Labs) -> Wanted:
    """Read what follows the name; Declined where a word is none of those."""
    wanted, rest, zone = Wanted(), act.words, labs[act.lab].timezone
    while rest:
        match rest:
            case [word, *left] if word.casefold() in PURPOSES:
                wanted = replace(wanted, format=word.casefold())
            case [("all" | "released") as which, *left]:
                wanted = replace(wanted, everything=which == "all")
            case ["since", day, *left]:
                wanted = replace(wanted, since=read_day(day, zone))
            case ["until", day, *left]:
                wanted = replace(wanted, until=read_day(day, zone))
            case _:
                raise Declined(f"I don't know “{rest[0][:30].replace('`', '')}” here. {FORMATS}")
        rest = left
    return wanted
