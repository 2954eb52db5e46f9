"""The journal: the records of one lab that must last, in the order in which they were written."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.store import keys
from bot.store.redis import Store, by_stream, reachable

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One record where it stands: its shard's stream, its entry there (rising), its JSON as written."""

    shard: int
    lab: str
    entry: str
    record: str


class Journal:
    """What is written to the journals, and read from them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def append(self, lab: str, mailbox: str, record: str) -> None:
        """Add one record, a JSON object with `kind`, `schema_version`, `lab` and `at`.

        `mailbox` (mostly a thread) decides the shard. What must be written in one step with a
        change of something else belongs into that change's script instead, as `vote.lua` does it.
        """
        name = keys.journal(self.store.shard(mailbox), lab)
        async with reachable():
            await self.store.client.xadd(name, {"record": record})

    async def lines(self, shard: int, lab: str, after: str = "", page: int = _PAGE) -> AsyncIterator[Line]:
        """The records of one lab in one shard that were written after the entry `after`."""
        async for found in self.pages(shard, lab, after, page):
            for line in found:
                yield line

    async def pages(
        self, shard: int, lab: str, after: str = "", page: int = _PAGE
    ) -> AsyncIterator[list[Line]]:
        """The same, as many at a time as one command gives."""
        while True:
            async with reachable():
                found: Any = await self.store.client.xrange(
                    keys.journal(shard, lab), min=f"({after}" if after else "-", count=page
                )
            lines = [Line(shard, lab, entry, fields["record"]) for entry, fields in found]
            if lines:
                yield lines
            if len(lines) < page:
                return
            after = lines[-1].entry

    async def fresh(self, shard: int, after: Mapping[str, str], count: int) -> list[Line]:
        """Up to `count` records of each lab in `after` that were written after its entry; one command."""
        labs = {keys.journal(shard, lab): lab for lab in after}
        places = {name: after[lab] or "0" for name, lab in labs.items()}
        async with reachable():
            found: Any = await self.store.client.xread(places, count=count)
        return [
            Line(shard, labs[name], entry, fields["record"])
            for name, entries in by_stream(found)
            for entry, fields in entries
        ]

    async def last(self, shard: int, lab: str) -> str:
        """The entry that was written last, even if it was removed; empty where there never was one."""
        name = keys.journal(shard, lab)
        async with reachable():
            if not await self.store.client.exists(name):
                return ""
            return (await self.store.client.xinfo_stream(name))["last-generated-id"]

    async def labs(self) -> list[str]:
        """Every lab that has a journal."""
        found: set[str] = set()
        async with reachable():
            async for name in self.store.client.scan_iter(keys.JOURNALS, count=1000):
                found.add(str(name).partition(":journal:")[2])
        return sorted(found)

    async def count(self, lab: str) -> int:
        """How many records a lab has."""
        async with reachable():
            sizes = [
                await self.store.client.xlen(keys.journal(shard, lab)) for shard in range(self.store.shards)
            ]
        return sum(sizes)


async def read(store: Store, lab: str) -> AsyncIterator[dict[str, Any]]:
    """Every record of one lab, shard by shard, each with its `kind` and `schema_version`."""
    for shard in range(store.shards):
        async for line in Journal(store).lines(shard, lab):
            yield json.loads(line.record)
