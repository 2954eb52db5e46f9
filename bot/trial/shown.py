"""What the page is told of the local workspace: people, places, messages, views and traffic, as JSON."""

import json
from typing import Any

from bot.trial.delivery import Envelope
from bot.trial.messages import Message
from bot.trial.people import Channel, View
from bot.trial.server import LocalSlack
from bot.trial.webapi import Call
from bot.trial.workspace import Workspace

Dict = dict[str, Any]

TRAFFIC = 80
"""How many calls and envelopes the inspector shows."""


def pressed_key(user: str, channel: str, ts: str, action_id: str) -> str:
    """Under which a person's thumb on a message is remembered."""
    return f"{user} {channel} {ts} {action_id}"


def people_shown(ws: Workspace) -> list[Dict]:
    """Every member, the bot included."""
    return [{"id": each.id, "name": each.name, "bot": each.is_bot} for each in ws.people.values()]


def channels_shown(ws: Workspace) -> list[Dict]:
    """Every channel with its members; direct messages name their person."""
    return [_channel(each) for each in ws.channels.values() if not each.archived]


def visible_to(message: Message, user: str) -> bool:
    """Ephemeral messages are one person's."""
    return message.ephemeral_to in (None, user)


def message_shown(ws: Workspace, message: Message, user: str, pressed: dict[str, str]) -> Dict:
    """One message as a person sees it; a deleted one keeps only its place."""
    head: Dict = {"channel": message.channel, "ts": message.ts, "thread_ts": message.thread_ts}
    if message.deleted:
        return head | {"deleted": True}
    return head | {
        "user": message.user,
        "text": message.text,
        "blocks": message.raw,
        "subtype": message.subtype,
        "edited": bool(message.edited),
        "ephemeral": bool(message.ephemeral_to),
        "stream": message.stream.state if message.stream else "",
        "tasks": list(message.stream.tasks.values()) if message.stream else [],
        "reactions": message.reactions,
        "files": [_file(ws, file) for file in message.files if file in ws.files],
        "pressed": _pressed(message, user, pressed),
    }


def messages_shown(ws: Workspace, user: str, pressed: dict[str, str]) -> list[Dict]:
    """All that a person can see, oldest first in each channel; a deleted question while its thread stands."""
    return [
        message_shown(ws, message, user, pressed)
        for channel in ws.channels.values()
        for message in channel.messages.values()
        if visible_to(message, user)
        and channel.partner in ("", user)
        and (not message.deleted or ws.replies(channel, message.ts))
    ]


def statuses_shown(ws: Workspace) -> list[Dict]:
    """The lines under threads that say what the app is doing."""
    now = ws.clock()
    return [
        {"channel": channel, "thread_ts": thread_ts, "text": status.text}
        for (channel, thread_ts), status in ws.statuses.items()
        if status.until > now
    ]


def view_shown(view: View | None) -> Dict | None:
    """A modal or App Home; its hash changes with its contents."""
    return {"id": view.id, "hash": view.hash, "body": view.body} if view else None


def traffic_shown(slack: LocalSlack) -> Dict:
    """What went over the wire lately, and how much in all."""
    delivery, ws = slack.delivery, slack.workspace
    return {
        "calls": [_call(each) for each in list(slack.calls)[-TRAFFIC:]],
        "events": [_envelope(each, each.id in delivery.open) for each in list(delivery.recent)[-TRAFFIC:]],
        "counts": {
            "sockets": len(slack.sockets.live),
            "acknowledged": delivery.acked,
            "redelivered": delivery.redelivered,
            "lost": len(delivery.lost),
            "messages": sum(len(channel.messages) for channel in ws.channels.values()),
            "streaming": len(ws.live_streams),
            "refused calls": sum(call.error is not None for call in slack.calls),
        },
        "budgets": slack.api.rates.spent(ws.team.id, slack.clock()) if slack.api.rates else [],
    }


def _channel(channel: Channel) -> Dict:
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "partner": channel.partner,
        "members": list(channel.members),
    }


def _file(ws: Workspace, key: str) -> Dict:
    file = ws.files[key]
    return {"id": file.id, "name": file.title or file.name, "size": file.size, "type": file.mimetype}


def _pressed(message: Message, user: str, pressed: dict[str, str]) -> dict[str, str]:
    found = {
        element["action_id"]: pressed.get(
            pressed_key(user, message.channel, message.ts, element["action_id"]), ""
        )
        for _, element in message.elements
    }
    return {action: value for action, value in found.items() if value}


def _call(call: Call) -> Dict:
    about = {key: value for key, value in call.args.items() if key != "token"}
    ended = call.error or "ok"
    key = f"{call.at} {call.method}"
    return {
        "id": key,
        "name": call.method,
        "at": call.at,
        "ended": ended,
        "retries": 0,
        "args": _short(about),
    }


def _envelope(envelope: Envelope, is_open: bool) -> Dict:
    payload = envelope.payload
    event: Dict = payload.get("event") or {}
    name = event.get("type") or payload.get("command") or payload.get("type") or envelope.kind
    if event.get("subtype"):
        name = f"{name}.{event['subtype']}"
    ended = "waiting for its ack" if is_open else "acknowledged"
    return {
        "id": envelope.id,
        "name": name,
        "at": envelope.at,
        "ended": ended,
        "retries": envelope.attempt,
        "args": _short(event or payload),
    }


def _short(values: Dict) -> Dict:
    """Long values cut: the inspector is for the shape of the traffic."""
    shown: Dict = {}
    for key, value in values.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        shown[key] = text if len(text) <= 300 else f"{text[:300]}… ({len(text):,} characters)"
    return shown
