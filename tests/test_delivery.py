"""One answer on its way into a thread: whatever Slack does, it ends as the text that was written, once."""

from collections.abc import AsyncGenerator

import pytest

from bot.errors import RetryLater
from bot.slack.delivery import EDIT_EVERY, NOTICE, STREAM_LIFE
from bot.trial.server import LocalSlack
from tests.delivering import ENDING, TEXT, Thread, open_thread
from tests.trial_fixtures import Clock


@pytest.fixture
async def thread() -> AsyncGenerator[Thread]:
    async with LocalSlack() as slack, open_thread(slack, Clock()) as opened:
        yield opened


async def test_an_answer_is_streamed_then_closed(thread: Thread) -> None:
    """Each look at the text sends only what is new; the end brings the buttons in the same call."""
    delivery = thread.delivery()
    for end in (100, 300, 600):
        await delivery.show([TEXT[:end]])
        assert thread.written == [TEXT[:end]]
    assert await delivery.close([TEXT], ENDING, "preview") == tuple(thread.noted)
    thread.stands(TEXT)
    counts = [thread.calls(f"chat.{verb}Stream") for verb in ("start", "append", "stop")]
    assert (counts, thread.calls("chat.update")) == ([1, 2, 1], 0)


async def test_an_answer_nobody_saw_coming_is_posted_once(thread: Thread) -> None:
    await thread.delivery().close([TEXT], ENDING, "preview")
    thread.stands(TEXT)
    [call] = thread.slack.calls_of("chat.postMessage")
    assert (call.args["unfurl_links"], call.args["unfurl_media"]) == (False, False)


async def test_a_long_answer_is_several_messages_in_order(thread: Thread) -> None:
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    await delivery.show([TEXT, "*Part 2*"])
    await delivery.show([TEXT, f"*Part 2* {TEXT}", "*Part 3*"])
    await delivery.close([TEXT, f"*Part 2* {TEXT}", f"*Part 3* {TEXT}"], ENDING, "preview")
    thread.stands(TEXT, f"*Part 2* {TEXT}", f"*Part 3* {TEXT}")


async def test_the_next_attempt_takes_over_a_stream(thread: Thread) -> None:
    """It does not know what the dead one sent, so it says all of it, in the same message."""
    dead = thread.delivery()
    await dead.show([TEXT[:200]])
    heir = thread.delivery(standing=dead.messages)
    await heir.show(["Now for something different"])
    await heir.close(["Now for something different."], ENDING, "preview")
    thread.stands("Now for something different.")


async def test_what_an_earlier_attempt_said_too_much_is_taken_away(thread: Thread) -> None:
    dead = thread.delivery()
    await dead.show([TEXT, "*Part 2*"])
    await dead.show([TEXT, "*Part 2*", "*Part 3*"])
    await thread.delivery(standing=dead.messages).close(["Short."], ENDING, "preview")
    thread.stands("Short.")


async def test_a_message_nobody_could_record_is_adopted(thread: Thread) -> None:
    """Those of other answers, notices and people's stay what they are."""
    earlier = await thread.delivery().close(["An earlier answer."], ENDING, "preview")
    await thread.outbox.call(
        "chat.postMessage", thread.team, channel=thread.channel, thread_ts=thread.ts, text="No words.",
        metadata={"event_type": NOTICE, "event_payload": {}},
    )  # fmt: skip
    await thread.slack.post(thread.person, thread.channel, "hm", thread_ts=thread.ts)
    await thread.delivery().show(["Lost half way"])
    before = len(thread.replies)
    heir = thread.delivery(others=earlier)
    await heir.adopt()
    assert heir.messages == (thread.replies[-1].ts,)
    await heir.close(["Found, and whole."], ENDING, "preview")
    assert [message.visible_text.split("\n")[0] for message in thread.replies] == [
        "An earlier answer.", "No words.", "Found, and whole.",
    ]  # fmt: skip
    assert len(thread.replies) == before


async def test_a_start_without_a_reply_is_one_message(thread: Thread) -> None:
    thread.slack.faults.drop("chat.startStream")
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    await delivery.show([TEXT[:100]])
    await delivery.close([TEXT], ENDING, "preview")
    thread.stands(TEXT)


