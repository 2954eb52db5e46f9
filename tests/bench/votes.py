"""`python -m tests.bench.votes`: thumbs on one answer by many people at once, and ranking many choices.

Nothing here fails a build.
"""

import asyncio
import tempfile
import time
from itertools import combinations
from pathlib import Path

import numpy as np

from bot.forms import Choice
from bot.ranking import Match, rank
from bot.records import Question, ThreadKey, Vote
from bot.store.embedded import EmbeddedServer
from bot.store.jobs import Jobs
from bot.store.questions import Questions
from bot.store.redis import Store
from bot.store.votes import Votes

PEOPLE, ROUNDS, WORKERS = 1_400, 6, 4
CHOICES: tuple[Choice, ...] = ("a", "b", "tie", "bad")


async def votes_a_second() -> float:
    """All people vote, and vote again, on one answer, over four connections' worth of workers."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder))
        await server.start()
        stores = [await Store.connect(server.url) for _ in range(WORKERS)]
        thread = ThreadKey("T1", "C1", "1.1")
        jobs = Jobs(stores[0], ["argonne"], "bench")
        await Questions(jobs).ask(Question(thread, thread.ts, "U1", "T1", "argonne", "how hot?"))
        keepers = [Votes(Jobs(store, ["argonne"], f"w{n}")) for n, store in enumerate(stores)]
        began = time.monotonic()
        for at in range(ROUNDS):
            thumb = -1 if at % 2 else 1
            await asyncio.gather(
                *(
                    keepers[n % WORKERS].keep(Vote("argonne", thread, thread.ts, f"U{n}", thumb, float(at)))
                    for n in range(PEOPLE)
                )
            )
        took = time.monotonic() - began
        for store in stores:
            await store.close()
        await server.stop()
    return PEOPLE * ROUNDS / took


def seconds_to_rank(votes: int, models: int) -> float:
    """Ranks that many choices between models, with its intervals."""
    chance = np.random.default_rng(1)
    pairs = list(combinations([f"model-{n}" for n in range(models)], 2))
    which, how = chance.integers(len(pairs), size=votes), chance.integers(4, size=votes)
    made = [Match(*pairs[int(p)], CHOICES[int(c)]) for p, c in zip(which, how, strict=True)]
    began = time.monotonic()
    assert len(rank(made, seed=1)) == models
    return time.monotonic() - began


if __name__ == "__main__":
    print(f"votes on one answer: {asyncio.run(votes_a_second()):,.0f} a second, each kept and journaled")
    began = time.monotonic()
    seconds_to_rank(200, 2)
    print(f"loading the ranking library, once: {time.monotonic() - began:.2f} s")
    for models in (4, 20):
        took = seconds_to_rank(100_000, models)
        print(f"ranking 100,000 choices among {models} models, 1,000 resamples: {took:.2f} s")
