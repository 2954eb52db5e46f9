"""Where the store holds something of a thread, a person or a lab; and its removal."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, TypeVar

from bot.scopes import Concern, Reach, Scope, fingerprint, places, question_key
from bot.store import keys
from bot.store.found import FIELDS, Found, Trace
from bot.store.journal import Journal, Line
from bot.store.questions import DELETION_MARK
from bot.store.redis import Store, reachable

_T = TypeVar("_T")

_AT_ONCE = 100  # keys looked at together
_RECEIPT = 200  # records taken out by one step, and named in its receipt

_ENGINE = {
    "active", "mailbox", "ready", "delayed", "cancelled", "held", "parked", "pace",
    "journal", "caps", "state", "prompts", "audit", "clock",
}  # fmt: skip
"""Keys of which a purge takes nothing, or by other means."""


class Traces:
    """Looks through the whole store: a purge is rare, and must forget nothing that a feature adds."""

    def __init__(self, store: Store, labs: Sequence[str], name: Callable[[str], str] = str) -> None:
        self._store = store
        self._labs = labs
        self._journal = Journal(store)
        self._name = name

    async def find(
        self,
        scope: Scope,
        holds: Sequence[Scope],
        known: Iterable[str] = (),
        ready: Callable[[Line], bool] | None = None,
        reach: Reach | None = None,
    ) -> tuple[Found, Reach]:
        """What a scope concerns, `known` questions among it; reads every journal of its labs twice.

        Only records that are `ready` are taken. `reach` is what was learnt from records that are gone now.
        """
        reach = reach or Reach(Concern(scope, self._name), [Concern(hold, self._name) for hold in holds])
        reach.concern.questions.update(known)
        jobs = [job async for job in self._jobs()]
        for job in jobs:
            reach.learn(job.record())
        async for _, record in self._records(scope):
            reach.learn(record)
        found = Found()
        found.note_jobs(job for job in jobs if _takeable(job, reach))
        async for line, record in self._records(scope):
            if not reach.concern.hits(record):
                continue
            if reach.spares(record):
                found.held += 1
                continue
            if ready and not ready(line):
                continue
            found.lines.setdefault(line.lab, []).append((line.shard, line.entry, fingerprint(record)))
            found.note(line.lab, record)
        return found, reach

    async def forget_jobs(self, jobs: Sequence[Trace]) -> int:
        """Remove jobs, whatever they are at."""
        gone = 0
        for shard in {job.shard for job in jobs}:
            for some in _parts([job.id for job in jobs if job.shard == shard], _AT_ONCE):
                gone += await self._store.run("forget", shard, DELETION_MARK, *some)
        return gone

    async def forget_keys(self, reach: Reach, *, counts: bool) -> int:
        """Remove what else is kept of the questions and people a purge takes, with `counts` of caps, too."""
        # Who wants to be left out is kept of no lab: gone with the person in all of them.
        gone = 0 if reach.concern.scope.lab else await self._forget_key(keys.UNLISTED, reach)
        async for names in self._keys():
            own = [name for name in names if counts or not _what(name).startswith("spent:")]
            gone += sum(await asyncio.gather(*(self._forget_key(name, reach) for name in own)))
        return gone

    async def redact(self, lab: str, found: Found, receipt: Callable[[Sequence[str]], str]) -> int:
        """Take a lab's lines out of its journal; `receipt` makes a record that names some fingerprints."""
        gone = 0
        lines = found.lines.get(lab, [])
        for shard in {line[0] for line in lines}:
            for some in _parts([line for line in lines if line[0] == shard], _RECEIPT):
                entries, prints = [line[1] for line in some], [line[2] for line in some]
                gone += await self._store.run("redact", shard, lab, receipt(prints), *entries)
        return gone

    async def keep(self, holds: Sequence[Scope]) -> int:
        """Take the end away from every key that a hold concerns; gives how many had one."""
        concerns = await self._concerns(holds)
        kept = 0
        async for names in self._keys():
            own = [name for name in names if _is_held(name, concerns)]
            async with reachable():
                kept += sum(await asyncio.gather(*(self._store.client.persist(name) for name in own)))
        return kept

    async def let_go(self, hold: Scope, others: Sequence[Scope]) -> int:
        """Give the keys that only this hold kept an end again."""
        own, kept = await self._concerns([hold]), await self._concerns(others)
        ended = 0
        async for names in self._keys():
            free = [name for name in names if _is_held(name, own) and not _is_held(name, kept)]
            ended += sum(await asyncio.gather(*(self._end(name) for name in free)))
        return ended

    async def _end(self, name: str) -> int:
        async with reachable():
            if ":job:" in name and await self._store.client.hget(name, "state") != "done":
                return 0
            return int(await self._store.client.expire(name, keys.KEEP, nx=True))

    async def _concerns(self, scopes: Sequence[Scope]) -> list[Concern]:
        """What each scope concerns, by the jobs that are known and the records."""
        concerns = [Concern(scope, self._name) for scope in scopes]
        if not concerns:
            return []
        async for job in self._jobs():
            for concern in concerns:
                concern.learn(job.record())
        async for _, record in self._records(Scope()):
            for concern in concerns:
                concern.learn(record)
        return concerns

    async def _forget_key(self, name: str, reach: Reach) -> int:
        client = self._store.client
        async with reachable():
            if _what(name).startswith("thread:"):
                return await self._forget_turns(name, reach)
            if self._takes_key(_what(name), reach):
                return await client.delete(name)
            kind = await client.type(name)
            if kind == "string" and self._takes_key(await client.get(name) or "", reach):
                return await client.delete(name)
            if kind == "hash" and ":job:" not in name:
                own = [
                    part for part in await client.hkeys(name) if self._takes_field(_what(name), part, reach)
                ]
                return await client.hdel(name, *own) if own else 0
        return 0

    def _takes_key(self, what: str, reach: Reach) -> bool:
        """Whether a key is all about a question that is taken, or about the person of the scope."""
        if what.startswith("job:"):
            return False
        if what.startswith("notes:") and any(map(reach.takes_notes, places(what))):
            return True
        return any(map(reach.takes_place, places(what))) or self._takes_word(what.split(":"), what, reach)

    def _takes_field(self, what: str, part: str, reach: Reach) -> bool:
        """Whether a hash's field is the person's ("U1", "details:U1"), or a question's that is taken."""
        words = part.replace(" ", ":").split(":")
        return any(map(reach.takes_place, places(part))) or self._takes_word(words, what, reach)

    def _takes_word(self, words: Iterable[str], what: str, reach: Reach) -> bool:
        return any(reach.takes_person(word, what, self._labs) for word in words)

    async def _forget_turns(self, name: str, reach: Reach) -> int:
        thread = places(name)
        fields = await self._store.client.hkeys(name)
        asked = {ts: question_key(thread[0], ts.partition(":")[0]) for ts in fields} if thread else {}
        own = [ts for ts, question in asked.items() if reach.takes_question(question)]  # "<ts>:b" is one, too
        return await self._store.client.hdel(name, *own) if own else 0

    async def _jobs(self) -> AsyncIterator[Trace]:
        async for names in self._keys("job:*"):
            async with reachable():
                values = await asyncio.gather(*(self._store.client.hmget(name, FIELDS) for name in names))
            for name, found in zip(names, values, strict=True):
                fields = {key: value for key, value in zip(FIELDS, found, strict=True) if value is not None}
                if "mailbox" in fields:  # else it marks a deletion
                    yield Trace(_shard(name), _what(name).removeprefix("job:"), fields)

    async def _records(self, scope: Scope) -> AsyncIterator[tuple[Line, dict[str, Any]]]:
        for lab in [scope.lab] if scope.lab else self._labs:
            for shard in range(self._store.shards):
                async for line in self._journal.lines(shard, lab):
                    yield line, json.loads(line.record)

    async def _keys(self, what: str = "*") -> AsyncIterator[list[str]]:
        """The names of all keys that may hold something of people, some at a time."""
        some: list[str] = []
        async with reachable():
            async for name in self._store.client.scan_iter(f"labjam:{{*}}:{what}", count=1000):
                if _what(name).partition(":")[0].partition("-")[0] not in _ENGINE:
                    some.append(name)
                if len(some) == _AT_ONCE:
                    yield some
                    some = []
        if some:
            yield some


def _takeable(job: Trace, reach: Reach) -> bool:
    """Whether a purge takes a job itself: not one of its own, and by age only what has ended."""
    scope, record = reach.concern.scope, job.record()
    if job.id.startswith(("purge:", "clear:")):
        return False
    if scope.before and job.fields.get("state") != "done":
        return False
    if job.copies_lab and scope.lab in {"", record["lab"]} and not scope.before:
        return not reach.spares(record)
    return reach.takes(record)


def _is_held(name: str, concerns: Sequence[Concern]) -> bool:
    """Whether a key is about a question, a thread or a person under a hold."""
    what = _what(name)
    found, parts = places(what), what.split(":")
    return any(
        any(place in concern.questions or place in concern.touched for place in found)
        or any(map(concern.is_person, parts))
        for concern in concerns
    )


def _parts(items: list[_T], size: int) -> list[list[_T]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def _shard(name: str) -> int:
    return int(name.partition("{")[2].partition("}")[0])


def _what(name: str) -> str:
    """A key's name without prefix and shard."""
    return name.partition("}:")[2]
