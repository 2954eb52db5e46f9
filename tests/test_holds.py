"""What a legal hold keeps, and what a purge in one lab leaves alone in another."""

import json
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import Any

import pytest

from bot.archive.book import Book
from bot.archive.keeper import Keeper
from bot.archive.verify import verify
from bot.purge import Order, Purges
from bot.records import Release, ReleaseState, ThreadKey
from bot.scopes import Hold, Scope, pseudonym
from bot.store import keys
from bot.store.flags import Flag, Flags
from bot.store.jobs import CROSS_LAB, Jobs
from bot.store.journal import Journal, read
from bot.store.notes import ThreadNotes
from bot.store.redis import Store
from bot.store.releases import Releases
from bot.store.unlisted import Unlisted
from tests.stores import everything

LABS = ["argonne", "brookhaven"]
NOW = 1_732_320_000.0
PERSON = "U1"


@pytest.fixture
async def store(url: str) -> AsyncGenerator[Store]:
    store = await Store.connect(url)
    await store.client.flushall()
    for n, lab in enumerate(LABS, 1):
        await _colleague_asks(store, lab, _thread(n))
    yield store
    await store.close()


def _thread(n: int) -> str:
    return f"T1:C{n}:{n}.000100"


async def _colleague_asks(store: Store, lab: str, thread: str) -> None:
    """A colleague's question, and all that the person left there."""
    team, channel, ts = thread.split(":")
    place = {"team": team, "channel": channel, "ts": ts}
    question = {"thread": place, "ts": ts, "user": "U2", "lab": lab, "text": "why?"}
    about = {"thread": place, "question_ts": ts, "user": PERSON}
    records: list[dict[str, Any]] = [
        {"kind": "answer", "lab": lab, "at": NOW, "question": question, "text": "so", "messages": []},
        {"kind": "vote", "lab": lab, "at": NOW, "thumb": 1, **about},
    ]
    records += [
        {"kind": "release", "lab": lab, "at": NOW, "state": "withheld", **about},
        {"kind": "flag", "lab": lab, "at": NOW, "state": "resolved", "claimed_by": PERSON, **about},
    ]
    for record in records:
        await Journal(store).append(lab, thread, json.dumps(record))
    shard, client = store.shard(thread), store.client
    await client.hset(keys.votes(shard, f"answer:{thread}"), PERSON, "1")
    await client.hset(keys.forms(shard, f"answer:{thread}"), f"details:{PERSON}", "1 {}")
    await client.hset(f"labjam:{{0}}:certified:{lab}:T1:{PERSON}", "day", "1")
    await client.hset(keys.spent(0, lab, "day", 1), f"{PERSON} questions", "3")


async def _left(store: Store, lab: str) -> set[str]:
    """What is still kept of the person in a lab."""
    thread = _thread(LABS.index(lab) + 1)
    shard, client = store.shard(thread), store.client
    fields = {
        "vote": (keys.votes(shard, f"answer:{thread}"), PERSON),
        "form": (keys.forms(shard, f"answer:{thread}"), f"details:{PERSON}"),
        "certified": (f"labjam:{{0}}:certified:{lab}:T1:{PERSON}", "day"),
        "spent": (keys.spent(0, lab, "day", 1), f"{PERSON} questions"),
    }
    return {name for name, (key, part) in fields.items() if await client.hexists(key, part)}


EVERYTHING = {"vote", "form", "certified", "spent"}


async def _purge(store: Store, scope: Scope, *holds: Scope) -> None:
    purges = Purges(Jobs(store, [*LABS, CROSS_LAB], "test"), lambda: NOW + 1)
    for hold in holds:
        await purges.hold(Hold(hold, "U9", NOW, "case 7"))
    await purges.carry_out(Order("abc", scope, "lead", slack=False))


async def test_a_purge_of_a_person_in_one_lab_leaves_the_others(store: Store) -> None:
    await _purge(store, Scope("argonne", person=PERSON))
    assert await _left(store, "argonne") == set()
    assert await _left(store, "brookhaven") == EVERYTHING


