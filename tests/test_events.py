"""Slack's payloads as our own values: the shapes Slack really sends, and none that breaks us."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.events import Incoming, read_message

Event = dict[str, Any]

US = "U0LABJAM"
ROOT = "1732320000.000100"
REPLY = "1732320100.000200"
LATER = "1732320200.000300"

POSTED: Event = {
    "type": "message",
    "channel": "C1",
    "channel_type": "channel",
    "user": "U1",
    "team": "T1",
    "text": "how hot?",
    "ts": ROOT,
    "event_ts": ROOT,
    "client_msg_id": "5b7c",
    "blocks": [{"type": "rich_text", "elements": []}],
}
IN_THREAD = POSTED | {"ts": REPLY, "event_ts": REPLY, "thread_ts": ROOT, "parent_user_id": "U2"}
CHANGED: Event = {
    "type": "message",
    "subtype": "message_changed",
    "channel": "C1",
    "channel_type": "channel",
    "ts": LATER,
    "event_ts": LATER,
    "hidden": True,
    "message": {"type": "message", "user": "U1", "text": "how cold?", "ts": ROOT, "edited": {"user": "U1"}},
    "previous_message": POSTED,
}
TOMBSTONE = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": ROOT, "thread_ts": ROOT}
DELETED: Event = {
    "type": "message",
    "subtype": "message_deleted",
    "channel": "C1",
    "channel_type": "channel",
    "ts": LATER,
    "event_ts": LATER,
    "deleted_ts": ROOT,
    "hidden": True,
    "previous_message": POSTED,
}
POSTED_AT = 1732320000_000100
LATER_AT = 1732320200_000300
ASKED: Event = {
    "kind": "posted",
    "ts": ROOT,
    "thread_ts": "",
    "user": "U1",
    "text": "how hot?",
    "by_program": False,
}


def read(event: object) -> Incoming | None:
    return read_message({"type": "event_callback", "event": event}, "T1", US)


SHAPES: list[tuple[str, Event, Event]] = [
    ("a message", POSTED, ASKED | {"channel": "C1", "direct": False, "at": POSTED_AT, "user_team": "T1"}),
    ("a mention", POSTED | {"text": f"<@{US}> how hot?"}, ASKED | {"mentions_us": True}),
    ("a mention by name", POSTED | {"text": f"<@{US}|labjam> how hot?"}, ASKED | {"mentions_us": True}),
    (
        "somebody else's mention",
        POSTED | {"text": "<@U0LABJAM2> hm"},
        ASKED | {"text": "<@U0LABJAM2> hm", "mentions_us": False},
    ),
    ("its twin", POSTED | {"type": "app_mention", "text": f"how hot? <@{US}>"}, ASKED),
    ("a reply", IN_THREAD, {"ts": REPLY, "thread_ts": ROOT, "thread": ROOT, "parent_user": "U2"}),
    ("a root that has replies", POSTED | {"thread_ts": ROOT}, {"thread_ts": "", "thread": ROOT}),
    ("also sent to the channel", IN_THREAD | {"subtype": "thread_broadcast"}, {"thread": ROOT}),
    (
        "with files",
        POSTED | {"subtype": "file_share", "files": [{"id": "F1", "name": "a b.png"}, {"id": "F2"}]},
        ASKED | {"subtype": "file_share", "files": ("a b.png", "a file")},
    ),
    ("a direct message", POSTED | {"channel_type": "im"}, ASKED | {"direct": True}),
    ("through Slack Connect", POSTED | {"user_team": "T9", "team": "T8"}, {"user_team": "T9", "team": "T1"}),
    ("from another workspace", POSTED | {"team": "T8"}, ASKED | {"user_team": "T8"}),
    ("by a bot", POSTED | {"subtype": "bot_message", "bot_id": "B1", "user": None}, {"by_program": True}),
    ("by a bot with a user", POSTED | {"bot_id": "B1"}, {"by_program": True}),
    ("by us", POSTED | {"user": US}, {"by_program": True}),
    ("by Slack", POSTED | {"user": "USLACKBOT"}, {"by_program": True}),
    (
        "an edit",
        CHANGED,
        ASKED | {"kind": "edited", "text": "how cold?", "at": LATER_AT, "subtype": ""},
    ),
    (
        "an edit in a thread",
        CHANGED | {"message": IN_THREAD | {"text": "why?"}},
        {"kind": "edited", "ts": REPLY, "thread": ROOT, "text": "why?", "parent_user": "U2"},
    ),
    ("a deletion", DELETED, ASKED | {"kind": "deleted", "at": LATER_AT}),
    (
        "a deletion that does not say of what",
        {key: value for key, value in DELETED.items() if key != "previous_message"},
        {"kind": "deleted", "ts": ROOT, "user": "", "by_program": False},
    ),
    ("a deletion of ours", DELETED | {"previous_message": POSTED | {"user": US}}, {"by_program": True}),
    (
        "a deletion under replies",
        CHANGED | {"message": TOMBSTONE, "previous_message": POSTED | {"thread_ts": ROOT}},
        ASKED | {"kind": "deleted", "at": LATER_AT},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "expected"), [case[1:] for case in SHAPES], ids=[case[0] for case in SHAPES]
)
def test_what_slack_sends_is_read(event: Event, expected: Event) -> None:
    incoming = read(event)
    assert incoming
    assert {name: getattr(incoming, name) for name in expected} == expected


def test_twins_are_one_message() -> None:
    """P1: both carry the same (team, channel, ts), and the same words."""
    text = f"<@{US}> how hot?"
    twin = POSTED | {"type": "app_mention", "text": text}
    del twin["channel_type"]
    assert read(POSTED | {"text": text}) == read(twin)


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"type": "reaction_added", "item": {"channel": "C1", "ts": ROOT}},
        POSTED | {"type": ["message"]},
        POSTED | {"channel": {"id": "C1"}},
        POSTED | {"channel": "C1:T1"},
        POSTED | {"ts": ""},
        POSTED | {"ts": 1732320000.0001},
        POSTED | {"ts": "\u0661\u0667.\u0661"},
        POSTED | {"ts": ROOT + "\n"},
        POSTED | {"thread_ts": "yesterday"},
        POSTED | {"event_ts": "now"},
        CHANGED | {"message": None},
        CHANGED | {"message": TOMBSTONE, "previous_message": None},
        DELETED | {"deleted_ts": None, "previous_message": None},
    ],
)
def test_what_is_no_message_is_no_value(event: object) -> None:
    assert read(event) is None


def test_half_a_character_can_be_stored() -> None:
    """JSON may carry half of a surrogate pair; nothing else can."""
    incoming = read(POSTED | {"text": "hot \ud83d"})
    assert incoming
    assert incoming.text == "hot ?"


json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([ROOT, "C1", "U1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from([*POSTED, *IN_THREAD, *DELETED, "bot_id", "files"])
spoilt = st.dictionaries(fields, json, max_size=8)
shapes = st.sampled_from([POSTED, IN_THREAD, CHANGED, DELETED])
inner = st.fixed_dictionaries({}, optional={"message": spoilt | json, "previous_message": spoilt | json})


def merged(shape: Event, damage: Event, more: Event) -> Event:
    return shape | damage | more


@given(json | st.builds(merged, shapes, spoilt, inner), st.dictionaries(st.text(), json))
def test_no_payload_breaks_us(event: object, around: Event) -> None:
    """Whatever comes either is no message, or one that can be answered: it has a place and a time."""
    incoming = read_message(around | {"event": event}, "T1", US)
    if incoming is not None:
        assert incoming.channel.isalnum()
        assert float(incoming.ts) >= 0
        assert incoming.at >= 0
        assert str(incoming).encode()
