"""Streaming: start, append, stop, and every way a stream goes wrong."""

from typing import Any

import pytest

from bot.trial.server import LocalSlack
from tests.trial_fixtures import Clock, bolt, refusal, until, web_client

THUMBS = [
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "vote",
                "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "up"},
                "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "down"},
            }
        ],
    }
]


async def asked(slack: LocalSlack) -> dict[str, Any]:
    """A question in a channel, as the arguments a stream of its answer needs."""
    ana = slack.add_person("ana")
    lab = slack.add_channel("jam", [ana])
    ts = await slack.post(ana, lab, "why?")
    team = slack.workspace.team.id
    return {"channel": lab, "thread_ts": ts, "recipient_user_id": ana, "recipient_team_id": team}


async def refused(client: Any, method: str, **arguments: Any) -> str:
    """The error of a call that must fail."""
    answer = await refusal(client.api_call(method, json=arguments))
    return str(answer["error"])


async def test_the_sdk_stream_helper_writes_one_message() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        where = await asked(slack)
        stream = await client.chat_stream(**where, buffer_size=4)
        await stream.append(markdown_text="a &lt; b ")
        reply = slack.replies_of_bot(where["channel"], where["thread_ts"])[0]
        assert reply.streaming
        assert slack.workspace.sessions[(where["channel"], where["thread_ts"])].status == "processing"
        await stream.append(markdown_text="and *more*")
        await stream.stop(markdown_text=" end", blocks=THUMBS)
        assert (reply.visible_text, reply.streaming) == ("a < b and *more* end", False)
        assert reply.written == reply.visible_text
        assert [element["action_id"] for _, element in reply.elements] == ["vote"]
        assert [call.method for call in slack.calls] == [
            "chat.startStream",
            "chat.appendStream",
            "chat.stopStream",
        ]


async def test_both_ways_to_give_text_and_task_chunks() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        where = await asked(slack)
        started = await client.chat_startStream(**where, markdown_text="one ")
        place: dict[str, Any] = {"channel": where["channel"], "ts": started["ts"]}
        task = {"type": "task_update", "id": "t1", "title": "Looking", "status": "in_progress"}
        await client.chat_appendStream(**place, chunks=[{"type": "markdown_text", "text": "two"}, task])
        await client.chat_stopStream(**place)
        message = slack.message(where["channel"], str(started["ts"]))
        assert message
        assert message.visible_text == "one two"
        assert message.stream
        assert message.stream.tasks["t1"]["title"] == "Looking"
        assert await refused(client, "chat.appendStream", **place, markdown_text="x") == (
            "message_not_in_streaming_state"
        )


async def test_a_stream_dies_of_age_and_an_update_repairs_it() -> None:
    clock = Clock()
    async with LocalSlack(clock=clock, stream_life=300) as slack, web_client(slack) as client:
        where = await asked(slack)
        started = await client.chat_startStream(**where, markdown_text="half")
        place: dict[str, Any] = {"channel": where["channel"], "ts": str(started["ts"])}
        clock.now += 299
        await client.chat_appendStream(**place, markdown_text=" more")
        clock.now += 2
        message = slack.message(place["channel"], place["ts"])
        assert message
        assert (message.expired, message.streaming) == (True, False)
        for method in ("chat.appendStream", "chat.stopStream"):
            assert (
                await refused(client, method, **place, markdown_text="x") == "message_not_in_streaming_state"
            )
        await client.chat_update(**place, text="whole")
        assert (message.visible_text, message.expired) == ("whole", False)


async def test_a_live_stream_cannot_be_updated() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        where = await asked(slack)
        started = await client.chat_startStream(**where, markdown_text="half")
        place = {"channel": where["channel"], "ts": started["ts"]}
        assert await refused(client, "chat.update", **place, text="x") == "streaming_state_conflict"


async def test_the_stop_button_ends_the_stream_and_tells_the_app() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        where = await asked(slack)
        started = await app.client.chat_startStream(**where, markdown_text="half")
        place: dict[str, Any] = {"channel": where["channel"], "ts": str(started["ts"])}
        await slack.stop_button(where["recipient_user_id"], where["channel"], where["thread_ts"])
        await until(lambda: app.of("agent_session_stopped"))
        assert await refused(app.client, "chat.appendStream", **place, markdown_text="x") == "stopped_by_user"
        await app.client.chat_stopStream(**place, blocks=THUMBS)
        message = slack.message(**place)
        assert message
        assert (message.visible_text, message.streaming) == ("half", False)
    assert app.of("agent_session_stopped")[0]["streaming_message_ts"] == [place["ts"]]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"recipient_user_id": ""}, "missing_recipient_user_id"),
        ({"recipient_team_id": ""}, "missing_recipient_team_id"),
        ({"thread_ts": ""}, "invalid_arguments"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"chunks": [{"type": "task_update", "id": "1", "title": "x" * 257}]}, "invalid_chunks"),
        ({"chunks": [{"type": "blocks", "blocks": [{"type": "divider"}] * 51}]}, "invalid_blocks"),
        ({"chunks": "no list"}, "invalid_chunks"),
    ],
)
async def test_a_stream_that_may_not_start(changes: dict[str, Any], error: str) -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        where = await asked(slack)
        assert await refused(client, "chat.startStream", **where | changes) == error
        assert slack.replies_of_bot(where["channel"], where["thread_ts"]) == []


async def test_direct_messages_stream_without_recipient() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        channel, ts = await slack.dm(slack.add_person("ana"), "why?")
        await client.chat_startStream(channel=channel, thread_ts=ts, markdown_text="because")
        assert slack.replies_of_bot(channel, ts)[0].visible_text == "because"


async def test_workspaces_without_streaming() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        where = await asked(slack)
        slack.faults.no_streaming("not_allowed_token_type")
        for _ in range(2):
            assert await refused(client, "chat.startStream", **where) == "not_allowed_token_type"
        slack.faults.clear()
        await client.chat_startStream(**where)


async def test_a_whole_stream_can_be_capped() -> None:
    async with LocalSlack(stream_chars=20) as slack, web_client(slack) as client:
        where = await asked(slack)
        started = await client.chat_startStream(**where, markdown_text="x" * 15)
        place = {"channel": where["channel"], "ts": started["ts"]}
        assert await refused(client, "chat.appendStream", **place, markdown_text="x" * 6) == "msg_too_long"


async def test_the_status_line_lives_two_minutes_or_until_the_answer() -> None:
    clock = Clock()
    async with LocalSlack(clock=clock) as slack, web_client(slack) as client:
        where = await asked(slack)
        place: dict[str, Any] = {"channel_id": where["channel"], "thread_ts": where["thread_ts"]}
        await client.assistant_threads_setStatus(**place, status="thinks", loading_messages=["a", "b"])
        assert slack.status(where["channel"], where["thread_ts"]) == "thinks"
        clock.now += 121
        assert slack.status(where["channel"], where["thread_ts"]) == ""
        await client.assistant_threads_setStatus(**place, status="thinks")
        await client.chat_postMessage(channel=where["channel"], thread_ts=where["thread_ts"], text="so")
        assert slack.status(where["channel"], where["thread_ts"]) == ""
        await client.agents_sessions_setStatus(**place, status="closed", title="Why")
        await client.agents_sessions_rename(**place, title="Because")
        session = slack.workspace.sessions[(where["channel"], where["thread_ts"])]
        assert (session.status, session.title) == ("closed", "Because")
