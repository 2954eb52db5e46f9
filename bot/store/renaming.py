"""Puts a pseudonym in the place of a person who is purged, in what they decided as a moderator."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.scopes import DECIDED_BY, DECISIONS, Reach, fingerprint, question_of_record
from bot.store import keys
from bot.store.flags import Flag, Flags
from bot.store.journal import Journal
from bot.store.redis import Store, reachable

_AT_ONCE = 200  # records written anew by one step


@dataclass(frozen=True, slots=True)
class _Renamed:
    """A record that is written anew: where it stood, what it was, what it is now."""

    entry: str
    before: dict[str, Any]
    after: dict[str, Any]


class Renaming:
    """What was decided stays: which answers may leave, which flags are whose, which prompt is in use."""

    def __init__(self, store: Store, pseudonym: Callable[[str], str]) -> None:
        self._store = store
        self._flags = Flags(store)
        self._journal = Journal(store)
        self._pseudonym = pseudonym

    async def rename(self, lab: str, reach: Reach, receipt: Callable[[Sequence[str]], str]) -> int:
        """Do so in one lab; `receipt` makes a record that names fingerprints. Gives how many records."""
        await self._rename_flags(lab, reach)
        await self._rename_prompts(lab, reach)
        return sum([await self._rename_lines(lab, n, reach, receipt) for n in range(self._store.shards)])

    async def _rename_flags(self, lab: str, reach: Reach) -> None:
        def renamed(old: Flag | None) -> Flag | None:
            if not old or not reach.concern.is_person(old.claimed_by):
                return None
            return replace(old, claimed_by=self._pseudonym(old.claimed_by), revision=old.revision + 1)

        for flag in await self._flags.of(lab):
            record = {"kind": "flag", "lab": lab, "thread": str(flag.thread), "question_ts": flag.question_ts}
            if reach.renames(record | {"claimed_by": flag.claimed_by}):
                await self._flags.revise(lab, flag.question, self._pseudonym(flag.claimed_by), renamed)

    async def _rename_prompts(self, lab: str, reach: Reach) -> None:
        name, client = keys.prompts(keys.DESK, lab), self._store.client
        async with reachable():
            versions = {number: json.loads(kept) for number, kept in (await client.hgetall(name)).items()}
            for number, version in versions.items():
                if reach.takes_person(version["by"], name, (lab,)):
                    renamed = version | {"by": self._pseudonym(version["by"])}
                    await client.hset(name, number, json.dumps(renamed))

    async def _rename_lines(
        self, lab: str, shard: int, reach: Reach, receipt: Callable[[Sequence[str]], str]
    ) -> int:
        done = 0
        while True:
            known, found = await self._find(lab, shard, reach)
            if not found:
                return done
            some = _first(found)  # what was done is not found the next time
            changed = [fingerprint(one.before) for one in some if one.after != one.before]
            parts = [part for one in some for part in (one.entry, json.dumps(one.after))]
            if await self._store.run("rename", shard, lab, known, receipt(changed), len(some), *parts):
                done += len(changed)

    async def _find(self, lab: str, shard: int, reach: Reach) -> tuple[str, list[list[_Renamed]]]:
        """For each answer, the person's first decision and all later ones, which must stay behind it."""
        known, found = "", dict[tuple[str, str], list[_Renamed]]()
        async for line in self._journal.lines(shard, lab):
            known, record = line.entry, json.loads(line.record)
            if record["kind"] not in DECISIONS:
                continue
            about = (record["kind"], question_of_record(record))
            if about in found or reach.renames(record):
                renamed = _Renamed(line.entry, record, self._renamed(record, reach))
                found.setdefault(about, []).append(renamed)
        return known, list(found.values())

    def _renamed(self, record: dict[str, Any], reach: Reach) -> dict[str, Any]:
        if not reach.renames(record):
            return record
        named = {name: record[name] for name in DECIDED_BY if reach.concern.is_person(str(record.get(name)))}
        return record | {name: self._pseudonym(person) for name, person in named.items()}


def _first(found: Sequence[list[_Renamed]]) -> list[_Renamed]:
    """The records on the first answers: on each all or none."""
    some: list[_Renamed] = []
    for one in found:
        some += one
        if len(some) >= _AT_ONCE:
            break
    return some
