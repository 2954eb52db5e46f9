"""From threads to a summary's claims: one note a thread, batches of notes to claims, within any context."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

from bot.errors import ModelError
from bot.llm.model import ModelSpec
from bot.summary.asking import Asker, NoForm
from bot.summary.gathering import Marked, Thread
from bot.summary.notes import Claim, Claims, Note, as_data, batches, pieces

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Threads that are read at once: a summary shares its endpoint with people who wait."""

GIVE_UP = 2 * AT_ONCE
"""Threads in a row that a model could not read, after which it is not asked for the others."""

CHARS_PER_TOKEN = 2.5
"""Fewer than prose has, so that a thread full of code fits as well."""

NOTE_TOKENS = 700
"""What a note may take to write."""

_TASK_TOKENS = 2_000  # the instructions, the schema and what is asked once more

Progress = Callable[[int, int], Awaitable[None]]
"""Told how many of how many threads are read."""


class Cache(Protocol):
    """Keeps notes by thread and content, so that no thread is read twice."""

    async def get(self, thread: str, content: str) -> str:
        """The note as JSON; empty where there is none."""
        ...

    async def put(self, thread: str, content: str, note: str) -> None:
        """Keep it."""
        ...


@dataclass(frozen=True, slots=True)
class Built:
    """A summary's claims; notes are numbered from 1 in the order of the threads."""

    claims: Claims
    threads: tuple[Thread, ...]
    unread: int  # threads of which the model gave no note
    failed: bool = False  # the model gave notes, but no claims

    def having(self, wanted: Callable[[Claim], bool]) -> Self:
        """The same with the claims that are wanted."""
        names = type(self.claims).model_fields
        parts = [tuple(filter(wanted, part)) for part in self.claims.parts()]
        return replace(self, claims=self.claims.model_copy(update=dict(zip(names, parts, strict=True))))

    def only(self, still: Container[str]) -> Self:
        """The same without the claims that rest on a thread which is not there any more."""
        gone = {number for number, thread in enumerate(self.threads, 1) if thread.key not in still}
        return self.having(lambda claim: gone.isdisjoint(claim.sources))


@dataclass(frozen=True, slots=True)
class Tasks:
    """The prompts: of a thread's note, and of a summary."""

    note: str
    summary: str


@dataclass(frozen=True, slots=True)
class Builder:
    """Reads threads and sums them up, with one model."""

    asker: Asker
    tasks: Tasks
    cache: Cache
    marked: Marked

    async def build(self, threads: Sequence[Thread], progress: Progress) -> Built:
        """Read every thread, then sum up; what can't be read is counted."""
        turns = asyncio.Semaphore(AT_ONCE)
        done = in_vain = 0

        async def read(thread: Thread) -> Note | None:
            nonlocal done, in_vain
            async with turns:
                try:
                    note = await self.note(thread) if in_vain < GIVE_UP else None
                    in_vain = 0 if note else in_vain
                    return note
                except (NoForm, ModelError) as error:
                    log.warning("thread not read", extra={"about": thread.key, "error": type(error).__name__})
                    in_vain += 1
                    return None
                finally:
                    done += 1
                    await progress(done, len(threads))

        read_notes = await asyncio.gather(*(read(thread) for thread in threads))
        notes = {number: note for number, note in enumerate(read_notes, 1) if note}
        try:
            claims = await self.claims(notes) if notes else None
        except (NoForm, ModelError) as error:
            log.warning("no claims", extra={"error": type(error).__name__})
            claims = None
        return Built(claims or Claims(), tuple(threads), len(threads) - len(notes), failed=not claims)

    async def note(self, thread: Thread) -> Note:
        """A thread's note, from the cache where it was read before."""
        content = "\n".join((self.tasks.note, self.asker.spec.id, thread.text, *thread.unquotable))
        hashed = hashlib.sha256(content.encode()).hexdigest()
        if known := await self.cache.get(thread.key, hashed):
            return Note.model_validate_json(known)
        parts = [await self._read(piece) for piece in pieces(thread.text, room(self.asker.spec))]
        while len(parts) > 1:  # each round joins as many as fit
            joined = batches([as_data(n, part) for n, part in enumerate(parts, 1)], room(self.asker.spec))
            if len(joined) == len(parts):  # no two fit the model: word for word, as far as there is room
                parts = [Note.together(parts)]
                break
            parts = [await self._read("\n".join(lines)) for lines in joined]
        if self.marked("\n".join(parts[0].model_dump().values())):
            raise NoForm("a marking stands in the note")
        note = parts[0].without_quotes(thread.unquotable)
        await self.cache.put(thread.key, hashed, note.model_dump_json())
        return note

    async def claims(self, notes: Mapping[int, Note]) -> Claims:
        """Claims over all notes: over each batch of them first, then over what the batches gave."""
        lines = [as_data(number, note) for number, note in notes.items()]
        found: list[Claims] = []
        for batch in batches(lines, room(self.asker.spec)):
            claims = await self.asker.form(Claims, self.tasks.summary, "\n".join(batch))
            found.append(claims.kept(notes))
        while len(found) > 1:
            joined = batches([claims.model_dump_json() for claims in found], room(self.asker.spec))
            if len(joined) == len(found):
                return Claims.together(found)
            merged = [await self.asker.form(Claims, self.tasks.summary, "\n".join(one)) for one in joined]
            found = [claims.kept(notes) for claims in merged]
        return found[0]

    async def _read(self, text: str) -> Note:
        return (await self.asker.form(Note, self.tasks.note, text)).shortened()


def room(spec: ModelSpec) -> int:
    """Characters of data that one call of a model holds."""
    return max(
        2_000, int((spec.context - min(spec.max_output, spec.context // 2) - _TASK_TOKENS) * CHARS_PER_TOKEN)
    )


def estimate(threads: Sequence[Thread], spec: ModelSpec) -> tuple[int, float | None]:
    """Tokens that a summary of these threads will take, at most about; and US dollars, where priced."""
    read = sum(int(len(thread.text) / CHARS_PER_TOKEN) + _TASK_TOKENS for thread in threads)
    written = NOTE_TOKENS * (len(threads) + 2)
    summed = NOTE_TOKENS * len(threads) + _TASK_TOKENS
    prices = spec.prices
    cost = ((read + summed) * prices.input + written * prices.output) / 1e6 if prices else None
    return read + summed + written, cost
