"""App Homes that are open: what each shows now, so that no process publishes the same one again."""

import json
from dataclasses import dataclass

from bot.store import keys
from bot.store.redis import Store, reachable

OPEN = 300
"""Seconds for which a Home counts as looked at: Slack says when one is opened, never when it is left."""


@dataclass(frozen=True, slots=True)
class Open:
    """One open Home."""

    view: str = ""  # the digest of what is published; "" where that must be published anew
    at: float = 0.0  # when it was published
    said: str = ""  # what stands on it as the answer to their last button, JSON


class Homes:
    """Reads and keeps them; the latest word of any process counts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def look(self, team: str, user: str) -> Open | None:
        """What a person's Home shows; None where they have not opened it lately."""
        async with reachable():
            found: str | None = await self._store.client.get(self._key(team, user))
        return Open(*json.loads(found)) if found else None

    async def keep(self, team: str, user: str, now: Open, *, opened: bool = False) -> None:
        """Write it down; `opened` makes it count as open from now on."""
        text = json.dumps([now.view, now.at, now.said])
        lives = {"ex": OPEN} if opened else {"keepttl": True, "xx": True}
        async with reachable():
            await self._store.client.set(self._key(team, user), text, **lives)

    def _key(self, team: str, user: str) -> str:
        return keys.home(self._store.shard(f"{team}:{user}:home"), team, user)
