"""Release states in Redis: private, lab reviewed, released or withheld, each change a line of the journal."""

import json

from pydantic import TypeAdapter

from bot.records import Release, ReleaseState, ThreadKey
from bot.store import keys
from bot.store.redis import Store, reachable

_RELEASE = TypeAdapter(Release)

COMES_FROM: dict[ReleaseState, tuple[ReleaseState, ...]] = {
    "private": ("lab_reviewed", "withheld"),
    "lab_reviewed": ("private", "withheld"),
    "released": ("lab_reviewed",),
    "withheld": ("private", "lab_reviewed", "released"),
}
"""From which states each may be reached: nothing is released that the lab has not reviewed."""


class Releases:
    """Who may say so is not decided here."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def change(self, release: Release) -> ReleaseState:
        """Give the state that stood. The new one is kept, with its line, only where COMES_FROM names that."""
        line = json.dumps({"kind": "release"} | json.loads(_RELEASE.dump_json(release)))
        thread = str(release.thread)
        return await self._store.run(
            "review", self._store.shard(thread), thread, release.question_ts, release.lab, release.state,
            line, *COMES_FROM[release.state],
        )  # fmt: skip

    async def states(self, thread: ThreadKey) -> dict[str, ReleaseState]:
        """By question ts, the states of a thread's answers that are not private."""
        async with reachable():
            return await self._store.client.hgetall(keys.review(self._store.shard(str(thread)), str(thread)))
