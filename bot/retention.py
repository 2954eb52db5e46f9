"""Lets go of what a lab keeps no longer, by `keep_days` in its lab.toml; what is held stays."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.archive.book import Book, is_after
from bot.errors import Held
from bot.labs import Lab, Labs
from bot.purge import RETENTION, Order, Purges
from bot.scopes import Scope
from bot.store.journal import Line

log = logging.getLogger(__name__)

EVERY = 6 * 3600.0
"""Seconds between two looks at what is too old."""
_DAY = 24 * 3600.0


class Retention:
    """A purge of what is old: from Redis, and from the archive where the lab does not keep that.

    Messages in Slack are left to the workspace's own retention.
    """

    def __init__(
        self, labs: Labs, purges: Purges, archive: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._labs = labs
        self._purges = purges
        self._archive = archive
        self._clock = clock

    async def run(self) -> None:
        """Look through every lab that keeps things for some days only."""
        for lab in self._labs.values():
            if lab.keep_days:
                await self._let_go(lab)

    async def _let_go(self, lab: Lab) -> None:
        now = self._clock()
        scope = Scope(lab.key, before=now - lab.keep_days * _DAY)
        order = Order(f"keep{now:.0f}", scope, RETENTION, slack=False, archive=not lab.keep_archive)
        ready = await self._archived(lab.key) if lab.keep_archive else None
        try:
            receipts = await self._purges.carry_out(order, ready=ready)
        except Held:
            log.warning("retention waits for a legal hold", extra={"lab": lab.key})
            return
        for receipt in receipts:
            log.info("retention", extra={"lab": lab.key, "records": receipt.records, "held": receipt.held})

    async def _archived(self, lab: str) -> Callable[[Line], bool]:
        """Whether the archive here has a record, so that Redis is not the last that does."""
        book = Book(self._archive, lab)
        if not book.folder.is_dir():
            log.warning("nothing let go: the lab's archive is not here", extra={"lab": lab})
            return lambda _: False
        await asyncio.to_thread(book.load)
        positions: Mapping[int, str] = dict(book.positions)
        return lambda line: not is_after(line.entry, positions.get(line.shard, ""))
