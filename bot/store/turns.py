"""Whose turn it is to do what one process does for all: a key in Redis that runs out by itself."""

from bot.store import keys
from bot.store.redis import Store, reachable


class Turns:
    """Turns by name, as `consumer` (the name of a process) takes them."""

    def __init__(self, store: Store, consumer: str) -> None:
        self._store = store
        self._consumer = consumer

    async def take(self, name: str, longest: float) -> bool:
        """Take a turn, for `longest` seconds at the most; False where it is another's, or not due yet."""
        ms = int(longest * 1000)
        async with reachable():
            return bool(
                await self._store.client.set(keys.clock(keys.DESK, name), self._consumer, nx=True, px=ms)
            )

    async def end(self, name: str, rest: float) -> None:
        """End an own turn; the next one may begin in `rest` seconds."""
        await self._store.run("rest", keys.DESK, name, self._consumer, int(rest * 1000))
