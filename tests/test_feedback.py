"""What people see of their thumbs: thanks once, counts now and then, and no click lost."""

import asyncio
from typing import Any

import pytest

from bot.feedback import GONE, TAKEN_BACK, THUMBS
from bot.slack.blocks import DETAILS, THUMB, UNVOTE
from bot.slack.events import read_reaction
from bot.store.redis import Store
from bot.trial.messages import Message
from tests.jam import Jam, kill_tree, until

US, AT = "U0LABJAM", "1732320002.000000"
ADDED: dict[str, Any] = {
    "type": "reaction_added", "user": "U1", "reaction": "+1", "item_user": US, "event_ts": AT,
    "item": {"type": "message", "channel": "C1", "ts": "1732320001.000100"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "thumb"),
    [
        ({}, 1),
        ({"reaction": "thumbsup"}, 1),
        ({"reaction": "+1::skin-tone-6"}, 1),
        ({"reaction": "-1::skin-tone-2"}, -1),
        ({"reaction": "thumbsdown"}, -1),
        ({"item_user": None}, 1),
        ({"reaction": "eyes"}, None),
        ({"user": US}, None),
        ({"item_user": "U2"}, None),
        ({"item": {"type": "file", "file": "F1"}}, None),
        ({"item": None}, None),
        ({"event_ts": 5}, None),
        ({"type": "message"}, None),
    ],
)
def test_which_emoji_is_a_vote(changes: dict[str, Any], thumb: int | None) -> None:
    reaction = read_reaction(ADDED | changes, "T1")
    name = reaction.name.partition("::")[0] if reaction else ""
    ours = reaction and reaction.author in {US, ""} and reaction.user != US
    assert (THUMBS.get(name) if ours else None) == thumb


async def _answered(jam: Jam, lab: str = "argonne") -> Message:
    ts = await jam.ask(lab, "good?")
    return (await jam.answer(lab, ts))[-1]


async def _click(jam: Jam, answer: Message, thumb: str, lab: str = "argonne", user: str = "") -> Any:
    value = next(e for _, e in answer.elements if e["action_id"] == THUMB)[f"{thumb}_button"]["value"]
    return await jam.slack.click(user or jam.people[lab], jam.channels[lab], answer.ts, THUMB, value)


async def _votes(jam: Jam, lab: str = "argonne") -> list[tuple[str, int]]:
    return [(each["user"], each["thumb"]) for each in await jam.journal(lab) if each["kind"] == "vote"]


async def test_a_thumb_is_thanked_for_once_counted_and_can_be_taken_back(jam: Jam) -> None:
    me, channel = jam.people["argonne"], jam.channels["argonne"]
    other = jam.slack.add_person("other")
    await jam.slack.join(other, channel)
    answer = await _answered(jam)
    updates = jam.calls("chat.update")
    for thumb in ("positive", "positive", "negative"):
        assert (await _click(jam, answer, thumb)).acked
    await until(lambda: bool(jam.slack.ephemerals(channel, me)))
    [thanks] = jam.slack.ephemerals(channel, me)
    assert "Your 👍 on this answer is kept" in thanks.visible_text
    assert [element["action_id"] for _, element in thanks.elements] == [DETAILS, UNVOTE]
    assert thanks.thread_ts == answer.thread_ts
    await jam.slack.react(other, channel, answer.ts, "thumbsup::skin-tone-4")
    await until(lambda: len(jam.slack.ephemerals(channel, other)) == 1)
    await until(lambda: "👍 1 · 👎 1" in answer.visible_text)
    assert jam.calls("chat.update") == updates + 1, "four clicks, one call"
    await jam.slack.unreact(other, channel, answer.ts, "thumbsup::skin-tone-4")
    await jam.slack.click(me, channel, thanks.ts, UNVOTE)
    await until(lambda: TAKEN_BACK in thanks.visible_text)
    await until(lambda: _has(jam, 5))
    assert sorted(await _votes(jam)) == sorted([(me, 1), (me, -1), (other, 1), (other, 0), (me, 0)])


async def test_a_thumb_given_while_the_answer_is_written_counts_once_it_stands(jam: Jam) -> None:
    ts = await jam.ask("idaho", "slow? 400 words")
    await until(lambda: bool(jam.replies("idaho", ts)))
    early = jam.replies("idaho", ts)[0]
    await jam.slack.react(jam.people["idaho"], jam.channels["idaho"], early.ts, "-1")
    await until(lambda: _has(jam, 1, "idaho"), 20)
    assert await _votes(jam, "idaho") == [(jam.people["idaho"], -1)]


async def test_a_thumb_on_a_purged_answer(jam: Jam) -> None:
    """The person is told; whatever else is there stays."""
    answer = await _answered(jam)
    store = await Store.connect(f"unix://{jam.settings().labjam_data.resolve()}/valkey.sock")
    await store.client.delete(*[key async for key in store.client.scan_iter("*:job:answer:*")])
    await store.close()
    assert (await _click(jam, answer, "positive")).acked
    me, channel = jam.people["argonne"], jam.channels["argonne"]
    await until(lambda: bool(jam.slack.ephemerals(channel, me)))
    assert jam.slack.ephemerals(channel, me)[0].visible_text == GONE
    assert await _votes(jam) == []


async def test_a_bot_killed_among_clicks_loses_none_that_it_acknowledged(tmp_path: Any) -> None:
    """Emoji come again until they are kept; a button that was not kept shows as failed."""
    async with Jam(tmp_path, own_store=True) as jam:
        child = await jam.start_child()
        answer = await _answered(jam)
        channel = jam.channels["argonne"]
        people = [jam.slack.add_person(f"voter-{n}") for n in range(30)]
        for person in people:
            await jam.slack.join(person, channel)
        await until(lambda: not jam.slack.delivery.open)
        for person in people[:15]:
            await jam.slack.react(person, channel, answer.ts, "+1")
        clicks = [asyncio.create_task(_click(jam, answer, "negative", user=person)) for person in people[15:]]
        await until(lambda: any(click.done() for click in clicks))
        kill_tree(child)
        await child.wait()
        done = await asyncio.gather(*clicks)
        kept = {person for person, click in zip(people[15:], done, strict=True) if click.acked}
        await jam.start_child()
        await until(lambda: _reacted(jam, people[:15]), 20)
        votes = await _votes(jam)
        assert kept <= {user for user, thumb in votes if thumb == -1}
        assert len(votes) == len(set(votes))


async def _has(jam: Jam, votes: int, lab: str = "argonne") -> bool:
    return len(await _votes(jam, lab)) >= votes


async def _reacted(jam: Jam, people: list[str]) -> bool:
    return {user for user, thumb in await _votes(jam) if thumb == 1} == set(people)
