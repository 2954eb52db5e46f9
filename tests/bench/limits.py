"""`python -m tests.bench.limits`: kick-offs under Slack's documented rates, with one and with four workers.

The local Slack enforces the rates; time is scaled: with a factor of 10, a minute's budget renews
every six seconds, for Slack and for labjam (LABJAM_SLACK_RATE_FACTOR) alike, and the model is as
much faster. Seconds are printed as the unscaled jam would see them, but for the first status, which
no budget holds up and which is real time. Nothing here fails a build.

The bound is the least time in which these rates let that many messages be made: each answer needs
one, whether posted or streamed. In every channel they come one a second after the burst, and in the
workspace 600 a minute; nobody can be answered before asking. The model's time is not in it.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import IO

from bot.store.embedded import EmbeddedServer
from bot.trial.rates import PER_MINUTE, RateLimits
from bot.trial.server import LocalSlack
from tests.jam import LABS, ended, free_port, until

PIECES, MODEL_SECONDS = 60, 4.0
ENDS = {"chat.stopStream", "chat.postMessage", "chat.update"}
STATUSES = {"assistant.threads.setStatus", "agents.sessions.setStatus"}
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks what when: evenly over `seconds` of the jam's time, in the labs' channels in turn."""

    name: str
    questions: int
    labs: int
    seconds: float

    def at(self, n: int) -> float:
        """When question `n` is asked."""
        return n * self.seconds / self.questions

    def bound(self, burst: int) -> float:
        """The least seconds from the first question to the last message, by the rates alone."""
        ends: list[float] = []
        for lab in range(self.labs):
            tokens, now = float(burst), 0.0
            for n in range(lab, self.questions, self.labs):
                tokens = min(float(burst), tokens + max(0.0, self.at(n) - now))
                now = max(now, self.at(n)) + max(0.0, 1.0 - tokens)
                tokens = max(0.0, tokens - 1.0)
            ends.append(now)
        every = MINUTE / PER_MINUTE["chat.postMessage"]
        workspace = max(self.at(n) + (self.questions - n) * every for n in range(self.questions)) - MINUTE
        return max(*ends, workspace)


@dataclass
class Run:
    """One asking under one number of workers, and what was seen of it."""

    slack: LocalSlack
    asking: Asking
    factor: float
    workers: int
    asked: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])
    channels: list[str] = field(default_factory=list[str])

    async def ask(self) -> None:
        """Ask it all, in scaled time."""
        people = [self.slack.add_person(f"scientist-{n}") for n in range(self.asking.questions)]
        self.channels = [self.slack.add_channel(f"jam-{lab}", people) for lab in LABS[: self.asking.labs]]
        await until(lambda: bool(self.slack.sockets.live), 20)
        start = time.monotonic()
        for n, person in enumerate(people):
            due = start + self.asking.at(n) / self.factor
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            channel, at = self.channels[n % len(self.channels)], time.time()
            ts = await self.slack.post(person, channel, f"question {n}, in 250 words")
            self.asked[ts] = channel, at

    def stands(self, ts: str) -> bool:
        """Whether a question has its whole answer."""
        replies = self.slack.replies_of_bot(self.asked[ts][0], ts)
        return bool(ended(replies)) and not any(reply.streaming for reply in replies)

    def report(self) -> str:
        """The figures, a line each."""
        ends, first = self._ends(), self._first()
        begun = min(at for _, at in self.asked.values())
        makespan = (max(ends.values()) - begun) * self.factor
        rates = self.slack.api.rates
        bound = self.asking.bound(rates.burst if rates else 0)
        calls = self.slack.calls
        refused = Counter(call.method for call in calls if call.status == 429)
        by_lab = [
            percentile([ends[ts] - at for ts, (channel, at) in self.asked.items() if channel == one], 95)
            for one in self.channels
        ]
        whole = [(ends[ts] - at) * self.factor for ts, (_, at) in self.asked.items()]
        words = [(first[ts] - at) * self.factor for ts, (_, at) in self.asked.items()]
        status = list(self._status().values())
        streams = sum(call.method == "chat.startStream" and call.applied for call in calls)
        rows = {
            "answered": f"{len(ends)} of {len(self.asked)}, {streams} of them streamed",
            "makespan": f"{makespan:.0f} s, bound {bound:.0f} s: {makespan / bound:.3f}",
            "429": f"{refused.total() / len(calls):.2%} of {len(calls)} calls {dict(refused) or ''}",
            "first status p50 / p99": f"{percentile(status, 50):.2f} / {percentile(status, 99):.2f} s, real",
            "first words p50 / p99": f"{percentile(words, 50):.0f} / {percentile(words, 99):.0f} s",
            "whole answer p50 / p99": f"{percentile(whole, 50):.0f} / {percentile(whole, 99):.0f} s",
            "worst lab's p95 to best's": f"{max(by_lab) / min(by_lab):.2f}",
            "calls per answer": f"{len(calls) / len(self.asked):.1f}",
        }
        return "\n".join(f"  {name:26}{value}" for name, value in rows.items())

    def _ends(self) -> dict[str, float]:
        threads = {
            reply.ts: ts
            for ts, (channel, _) in self.asked.items()
            for reply in self.slack.replies_of_bot(channel, ts)
        }
        ends: dict[str, float] = {}
        for call in self.slack.calls:
            if call.method in ENDS and call.applied:
                ts = threads.get(str(call.args.get("ts"))) or str(call.args.get("thread_ts"))
                ends[ts] = call.at
        return {ts: ends[ts] for ts in self.asked if ts in ends and self.stands(ts)}

    def _first(self) -> dict[str, float]:
        first: dict[str, float] = {}
        for ts, (channel, _) in self.asked.items():
            replies = self.slack.replies_of_bot(channel, ts)
            first[ts] = min((float(reply.ts) for reply in replies), default=float("inf"))
        return first

    def _status(self) -> dict[str, float]:
        """Seconds until a thread said anything at all: its status, or the first words themselves."""
        seen = self._first()
        for call in self.slack.calls:
            if call.method in STATUSES and call.applied:
                ts = str(call.args["thread_ts"])
                seen[ts] = min(seen.get(ts, call.at), call.at)
        return {ts: seen[ts] - at for ts, (_, at) in self.asked.items()}


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else float("nan")


