"""Threads to notes to claims: within any context, and honest whatever a model says or does not say."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.labs import Labs, read_labs
from bot.llm.model import Finish, ModelRequest, ModelSpec
from bot.records import Usage
from bot.settings import Settings
from bot.summary.asking import Asker, Spent
from bot.summary.building import AT_ONCE, GIVE_UP, Builder, Built, Tasks
from bot.summary.gathering import Gathering, Thread
from bot.summary.notes import LONGEST, MOST_CLAIMS

NOTE = {"problem": "A loss", "result": "1e9"}
CLAIMS = {"tried": [{"text": "Losses", "sources": [1]}]}


def spec(**changes: Any) -> ModelSpec:
    labs: Labs = read_labs(Settings(labjam_model="scripted", openai_base_url="http://127.0.0.1:1/v1"), {})
    return replace(labs["argonne"].models[0], **changes)


class Model:
    """Says what `said` makes of a request; hangs where that is None."""

    def __init__(self, said: Callable[[ModelRequest], str | None]) -> None:
        self.said = said
        self.asked: list[ModelRequest] = []

    async def stream(self, request: ModelRequest) -> AsyncGenerator[str | Finish]:
        """One answer."""
        self.asked.append(request)
        said = self.said(request)
        if said is None:
            await asyncio.Event().wait()
        yield str(said)
        yield Finish("stop", "scripted", Usage(10, 10))


class Kept:
    """A cache in memory."""

    def __init__(self) -> None:
        self.notes: dict[tuple[str, str], str] = {}

    async def get(self, thread: str, content: str) -> str:
        """The note, if there is one."""
        return self.notes.get((thread, content), "")

    async def put(self, thread: str, content: str, note: str) -> None:
        """Keep it."""
        self.notes[thread, content] = note


def sums_up(request: ModelRequest) -> bool:
    return "sums" in request.messages[0].text


def threads(count: int, text: str = "words") -> list[Thread]:
    return [Thread(f"T1:C1:{number}.000100", float(number), f"{text} {number}") for number in range(count)]


def marks(text: str) -> bool:
    return "SECRET" in text


async def built(model: Model, of: Sequence[Thread], cache: Kept | None = None, **changes: Any) -> Built:
    """A summary by this model."""
    asker = Asker(model, spec(**changes), "person", Spent(), marks)
    told: list[tuple[int, int]] = []

    async def progress(done: int, among: int) -> None:
        told.append((done, among))

    builder = Builder(asker, Tasks("notes", "sums"), cache or Kept(), marks)
    made = await builder.build(of, progress)
    assert told[-1] == (len(of), len(of))
    return made


async def test_in_a_small_context_nothing_is_lost_but_what_there_is_no_room_for() -> None:
    """Each call fits; what no call can join is put together without a model."""

    def said(request: ModelRequest) -> str:
        if not sums_up(request):
            return json.dumps(NOTE | {"result": "x" * LONGEST})
        numbers = [json.loads(line)["note"] for line in request.messages[1].text.splitlines()]
        return json.dumps({"well": [{"text": "y" * 350, "sources": [number]} for number in numbers]})

    model = Model(said)
    made = await built(model, threads(40), context=4_096, max_output=1_024)
    longest = max(sum(len(message.text) for message in one.messages[1:]) for one in model.asked)
    assert longest < (4_096 - 1_024) * 3.5
    assert made.unread == 0
    assert len(made.claims.well) == MOST_CLAIMS
    assert [claim.sources[0] for claim in made.claims.well] == [1, 6, 11, 16, 21, 26], "some of each batch"
    long = Thread("T1:C1:1.000100", 1.0, "\n".join(f"line {n} {'z' * 90}" for n in range(200)))
    model.asked.clear()
    assert (await built(model, [long], context=4_096, max_output=1_024)).unread == 0
    read = "\n".join(one.messages[1].text for one in model.asked)
    assert all(f"line {n} z" in read for n in range(200))


async def test_what_carries_a_marking_goes_nowhere() -> None:
    model = Model(lambda _: "no JSON, SECRET and more")
    cache = Kept()
    assert (await built(model, threads(1), cache)).unread == 1
    assert len(model.asked) == 1
    assert not cache.notes


async def test_a_model_that_hangs_is_not_asked_for_every_thread() -> None:
    cache = Kept()
    model = Model(lambda _: None)
    made = await built(model, threads(100), cache, first_token_timeout=0.02)
    assert (made.unread, made.failed, made.claims.sources) == (100, True, [])
    assert len(model.asked) <= GIVE_UP + AT_ONCE
    assert not cache.notes


async def test_one_thread_that_hangs_costs_no_other() -> None:
    model = Model(lambda seen: None if "words 3" in seen.messages[1].text else said_well(seen))
    made = await built(model, threads(5), first_token_timeout=0.2)
    assert (made.unread, made.failed, made.claims.sources) == (1, False, [1])


def said_well(request: ModelRequest) -> str:
    return json.dumps(CLAIMS if sums_up(request) else NOTE)


async def test_what_is_no_form_is_asked_for_once_more_and_never_kept() -> None:
    for junk in ("", "no JSON", "{", '{"else": 1}', '{"problem": ["a"]}', "[1, 2]", '{"problem": "SECRET"}'):
        cache, model = Kept(), Model(lambda _, junk=junk: junk)
        made = await built(model, threads(2), cache)
        assert (made.unread, made.failed) == (2, True), junk
        assert len(model.asked) == (2 if "SECRET" in junk else 4), junk
        assert not cache.notes


async def test_notes_without_claims_leave_a_summary_that_says_so() -> None:
    made = await built(Model(lambda seen: "nonsense" if sums_up(seen) else json.dumps(NOTE)), threads(3))
    assert (made.unread, made.failed, made.claims.sources) == (0, True, [])


async def test_a_claim_stands_on_notes_there_are() -> None:
    claims = {"open": [{"text": "a", "sources": [9, 2, 2]}, {"text": "b", "sources": [0, 7]},
                       {"text": "c"}, {"text": "", "sources": [1]}]}  # fmt: skip
    made = await built(Model(lambda seen: json.dumps(claims if sums_up(seen) else NOTE)), threads(3))
    assert [(claim.text, claim.sources) for claim in made.claims.open] == [("a", (2,))]


async def test_nobody_is_quoted_who_did_not_allow_it() -> None:
    said = "the anomalous skin effect was left out, which is a beginner's mistake"
    note = NOTE | {
        "badly": f"A person said: {said.upper()}.",
        "well": "The anomalous skin effect came in later.",
    }
    kept, of = Kept(), replace(threads(1)[0], unquotable=(said,))
    await built(Model(lambda seen: json.dumps(CLAIMS if sums_up(seen) else note)), [of], kept)
    [stored] = kept.notes.values()
    assert "beginner" not in stored.lower()
    assert json.loads(stored)["well"] == note["well"]
    await built(Model(lambda seen: json.dumps(CLAIMS if sums_up(seen) else note)), threads(1), kept)
    assert "BEGINNER" in str(kept.notes), "who allows it may be"


def test_words_may_be_quoted_as_their_author_says() -> None:
    place = {"team": "T1", "channel": "C1", "ts": "1.000100"}
    question = {"thread": place, "ts": "1.000100", "user": "U1", "text": "?"}
    answer = {
        "kind": "answer",
        "question": question,
        "outcome": "answered",
        "text": "!",
        "model_requested": "m",
    }
    about = {"kind": "details", "thread": place, "question_ts": "1.000100", "skills": {"planning": "planned"}}
    gathering = Gathering(0.0, 1e12, marked=lambda _: False)
    for line in (answer, about | {"user": "U2", "comment": "one"},
                 about | {"user": "U3", "comment": "two", "may_quote": True}):  # fmt: skip
        gathering.add(line)
    [thread] = gathering.gathered().threads
    assert thread.unquotable == ("planned", "one")
