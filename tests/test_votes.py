"""Thumbs in the store: the last of a person counts, each change is kept, and a count is due to be shown."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.records import About, Vote
from bot.store.journal import read
from bot.store.questions import Questions
from bot.store.votes import Tally, Votes
from tests.stores import Engine, engine_at, started
from tests.test_questions import JOB, MAILBOX, QUESTION, THREAD, answered

ABOUT = About("argonne", THREAD, THREAD.ts)
Thumb = Literal[1, 0, -1]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with started("standalone", tmp_path_factory.mktemp("store")) as at:
        yield at


@pytest.fixture
async def engine(url: str) -> AsyncGenerator[Engine]:
    async with engine_at(url) as engine:
        await Questions(engine.jobs).ask(QUESTION)
        await answered(engine)
        yield engine


@pytest.fixture
def votes(engine: Engine) -> Votes:
    return Votes(engine.jobs)


def vote(user: str, thumb: Thumb, at: float) -> Vote:
    return Vote("argonne", THREAD, THREAD.ts, user, thumb, at)


async def journal(engine: Engine) -> list[tuple[str, int]]:
    lines = [line async for line in read(engine.store, "argonne")]
    return [(line["user"], line["thumb"]) for line in lines if line["kind"] == "vote"]


async def test_the_last_thumb_of_a_person_counts(engine: Engine, votes: Votes) -> None:
    given: list[tuple[str, Thumb, float]] = [
        ("U1", 1, 1.0), ("U1", 1, 2.0), ("U2", -1, 2.0), ("U1", -1, 3.0), ("U2", 0, 4.0), ("U3", 0, 5.0),
        ("U1", 1, 2.5),
    ]  # fmt: skip
    kept = [await votes.keep(vote(*one)) for one in given]
    assert kept == ["first", "same", "first", "changed", "changed", "same", "late"]
    assert await votes.tally(ABOUT) == Tally(0, 1)
    assert [await votes.of(user, ABOUT) for user in ("U1", "U2", "U3")] == [-1, None, None]
    assert await journal(engine) == [("U1", 1), ("U2", -1), ("U1", -1), ("U2", 0)]


async def test_an_emoji_taken_away_withdraws_only_the_thumb_it_was(votes: Votes) -> None:
    await votes.keep(vote("U1", 1, 1.0))
    await votes.keep(vote("U1", -1, 2.0))
    assert await votes.keep(vote("U1", 0, 3.0), only_where="1") == "same"
    assert await votes.keep(vote("U1", 0, 3.0), only_where="-1") == "changed"
    assert await votes.tally(ABOUT) == Tally()


async def test_a_vote_on_a_purged_or_unknown_answer_is_not_kept(engine: Engine, votes: Votes) -> None:
    unknown = Vote("argonne", THREAD, "1.1", "U1", 1, 1.0)
    assert await votes.keep(unknown) == "gone"
    keys_of = [key async for key in engine.store.client.scan_iter("*:job:*")]
    await engine.store.client.delete(*keys_of)
    assert await votes.keep(vote("U1", 1, 1.0)) == "gone"
    assert await journal(engine) == []


async def test_many_votes_are_shown_by_one_job_and_later_ones_by_the_same(
    engine: Engine, votes: Votes
) -> None:
    mailbox, job = f"{MAILBOX}:tally:{JOB}", JOB.replace("answer:", "tally:")
    for n in range(20):
        await votes.keep(vote(f"U{n}", 1, 1.0))
    assert not await engine.is_ready(mailbox), "it waits for more"
    await _due(engine, mailbox)
    running = await engine.begin(mailbox)
    assert (running.id, running.fields["about"]) == (job, JOB)
    await votes.keep(vote("U99", 1, 1.0))
    await engine.finish_all()
    assert (await engine.jobs.fields(mailbox, job))["state"] in {"queued", "done"}
    await engine.finish_all()
    await votes.keep(vote("U100", 1, 1.0))
    await _due(engine, mailbox)
    assert (await engine.begin(mailbox)).id == job


async def test_an_answer_given_anew_has_no_thumbs_yet(engine: Engine, votes: Votes) -> None:
    await votes.keep(vote("U1", 1, 1.0))
    assert await Questions(engine.jobs).again(MAILBOX, JOB, QUESTION.order)
    assert await votes.tally(ABOUT) == Tally()


async def test_a_message_leads_to_its_answer(votes: Votes) -> None:
    assert await votes.answer_at("C1", "1732320001.000100") == ABOUT
    assert await votes.answer_at("C1", "1732320001.000101") is None


VOTER = """
import asyncio, sys, json
from bot.records import ThreadKey, Vote
from bot.store.jobs import Jobs
from bot.store.redis import Store
from bot.store.votes import Votes
async def main(url, first, last, forever):
    votes = Votes(Jobs(await Store.connect(url), ["argonne"], f"voter-{first}"))
    thread = ThreadKey("T1", "C1", "1732320000.000100")
    async def one(n):
        kinds = []
        for at, thumb in enumerate((-1, 0, 1 if n % 4 else -1)):
            kinds.append(await votes.keep(Vote("argonne", thread, thread.ts, f"U{n}", thumb, float(at))))
            if forever:
                print(n, thumb, flush=True)
        return kinds
    if forever:
        n = 0
        while True:
            await one(n)
            n += 1
    print(json.dumps(await asyncio.gather(*(one(n) for n in range(first, last)))))
asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), len(sys.argv) > 4))
"""


async def _voter(url: str, *args: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", VOTER, url, *args, stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip


async def test_two_hundred_people_vote_at_once_from_four_processes(
    engine: Engine, votes: Votes, url: str
) -> None:
    """Each votes, takes it back and votes again; people overlap between two processes each."""
    spans = [(0, 100), (50, 150), (100, 200), (150, 200)]
    voters = [await _voter(url, str(first), str(last)) for first, last in spans]
    await asyncio.gather(*(voter.communicate() for voter in voters))
    assert [voter.returncode for voter in voters] == [0] * 4
    assert await votes.tally(ABOUT) == Tally(150, 50)
    lines = await journal(engine)
    last = dict(lines)
    assert sorted(last.values()).count(1) == 150
    assert len(last) == 200, "the journal's last line of each person says the same as the count"


async def test_a_voter_killed_at_any_time_leaves_what_it_was_told_was_kept(
    engine: Engine, votes: Votes, url: str
) -> None:
    voter = await _voter(url, "0", "0", "forever")
    assert voter.stdout
    told = [await voter.stdout.readline() for _ in range(60)]
    voter.send_signal(signal.SIGKILL)
    told += (await voter.stdout.read()).splitlines(keepends=True)
    await voter.wait()
    pairs = [
        (f"U{n}", int(thumb)) for line in told if line.endswith(b"\n") for n, thumb in [line.decode().split()]
    ]
    lines = await journal(engine)
    assert lines[: len(pairs)] == pairs
    assert len(lines) <= len(pairs) + 1
    standing = {user: thumb for user, thumb in dict(lines).items() if thumb}
    expected: Any = Tally(*(list(standing.values()).count(sign) for sign in (1, -1)))
    assert await votes.tally(ABOUT) == expected


async def _due(engine: Engine, mailbox: str) -> None:
    """Let the time pass until what rests in a mailbox is due."""
    shard = engine.store.shard(mailbox)
    await engine.store.client.zadd(f"labjam:{{{shard}}}:delayed", {f"argonne|{mailbox}": 0}, xx=True)
    await engine.jobs.pulse(shard, [])
