"""Slack's event payloads as our own values: a payload we can't read becomes no value, never an error."""

import re
from dataclasses import dataclass
from typing import Any, Literal, cast

from bot.records import ThreadKey, micros

_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,6}")
_ID = re.compile(r"[A-Z0-9]+")

# A deleted message that had replies is not deleted but changed, into this.
_TOMBSTONE = "tombstone"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message that was posted, edited or deleted, as an event told it."""

    kind: Literal["posted", "edited", "deleted"]
    team: str
    channel: str
    direct: bool  # a direct message with us
    ts: str
    thread_ts: str  # empty at the top level
    parent_user: str  # who began the thread, where the event says so
    user: str
    user_team: str
    text: str  # without our own mention
    mentions_us: bool
    by_program: bool
    subtype: str
    files: tuple[str, ...]
    file_ids: tuple[str, ...]  # in the same order
    at: int  # microseconds: when it was posted, edited or deleted

    @property
    def thread(self) -> str:
        """The ts of the thread that an answer belongs into."""
        return self.thread_ts or self.ts


def read_message(body: dict[str, Any], team: str, us: str) -> Incoming | None:
    """Read a `message` or `app_mention` event; None where it is neither, or malformed.

    `us` is the bot's user id. Twins of one mention give equal (team, channel, ts).
    """
    event = _dict(body.get("event"))
    if _text(event, "type") not in {"message", "app_mention"}:
        return None
    subtype = _text(event, "subtype")
    if subtype == "message_deleted":
        return _read(event, _dict(event.get("previous_message")), "deleted", team, us)
    if subtype == "message_changed":
        message = _dict(event.get("message"))
        gone = message.get("subtype") == _TOMBSTONE
        old = _dict(event.get("previous_message")) if gone else message
        return _read(event, old, "deleted" if gone else "edited", team, us)
    return _read(event, event, "posted", team, us)


@dataclass(frozen=True, slots=True)
class Click:
    """Who pressed something, and when: a `ts` that Slack gives to no other press or message."""

    user: str
    user_team: str
    ts: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """A person's emoji on a message."""

    name: str
    team: str
    channel: str
    ts: str  # the message's
    user: str
    author: str = ""  # whose message it is, where Slack says so
    added: bool = True  # else taken away
    at: int = 0  # microseconds


def read_click(body: dict[str, Any], action: dict[str, Any]) -> Click:
    """Read who acted, and when; ValueError where a payload does not say."""
    user = _dict(body.get("user"))
    ts, name = _text(action, "action_ts"), _text(user, "id")
    if not (_TS.fullmatch(ts) and _ID.fullmatch(name)):
        raise ValueError("a click without its person or its time")
    return Click(name, _text(user, "team_id") or _text(_dict(body.get("team")), "id"), ts)


def read_message_shortcut(body: dict[str, Any]) -> tuple[ThreadKey, Click]:
    """Read which thread a shortcut of a message's menu is about, and whose it is; ValueError if malformed."""
    message, channel = _dict(body.get("message")), _text(_dict(body.get("channel")), "id")
    ts = _text(message, "thread_ts") or _text(message, "ts")
    team = _text(_dict(body.get("team")), "id")
    if not (_TS.fullmatch(ts) and _ID.fullmatch(channel) and _ID.fullmatch(team)):
        raise ValueError("a shortcut without its message")
    return ThreadKey(team, channel, ts), read_click(body, body)


def read_reaction(event: dict[str, Any], team: str) -> Reaction | None:
    """Read a `reaction_added` or `reaction_removed` event; None where it is on no message."""
    kind, at = _text(event, "type"), _text(event, "event_ts")
    if kind not in {"reaction_added", "reaction_removed"} or not _TS.fullmatch(at):
        return None
    item = _dict(event.get("item"))
    channel, ts, user = _text(item, "channel"), _text(item, "ts"), _text(event, "user")
    if not (_ID.fullmatch(channel) and _TS.fullmatch(ts) and _ID.fullmatch(user)):
        return None
    author, added = _text(event, "item_user"), kind == "reaction_added"
    return Reaction(_text(event, "reaction"), team, channel, ts, user, author, added, micros(at))


