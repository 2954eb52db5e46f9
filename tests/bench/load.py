"""`python -m tests.bench.load`: a kick-off of 1,400 questions in ten seconds, beside a bare Bolt bot.

The generator is the local Slack itself, on a core of its own with the scripted model; the bot has
the other. Slack's limits are off. Nothing here fails a build.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from redis import Redis

from bot.trial.server import LocalSlack
from tests.jam import LABS, ended, free_port, until

PIECES, SECONDS = 60, 1.5
SETTLING, IDLE = 3.0, 10.0
"""Seconds after the last answer until the bot is taken to rest, and for which it is then watched."""
ENDING = {"chat.stopStream", "chat.postMessage", "chat.update"}


@dataclass(frozen=True, slots=True)
class Used:
    """What a bot and its Redis server did so far, or in between."""

    cpu: float = 0.0  # seconds
    server_cpu: float = 0.0
    commands: float = 0.0  # of Redis, also those inside scripts
    trips: float = 0.0  # how often the server read what somebody sent
    memory: float = 0.0  # bytes that the server holds

    def since(self, before: "Used", parts: float = 1.0) -> "Used":
        """What came after another look, or a part of that."""
        return Used(*((now - then) / parts for now, then in zip(astuple(self), astuple(before), strict=True)))

    def times(self, factor: float) -> "Used":
        """So much of it."""
        return Used(*(one * factor for one in astuple(self)))


@dataclass
class Load:
    """One bot under one load, and what was seen of it."""

    name: str
    slack: LocalSlack
    asked: dict[str, tuple[str, float]] = field(
        default_factory=dict[str, tuple[str, float]]
    )  # ts -> channel, at
    rss: float = 0.0  # MiB, peak
    whole: "Used" = field(default_factory=Used)  # for all answers, the idle part taken off
    idle: "Used" = field(default_factory=Used)  # in a second

    async def ask(self, questions: int, seconds: float) -> None:
        """Post evenly over the time, in the labs' channels in turn."""
        people = [self.slack.add_person(f"scientist-{n}") for n in range(200)]
        channels = [self.slack.add_channel(f"jam-{lab}", people) for lab in LABS]
        await until(lambda: bool(self.slack.sockets.live), 20)
        start = time.monotonic()
        for n in range(questions):
            await asyncio.sleep(max(0.0, start + n * seconds / questions - time.monotonic()))
            channel = channels[n % len(channels)]
            at = time.time()
            ts = await self.slack.post(people[n % len(people)], channel, f"question {n}, in 250 words")
            self.asked[ts] = (channel, at)

    def stands(self, ts: str) -> bool:
        replies = self.slack.replies_of_bot(self.asked[ts][0], ts)
        return len(ended(replies)) >= 1 and not any(reply.streaming for reply in replies)

    def times(self) -> tuple[list[float], list[float], int]:
        """Seconds to first words and to the whole answer; and how many were said twice."""
        last: dict[str, float] = {}
        for call in self.slack.calls:
            if call.method in ENDING and call.error is None:
                last[str(call.args.get("ts") or call.args.get("thread_ts"))] = call.at
        first: list[float] = []
        whole: list[float] = []
        doubled = 0
        for ts, (channel, at) in self.asked.items():
            replies = self.slack.replies_of_bot(channel, ts)
            doubled += len(replies) > 1
            if replies and self.stands(ts):
                first.append(float(replies[0].ts) - at)
                whole.append(max(last.get(replies[0].ts, 0.0), last.get(ts, 0.0)) - at)
        return first, whole, doubled


def pin(core: int) -> Any:
    """A preexec that keeps a child on one core."""
    return lambda: os.sched_setaffinity(0, {core})


async def measure(name: str, command: list[str], model_url: str, questions: int, seconds: float) -> Load:
    """Start a bot, load it, and look at what it used."""
    folder = tempfile.mkdtemp(prefix="labjam-bench-")
    await asyncio.to_thread(Path(folder, "labjam.toml").write_text, '[jam]\ncertify = "off"\n')
    async with LocalSlack(calls_kept=100_000) as slack:
        environ = dict(os.environ) | {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "OPENAI_BASE_URL": model_url,
            "LABJAM_MODEL": "scripted",
            "LABJAM_DATA": f"{folder}/data",
            "LABJAM_CONFIG": f"{folder}/labjam.toml",
            "LABJAM_HTTP": f"127.0.0.1:{free_port()}",
            "LABJAM_LOG": "error",
            "LABJAM_SLACK_RATE_FACTOR": "100000",
        }
        load = Load(name, slack)
        child = subprocess.Popen([sys.executable, *command], env=environ, preexec_fn=pin(1))  # noqa: ASYNC220, PLW1509
        try:
            await observe(load, psutil.Process(child.pid), Path(folder), questions, seconds)
        finally:
            child.terminate()
            await asyncio.to_thread(child.wait)
    return load


