"""Reads the files of a question: out of Slack, through the parser and the guard, into what a model gets."""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import TypeAdapter

from bot.files.parsed import (
    GONE,
    MOST_BYTES,
    MOST_CHARACTERS,
    MOST_FILES,
    NO_SIGHT,
    NOT_GIVEN,
    OUTSIDE,
    TOO_LARGE,
    TOO_MANY,
    Parsed,
)
from bot.files.reader import Reader
from bot.gate import Gates
from bot.guard import Guard, name_as_text
from bot.guard.rules import fingerprint
from bot.labs import Lab
from bot.llm.model import ModelSpec
from bot.prompting import fence_key, fenced, unread
from bot.records import Attached, FileRead, Picture, Question
from bot.running import Running, insist
from bot.slack.downloads import Downloads, NotGiven, SlackFile
from bot.store.confirmations import WAITS, Confirmations, Pending
from bot.store.questions import CLEARED, answer_job

MOST_TRIES = 3
"""How often a question waits for a file that Slack does not hand out just now."""
MOST_PICTURES = 6

_FILES = TypeAdapter(tuple[FileRead, ...])


@dataclass(frozen=True, slots=True)
class _One:
    name: str
    read: FileRead
    parsed: Parsed


class Attaching:
    """Reads files; what their text was is noted in the job, so that another try reads none again."""

    def __init__(
        self, downloads: Downloads, reader: Reader, gates: Gates, confirmations: Confirmations,
        key: Callable[[], Awaitable[bytes]], *, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._downloads = downloads
        self._reader = reader
        self._gates = gates
        self._confirmations = confirmations
        self._key = key
        self._clock = clock

    async def read(
        self, running: Running, question: Question, lab: Lab, spec: ModelSpec
    ) -> Attached | Literal["stopped", "waits"]:
        """What came with a question; or that the guard stopped it, or waits for its asker's word."""
        if not question.file_ids:
            return Attached()
        noted = _noted(running)
        if noted and not any(file.kind == "picture" for file in noted.files):
            return noted
        key = await self._key()
        found = [
            await self._one(running, question, number, spec, guard=lab.guard, key=key)
            for number in range(len(question.file_ids))
        ]
        for one in found:
            hard = (hit for hit in one.parsed.hits if hit.level == "hard")
            if hit := lab.guard.hard(name_as_text(one.name)) or next(hard, None):
                await self._gates.stop(question, hit, "file", one.parsed.text)
                return "stopped"
        if await self._waits(running, question, lab, found):
            return "waits"
        attached = _put_together(question, found, key)
        await running.note(
            {"attached": attached.text, "attached_files": _FILES.dump_json(attached.files).decode()}
        )
        return attached

    async def _waits(self, running: Running, question: Question, lab: Lab, found: list[_One]) -> bool:
        """Ask the asker, once, where the files look marked; nothing of their text is kept until then."""
        hits = {hit.rule: hit for one in found for hit in one.parsed.hits}
        if set(hits) <= set(running.job.fields.get(CLEARED, "").split()):
            return False
        now, asked = self._clock(), replace(question, side="")
        jobs = tuple(
            answer_job(replace(question, side=side)) for side in (("a", "b") if question.side else ("",))
        )
        hashed = fingerprint("\n".join(one.parsed.text for one in found), await self._key())
        titles = tuple(dict.fromkeys(hit.title for hit in hits.values()))
        pending = Pending(asked, "", tuple(hits), titles, hashed, now + WAITS, anew=jobs)
        await insist(lambda: self._confirmations.wait_again(pending, int(now * 1_000_000)))
        return True

    async def _one(
        self, running: Running, question: Question, number: int, spec: ModelSpec, *, guard: Guard, key: bytes
    ) -> _One:
        team, file_id = question.thread.team, question.file_ids[number]
        name = question.files[number]
        read = FileRead(file_id, hmac.digest(key, name.encode(), "sha256").hex()[:32])
        if number >= MOST_FILES:
            return _refused(name, read, TOO_MANY)
        file = await self._downloads.look(team, file_id, running.hold)
        if file is None:
            return _refused(name, read, GONE)
        # Where another organisation shared it, only now we learn its name.
        name = file.name
        read = replace(read, name_hash=hmac.digest(key, name.encode(), "sha256").hex()[:32], size=file.size)
        content = await self._content(running, file)
        if isinstance(content, str):
            return _refused(name, read, content)
        parsed = await self._reader.parse(content, guard)
        if parsed.picture and not spec.images:
            parsed = Parsed(why=NO_SIGHT)
        sha = hashlib.sha256(content).hexdigest()
        read = replace(read, size=len(content), sha256=sha, kind=parsed.kind, cut=parsed.cut, why=parsed.why)
        return _One(name, read, parsed)

    async def _content(self, running: Running, file: SlackFile) -> bytes | str:
        """A file's bytes, or why there are none."""
        if not file.url:
            return OUTSIDE
        if file.size > MOST_BYTES:
            return TOO_LARGE
        if running.job.tries >= MOST_TRIES:
            return NOT_GIVEN
        try:
            content = await self._downloads.fetch(file, MOST_BYTES)
        except NotGiven:
            return NOT_GIVEN
        return TOO_LARGE if content is None else content


async def attached_text(running: Running) -> str:
    """What was noted of a question's files, for the thread's later questions."""
    return (await running.fields()).get("attached", "")


def _noted(running: Running) -> Attached | None:
    fields = running.job.fields
    if not fields.get("attached"):
        return None
    return Attached(fields["attached"], files=_FILES.validate_json(fields.get("attached_files", "[]")))


def _refused(name: str, read: FileRead, why: str) -> _One:
    return _One(name, replace(read, why=why), Parsed(why=why))


def _put_together(question: Question, found: list[_One], key: bytes) -> Attached:
    """Text as far as there is room, pictures as many as there may be."""
    secret = fence_key(key, str(question.thread), question.ts)
    room, texts, files = 2 * MOST_CHARACTERS, list[str](), list[FileRead]()
    pictures: list[Picture] = []
    for number, one in enumerate(found, 1):
        parsed, read = one.parsed, one.read
        if parsed.picture and len(pictures) == MOST_PICTURES:
            read = replace(read, kind="", why=f"I look at most at {MOST_PICTURES} pictures at once")
        elif parsed.picture:
            pictures.append(Picture(parsed.media_type, parsed.picture))
            texts.append(fenced(secret, number, one.name, "a picture", f"[picture {len(pictures)}]"))
        elif not read.why and room <= 0:
            read = replace(read, kind="", why="the files before it took all the room there is")
        elif not read.why:
            cut = parsed.cut if len(parsed.text) <= room else f"all after {room:,} characters"
            read = replace(read, cut=cut)
            texts.append(fenced(secret, number, one.name, parsed.kind, parsed.text[:room], cut=cut))
            room -= len(parsed.text)
        if read.why:
            texts.append(unread(number, one.name, read.why))
        files.append(read)
    return Attached("\n\n".join(texts), tuple(pictures), tuple(files))
