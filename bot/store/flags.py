"""Flags in Redis: one for each answer that somebody flagged, every revision of it in the journal."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import TypeAdapter

from bot.records import ThreadKey
from bot.scopes import question_key
from bot.store import keys
from bot.store.redis import Store, reachable

SCHEMA_VERSION = 1
"""Of `flag` records in the journal."""

FlagState = Literal["open", "claimed", "resolved"]
Reason = Literal["person", "unsafe", "guard"]


@dataclass(frozen=True, slots=True)
class Flag:
    """What moderators are to look at: which answer, why, since when, and who has it in hand."""

    lab: str
    thread: ThreadKey
    question_ts: str
    reason: Reason  # the first one given
    state: FlagState
    opened_at: float
    at: float  # of this revision
    revision: int
    claimed_by: str = ""
    note: str = ""

    @property
    def question(self) -> str:
        """Its question, as "team:channel:ts"."""
        return question_key(str(self.thread), self.question_ts)

    @property
    def holder(self) -> str:
        """Who has it in hand; empty where nobody has, or somebody who was purged: then it is a pseudonym."""
        return self.claimed_by if self.claimed_by[:1] in ("U", "W") else ""

    @property
    def id(self) -> str:
        """What moderators type: the same as long as the answer exists."""
        return hashlib.sha256(self.question.encode()).hexdigest()[:5]


_FLAG = TypeAdapter(Flag)
Decide = Callable[[Flag | None], Flag | None]
"""From the flag as it stands to its next revision; None leaves it as it is."""


class Flags:
    """The flags of all labs; those of one lab are in its own shard."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, lab: str) -> list[Flag]:
        """Every flag of a lab, the oldest first."""
        async with reachable():
            found = await self._store.client.hvals(keys.flags(self._store.shard(lab), lab))
        return sorted(map(_FLAG.validate_json, found), key=lambda flag: flag.opened_at)

    async def revise(self, lab: str, question: str, actor: str, decide: Decide) -> Flag | None:
        """Write a flag's next revision; `decide` is asked again where somebody was faster, and may raise."""
        shard = self._store.shard(lab)
        while True:
            async with reachable():
                old = await self._store.client.hget(keys.flags(shard, lab), question)
            new = decide(_FLAG.validate_json(old) if old else None)
            if new is None:
                return None
            head = {"kind": "flag", "schema_version": SCHEMA_VERSION, "flag": new.id, "user": actor}
            line = json.dumps(head | asdict(new))
            kept = _FLAG.dump_json(new).decode()
            if await self._store.run("flag", shard, lab, question, old or "", kept, line):
                return new
