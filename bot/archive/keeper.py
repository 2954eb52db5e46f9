"""Writes the archive as the journals grow: one pass of it copies all that is new to disk."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from bot.archive.book import Book, is_after
from bot.archive.purging import last_receipt, take_out
from bot.errors import StoreAway
from bot.store.journal import Journal, Line
from bot.store.redis import Store

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two passes."""

_PAGE = 500
_LOOK_EVERY = 60
"""Passes between two looks at whether a journal was replaced under us."""


class Keeper:
    """Copies the labs' journals into the archive in `folder`.

    Where it goes on is read from the archive itself, so that nothing is lost or doubled whoever goes on.
    """

    def __init__(self, store: Store, labs: Sequence[str], folder: Path) -> None:
        self._journal = Journal(store)
        self._books = {lab: Book(folder, lab) for lab in labs}
        self._look_in = 0  # passes

    async def run(self) -> None:
        """One pass. StoreAway where Redis is away, OSError where the disk is full."""
        await self.copy()

    async def copy(self) -> int:
        """The same; gives how many records it added."""
        look_in, self._look_in = self._look_in, 0  # after a pass that failed we look again
        if look_in == 0:
            for lab, book in self._books.items():
                await self._look(lab, book)
        added = 0
        for shard in range(self._journal.store.shards):
            added += await self._follow(shard)
        self._look_in = look_in - 1 if look_in else _LOOK_EVERY
        return added

    async def close(self) -> None:
        """Take in what the last jobs wrote."""
        with suppress(StoreAway, OSError):
            await self.copy()

    async def _follow(self, shard: int) -> int:
        """Copy what is new in one shard, page by page."""
        added = 0
        while True:
            after = {lab: book.positions.get(shard, "") for lab, book in self._books.items()}
            lines = await self._journal.fresh(shard, after, _PAGE)
            for lab, own in groupby(lines, key=lambda line: line.lab):
                added += await self._add(self._books[lab], list(own))
            if not lines:
                return added

    async def _add(self, book: Book, lines: Sequence[Line]) -> int:
        """Add lines of one lab; a purge is followed before its receipt is passed, so that none is missed."""
        added, rest = 0, list[Line]()
        for line in lines:
            if receipt := last_receipt(line):
                added += await asyncio.to_thread(book.append, rest)
                await asyncio.to_thread(take_out, book, receipt, await self._journal.store.pseudonym_key())
                rest = []
            rest.append(line)
        return added + await asyncio.to_thread(book.append, rest)

    async def _look(self, lab: str, book: Book) -> None:
        """Read the archive's positions; go through a journal again that ends before its position.

        Such a server lost its newest entries, or all of them.
        """
        await asyncio.to_thread(book.load)
        for shard, position in list(book.positions.items()):
            last = await self._journal.last(shard, lab)
            if not is_after(position, last):
                continue
            log.warning("journal ends before its archive", extra={"lab": lab, "shard": shard})
            known = await asyncio.to_thread(book.digests, shard)
            async for page in self._journal.pages(shard, lab, page=_PAGE):
                await asyncio.to_thread(book.add_unknown, page, known)
                last = page[-1].entry
            book.positions[shard] = last
