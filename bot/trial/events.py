"""The events Slack sends an app about its workspace, and the scope each of them needs."""

from typing import Any

from bot.trial.messages import Message
from bot.trial.payloads import message_json, root_json, view_json
from bot.trial.people import Channel
from bot.trial.workspace import Workspace

Dict = dict[str, Any]

SCOPES = {
    "app_mention": "app_mentions:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "agent_session_stopped": "chat:write",
    "agent_session_title_changed": "chat:write",
}
"""Slack drops an event silently when its scope is missing: https://docs.slack.dev/reference/events"""
HISTORY = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def scope_of(event: Dict) -> str | None:
    """The scope without which Slack does not send this event."""
    kind = HISTORY.get(str(event.get("channel_type")))
    if event.get("type") == "message" and kind:
        return f"{kind}:history"
    return SCOPES.get(str(event.get("type")))


def posted(ws: Workspace, channel: Channel, message: Message) -> Dict:
    """A `message` event for a new message."""
    event = message_json(ws, message)
    if message.thread_ts and message.thread_ts != message.ts:
        event.setdefault("parent_user_id", message.parent_user or "")
    return event | _place(channel, message.ts) | _sides(ws, channel, message)


def mentioned(ws: Workspace, channel: Channel, message: Message) -> Dict:
    """The `app_mention` twin of a message event; Slack gives it no channel_type."""
    event = posted(ws, channel, message)
    event["type"] = "app_mention"
    del event["channel_type"]
    return event


def changed(ws: Workspace, channel: Channel, message: Message, before: Dict) -> Dict:
    """A `message_changed` event; `before` is the message's JSON before the change."""
    ts = ws.mint_ts()
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": root_json(ws, channel, message),
        "previous_message": before,
        "hidden": True,
        "ts": ts,
        **_place(channel, ts),
    }


def tombstone(ws: Workspace, channel: Channel, message: Message, before: Dict) -> Dict:
    """What a deleted message with replies becomes: a `message_changed` to the subtype tombstone."""
    event = changed(ws, channel, message, before)
    kept = {name: value for name, value in event["message"].items() if name in _TOMBSTONE_KEEPS}
    event["message"] = kept | {
        "type": "message",
        "subtype": "tombstone",
        "text": "This message was deleted.",
        "user": "USLACKBOT",
        "hidden": True,
    }
    return event


def deleted(ws: Workspace, channel: Channel, message: Message, before: Dict) -> Dict:
    """A `message_deleted` event."""
    ts = ws.mint_ts()
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": before,
        "deleted_ts": message.ts,
        "hidden": True,
        "ts": ts,
        **_place(channel, ts),
    }


def reacted(ws: Workspace, kind: str, user: str, message: Message, name: str) -> Dict:
    """A `reaction_added` or `reaction_removed` event; it has no ts of its own."""
    return {
        "type": kind,
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
        "event_ts": ws.mint_ts(),
    }


def membership(ws: Workspace, kind: str, user: str, channel: Channel, inviter: str | None) -> Dict:
    """A `member_joined_channel` or `member_left_channel` event."""
    event: Dict = {
        "type": kind,
        "user": user,
        "channel": channel.id,
        "channel_type": "C" if channel.kind == "channel" else "G",
        "team": channel.team,
        "event_ts": ws.mint_ts(),
    }
    return event | ({"inviter": inviter} if inviter else {})


def home_opened(ws: Workspace, user: str, tab: str) -> Dict:
    """An `app_home_opened` event with the view last published to this person."""
    event: Dict = {"type": "app_home_opened", "user": user, "channel": ws.direct(user).id, "tab": tab}
    view = ws.homes.get(user)
    if tab == "home" and view:
        event["view"] = view_json(ws, view)
    return event | {"event_ts": ws.mint_ts()}


def session_stopped(ws: Workspace, channel: Channel, thread_ts: str, user: str, streams: list[str]) -> Dict:
    """An `agent_session_stopped` event, after a person pressed Stop."""
    return {
        "type": "agent_session_stopped",
        "channel": channel.id,
        "thread_ts": thread_ts,
        "user": user,
        "streaming_message_ts": streams,
        "event_ts": ws.mint_ts(),
    }


_TOMBSTONE_KEEPS = frozenset(
    {"ts", "thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply", "subscribed"}
)


def _place(channel: Channel, event_ts: str) -> Dict:
    return {"channel": channel.id, "channel_type": channel.kind, "event_ts": event_ts}


def _sides(ws: Workspace, channel: Channel, message: Message) -> Dict:
    """The fields that say from which organisation a message in a shared channel came."""
    if not channel.ext_shared:
        return {}
    return {"user_team": message.team, "source_team": message.team, "user_profile": {"team": message.team}}