def start(command: str, environ: dict[str, str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """A labjam process."""
    return subprocess.Popen([sys.executable, "-m", "bot", command], env=environ, stderr=log, stdout=log)


async def measure(asking: Asking, factor: float, workers: int, model_url: str, burst: int) -> Run:
    """Ask, with a serving process and its workers, until every answer stands."""
    folder = Path(tempfile.mkdtemp(prefix="labjam-limits-"))
    store = EmbeddedServer(folder / "store")
    await store.start()
    config = folder / "labjam.toml"
    await asyncio.to_thread(config.write_text, '[jam]\ncertify = "off"\n')
    rates = RateLimits(factor=factor, burst=burst)
    async with LocalSlack(calls_kept=1_000_000, rates=rates) as slack:
        environ = dict(os.environ) | {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "OPENAI_BASE_URL": model_url,
            "LABJAM_MODEL": "scripted",
            "LABJAM_CONFIG": str(config),
            "LABJAM_HTTP": f"127.0.0.1:{free_port()}",
            "LABJAM_LOG": "warning",
            "LABJAM_DATA": str(folder / "data"),
            "LABJAM_SLACK_RATE_FACTOR": str(factor),
            "REDIS_URL": store.url,
        }
        commands = ["run"] if workers == 1 else ["serve", *["work"] * workers]
        with (folder / "log").open("wb") as log:
            children = [start(command, environ, log) for command in commands]
        run = Run(slack, asking, factor, workers)
        try:
            await until(lambda: len(slack.sockets.live) >= 2, 30)
            await asyncio.sleep(3.0)  # every worker is up
            slack.calls.clear()
            await run.ask()
            limit = time.monotonic() + asking.bound(burst) / factor + 60
            while not all(map(run.stands, run.asked)) and time.monotonic() < limit:  # noqa: ASYNC110
                await asyncio.sleep(0.25)
        finally:
            for child in children:
                child.terminate()
            for child in children:
                await asyncio.to_thread(child.wait)
            await store.stop()
            print(f"log: {folder}/log", file=sys.stderr)
    return run


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factor", type=float, help="how much faster than a jam; by default 4, then 10")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 4])
    parser.add_argument("--burst", type=int, default=5, help="posts a channel takes at once")
    parser.add_argument("--model", type=float, default=MODEL_SECONDS, help="its seconds for an answer")
    parser.add_argument("--only", choices=["burst", "steady"])
    args = parser.parse_args()
    burst = Asking("155 questions at once in one channel", 155, 1, 0.0)
    steady = Asking("1,400 questions over nine channels in ten minutes", 1400, 9, 600.0)
    askings = {"burst": (burst, args.factor or 4.0), "steady": (steady, args.factor or 10.0)}
    for asking, factor in [askings[args.only]] if args.only else askings.values():
        port = free_port()
        model = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", "bot.trial.model_server", "--port", str(port), "--pieces", str(PIECES),
             "--seconds", str(args.model / factor)],
        )  # fmt: skip
        await asyncio.sleep(1.0)
        try:
            for workers in args.workers:
                run = await measure(asking, factor, workers, f"http://127.0.0.1:{port}/v1", args.burst)
                print(f"{asking.name}, {workers} worker(s), time {factor:g} times as fast", flush=True)
                print(run.report(), flush=True)
        finally:
            model.terminate()


if __name__ == "__main__":
    asyncio.run(main())
