"""The Web API: size limits, error names, threads, pages, files, and who may call."""

from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest

from bot.trial.server import LocalSlack
from tests.trial_fixtures import refusal, web_client

PLAIN = {"type": "plain_text", "text": "Go"}


async def refused(call: Awaitable[Any]) -> str:
    """The error of a call that must fail."""
    return str((await refusal(call))["error"])


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("chat.postMessage", {"text": ""}, "no_text"),
    ("chat.postMessage", {"text": ["x"]}, "invalid_arguments"),
    ("chat.postMessage", {"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
    ("chat.postMessage", {"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
    ("chat.postMessage", {"markdown_text": "x" * 12_001}, "msg_too_long"),
    ("chat.postMessage", {"blocks": "no json"}, "invalid_blocks_format"),
    ("chat.postMessage", {"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    ("chat.postMessage", {"blocks": [{"type": "surprise"}]}, "invalid_blocks"),
    (
        "chat.postMessage",
        {"blocks": [{"type": "markdown", "text": "x" * 6_001}] * 2},
        "msg_blocks_too_long",
    ),
    (
        "chat.postMessage",
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}]},
        "",
    ),
    ("chat.postMessage", {"blocks": [{"type": "section", "text": "not an object"}]}, ""),
    ("chat.postMessage", {"blocks": [{"type": "header", "text": PLAIN | {"text": "x" * 151}}]}, ""),
    ("chat.postMessage", {"blocks": [{"type": "context", "elements": [PLAIN] * 11}]}, ""),
    ("chat.postMessage", {"blocks": [{"type": "context_actions", "elements": [{"type": "button"}]}]}, ""),
    ("chat.postMessage", {"blocks": [{"type": "image", "image_url": "https://x"}]}, ""),
    ("chat.postMessage", {"blocks": [{"type": "table", "rows": []}]}, ""),
    ("chat.postMessage", {"metadata": {"event_type": 1}, "text": "x"}, "invalid_metadata_schema"),
    (
        "chat.postMessage",
        {"blocks": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}] * 2},
        "invalid_attachments",
    ),
    (
        "chat.postMessage",
        {
            "blocks": [
                {"type": "actions", "elements": [{"type": "button", "text": PLAIN, "value": "x" * 2001}]}
            ]
        },
        "",
    ),
    ("chat.update", {"ts": "1.000001", "text": "x"}, "message_not_found"),
    ("chat.delete", {"ts": "1.000001"}, "message_not_found"),
    ("chat.postEphemeral", {"user": "U0NOBODY", "text": "x"}, "user_not_in_channel"),
    ("conversations.replies", {"ts": "1.000001"}, "thread_not_found"),
    ("conversations.history", {"cursor": "?"}, "invalid_cursor"),
    ("reactions.add", {"timestamp": "1.000001", "name": "eyes"}, "message_not_found"),
    ("views.publish", {"user_id": "U0NOBODY", "view": {"type": "home", "blocks": []}}, "user_not_found"),
    (
        "views.open",
        {"trigger_id": "1", "view": {"type": "modal", "blocks": [], "x": "x" * 250_000}},
        "view_too_large",
    ),
    ("chat.scheduleMessage", {"text": "x"}, "unknown_method"),
]


@pytest.mark.parametrize(("method", "arguments", "error"), REFUSED)
async def test_what_slack_refuses(method: str, arguments: dict[str, Any], error: str) -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        lab = slack.add_channel("jam")
        call = client.api_call(method, json={"channel": lab, **arguments})
        assert await refused(call) == (error or "invalid_blocks")
        assert slack.channel_messages(lab) == []
        assert (slack.calls[-1].method, slack.calls[-1].applied) == (method, False)


async def test_long_texts_are_cut_or_refused() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        lab = slack.add_channel("jam")
        ts = str((await client.chat_postMessage(channel=lab, text="x" * 40_001))["ts"])
        message = slack.message(lab, ts)
        assert message
        assert len(message.visible_text) == 40_000
        assert await refused(client.chat_update(channel=lab, ts=ts, text="x" * 4_001)) == "msg_too_long"
        await client.chat_update(channel=lab, ts=ts, markdown_text="y" * 12_000)
        assert message.written == "y" * 12_000


async def test_blocks_hide_text_and_a_text_update_removes_them() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        lab = slack.add_channel("jam")
        blocks = [
            {"type": "markdown", "text": "a &lt;!channel&gt; &amp; <!here>"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "fine print"}]},
        ]
        ts = str((await client.chat_postMessage(channel=lab, text="fallback", blocks=blocks))["ts"])
        message = slack.message(lab, ts)
        assert message
        assert message.visible_text == "a <!channel> & <!here>\nfine print"
        assert message.written == "a <!channel> & <!here>"
        assert message.pings == ["!here"]
        await client.chat_update(channel=lab, ts=ts, text="only text")
        assert (message.visible_text, message.raw) == ("only text", [])