def read_message_place(body: dict[str, Any]) -> ThreadKey:
    """The thread of the message on which somebody used a shortcut."""
    message = _dict(body.get("message"))
    team = _text(_dict(body.get("team")), "id") or _text(_dict(body.get("user")), "team_id")
    ts = _text(message, "thread_ts") or _text(message, "ts") or _text(body, "message_ts")
    return ThreadKey(team, _text(_dict(body.get("channel")), "id"), ts)


def read_clicked_place(body: dict[str, Any]) -> ThreadKey:
    """The message whose button somebody pressed, as if it began a thread."""
    container, team = _dict(body.get("container")), _text(_dict(body.get("team")), "id")
    return ThreadKey(team, _text(container, "channel_id"), _text(container, "message_ts"))


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody came into a channel; `ts` is a time that no message of theirs has."""

    team: str
    channel: str
    user: str
    ts: str


def read_joined(body: dict[str, Any], team: str) -> Joined | None:
    """Read a `member_joined_channel` event; None where it is another one."""
    event = _dict(body.get("event"))
    if body.get("type") != "event_callback" or _text(event, "type") != "member_joined_channel":
        return None
    channel, user, ts = _text(event, "channel"), _text(event, "user"), _text(event, "event_ts")
    fine = _ID.fullmatch(team) and _ID.fullmatch(channel) and _ID.fullmatch(user) and _TS.fullmatch(ts)
    return Joined(team, channel, user, ts) if fine else None


def read_place(event: dict[str, Any]) -> tuple[str, str]:
    """Channel and thread that any other event is about; empty where it does not say."""
    channel = _text(event, "channel") or _text(_dict(event.get("channel")), "id")
    return channel, _text(event, "thread_ts")


def read_streaming(event: dict[str, Any]) -> frozenset[str]:
    """The messages that were streaming when somebody pressed stop."""
    listed = event.get("streaming_message_ts")
    found = cast("list[object]", listed) if isinstance(listed, list) else [listed]
    return frozenset(ts for ts in found if isinstance(ts, str) and _TS.fullmatch(ts))


def _read(
    event: dict[str, Any], message: dict[str, Any], kind: Literal["posted", "edited", "deleted"],
    team: str, us: str,
) -> Incoming | None:  # fmt: skip
    ts = _text(event, "deleted_ts") or _text(message, "ts")
    thread_ts = _text(message, "thread_ts")
    channel, at = _text(event, "channel"), _text(event, "event_ts") or ts
    if not (_ID.fullmatch(team) and _ID.fullmatch(channel) and _TS.fullmatch(ts) and _TS.fullmatch(at)):
        return None
    if thread_ts and not _TS.fullmatch(thread_ts):
        return None
    text, mentions = re.subn(rf"<@{us}(\|[^<>]*)?>", "", _text(message, "text"))
    user = _text(message, "user")
    # A deletion need not say whose message it was.
    nobody = {us, "USLACKBOT"} if kind == "deleted" else {us, "USLACKBOT", ""}
    return Incoming(
        kind=kind,
        team=team,
        channel=channel,
        direct=_text(event, "channel_type") == "im",
        ts=ts,
        thread_ts="" if thread_ts == ts else thread_ts,
        parent_user=_text(message, "parent_user_id"),
        user=user,
        user_team=_text(message, "user_team") or _text(message, "team") or team,
        text=text.strip(),
        mentions_us=mentions > 0 or event.get("type") == "app_mention",
        by_program=bool(message.get("bot_id")) or user in nobody,
        subtype=_text(message, "subtype"),
        files=tuple(_text(file, "name") or "a file" for file in _files(message.get("files"))),
        file_ids=tuple(_text(file, "id") for file in _files(message.get("files"))),
        at=micros(at),
    )


def _files(files: object) -> list[dict[str, Any]]:
    listed = cast("list[object]", files) if isinstance(files, list) else []
    return [file for file in map(_dict, listed) if _ID.fullmatch(_text(file, "id"))]


def _dict(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(of: dict[str, Any], key: str) -> str:
    value = of.get(key)
    # Half a surrogate pair is JSON, but no text that could be stored.
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
