"""P1, whoever dies: every question has exactly one whole answer, and no message is left streaming."""

import asyncio
import os
import signal
from pathlib import Path

import psutil

from bot.trial.model_script import Plan, Reply, SeenRequest
from tests.jam import BUSY, LABS, Jam, ended, kill_tree, text_of, until


def long_answer(seen: SeenRequest) -> Reply:
    return Reply(f"About {seen.question}: " + "words " * 300, pieces=60, seconds=3.0)


async def ask_forty(jam: Jam) -> list[tuple[str, str, str]]:
    asked = [(LABS[n % 9], f"question-{n}") for n in range(40)]
    return [(lab, text, await jam.ask(lab, text)) for lab, text in asked]


async def all_stand(jam: Jam, asked: list[tuple[str, str, str]], timeout: float = 60) -> None:
    await until(lambda: all(jam.whole(lab, ts) for lab, _, ts in asked), timeout, every=0.1)
    for lab, text, ts in asked:
        answer = jam.replies(lab, ts)
        assert len(answer) == 1, (text, [message.visible_text[:80] for message in answer])
        assert len(ended(answer)) == 1
        assert text_of(answer).strip() == long_answer_text(text).strip()
        assert not answer[0].streaming
        assert not answer[0].expired


def long_answer_text(question: str) -> str:
    return f"About {question}: " + "words " * 300


async def test_the_whole_tree_is_killed_three_times(tmp_path: Path) -> None:
    """kill -9 of everything during forty answers: the restarted process finishes them in place."""
    async with Jam(tmp_path) as jam:
        jam.model.script = Plan(long_answer)
        child = await jam.start_child()
        asked = await ask_forty(jam)
        for streaming in (5, 15, 25):
            await until(lambda: jam.calls("chat.startStream") >= streaming, 30)  # noqa: B023
            kill_tree(child)
            await child.wait()
            child = await jam.start_child()
        await all_stand(jam, asked)


async def test_a_worker_is_killed_while_serve_lives(tmp_path: Path) -> None:
    async with Jam(tmp_path, own_store=True) as jam:
        jam.model.script = Plan(long_answer)
        await jam.start_child("serve")
        first = await jam.start_child("work")
        asked = await ask_forty(jam)
        await until(lambda: jam.calls("chat.startStream") >= 10, 30)
        await jam.start_child("work")
        kill_tree(first)
        await all_stand(jam, asked)


async def test_serve_is_killed_while_a_worker_lives(tmp_path: Path) -> None:
    async with Jam(tmp_path, own_store=True) as jam:
        jam.model.script = Plan(long_answer)
        serve = await jam.start_child("serve")
        await jam.start_child("work")
        asked = await ask_forty(jam)
        kill_tree(serve)
        await serve.wait()
        await jam.start_child("serve")
        await all_stand(jam, asked)


async def test_the_embedded_server_is_killed(tmp_path: Path) -> None:
    """Running model streams go on; the server comes back with all it held."""
    async with Jam(tmp_path) as jam:
        jam.model.script = Plan(long_answer)
        child = await jam.start_child()
        asked = await ask_forty(jam)
        await until(lambda: jam.calls("chat.startStream") >= 5, 30)
        for process in psutil.Process(child.pid).children(recursive=True):
            process.kill()
        await all_stand(jam, asked)
        assert len(jam.model.requests) == 40


async def test_sigterm_hands_over_within_ten_seconds(tmp_path: Path) -> None:
    """What can't be finished in time goes to another worker at once, not after a lease."""
    async with Jam(tmp_path, own_store=True) as jam:
        jam.model.script = Plan(lambda seen: Reply(long_answer_text(seen.question), pieces=60, seconds=12.0))
        await jam.start_child("serve")
        first = await jam.start_child("work")
        asked = (await ask_forty(jam))[:12]
        await until(lambda: jam.calls("chat.startStream") >= 10, 30)
        await jam.start_child("work")
        first.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(first.wait(), 10 * BUSY) == 0
        await all_stand(jam, asked)


async def test_a_paused_worker_does_not_speak_after_its_lease(tmp_path: Path) -> None:
    """A worker stopped for longer than its lease wakes up, finds its fence, and leaves Slack alone."""
    async with Jam(tmp_path, own_store=True) as jam:
        jam.model.script = Plan(long_answer)
        await jam.start_child("serve")
        first = await jam.start_child("work")
        asked = await ask_forty(jam)
        await until(lambda: jam.calls("chat.startStream") >= 10, 30)
        os.killpg(first.pid, signal.SIGSTOP)
        await jam.start_child("work")
        await until(lambda: all(jam.whole(lab, ts) for lab, _, ts in asked), 60, every=0.1)
        os.killpg(first.pid, signal.SIGCONT)
        await asyncio.sleep(2.0)  # time for it to do harm
        await all_stand(jam, asked)


async def test_everything_is_still_there_after_a_restart(tmp_path: Path) -> None:
    """A thread goes on where it was: the restarted bot knows its turns."""
    async with Jam(tmp_path) as jam:
        child = await jam.start_child()
        ts = await jam.ask("argonne", "remember the number 42")
        await jam.answer("argonne", ts)
        child.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(child.wait(), 10 * BUSY) == 0
        await jam.start_child()
        await jam.ask("argonne", "which number?", ts)
        await jam.answer("argonne", ts, answers=2)
        assert "remember the number 42" in str(jam.model.requests[-1].body)
