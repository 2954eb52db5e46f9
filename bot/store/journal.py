"""The journal: the records of one lab that must last, in the order in which they were written."""

import json
from collections.abc import AsyncIterator
from typing import Any

from bot.store import keys
from bot.store.redis import Store, reachable

_PAGE = 200


async def read(store: Store, lab: str) -> AsyncIterator[dict[str, Any]]:
    """Every record of one lab, shard by shard, each with its `kind` and `schema_version`."""
    for shard in range(store.shards):
        after = "-"
        while True:
            async with reachable():
                page = await store.client.xrange(keys.journal(shard, lab), min=after, count=_PAGE)
            for _, fields in page:
                yield json.loads(fields["record"])
            if len(page) < _PAGE:
                break
            after = f"({page[-1][0]}"
