"""A question in the store: asked once, edited, answered, asked again, taken back."""

import json
from collections.abc import Generator
from dataclasses import asdict, replace
from typing import Any

import pytest

from bot.records import Answer, Question, ThreadKey, Turn, Usage
from bot.store.answers import edition_of
from bot.store.jobs import MAILBOX_LIMIT, Job
from bot.store.journal import read
from bot.store.questions import (
    Draft,
    Questions,
    answer_job,
    close_with,
    draft_of,
    messages_of,
    noted_draft,
    noted_messages,
    question_of,
)
from bot.store.threads import others_of, turns_before
from tests.stores import Engine, started

THREAD = ThreadKey("T1", "C1", "1732320000.000100")
QUESTION = Question(THREAD, THREAD.ts, "U1", "T1", "argonne", "What is a quark?")
NASTY = 'a|b "c" \\d\n\n{"e": 1}\t\u0000\u2028 λ→🧪 <@U1> \ufeff' + "x" * 40_000
JOB = answer_job(QUESTION)
MAILBOX = str(THREAD)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with started("standalone", tmp_path_factory.mktemp("store")) as at:
        yield at


@pytest.fixture
def questions(engine: Engine) -> Questions:
    return Questions(engine.jobs)


def answer_to(question: Question, **changes: Any) -> Answer:
    usage = Usage(input=10, output=20, reasoning=5, cached=2)
    answer = Answer(
        question, "answered", "A constituent.", "", ("1732320001.000100",), "gpt", "gpt-1", "default", "abc",
        usage, 1, 1732320000.0, 1732320000.5, 1732320002.0,
    )  # fmt: skip
    return replace(answer, **changes)


async def answered(engine: Engine, question: Question = QUESTION, **changes: Any) -> Job:
    """Bring the thread's next answer to its end."""
    job = await engine.begin(str(question.thread))
    assert await engine.jobs.finish(job, close_with(answer_to(question, **changes)))
    return job


async def journal(engine: Engine) -> list[dict[str, Any]]:
    return [line async for line in read(engine.store, "argonne")]


@pytest.mark.parametrize("text", ["plain", NASTY, ""])
async def test_a_question_comes_back_as_it_was(engine: Engine, questions: Questions, text: str) -> None:
    asked = replace(QUESTION, text=text, direct=True, files=('a "b".pdf', "ü|x\n.csv"), user_team="T2")
    assert await questions.ask(asked) == "queued"
    job = await engine.begin(MAILBOX)
    assert question_of(job.fields) == asked
    assert job.id == "answer:T1:C1:1732320000.000100"


async def test_a_question_is_asked_once(engine: Engine, questions: Questions) -> None:
    assert await questions.ask(QUESTION) == "queued"
    assert await questions.ask(replace(QUESTION, text="other words")) == "known"
    await answered(engine)
    assert await questions.ask(QUESTION) == "known"


async def test_a_word_to_the_asker_does_not_wait_for_answers(engine: Engine, questions: Questions) -> None:
    await questions.ask(QUESTION)
    assert await questions.tell(QUESTION, NASTY) == "queued"
    assert await questions.tell(QUESTION, NASTY) == "known"
    job = await engine.begin(f"{THREAD}:tell")
    assert (job.kind, question_of(job.fields).text) == ("tell", NASTY)


async def test_an_edit_before_the_answer_changes_the_question(engine: Engine, questions: Questions) -> None:
    assert await questions.edit(MAILBOX, JOB, "too early", 1) == "unknown"
    await questions.ask(QUESTION)
    assert await questions.edit(MAILBOX, JOB, QUESTION.text, 2) == "same"
    assert await questions.edit(MAILBOX, JOB, NASTY, 3) == "changed"
    assert await questions.edit(MAILBOX, JOB, NASTY, 3) == "same"
    assert question_of((await engine.begin(MAILBOX)).fields).text == NASTY


async def test_an_edit_during_the_answer_waits_for_it(engine: Engine, questions: Questions) -> None:
    await questions.ask(QUESTION)
    job = await engine.begin(MAILBOX)
    assert await questions.edit(MAILBOX, JOB, "better words", 5) == "offered"
    assert await questions.edit(MAILBOX, JOB, "better words", 5) == "same"
    assert question_of(await engine.jobs.fields(MAILBOX, JOB)).text == QUESTION.text
    assert await engine.jobs.release(job, counts=True)
    assert (await engine.begin(MAILBOX)).id == JOB, "the offer comes behind the answer"


async def test_an_edited_question_is_asked_again_with_its_new_text(
    engine: Engine, questions: Questions
) -> None:
    await questions.ask(QUESTION)
    await answered(engine)
    assert await questions.edit(MAILBOX, JOB, "better words", QUESTION.order + 5) == "offered"
    offer = await engine.begin(MAILBOX)
    assert (offer.kind, offer.fields["about"]) == ("offer", JOB)
    assert await engine.jobs.finish(offer, close_with(answer_to(QUESTION)))
    assert await questions.again(MAILBOX, JOB, QUESTION.order + 9)
    job = await engine.begin(MAILBOX)
    assert question_of(job.fields).text == "better words"
    assert "edit" not in job.fields
    assert messages_of(job.fields) == ("1732320001.000100",), "they are edited, not posted again"


async def test_a_deleted_question_stops_its_answer_and_takes_it_away(
    engine: Engine, questions: Questions
) -> None:
    await questions.ask(QUESTION)
    await answered(engine)
    assert await questions.withdraw("argonne", MAILBOX, JOB) == "done"
    assert await questions.withdraw("argonne", MAILBOX, JOB) == "done"
    job = await engine.begin(MAILBOX)
    assert (job.kind, job.fields["about"]) == ("withdraw", JOB)


