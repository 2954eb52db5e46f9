"""Notes on threads in Redis, by thread and content: a purge of a thread or of who spoke there takes them."""

from bot.store import keys
from bot.store.redis import Store, reachable


class ThreadNotes:
    """A cache of notes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, thread: str, content: str) -> str:
        """The note on this content of a thread; empty where there is none."""
        async with reachable():
            return await self._store.client.hget(self._key(thread), content) or ""

    async def put(self, thread: str, content: str, note: str) -> None:
        """Keep a note."""
        key = self._key(thread)
        async with reachable():
            await self._store.client.hset(key, content, note)
            await self._store.client.expire(key, keys.KEEP)

    def _key(self, thread: str) -> str:
        return keys.notes(self._store.shard(thread), thread)