@pytest.mark.parametrize("hold", [Scope("brookhaven", person=PERSON), Scope("brookhaven")])
async def test_a_hold_in_one_lab_beats_a_purge_of_the_person_in_all(store: Store, hold: Scope) -> None:
    await _purge(store, Scope(person=PERSON), hold)
    assert await _left(store, "argonne") == set()
    assert await _left(store, "brookhaven") == EVERYTHING


@pytest.mark.parametrize(
    ("scope", "holds", "stays"),
    [
        (Scope(person=PERSON), [], False),
        (Scope(person=PERSON), [Scope("brookhaven", person=PERSON)], True),
        (Scope("argonne", person=PERSON), [], True),
        (Scope(person="U2"), [], True),
    ],
)
async def test_a_purged_person_is_no_longer_known_as_left_out(
    store: Store, scope: Scope, holds: list[Scope], stays: bool
) -> None:
    await Unlisted(store).add(PERSON, NOW)
    await _purge(store, scope, *holds)
    assert (PERSON in await Unlisted(store).people()) is stays


async def test_a_held_thread_keeps_what_a_purged_person_said_there(store: Store) -> None:
    await _purge(store, Scope(person=PERSON), Scope("brookhaven", thread=_thread(2)))
    assert await _left(store, "brookhaven") == {"vote", "form"}


async def test_what_a_purged_moderator_decided_goes_with_the_question_only(store: Store) -> None:
    await _purge(store, Scope(person=PERSON))
    assert sorted(await _kinds(store)) == ["answer", "flag", "release"]
    await _purge(store, Scope(person="U2"))
    assert await _kinds(store) == []


async def _decide(store: Store, who: str, state: ReleaseState) -> None:
    thread = ThreadKey.parse(_thread(1))
    await Releases(store).change(Release("argonne", thread, thread.ts, state, who, "why", NOW))


async def _released(store: Store) -> list[tuple[str, str]]:
    lines = [line async for line in read(store, "argonne")]
    return [(line["user"], line["state"]) for line in lines if line["kind"] == "release"]


async def test_decisions_of_a_purged_moderator_stay_under_a_pseudonym_and_in_their_order(
    store: Store, tmp_path: Path
) -> None:
    await _decide(store, PERSON, "lab_reviewed")
    await _decide(store, "U5", "withheld")
    thread = ThreadKey.parse(_thread(1))
    flag = Flag("argonne", thread, thread.ts, "person", "claimed", NOW, NOW, 2, claimed_by=PERSON)
    await Flags(store).revise("argonne", flag.question, PERSON, lambda _: flag)
    await store.client.hset(keys.prompts(0, "argonne"), "1", json.dumps({"text": "x", "by": PERSON, "at": 1}))
    archive = Keeper(store, LABS, tmp_path)
    await archive.copy()
    await _purge(store, Scope(person=PERSON), Scope("brookhaven"))
    hidden = pseudonym(PERSON, await store.pseudonym_key())
    assert await _released(store) == [(hidden, "withheld"), (hidden, "lab_reviewed"), ("U5", "withheld")]
    left = await everything(store)
    assert PERSON in left  # in the lab that is held
    await _purge(store, Scope("argonne", person=PERSON))  # again, as a worker that took over does
    assert await _released(store) == [(hidden, "withheld"), (hidden, "lab_reviewed"), ("U5", "withheld")]
    [flag] = await Flags(store).of("argonne")
    assert (flag.state, flag.claimed_by, flag.holder) == ("claimed", hidden, "")
    await archive.copy()
    archived = [json.loads(link.record) for link in Book(tmp_path, "argonne").read()]
    assert PERSON not in str(archived)
    assert [one["user"] for one in archived if one["kind"] == "release"][-1] == "U5"
    assert not [found for found in verify(tmp_path) if found.findings]
    kept = [name async for name in store.client.scan_iter("*") if "argonne" in name]
    assert not [name for name in kept if PERSON in await _value(store, name)]


