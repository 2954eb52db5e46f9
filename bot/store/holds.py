"""Legal holds: what must stay, whoever asks that it goes."""

from pydantic import TypeAdapter

from bot.scopes import Hold, Scope
from bot.store import keys
from bot.store.redis import Store, reachable

_HOLD = TypeAdapter(Hold)


class Holds:
    """All holds of this jam; there are few, and they are rarely asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> list[Hold]:
        """Every hold, the oldest first."""
        async with reachable():
            found = await self._store.client.hgetall(keys.HOLDS)
        return sorted(map(_HOLD.validate_json, found.values()), key=lambda hold: hold.at)

    async def scopes(self) -> list[Scope]:
        """What is held."""
        return [hold.scope for hold in await self.all()]

    async def place(self, hold: Hold) -> bool:
        """Hold something; False where the same is held already."""
        async with reachable():
            added = await self._store.client.hsetnx(
                keys.HOLDS, hold.scope.dump(), _HOLD.dump_json(hold).decode()
            )
        return bool(added)

    async def release(self, scope: Scope) -> bool:
        """Let go of it; False where nothing held exactly this."""
        async with reachable():
            return bool(await self._store.client.hdel(keys.HOLDS, scope.dump()))