async def observe(load: Load, bot: psutil.Process, folder: Path, questions: int, seconds: float) -> None:
    watching = asyncio.create_task(watch_memory(load, bot))
    await until(lambda: bool(load.slack.sockets.live), 20)
    before = used(bot, folder)
    asked_at = time.monotonic()
    await load.ask(questions, seconds)
    waiting = set(load.asked)
    while waiting and time.monotonic() < asked_at + seconds + 60:
        waiting = {ts for ts in waiting if not load.stands(ts)}
        await asyncio.sleep(0.2)
    took = time.monotonic() - asked_at
    after = used(bot, folder)
    await asyncio.sleep(SETTLING)
    resting = used(bot, folder)
    await asyncio.sleep(IDLE)
    load.idle = used(bot, folder).since(resting, IDLE)
    beats = Used(commands=load.idle.commands, trips=load.idle.trips)  # these went on meanwhile
    load.whole = after.since(before).since(beats.times(took))
    watching.cancel()


async def watch_memory(load: Load, bot: psutil.Process) -> None:
    while True:
        load.rss = max(load.rss, bot.memory_info().rss / 2**20)
        await asyncio.sleep(0.1)


def used(bot: psutil.Process, folder: Path) -> Used:
    """What a bot used so far."""
    times = bot.cpu_times()
    servers = [child.cpu_times() for child in bot.children()]
    path = folder / "data" / "valkey.sock"
    commands = trips = memory = 0.0
    if path.exists():
        with Redis(unix_socket_path=str(path)) as redis:
            clients: Any = redis.client_list()  # pyright: ignore[reportUnknownMemberType]
            commands = float(sum(int(client["tot-cmds"]) for client in clients))
            info: Any = redis.info()  # pyright: ignore[reportUnknownMemberType]
            trips, memory = float(info["total_reads_processed"]), float(info["used_memory"])
    server_cpu = sum(one.user + one.system for one in servers)
    return Used(times.user + times.system, server_cpu, commands, trips, memory)


def percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)] if values else float("nan")


def report(load: Load) -> str:
    """The figures of one load, a line each."""
    first, whole, doubled = load.times()
    acks = list(load.slack.delivery.waits)
    limited = sum(call.status == 429 for call in load.slack.calls)
    asked = len(load.asked)
    of = load.whole.times(1 / asked)
    rows = {
        "asked": f"{asked}",
        "lost": f"{asked - len(whole)}",
        "doubled": f"{doubled}",
        "ack p50 / p99": f"{percentile(acks, 50):.3f} / {percentile(acks, 99):.3f} s",
        "first words p50 / p99": f"{percentile(first, 50):.2f} / {percentile(first, 99):.2f} s",
        "whole p50 / p99": f"{percentile(whole, 50):.2f} / {percentile(whole, 99):.2f} s; model {SECONDS} s",
        "CPU per answer": f"{1000 * of.cpu:.1f} ms, and its Redis server {1000 * of.server_cpu:.1f} ms",
        "RSS": f"{load.rss:.0f} MiB",
        "Slack calls per answer": f"{len(load.slack.calls) / asked:.1f}",
        "Redis per answer": f"{of.commands:.0f} commands, scripts' own too, in {of.trips:.1f} round trips",
        "Redis memory per answer": f"{of.memory / 1024:.1f} KiB",
        "idle": f"{100 * load.idle.cpu:.1f} % of a core, {load.idle.trips:.0f} round trips a second",
        "429": f"{limited}",
    }
    return "\n".join([load.name, *(f"  {name:26}{value}" for name, value in rows.items())])


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=1400)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--only", choices=["labjam", "bare"])
    args = parser.parse_args()
    os.sched_setaffinity(0, {0})
    port = free_port()
    model = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-m", "bot.trial.model_server", "--port", str(port), "--pieces", str(PIECES),
         "--seconds", str(SECONDS)],
    )  # fmt: skip
    await asyncio.sleep(1.0)
    loads: list[Load] = []
    bots = {"labjam": ["-m", "bot", "run"], "bare": ["-m", "tests.bench.bare_bot"]}
    try:
        for name in [args.only] if args.only else bots:
            url = f"http://127.0.0.1:{port}/v1"
            loads.append(await measure(name, bots[name], url, args.questions, args.seconds))
            print(report(loads[-1]), flush=True)
    finally:
        model.terminate()
    if len(loads) == len(bots):
        print(f"CPU per answer, labjam to bare: {loads[0].whole.cpu / loads[1].whole.cpu:.2f}")


if __name__ == "__main__":
    asyncio.run(main())