async def test_nothing_more_is_shown_for_a_deleted_question(engine: Engine, questions: Questions) -> None:
    await questions.ask(QUESTION)
    await answered(engine)
    assert await questions.extend(MAILBOX, JOB, 5, {"tally": "1 0"})
    await questions.withdraw("argonne", MAILBOX, JOB)
    assert not await questions.extend(MAILBOX, JOB, 6, {"file": "F1"})
    assert not await questions.again(MAILBOX, JOB, 7)
    assert "file" not in await engine.jobs.fields(MAILBOX, JOB)


async def test_a_question_deleted_while_it_is_to_be_answered_again_is_not(
    engine: Engine, questions: Questions
) -> None:
    await questions.ask(QUESTION)
    job = await engine.begin(MAILBOX)
    assert await engine.jobs.note(job, noted_draft(Draft("A constituent.", "answered")))
    assert await questions.again(MAILBOX, JOB, 5)
    await questions.withdraw("argonne", MAILBOX, JOB)
    assert await engine.jobs.finish(job, close_with(answer_to(QUESTION)))
    assert (await engine.jobs.fields(MAILBOX, JOB))["state"] == "done"
    assert (await engine.begin(MAILBOX)).kind == "withdraw"


async def test_what_is_known_of_an_answer_is_not_said_of_the_next_one(
    engine: Engine, questions: Questions
) -> None:
    await questions.ask(QUESTION)
    assert await engine.jobs.note(job := await engine.begin(MAILBOX), noted_draft(Draft("λ", "answered")))
    assert await engine.jobs.finish(job, close_with(answer_to(QUESTION)))
    edition = edition_of(await engine.jobs.fields(MAILBOX, JOB))
    assert await questions.extend(MAILBOX, JOB, 5, {"file": "F1"}, edition)
    assert await questions.again(MAILBOX, JOB, 6)
    assert not await questions.extend(MAILBOX, JOB, 7, {"references": "[]"}, edition)
    assert not {"file", "references"} & (await engine.jobs.fields(MAILBOX, JOB)).keys()


async def test_a_deletion_is_heard_in_a_full_thread(engine: Engine, questions: Questions) -> None:
    await questions.ask(QUESTION)
    await answered(engine)
    for n in range(MAILBOX_LIMIT):
        assert await engine.put(f"answer:{n}", MAILBOX) == "queued"
    assert await engine.put("answer:more", MAILBOX) == "full"
    assert await questions.withdraw("argonne", MAILBOX, JOB) == "done"
    assert (await engine.jobs.fields(MAILBOX, JOB.replace("answer", "withdraw")))["about"] == JOB


async def test_a_deletion_that_overtakes_its_question(engine: Engine, questions: Questions) -> None:
    assert await questions.withdraw("argonne", MAILBOX, JOB) == "unknown"
    assert await questions.ask(QUESTION) == "known"
    assert await questions.edit(MAILBOX, JOB, "new words", 6) == "unknown"
    assert not await questions.again(MAILBOX, JOB, 7)
    assert not await engine.is_ready(MAILBOX)


async def test_the_journal_has_every_field_of_an_answer(engine: Engine, questions: Questions) -> None:
    asked = replace(QUESTION, text=NASTY, files=("a.pdf",))
    await questions.ask(asked)
    changes = {"text": NASTY, "note": 'it said "no"', "messages": ("1.1", "2.2"), "turns_left_out": 3}
    await answered(engine, asked, **changes)
    head = {"kind": "answer", "lab": "argonne", "at": 1732320002.0}
    written = json.loads(json.dumps(head | asdict(answer_to(asked, **changes))))
    assert await journal(engine) == [written]
    fields = await engine.jobs.fields(MAILBOX, JOB)
    assert (fields["outcome"], messages_of(fields)) == ("answered", ("1.1", "2.2"))


async def test_a_thread_remembers_what_was_said_before(engine: Engine, questions: Questions) -> None:
    """Failures are no turns, but their messages are known."""
    later = [replace(QUESTION, ts=f"173232000{n}.000100", text=f"number {n}") for n in range(1, 4)]
    await questions.ask(QUESTION)
    await answered(engine, text=NASTY)
    for question, outcome in zip(later, ("failed", "stopped", "answered"), strict=True):
        await questions.ask(question)
        if outcome != "answered":
            await answered(engine, question, outcome=outcome, messages=(f"9{question.ts}",))
    job = await engine.begin(MAILBOX)
    asked = [Turn("user", QUESTION.text, THREAD.ts), Turn("assistant", NASTY, THREAD.ts)]
    stopped = [Turn("user", "number 2", later[1].ts), Turn("assistant", "A constituent.", later[1].ts)]
    assert list(turns_before(job, later[2])) == asked + stopped
    assert list(turns_before(job, later[1])) == asked
    assert others_of(job, later[1]) == {"1732320001.000100", f"9{later[0].ts}"}


def test_a_draft_comes_back_as_it_was() -> None:
    draft = Draft(NASTY, "refused", 'no | "', True, "gpt-1", "abc", Usage(1, 2, 3, 4), 1.5, 2)
    assert draft_of(noted_draft(draft)) == draft
    assert draft_of({}) is None
    assert messages_of(noted_messages(["1.1", "2.2"])) == ("1.1", "2.2")
    assert messages_of({}) == ()
