"""The journal: the records of one lab that must last, in the order in which they were written."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from bot.store import keys
from bot.store.redis import Store, reachable

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
        start = f"({after}" if after else "-"
        while True:
            async with reachable():
                found: Any = await self.store.client.xrange(keys.journal(shard, lab), min=start, count=page)
            for entry, fields in found:
                yield Line(shard, lab, entry, fields["record"])
            if len(found) < page:
                return
            start = f"({found[-1][0]}"


async def read(store: Store, lab: str) -> AsyncIterator[dict[str, Any]]:
    """Every record of one lab, shard by shard, each with its `kind` and `schema_version`."""
    for shard in range(store.shards):
        async for line in Journal(store).lines(shard, lab):
            yield json.loads(line.record)