async def test_a_start_without_a_reply_at_the_very_end(thread: Thread) -> None:
    thread.slack.faults.drop("chat.startStream")
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    await delivery.close([TEXT], ENDING, "preview")
    thread.stands(TEXT)


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize(
    "method", ["chat.appendStream", "chat.stopStream", "chat.postMessage", "chat.update"]
)
async def test_no_text_is_doubled_or_lost_with_a_reply(thread: Thread, method: str, applied: bool) -> None:
    """A connection cut before a call, or after it took effect, looks the same from here."""
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    thread.slack.faults.drop(method, applied=applied)
    await delivery.show([TEXT[:100]])
    thread.clock.now += EDIT_EVERY + 1
    await delivery.show([TEXT[:200]])
    await delivery.close([TEXT, "*Part 2* The rest."], ENDING, "preview")
    thread.stands(TEXT, "*Part 2* The rest.")


@pytest.mark.parametrize("later", [0, STREAM_LIFE])
@pytest.mark.parametrize("gone", [0, 1])
async def test_what_somebody_deleted_is_said_again(thread: Thread, gone: int, later: float) -> None:
    """In order: a later message takes the text of the one that is gone."""
    delivery = thread.delivery()
    await delivery.show(["First.", "Second"])
    await delivery.show(["First.", "Second"])
    thread.clock.now += later
    await thread.slack.delete(thread.slack.workspace.bot, thread.channel, thread.replies[gone].ts)
    await delivery.rotate()
    await delivery.close(["First.", "Second."], ENDING, "preview")
    thread.stands("First.", "Second.")


@pytest.mark.parametrize("error", ["msg_too_long", "invalid_chunks"])
async def test_a_stream_that_takes_no_more_is_ended_and_edited(thread: Thread, error: str) -> None:
    """Slack takes no edit of a message that streams, not even after it refused more of it."""
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    thread.slack.faults.error("chat.appendStream", error)
    await delivery.show([TEXT[:100]])
    await delivery.close([TEXT], ENDING, "preview")
    thread.stands(TEXT)


async def test_the_askers_stop_is_heard(thread: Thread) -> None:
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    await thread.slack.stop_button(thread.person, thread.channel, thread.ts)
    await delivery.show([TEXT[:100]])
    assert delivery.stopped_by_user
    await delivery.close([TEXT[:100]], ENDING, "preview")
    thread.stands(TEXT[:100])


async def test_a_method_that_slack_told_to_rest_is_left_alone(thread: Thread) -> None:
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    thread.slack.faults.limit("chat.appendStream", retry_after=5)
    for end in (100, 200, 300):
        await delivery.show([TEXT[:end]])
    assert (thread.calls("chat.appendStream"), thread.written) == (1, [TEXT[:50]])
    thread.clock.now += 5
    await delivery.show([TEXT[:400]])
    assert (thread.calls("chat.appendStream"), thread.written) == (2, [TEXT[:400]])


async def test_a_limited_stop_does_not_hold_up_what_is_shown(thread: Thread) -> None:
    """Only the end is worth waiting for: an unfinished answer shows what it may, and goes on."""
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    thread.slack.faults.limit("chat.stopStream", retry_after=80)
    thread.clock.now += STREAM_LIFE
    await delivery.show([TEXT[:100]])
    thread.clock.now += 80
    await delivery.show([TEXT[:100]])
    await delivery.close([TEXT], ENDING, "preview")
    thread.stands(TEXT)


async def test_without_streaming_an_answer_is_posted_and_edited(thread: Thread) -> None:
    thread.slack.faults.no_streaming()
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    await delivery.show([TEXT[:100]])
    thread.clock.now += EDIT_EVERY + 1
    await delivery.show([TEXT[:200]])
    assert thread.written == [TEXT[:200]]
    await delivery.close([TEXT], ENDING, "preview")
    thread.stands(TEXT)
    assert (thread.calls("chat.startStream"), thread.outbox.streams) == (1, False)


async def test_the_stop_button_under_what_grows_by_edits_goes_with_the_end(thread: Thread) -> None:
    """From every message, from those whose text stood already, too."""
    thread.slack.faults.no_streaming()
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    await delivery.show([TEXT, "*Part 2*"])
    assert [len(message.elements) for message in thread.replies] == [1, 1]
    await delivery.close([TEXT, "*Part 2*"], ENDING, "preview")
    thread.stands(TEXT, "*Part 2*")


async def test_a_parked_answer_keeps_its_text_and_streams_no_more(thread: Thread) -> None:
    delivery = thread.delivery()
    await delivery.show([TEXT[:50]])
    await delivery.park()
    assert thread.written == [TEXT[:50]]
    assert not thread.replies[0].streaming


async def test_a_thread_we_may_not_write_to_is_tried_again_later(thread: Thread) -> None:
    await thread.slack.remove_bot(thread.channel)
    thread.slack.workspace.app.scopes -= {"chat:write.public"}
    with pytest.raises(RetryLater, match="not_in_channel"):
        await thread.delivery().close([TEXT], ENDING, "preview")
