"""The files that came with questions: brought into an export under safe names, or noted with why not."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

from bot.exports.experiments import Attachment, Experiment, Tally
from bot.exports.output import Output

MOST = 50 * 1024 * 1024
"""Bytes of one file: what the jam's own form took."""

Fetch = Callable[[str, str], Awaitable[bytes | str]]
"""From a workspace and a file's id to its bytes, or to why they are not given."""

NO_ID = "only its name was kept"
ONE_FILE = "the export is one file; name a folder or a .zip to have them"
TOO_LARGE = f"it is larger than {MOST // 1024 // 1024} MB"

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST = 80


def refusing(why: str) -> Fetch:
    """Brings nothing, and says why."""

    async def refuse(team: str, file: str) -> bytes | str:
        return why

    return refuse


@dataclass(slots=True)
class Bringing:
    """Puts the files of one experiment after another into `files/`."""

    fetch: Fetch
    output: Output
    tally: Tally
    _count: int = 0

    async def bring(self, experiment: Experiment) -> None:
        """Fetch what came with its questions, once each, and note in its turns what became of it."""
        found: dict[str, Attachment] = {}
        for turn in experiment.turns:
            turn.attached = [
                found[one.id] if one.id in found else await self._one(one) for one in turn.attached
            ]
            found |= {one.id: one for one in turn.attached if one.id}

    async def _one(self, one: Attachment) -> Attachment:
        if not one.id:
            return self._left(one, NO_ID)
        if self.output.is_one_file:
            return self._left(one, ONE_FILE)
        content = await self.fetch(one.team, one.id)
        if isinstance(content, str):
            return self._left(one, content)
        self._count += 1
        self.tally.files_brought += 1
        path = f"files/{self._count:06}-{safe(one.name)}"
        self.output.file(path, content)
        return replace(one, path=path, bytes=len(content), sha256=sha256(content).hexdigest())

    def _left(self, one: Attachment, why: str) -> Attachment:
        self.tally.files_left[why] += 1
        return replace(one, why=why)


def safe(name: str) -> str:
    """A name that is one, on any system: its ending stays, and no part leads anywhere."""
    stem, dot, ending = _UNSAFE.sub("_", name).strip("._ ").rpartition(".")
    ending = f"{dot}{ending[:12]}"
    return f"{stem[: _LONGEST - len(ending)]}{ending}".strip(".") or "file"


def noted(attached: Iterable[Attachment]) -> list[dict[str, str | int]]:
    """What the sidecar says of a turn's files."""
    return [
        {"name": one.name, "path": one.path, "bytes": one.bytes, "sha256": one.sha256}
        if one.path
        else {"name": one.name, "why": one.why}
        for one in attached
    ]
