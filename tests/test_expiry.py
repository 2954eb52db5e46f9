"""Slack ends a stream after five minutes: ours are left before, and one that ends anyway loses no word."""

from collections.abc import AsyncGenerator

import pytest

from bot.guard import Watch
from bot.labs import Lab, read_labs
from bot.records import Question, ThreadKey
from bot.reply import parts
from bot.settings import Settings
from bot.showing import Showing
from bot.slack.delivery import EDIT_EVERY, STREAM_LIFE
from bot.slack.status import Status
from bot.trial.limits import MARKDOWN
from bot.trial.server import LocalSlack
from tests.delivering import ENDING, TEXT, Thread, open_thread
from tests.trial_fixtures import Clock

LONG = "\n\n".join(f"Paragraph {n}. " + "It says what it has to say, and no more. " * 8 for n in range(90))
STREAM = ("chat.startStream", "chat.appendStream", "chat.stopStream")


@pytest.fixture
async def thread() -> AsyncGenerator[Thread]:
    """Slack's clock and ours are one; no stream takes more than a message may hold."""
    clock = Clock()
    async with LocalSlack(clock=clock, stream_chars=MARKDOWN) as slack, open_thread(slack, clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def lab() -> Lab:
    settings = Settings.model_validate({"labjam_model": "m", "openai_base_url": "http://127.0.0.1:1/v1"})
    return read_labs(settings, {})["argonne"]


def showing(thread: Thread, lab: Lab) -> Showing:
    question = Question(
        ThreadKey(thread.team, thread.channel, thread.ts), thread.ts, thread.person, thread.team, lab.key, "?"
    )
    return Showing(
        question, lab, thread.delivery(), Status(thread.outbox), Watch(lab.guard), clock=thread.clock
    )


async def test_a_stream_is_left_before_slack_ends_it(thread: Thread) -> None:
    """From then on the message grows by edits, no more often than Slack asks for."""
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    thread.clock.now += STREAM_LIFE
    await delivery.show([TEXT[:100]])
    assert (thread.calls("chat.stopStream"), thread.written) == (1, [TEXT[:50]])
    await delivery.show([TEXT[:200]])
    await delivery.show([TEXT[:300]])
    assert (thread.calls("chat.update"), thread.written) == (1, [TEXT[:200]])
    thread.clock.now += EDIT_EVERY + 1
    await delivery.show([TEXT[:400]])
    assert thread.written == [TEXT[:400]]
    await delivery.close([TEXT], ENDING, "preview")
    thread.stands(TEXT)


async def test_a_long_answer_that_takes_half_an_hour(thread: Thread) -> None:
    """Each message streams, is left in time, and none is refused for its size or age."""
    delivery, steps = thread.delivery(), 60
    for step in range(1, steps):
        await delivery.show(parts(LONG[: len(LONG) * step // steps], final=False))
        thread.clock.now += 30
        assert not any(message.expired for message in thread.replies)
    await delivery.close(parts(LONG), ENDING, "preview")
    thread.stands(*parts(LONG))
    assert len(thread.replies) == thread.calls("chat.startStream") > 2
    assert not [call for call in thread.slack.calls if call.method in STREAM and call.error]


@pytest.mark.parametrize("replies_lost", [(), ("chat.stopStream",), ("chat.update",)])
@pytest.mark.parametrize("ends", ["in the middle", "right before the stop", "at the rotation", "in part two"])
async def test_a_stream_that_slack_ends_is_finished_by_edits(
    thread: Thread, ends: str, replies_lost: tuple[str, ...]
) -> None:
    """Nothing is lost and nothing said twice, whenever that is."""
    delivery, second = thread.delivery(), f"*Part 2* {TEXT}"
    await delivery.show([TEXT[:50]])
    await delivery.show([TEXT, second[:50]] if ends == "in part two" else [TEXT[:100]])
    if ends == "at the rotation":
        thread.clock.now += STREAM_LIFE
    thread.slack.workspace.end_stream(thread.channel, thread.replies[-1].ts, "expired")
    for method in replies_lost:
        thread.slack.faults.drop(method)
    if ends != "right before the stop":
        await delivery.show([TEXT, second[:200]])
        thread.clock.now += EDIT_EVERY + 1
        await delivery.show([TEXT, second[:300]])
    await delivery.close([TEXT, second], ENDING, "preview")
    thread.stands(TEXT, second)


async def test_a_message_that_was_full_when_slack_ended_it_is_mended(thread: Thread) -> None:
    """Its text stood already, but Slack shows a stream that it ended as broken until it is edited."""
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    await delivery.show([TEXT, "*Part 2*"])
    await delivery.show([TEXT, "*Part 2* goes on"])
    thread.clock.now += 310
    assert [message.expired for message in thread.replies] == [True, True]
    await delivery.show([TEXT, "*Part 2* goes on"])
    await delivery.show([TEXT, "*Part 2* goes on"])
    assert [message.expired for message in thread.replies] == [False, False]
    await delivery.close([TEXT, "*Part 2* goes on."], ENDING, "preview")
    thread.stands(TEXT, "*Part 2* goes on.")


async def test_a_silent_model_lets_no_stream_die(thread: Thread, lab: Lab) -> None:
    """It wrote a few words and thinks on: the words stay readable, and the thread says what goes on."""
    shown = showing(thread, lab)
    await shown.text("So far, so good.")
    await shown.text("So far, so good.")
    until = thread.clock.now + 1500
    while thread.clock.now < until:
        thread.clock.now += await shown.silence()
        assert not thread.replies[0].expired
    assert thread.calls("chat.stopStream") == 1
    assert "still thinking, 25 min" in thread.slack.status(thread.channel, thread.ts)
    await shown.text("So far, so good. And this is the answer.")
    assert thread.written == ["So far, so good. And this is the "]


@pytest.mark.parametrize("refused", [(), ("assistant.threads.setStatus",)], ids=["own words", "sessions"])
async def test_a_status_lives_as_long_as_a_model_thinks(
    thread: Thread, lab: Lab, refused: tuple[str, ...]
) -> None:
    """Slack forgets one after two minutes, a session's after an hour; which of both an app has, shows."""
    for method in refused:
        thread.slack.faults.error(method, "unknown_method", times=None)
    shown, said = showing(thread, lab), set[str]()
    thread.clock.now += await shown.silence()
    until = thread.clock.now + 4000
    while thread.clock.now < until:
        thread.clock.now += await shown.silence()
        said.add(thread.slack.status(thread.channel, thread.ts))  # what stands until it is said again
        assert thread.slack.workspace.sessions[thread.channel, thread.ts].status == "processing"
    assert len(thread.slack.calls_of("agents.sessions.setStatus")) == 2 * len(refused)
    assert refused or ("" not in said and len(said) > 30)
