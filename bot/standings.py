"""Which models a lab's people prefer: ranked in a process of its own, and put in words."""

import asyncio
import importlib.util
import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

from pydantic import TypeAdapter

from bot.errors import WorldError
from bot.forms import DOMAINS
from bot.phrases import many, people
from bot.ranking import LEAST, LEAST_OF_A_MODEL, Ranking, Standing
from bot.recount import SMALL
from bot.store.journal import Journal
from bot.store.redis import Store

WITHIN = 120.0
"""Seconds a ranking may take: 100,000 choices take 4, and loading the library 2."""
SEED = 0
"""Of the bootstrap wherever the bot shows a ranking, so that the same votes give the same numbers."""
MOST = 30
"""Models that a table shows."""

_CHOICE = b'"comparison"'
_KINDS = (_CHOICE.decode(), '"problem"', '"withdrawal"')
_PAGE = 1000
_RANKINGS = TypeAdapter(list[Ranking])


async def standings(store: Store, labs: Iterable[str], *, seed: int, least: int = 1) -> list[Ranking]:
    """The rankings of these labs and of their fields, from their journals; WorldError where it fails.

    The library takes a hundred megabytes and seconds to load, so that neither is asked of this process, and
    of no process where there are fewer than `least` choices in all.
    """
    if not importlib.util.find_spec("evalica"):
        raise WorldError("RANKING: its library is not installed here: .venv/bin/pip install '.[ranking]'")
    counted = _counted(store, labs)
    first = b""
    while first.count(_CHOICE) < least:
        more = await anext(counted, b"")
        if not more:
            return []
        first += more
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.ranking", str(seed), env=_environment(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WITHIN):
            said = await _told(child, first, counted)
            await child.wait()
            return _RANKINGS.validate_json(said)
    except (TimeoutError, OSError, EOFError, ValueError) as error:
        raise WorldError(f"RANKING: it could not be made ({type(error).__name__}). Try again.") from None
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()


def table(ranking: Ranking) -> str:
    """One ranking as lines of equal width, or why there is none."""
    head = f"{many(ranking.votes, 'blind choice')} of {people(ranking.people)}, {many(ranking.ties, 'tie')}"
    if not ranking.standings:
        return f"{head}. {_missing(ranking)}"
    shown = ranking.standings[:MOST]
    width = max(len(one.model) for one in (*shown, Standing("model", 0, 0, 0, 0)))
    rows = [f"{'place':>5}  {'model':<{width}}  points  95 % between  choices"]
    rows += [
        f"{ranking.place(one):>5}  {one.model:<{width}}  {one.points:>6.0f}  {one.low:>5.0f} and "
        f"{one.high:<4.0f}  {one.votes:>6,}"
        for one in shown
    ]
    more = [f"and {len(ranking.standings) - MOST} more"] if len(ranking.standings) > MOST else []
    return "\n".join([head, *rows, *more])


def field_named(words: str) -> str:
    """The key of a field that somebody named by key, or by the beginning of its name; empty if none is."""
    said = words.strip().casefold()
    return next(
        (key for key, name in DOMAINS.items() if said and (said == key or name.casefold().startswith(said))),
        "",
    )


def field_name(domain: str) -> str:
    """A field as people read it."""
    return DOMAINS.get(domain, domain) or "all fields"


def _missing(ranking: Ranking) -> str:
    lacks = [
        many(LEAST - ranking.votes, "more choice") if ranking.votes < LEAST else "",
        f"choices of {many(SMALL - ranking.people, 'more person', 'more people')}"
        if ranking.people < SMALL
        else "",
    ]
    if any(lacks):
        return f"No ranking yet: it lacks {' and '.join(filter(None, lacks))}."
    return f"No ranking: no two models were compared with {LEAST_OF_A_MODEL} choices each."


async def _counted(store: Store, labs: Iterable[str]) -> AsyncIterator[bytes]:
    """The lines of the journals that rankings look at, many at a time, and some more."""
    journal = Journal(store)
    for lab in labs:
        for shard in range(store.shards):
            async for page in journal.pages(shard, lab, page=_PAGE):
                lines = [line.record for line in page if any(kind in line.record for kind in _KINDS)]
                if lines:
                    yield "".join(f"{line}\n" for line in lines).encode()


async def _told(child: asyncio.subprocess.Process, first: bytes, rest: AsyncIterator[bytes]) -> bytes:
    if not child.stdin or not child.stdout:
        raise OSError("no pipes")
    child.stdin.write(first)
    async for lines in rest:
        child.stdin.write(lines)
        await child.stdin.drain()
    child.stdin.close()
    return await child.stdout.read()


def _environment() -> dict[str, str]:
    # Nothing else of ours: what runs there has no use for tokens.
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
