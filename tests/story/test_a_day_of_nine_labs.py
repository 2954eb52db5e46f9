"""A day of nine labs: everybody is answered, in order, and no lab sees another's words."""

import asyncio

from bot.trial.model_script import Plan, Reply, SeenRequest
from tests.jam import LABS, Jam, ended, text_of, until


def echo(seen: SeenRequest) -> Reply:
    return Reply(f"You asked: {seen.question}", seconds=0.1)


async def test_everybody_gets_one_whole_answer(jam: Jam) -> None:
    """P1: each question of the day has one answer, and it is the model's text."""
    jam.model.script = Plan(echo)
    asked: list[tuple[str, str, str]] = []
    for lab in LABS:
        for n in range(4):
            text = f"question {n} of {lab}"
            asked.append((lab, text, await jam.ask(lab, text)))
    for lab, text, ts in asked:
        answer = await jam.answer(lab, ts)
        assert text_of(answer) == f"You asked: {text}"
        assert len(ended(answer)) == 1


async def test_a_thread_is_answered_in_the_order_asked(jam: Jam) -> None:
    """P3: one answer at a time in a thread; each next one knows the earlier turns."""
    jam.model.script = Plan(echo)
    root = await jam.ask("idaho", "first")
    for text in ("second", "third", "fourth"):
        await jam.ask("idaho", text, root)
    answers = await jam.answer("idaho", root, answers=4)
    assert [message.written for message in answers] == [
        f"You asked: {text}" for text in ("first", "second", "third", "fourth")
    ]
    last = jam.model.requests[-1].body["messages"]
    assert [message["content"] for message in last[1:]] == [
        "first", "You asked: first", "second", "You asked: second", "third", "You asked: third", "fourth",
    ]  # fmt: skip


async def test_the_prefix_of_a_thread_stays_the_same_bytes(jam: Jam) -> None:
    """A provider's prefix cache works: each call begins with what the one before sent."""
    jam.model.script = Plan(echo)
    root = await jam.ask("princeton", "one")
    await jam.answer("princeton", root)
    await jam.ask("princeton", "two", root)
    await jam.answer("princeton", root, answers=2)
    first, second = [request.body["messages"] for request in jam.model.requests]
    assert second[: len(first)] == first


async def test_no_lab_sees_anothers_words(jam: Jam) -> None:
    """P4: what the model server received for a lab holds that lab's thread and prompt, and nothing else."""
    jam.model.script = Plan(echo)
    words = {lab: f"codeword-{lab}-xyzzy" for lab in LABS}
    roots = {lab: await jam.ask(lab, f"remember {words[lab]}") for lab in LABS}
    await asyncio.gather(*(jam.answer(lab, ts) for lab, ts in roots.items()))
    for lab, ts in roots.items():
        await jam.ask(lab, f"and again {words[lab]}", ts)
    await asyncio.gather(*(jam.answer(lab, ts, answers=2) for lab, ts in roots.items()))
    for request in jam.model.requests:
        said = str(request.body["messages"])
        mine = [lab for lab in LABS if words[lab] in said]
        assert len(mine) == 1
    prompts = {request.body["messages"][0]["content"] for request in jam.model.requests}
    assert len(prompts) == len(LABS)


async def test_one_labs_flood_does_not_delay_another(jam: Jam) -> None:
    """P3: five hundred questions of one lab, and another lab's one is answered at once."""
    jam.model.script = Plan(
        lambda seen: Reply("done", seconds=0.0, wait=4.0 if "flood" in seen.question else 0.0)
    )
    for n in range(520):
        await jam.ask("argonne", f"flood {n}")
    await until(lambda: jam.model.concurrent > 60, 20)
    one = await jam.ask("princeton", "just one")
    await jam.answer("princeton", one, timeout=3)
    assert (
        sum(
            jam.whole("argonne", message.ts)
            for message in jam.slack.channel_messages(jam.channels["argonne"])
        )
        < 520
    )