async def test_threads_and_channels_come_in_pages() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        root = await slack.post(ana, lab, "root")
        replies = [await slack.post(ana, lab, f"r{n}", thread_ts=root) for n in range(5)]
        await slack.delete(ana, lab, replies.pop(2))
        await slack.post(ana, lab, "another root")
        pages = await client.conversations_replies(channel=lab, ts=root, limit=3)
        seen = [[each["text"] for each in page["messages"]] async for page in pages]
        assert seen == [["root", "r0", "r1", "r3"], ["root", "r4"]]
        later = await client.conversations_replies(channel=lab, ts=root, oldest=replies[1])
        assert later["messages"][0]["reply_count"] == 4
        assert [each["text"] for each in later["messages"]] == ["root", "r3", "r4"]
        newest = await client.conversations_history(channel=lab, limit=1)
        assert [each["text"] for each in newest["messages"]] == ["another root"]
        assert newest["has_more"]


async def test_channels_people_and_teams() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        ana = slack.add_person("ana", email="ana@lab.example")
        argonne = slack.add_team("Argonne")
        here = slack.add_channel("jam-hq", [ana])
        there = slack.add_channel("jam-argonne", team=argonne)
        hidden = slack.add_channel("secret", private=True, bot_is_member=False)
        slack.add_channel("lobby", bot_is_member=False)
        mine = await client.users_conversations(types="public_channel,private_channel")
        assert [each["id"] for each in mine["channels"]] == [here, there]
        listed = await client.conversations_list(team_id=argonne)
        assert [each["name"] for each in listed["channels"]] == ["jam-argonne"]
        assert await refused(client.conversations_info(channel=hidden)) == "channel_not_found"
        assert await refused(client.chat_postMessage(channel="#lobby", text="x")) == "not_in_channel"
        assert (await client.conversations_members(channel=here))["members"] == [ana, slack.workspace.bot]
        assert (await client.users_info(user=ana))["user"]["profile"]["email"] == "ana@lab.example"
        slack.workspace.app.scopes.discard("users:read.email")
        assert "email" not in (await client.users_info(user=ana))["user"]["profile"]
        assert len((await client.auth_teams_list())["teams"]) == 2
        opened = await client.conversations_open(users=ana)
        posted = await client.chat_postMessage(channel=ana, text="hello")
        assert posted["channel"] == opened["channel"]["id"]
        link = await client.chat_getPermalink(channel=opened["channel"]["id"], message_ts=str(posted["ts"]))
        assert str(posted["ts"]).replace(".", "") in str(link["permalink"])
        await client.chat_postMessage(channel=there, text="x")
        assert slack.calls[-1].team == argonne


async def test_reactions() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        item: dict[str, Any] = {"channel": lab, "timestamp": await slack.post(ana, lab, "x"), "name": "eyes"}
        await client.reactions_add(**item)
        assert await refused(client.reactions_add(**item)) == "already_reacted"
        got = await client.reactions_get(channel=lab, timestamp=item["timestamp"])
        assert got["message"]["reactions"] == [{"name": "eyes", "users": [slack.workspace.bot], "count": 1}]
        await client.reactions_remove(**item)
        assert await refused(client.reactions_remove(**item)) == "no_reaction"


async def test_files_go_up_and_down() -> None:
    async with LocalSlack() as slack, web_client(slack) as client, aiohttp.ClientSession() as session:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        ts = await slack.post(ana, lab, "export, please")
        await client.files_upload_v2(
            channel=lab, thread_ts=ts, filename="day.csv", content="a,b", initial_comment="here"
        )
        reply = slack.replies_of_bot(lab, ts)[0]
        assert reply.visible_text == "here"
        file = (await client.files_info(file=reply.files[0]))["file"]
        assert (file["name"], file["size"]) == ("day.csv", 3)
        url = str(file["url_private"])
        async with session.get(url, headers={"Authorization": f"Bearer {slack.bot_token}"}) as response:
            assert await response.read() == b"a,b"
        async with session.get(url) as response:
            assert (response.status, response.content_type) == (200, "text/html")


async def test_who_may_call() -> None:
    async with (
        LocalSlack() as slack,
        web_client(slack, "xoxb-wrong") as stranger,
        web_client(slack) as client,
    ):
        assert await refused(stranger.auth_test()) == "invalid_auth"
        known = await client.auth_test()
        assert known["bot_id"] == slack.workspace.app.bot_id
        assert "chat:write" in str(known.headers["x-oauth-scopes"])
        slack.workspace.app.scopes.discard("chat:write")
        lab = slack.add_channel("jam")
        answer = await refusal(client.chat_postMessage(channel=lab, text="x"))
        assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
        assert "im:history" in answer["provided"]
