"""Whatever arrives, it is acknowledged, nobody's words reach the log, and the next question is answered."""

import logging
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.logs import _Line
from bot.slack.blocks import AGAIN, THUMB
from tests.jam import Jam, ended, text_of

Dict = dict[str, Any]
T = TypeVar("T")

WORDS = "xyzzy, my unpublished result"
TS = "1732320000.000100"

texts = st.sampled_from([WORDS, "", "C0", "U0", "im", "<@U0LOCALBOT>", TS, "0.0", "-1.5"]) | st.text(
    max_size=5
)
json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
# Bolt itself reads these, before it asks us, and fails on numbers.
names = st.none() | texts | st.lists(texts, max_size=2) | st.fixed_dictionaries({"id": texts})
flat: Dict = {
    "user": names,
    "channel": names,
    "bot_id": json,
    "thread_ts": json,
    "text": json,
    "ts": json,
    "files": json,
}
message = st.fixed_dictionaries({}, optional=flat)
KINDS = ["agent_session_stopped", "channel_rename", "member_joined_channel", "team_join"]
events = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "app_mention"]) | st.sampled_from(KINDS) | st.text()},
    optional=flat
    | {
        "channel_type": st.sampled_from(["channel", "group", "mpim"]) | json,
        "subtype": st.sampled_from(["message_changed", "message_deleted", "file_share"]) | json,
        "event_ts": json,
        "deleted_ts": json,
        "message": message,
        "previous_message": message,
        "item": json,
    },
)
bodies: st.SearchStrategy[Dict] = st.fixed_dictionaries(
    {"type": st.just("event_callback"), "event": events},
    optional={"team_id": json, "event_id": json, "event_time": json},
)

STRANGE: list[Dict] = [
    {"type": "app_rate_limited", "team_id": "T0LOCALHOME", "minute_rate_limited": 1518467820, "text": WORDS},
    {"type": "a_type_of_tomorrow", "event": {"type": "message", "text": WORDS}},
    {"type": ["event_callback"], "text": WORDS},
    {"type": "event_callback", "event": {"text": WORDS}},
    {"type": "event_callback", "event": {"type": {"text": WORDS}}},
    {},
]
# Bolt can't read these: they are never acknowledged, and must do no other harm.
UNREADABLE: list[Dict] = [
    {"type": "event_callback", "text": WORDS},
    {"type": "event_callback", "event": [WORDS]},
    {"type": "event_callback", "event": {"type": "message", "user": 5, "text": WORDS}},
    {"type": "event_callback", "authorizations": [WORDS], "event": {"type": "message", "text": WORDS}},
]


def button(action_id: str, value: object, **more: Any) -> Dict:
    action = {"type": "button", "block_id": "b", "action_id": action_id, "value": value}
    return {"type": "block_actions", "user": {"id": "U1"}, "actions": [action | more]}


FOREIGN: list[object] = [
    WORDS,
    "",
    "+1",
    "+1 ",
    "0 idaho T1:C1:1.1 1.1",
    "+1 idaho T1:C1 1.1",
    "+1 a b c d",
    None,
    5,
    [WORDS],
    {},
]
PRESSED: list[Dict] = [
    button("a_button_of_tomorrow", WORDS),
    *(button(action_id, value) for action_id in (THUMB, AGAIN) for value in FOREIGN),
    button(THUMB, "+1 idaho T1:C1:1.1 1.1"),  # an answer nobody knows
    button(AGAIN, "idaho T1:C1:1.1 1.1"),
    {"type": "shortcut", "callback_id": WORDS},
    {"type": "message_action", "callback_id": WORDS, "message": {"text": WORDS}},
    {"type": "view_submission", "view": {"type": "modal", "callback_id": WORDS, "state": {"values": 5}}},
    {"type": "view_closed", "view": {"type": "modal", "callback_id": ""}},
    {"type": "block_suggestion", "action_id": "a", "block_id": "b", "value": WORDS},
    {"type": "an_interaction_of_tomorrow", "text": WORDS},
]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    for name in ("bot", "handlers"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


async def all_is_well(jam: Jam, log: pytest.LogCaptureFixture) -> None:
    """Nothing is left un-acked, logged or broken, and a question is answered."""
    await jam.slack.settled(15)
    assert jam.slack.delivery.lost == []
    await still_answers(jam, log)


async def still_answers(jam: Jam, log: pytest.LogCaptureFixture) -> None:
    ts = await jam.ask("idaho", "still there?")
    assert "still there?" in text_of(await jam.answer("idaho", ts))
    assert len(ended(jam.replies("idaho", ts))) == 1
    lines = [_Line().format(record) for record in log.records]
    assert not [line for line in lines if "xyzzy" in line]


def some(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """Examples to send at once: a jam for each of them would take too long."""
    found: list[T] = []

    @settings(max_examples=count, database=None)
    @given(strategy)
    def find(example: T) -> None:
        found.append(example)

    find()
    return found


async def test_events_with_wrong_fields(jam: Jam, log: pytest.LogCaptureFixture) -> None:
    for body in some(bodies, 150):
        await jam.slack.deliver(body, raw=True)
    await all_is_well(jam, log)


async def test_events_of_real_channels_with_wrong_fields(jam: Jam, log: pytest.LogCaptureFixture) -> None:
    """Junk gets further where its channel and its sender are known: some of it asks, where no thread is."""
    here = {"channel": jam.channels["argonne"], "user": jam.people["argonne"], "text": WORDS}
    for body in some(bodies, 100):
        event: Dict = {"ts": TS} | body["event"] | here
        await jam.slack.deliver(body | {"team_id": "T0LOCALHOME", "event": event}, raw=True)
    await all_is_well(jam, log)


async def test_payloads_of_unknown_types(jam: Jam, log: pytest.LogCaptureFixture) -> None:
    """Bolt matches no listener to them, so without us they would come again and again."""
    for body in STRANGE:
        await jam.slack.deliver(body, raw=True)
    await all_is_well(jam, log)
    assert "Slack leaves out events" in log.text


async def test_payloads_that_no_one_can_read(jam: Jam, log: pytest.LogCaptureFixture) -> None:
    for body in UNREADABLE:
        await jam.slack.deliver(body, raw=True)
    await still_answers(jam, log)
    await jam.slack.settled(15)
    assert jam.slack.delivery.lost == UNREADABLE


async def test_buttons_shortcuts_and_views_that_are_not_ours(jam: Jam, log: pytest.LogCaptureFixture) -> None:
    """Acknowledged, so that nobody sees a warning triangle, and otherwise left alone."""
    for payload in PRESSED:
        head = {"team": {"id": "T0LOCALHOME"}, "user": {"id": "U1"}}
        acked, _ = await jam.slack.delivery.ask("interactive", head | payload, accepts=True)
        assert acked, payload
    await all_is_well(jam, log)


@pytest.mark.parametrize("command", ["/nothing", "/jam-of-tomorrow"])
async def test_commands_that_are_not_ours(jam: Jam, log: pytest.LogCaptureFixture, command: str) -> None:
    result = await jam.slack.command(jam.people["idaho"], jam.channels["idaho"], command, WORDS)
    assert result.ack == {"text": "This jam does not offer that."}
    await all_is_well(jam, log)
