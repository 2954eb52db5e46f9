"""P1, at the model: whatever it does, the thread ends with a whole answer or a plain sentence and Retry."""

from pathlib import Path

import pytest

from bot import outcome
from bot.slack.blocks import AGAIN
from bot.trial.model_script import Plan, Reply, failure
from tests.jam import Jam, ended, text_of, until

GOOD = Reply("Whole and good.", pieces=4, seconds=0.05)


@pytest.mark.parametrize(
    "trouble",
    [
        failure(429, "rate_limit_exceeded", retry_after="1"),
        failure(500, "server_error"),
        failure(503, "overloaded"),
        Reply("Half of what it", ending="cut", after=2),
        Reply("Half of what it", ending="drop", after=2),
        Reply("Half of what it", ending="failed", after=2, code="server_error"),
    ],
    ids=["429", "500", "503", "cut", "dropped", "error event"],
)
async def test_it_is_asked_again(jam: Jam, trouble: Reply) -> None:
    """What passes is tried again, and the answer is finished in the same message."""
    jam.model.script = Plan(lambda _: GOOD).when("try", trouble)
    ts = await jam.ask("argonne", "try")
    answer = await jam.answer("argonne", ts)
    assert text_of(answer) == GOOD.text
    assert len(answer) == 1
    assert len(jam.model.requests) == 2


async def test_a_half_answer_that_was_shown_is_finished_in_its_own_message(jam: Jam) -> None:
    cut = Reply(
        "First words of an answer that breaks off " * 5, pieces=20, seconds=1.0, ending="cut", after=15
    )
    jam.model.script = Plan(lambda _: GOOD).when("show", cut)
    ts = await jam.ask("berkeley", "show")
    await until(lambda: len(jam.replies("berkeley", ts)) == 1)
    shown = jam.replies("berkeley", ts)[0].ts
    answer = await jam.answer("berkeley", ts)
    assert [message.ts for message in answer] == [shown]
    assert text_of(answer) == GOOD.text


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("I won't say.", ending="refused"), outcome.REFUSED),
        (Reply(""), outcome.EMPTY),
        (Reply("Some of it", ending="filtered", after=1), outcome.FILTERED),
        (failure(400, "invalid_request"), "does not take this question"),
        (failure(404, "model_not_found"), "does not take this question"),
    ],
    ids=["refusal", "empty", "content filter", "400", "no such model"],
)
async def test_it_ends_in_a_plain_sentence_and_a_button(jam: Jam, reply: Reply, words: str) -> None:
    jam.model.script = Plan(lambda _: GOOD).when("hm", reply)
    ts = await jam.ask("idaho", "hm")
    [answer] = await jam.answer("idaho", ts)
    assert words in answer.visible_text
    await jam.slack.click(jam.people["idaho"], jam.channels["idaho"], answer.ts, AGAIN)
    await until(lambda: jam.replies("idaho", ts)[0].written == GOOD.text)
    assert len(jam.replies("idaho", ts)) == 1


async def test_a_silent_model_is_given_up(jam: Jam) -> None:
    """First-token and stall time-outs are the model's own settings."""
    config = jam.folder / "labjam.toml"
    config.write_text(
        f'[models.default]\nid = "scripted"\nbase_url = "{jam.model.base_url}"\nauth = {{scheme = "none"}}\n'
        "first_token_timeout = 0.5\nstall_timeout = 0.5\n"
    )
    jam.extra["LABJAM_CONFIG"] = str(config)
    await jam.stop_bot()
    await jam.start_bot()
    jam.model.script = (
        Plan(lambda _: GOOD)
        .when("silent", Reply("never", wait=30))
        .when("stalls", Reply("a few words and then nothing", ending="stall", after=3))
    )
    for question in ("silent", "stalls"):
        ts = await jam.ask("princeton", question)
        assert text_of(await jam.answer("princeton", ts)) == GOOD.text


async def test_a_question_too_long_for_the_model_is_told_so(jam: Jam) -> None:
    jam.extra["LABJAM_CONFIG"] = str(small_context(jam))
    await jam.stop_bot()
    await jam.start_bot()
    ts = await jam.ask("livermore", "word " * 7000)
    await until(lambda: bool(jam.replies("livermore", ts)))
    assert "Shorten it" in jam.replies("livermore", ts)[0].visible_text
    assert not jam.model.requests


async def test_a_thread_that_outgrew_its_model_is_cut_harder_and_told_so(jam: Jam) -> None:
    """An endpoint that counts more tokens than we guessed: the oldest turns go, and the thread says so."""
    jam.extra["LABJAM_CONFIG"] = str(small_context(jam))
    await jam.stop_bot()
    await jam.start_bot()
    jam.model.script = Plan(lambda _: Reply("Noted. " * 60)).when(
        "the last", failure(400, "context_length_exceeded"), failure(400, "context_length_exceeded")
    )
    root = await jam.ask("idaho", "number 0 " * 60)
    for n in range(1, 6):
        await jam.ask("idaho", f"number {n} " * 60, root)
    await jam.ask("idaho", "the last", root)
    answer = await jam.answer("idaho", root, answers=7)
    assert "left out" in answer[-1].visible_text
    assert len(jam.model.requests) == 9


def small_context(jam: Jam) -> Path:
    config = jam.folder / "labjam.toml"
    config.write_text(
        f'[models.default]\nid = "scripted"\nbase_url = "{jam.model.base_url}"\nauth = {{scheme = "none"}}\n'
        "context = 4000\nmax_output = 500\n"
    )
    return config


async def test_stop_reaches_the_model_within_a_second(jam: Jam) -> None:
    """Slack's own stop button ends the stream at the model; what came stays, marked."""
    jam.model.script = Plan(lambda _: Reply("on and on " * 500, pieces=500, seconds=60))
    ts = await jam.ask("oak-ridge", "never mind")
    await until(lambda: bool(jam.replies("oak-ridge", ts)))
    await jam.slack.stop_button(jam.people["oak-ridge"], jam.channels["oak-ridge"], ts)
    await until(lambda: jam.model.aborted == 1, 1.0)
    [answer] = await jam.answer("oak-ridge", ts)
    assert outcome.STOPPED in answer.visible_text
    assert answer.written.startswith("on and on")


async def test_thumbs_are_kept(jam: Jam) -> None:
    """A click is acknowledged once it is in the journal; the answer's record is there too."""
    ts = await jam.ask("argonne", "good?")
    [answer] = await jam.answer("argonne", ts)
    buttons = ended([answer])[0].elements[0][1]
    result = await jam.slack.click(
        jam.people["argonne"], jam.channels["argonne"], answer.ts, buttons["action_id"],
        buttons["positive_button"]["value"],
    )  # fmt: skip
    assert result.acked
    kinds = [(line["kind"], line.get("thumb"), line.get("outcome")) for line in await jam.journal("argonne")]
    assert kinds == [("answer", None, "answered"), ("vote", 1, None)]
