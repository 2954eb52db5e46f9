"""Who does not want their threads in summaries and digests: kept until they say otherwise."""

from bot.store import keys
from bot.store.redis import Store, reachable


class Unlisted:
    """Keeps and gives people's ids; what somebody says here counts from then on."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, user: str, at: float) -> None:
        """Leave a person's threads out."""
        async with reachable():
            await self._store.client.hsetnx(keys.UNLISTED, user, f"{at:.0f}")

    async def remove(self, user: str) -> None:
        """Take them in again."""
        async with reachable():
            await self._store.client.hdel(keys.UNLISTED, user)

    async def people(self) -> frozenset[str]:
        """All whose threads are left out."""
        async with reachable():
            return frozenset(await self._store.client.hkeys(keys.UNLISTED))
