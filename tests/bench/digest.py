"""Digests and summaries at size: `python -m tests.bench.digest` counts 1,000 and 14,000 threads of nine labs.

The digests are composed, drawn and posted to the local Slack by a process of its own, whose peak RSS
the kernel keeps. The summary asks a scripted model, so its seconds are labjam's own.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.burn import Burning
from bot.digest.days import Days
from bot.digest.posting import Digests
from bot.labs import Labs, read_labs
from bot.llm.model import Finish, ModelRequest
from bot.prompting import house_text
from bot.records import Usage
from bot.settings import Settings
from bot.slack.client import identify, open_session, web_client
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.uploads import Uploads
from bot.store import keys
from bot.store.embedded import EmbeddedServer
from bot.store.jobs import CROSS_LAB, Jobs
from bot.store.redis import Store
from bot.store.spending import Spending
from bot.store.states import States
from bot.summary.asking import Asker, Spent
from bot.summary.building import Builder, Tasks
from bot.summary.gathering import Gathering
from bot.summary.notes import Claim, Claims, Note
from bot.trial.server import LocalSlack
from bot.worker import Worker
from tests.jam import until

SECONDS, MIB = 20.0, 300.0
"""What all digests of the large jam may take."""
PEOPLE = 1_400
TEXT = "The limiting case agrees with the dimension check, and the grid is fine enough. " * 15
SUMMED_UP = 500
"""Threads of the one session that is summed up."""

Line = dict[str, Any]


def day_before(now: datetime) -> datetime:
    """Noon in UTC of the last Thursday whose digests are all due by now."""
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    back = (noon.weekday() - 3) % 7
    day = noon - timedelta(days=back)
    return day if now - day > timedelta(hours=14) else day - timedelta(days=7)


def thread_lines(number: int, lab: str, noon: float) -> Iterator[Line]:
    """One thread: two questions with their answers, two thumbs, details by one person."""
    times = [f"{noon + number % 30_000 + turn * 60:.0f}.{number:06}" for turn in range(2)]
    place = {"team": "T0BENCH001", "channel": "C0BENCH001", "ts": times[0]}
    user, model = f"U{number % PEOPLE}", ("large", "small")[number % 2]
    for turn, ts in enumerate(times):
        asked = {"thread": place, "ts": ts, "user": user, "text": f"Question {number}?", "repeats": ""}
        usage = {"input": 900, "output": 300}
        yield {
            "kind": "answer", "lab": lab, "question": asked, "outcome": "answered", "text": TEXT, "note": "",
            "model_requested": model, "usage": usage, "cost": 0.01,
        }  # fmt: skip
        voter, thumb = f"U{(number + turn) % PEOPLE}", 1 if number % 3 else -1
        yield {"kind": "vote", "user": voter, "thumb": thumb, "thread": place, "question_ts": ts}
    yield {
        "kind": "details", "user": user, "thread": place, "question_ts": times[0], "revision": 1,
        "reasons": ["wrong_units"], "other_task_assessment": "", "comment": "Checked by hand.",
        "skills": {"planning": "It planned well.", "analysis": ""},
    }  # fmt: skip


async def fill(store: Store, labs: Labs, threads: int, noon: float) -> None:
    """Write that many threads into the journals of all labs."""
    names = list(labs)
    for first in range(0, threads, 200):
        pipe = store.client.pipeline(transaction=False)
        for number in range(first, min(first + 200, threads)):
            lab = names[number % len(names)]
            for line in thread_lines(number, lab, noon):
                pipe.xadd(keys.journal(0, lab), {"record": json.dumps(line)})
        await pipe.execute()


def labs_here() -> Labs:
    """The nine labs, with a model that is never asked."""
    return read_labs(Settings(labjam_model="scripted", openai_base_url="http://127.0.0.1:1/v1"), {})


async def post_all(url: str, slack_url: str, token: str, now: float) -> None:
    """Compose and post every digest that is due at `now`; print the seconds and the peak RSS in MiB."""
    store, labs = await Store.connect(url), labs_here()
    jobs = Jobs(store, [*labs, CROSS_LAB], "bench")
    async with open_session() as session:
        client = web_client(token, slack_url, session)
        me = await identify(client)
        outbox = Outbox(client, me.user)
        uploads, directory = Uploads(outbox, session), Directory(outbox)
        burning = Burning(Spending(store))
        digests = Digests.of(
            Days(labs, jobs, States(store)), directory, outbox, uploads,
            burning=burning, site=me.url, clock=lambda: now,
        )  # fmt: skip
        began, stop = time.monotonic(), asyncio.Event()
        await digests.tick(me.team)
        work = asyncio.create_task(Worker(jobs, {"digest": digests.run}).run(stop))
        await until(lambda: _idle(store), 600)
        took = time.monotonic() - began
        stop.set()
        await work
    await store.close()
    print(json.dumps([took, _peak()]))


async def _idle(store: Store) -> bool:
    return not await store.client.hlen(keys.active(0))


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


async def digests_of(threads: int) -> tuple[float, float, int]:
    """Seconds and peak MiB of all digests of a jam of that size, and how many came."""
    noon, labs = day_before(datetime.now(UTC)), labs_here()
    now = (noon + timedelta(hours=14)).timestamp()  # 18:00 in California, in winter and in summer at least
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder))
        await server.start()
        store = await Store.connect(server.url)
        await fill(store, labs, threads, noon.timestamp())
        async with LocalSlack() as slack:
            slack.workspace.app.scopes |= {"files:read", "files:write"}
            channels = [
                slack.add_channel(name) for name in [*(lab.channel for lab in labs.values()), labs.hq]
            ]
            given = json.dumps([server.url, slack.api_url, slack.bot_token, now])
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.bench.digest", "--child", given, stdout=subprocess.PIPE
            )
            said, _ = await child.communicate()
            bot = slack.workspace.bot
            came = sum(
                message.user == bot and not message.subtype
                for channel in channels
                for message in slack.channel_messages(channel)
            )
        await store.close()
        await server.stop()
    took, peak = json.loads(said.splitlines()[-1])
    return took, peak, came


class Scripted:
    """A model that gives every thread the same note, and sums them up in one claim."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[str | Finish]:
        """Answer at once."""
        read = sum(len(message.text) for message in request.messages) // 4
        sums_up = "sources" in request.messages[0].text
        claim = Claim(
            text="Most answers held where they were checked against a limiting case.", sources=(1, 2, 3)
        )
        note = Note(problem="A question of two turns.", result="It held.", verified="By hand, in one limit.")
        said = (Claims(tried=(claim,)) if sums_up else note).model_dump_json()
        yield said
        yield Finish("stop", "scripted", Usage(read, len(said) // 4))


class Nowhere:
    """A cache that keeps nothing, so that every thread is read."""

    async def get(self, thread: str, content: str) -> str:
        """Nothing is known."""
        return ""

    async def put(self, thread: str, content: str, note: str) -> None:
        """Nothing is kept."""


async def summary_of(threads: int) -> tuple[float, float, float]:
    """Seconds, model calls a thread and tokens a thread of a session's summary."""
    labs = labs_here()
    lab, noon = labs["argonne"], day_before(datetime.now(UTC)).timestamp()
    spent, began = Spent(), time.monotonic()
    gathering = Gathering(0.0, 1e12, marked=lambda text: False)
    for number in range(threads):
        for line in thread_lines(number, lab.key, noon):
            gathering.add(line)
    tasks = Tasks(house_text(labs, lab, "note").text, house_text(labs, lab, "summary").text)
    asker = Asker(Scripted(), lab.models[0], "bench", spent)

    async def progress(done: int, of: int) -> None:
        """Nobody looks."""

    built = await Builder(asker, tasks, Nowhere(), lambda text: False).build(
        gathering.gathered().threads, progress
    )
    assert not built.unread
    return time.monotonic() - began, spent.calls / threads, spent.tokens / threads


async def measure(sizes: list[int]) -> bool:
    """Print the figures; whether the largest jam is within its goals."""
    found: list[tuple[int, float, float]] = []
    for size in sizes:
        took, peak, came = await digests_of(size)
        print(
            f"{size:>7,} threads: {came} digests in {took:.2f} s, {1000 * took / size:.3f} ms a thread, "
            f"{peak:.0f} MiB"
        )
        found.append((size, took, peak))
    took, calls, tokens = await summary_of(SUMMED_UP)
    print(
        f"summary of {SUMMED_UP} threads: {took:.2f} s, {calls:.3f} model calls and "
        f"{tokens:,.0f} tokens a thread"
    )
    (small, short, _), (large, long, peak) = found[0], found[-1]
    if small < large:
        print(f"{large / small:.1f} times the threads took {long / short:.1f} times the seconds")
    return long <= SECONDS and peak <= MIB


def main() -> None:
    """Measure; exit 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="*", default=[1_000, 14_000])
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    os.environ.setdefault("LABJAM_LOG", "error")
    if asked.child:
        url, slack_url, token, now = json.loads(asked.child)
        asyncio.run(post_all(url, slack_url, token, now))
        return
    sys.exit(0 if asyncio.run(measure(asked.threads)) else 1)


if __name__ == "__main__":
    main()
