"""The audit trail in Redis: entries in one stream, each written together with what the act changed."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.store import keys
from bot.store.redis import Store, reachable
from bot.store.states import LabState, read_state

_PAGE = 500

Write = tuple[str, str, str]
"""A key of the desk's shard without its base, a field, a value; an empty value takes the field away."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the trail ends, and a lab's state at that moment."""

    number: int
    hash: str
    state: LabState


class Ledger:
    """Reads the trail and adds to it; what an entry says is not its business."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def look(self, lab: str = "") -> Head:
        """Where the trail ends now, and the lab's state at that moment."""
        number, last, flat = await self._store.run("look", keys.DESK, lab)
        return Head(number, last, read_state(dict(zip(flat[::2], flat[1::2], strict=True))))

    async def write(self, before: str, entry: tuple[str, int, str], writes: Sequence[Write]) -> bool:
        """Add an entry (its hash, number and JSON) with its changes; False where another came first."""
        parts = [part for write in writes for part in write]
        return bool(await self._store.run("record", keys.DESK, before, *entry, *parts))

    async def lines(self) -> AsyncIterator[str]:
        """Every entry's JSON, the oldest first."""
        start = "-"
        while True:
            async with reachable():
                found: Any = await self._store.client.xrange(keys.audit(keys.DESK), min=start, count=_PAGE)
            for _, fields in found:
                yield fields["record"]
            if len(found) < _PAGE:
                return
            start = f"({found[-1][0]}"

    async def latest(self, count: int) -> list[str]:
        """The JSON of the last entries, the newest first."""
        async with reachable():
            found: Any = await self._store.client.xrevrange(keys.audit(keys.DESK), count=count)
        return [fields["record"] for _, fields in found]