async def _value(store: Store, name: str) -> str:
    dumped: Any = {"hash": store.client.hgetall, "stream": store.client.xrange, "string": store.client.get}
    reads = dumped.get(await store.client.type(name))
    return str(await reads(name)) if reads else ""


async def _kinds(store: Store) -> list[str]:
    """Kinds of what the record of a lab still has."""
    return [line["kind"] async for line in read(store, "argonne") if line["kind"] != "purge"]


async def _sum_up(store: Store) -> None:
    """Somebody else asks in the colleague's thread, which is then noted and summed up."""
    team, channel, ts = _thread(1).split(":")
    place = {"team": team, "channel": channel, "ts": ts}
    question = {"thread": place, "ts": "9.000100", "user": "U3", "lab": "argonne", "text": "and why?"}
    summary = {"threads": [_thread(1)], "team": team, "channel": channel, "ts": "10.000100"}
    records: list[dict[str, Any]] = [
        {"kind": "answer", "lab": "argonne", "at": NOW, "question": question, "text": "so", "messages": []},
        {"kind": "summary", "lab": "argonne", "at": NOW, **summary},
    ]
    for record in records:
        await Journal(store).append("argonne", _thread(1), json.dumps(record))
    await ThreadNotes(store).put(_thread(1), "content", "a note")


@pytest.mark.parametrize("scope", [Scope("argonne", thread=_thread(1)), Scope(person="U3")])
async def test_a_purge_takes_what_a_summary_says_of_it(store: Store, scope: Scope) -> None:
    await _sum_up(store)
    plan = await Purges(Jobs(store, [*LABS, CROSS_LAB], "test"), lambda: NOW + 1).look(scope)
    assert plan.messages == 1
    await _purge(store, scope)
    assert "summary" not in await _kinds(store)
    assert await ThreadNotes(store).get(_thread(1), "content") == ""


@pytest.mark.parametrize("scope", [Scope("argonne", thread=_thread(2)), Scope("brookhaven", person="U3")])
async def test_a_summary_of_something_else_stays(store: Store, scope: Scope) -> None:
    await _sum_up(store)
    await _purge(store, scope)
    assert "summary" in await _kinds(store)
    assert await ThreadNotes(store).get(_thread(1), "content") == "a note"


async def test_a_held_thread_keeps_its_summary(store: Store) -> None:
    await _sum_up(store)
    await _purge(store, Scope(person="U3"), Scope("argonne", thread=_thread(1)))
    assert "summary" in await _kinds(store)
    assert await ThreadNotes(store).get(_thread(1), "content") == "a note"


async def test_a_summary_that_does_not_say_where_it_stands_stops_no_purge(store: Store) -> None:
    line: dict[str, Any] = {"kind": "summary", "lab": "argonne", "at": NOW, "team": "T1"}
    mores: list[dict[str, list[str]]] = [{"threads": [_thread(1)]}, {"threads": []}, {}]
    for more in mores:
        await Journal(store).append("argonne", _thread(1), json.dumps(line | more))
    await _purge(store, Scope("argonne", thread=_thread(1)))
    assert await _kinds(store) == ["summary", "summary"]


@pytest.mark.parametrize("scope", [Scope("argonne", thread=_thread(1)), Scope(person="U2"), Scope("argonne")])
async def test_a_purge_takes_also_what_is_written_of_it_meanwhile(store: Store, scope: Scope) -> None:
    jobs = Jobs(store, [*LABS, CROSS_LAB], "test")
    rounds: list[set[str]] = []

    async def write(questions: Iterable[str]) -> None:
        rounds.append(set(questions))
        if len(rounds) > 1:
            return
        await _sum_up(store)
        await jobs.enqueue("argonne", "U9:export", "export:U9:1", 1, {"user": "U9"})

    await Purges(jobs, lambda: NOW + 1).carry_out(Order("abc", scope, "lead", slack=False), note=write)
    kinds = await _kinds(store)
    assert "summary" not in kinds
    assert "mailbox" not in await jobs.fields("U9:export", "export:U9:1")
    assert len(rounds) == 2
