"""The record at size: `python -m tests.bench.record` makes journal records, archives and exports them.

Each export is the real `labjam export` in a process of its own, whose peak RSS the kernel keeps.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.archive.keeper import Keeper
from bot.exports import PURPOSES
from bot.exports.kinds import RECORDS, raw
from bot.records import Answer, Question, ThreadKey
from bot.store import keys
from bot.store.redis import Store
from tests.exporting import Maker
from tests.stores import LABS, started

IN_A_THREAD = 20
"""Records: four answers, three releases, six votes, three details, two comparisons, a problem, a closing."""
TEXT = 1200
"""Characters of an answer."""


_TIME, _ASKER, _NUMBER, _LAB = "173232000", "U0ASKER00", "NUMBER", "LABKEY"


def template() -> list[str]:
    """The records of one thread as they stand in a journal, with places for what differs."""
    maker, thread = Maker(), ThreadKey("T0BENCH001", "C0BENCH001", f"{_TIME}0.000100")
    same: dict[str, Any] = {"thread": thread, "lab": _LAB}

    def make(kind: str, turn: int, **said: Any) -> str:
        about = same | {"user": _ASKER, "question_ts": f"{_TIME}{turn}.000100", "at": float(f"{_TIME}9")}
        return json.dumps(raw(kind, maker.make(RECORDS[kind], **about | said)))

    def answer(turn: int, side: str) -> str:
        text = (f"Answer {_NUMBER}. " + "The limiting case agrees with the dimension check; " * 40)[:TEXT]
        about = {"user": _ASKER, "ts": f"{_TIME}{turn}.000100", "text": f"Question {_NUMBER}?", "side": side}
        asked = maker.make(Question, **same, **about, files=(), repeats="")
        times = {"asked_at": float(f"{_TIME}{turn}"), "finished_at": float(f"{_TIME}8"), "turns_left_out": 0}
        return json.dumps(raw("answer", maker.make(Answer, question=asked, text=text, **times)))

    made = [answer(turn, side) for turn, side in ((0, ""), (1, ""), (2, "a"), (2, "b"))]
    for turn in range(3):
        side = "a" if turn == 2 else ""
        made += [make("vote", turn, user=f"U0VOTER{voter:04}", side=side) for voter in range(2)]
        made += [make("details", turn, side=side), make("release", turn, state="released")]
    made += [make("comparison", 2, user=f"U0VOTER{voter:04}", choice="a") for voter in range(2)]
    return [*made, make("problem", 0), make("closing", 0)]


def thread_of(number: int, records: list[str]) -> Iterator[tuple[str, str]]:
    """One thread's records, each with its lab; `number` says which one."""
    lab = LABS[number % len(LABS)]
    for record in records:
        record = record.replace(_TIME, str(int(_TIME) + number)).replace(_LAB, lab)  # noqa: PLW2901
        yield lab, record.replace(_ASKER, f"U0A{number % 1400:06}").replace(_NUMBER, str(number))


async def fill(url: str, count: int) -> float:
    """Write `count` records into the journals, some at a time; gives the seconds."""
    store = await Store.connect(url)
    records, began = template(), time.monotonic()
    assert len(records) == IN_A_THREAD
    for first in range(0, count // IN_A_THREAD, 50):
        pipe = store.client.pipeline(transaction=False)
        for number in range(first, min(first + 50, count // IN_A_THREAD)):
            shard = store.shard(f"T0BENCH001:C0BENCH001:{number}")
            for lab, record in thread_of(number, records):
                pipe.xadd(keys.journal(shard, lab), {"record": record})
        await pipe.execute()
    took = time.monotonic() - began
    await store.close()
    return took


async def archive(url: str, folder: Path) -> float:
    """Archive all of it; gives the seconds."""
    store = await Store.connect(url)
    began = time.monotonic()
    await Keeper(store, LABS, folder).copy()
    took = time.monotonic() - began
    await store.close()
    return took


def run(url: str, folder: Path, *arguments: str) -> tuple[float, float, float]:
    """Run `labjam …` to its end; gives seconds, its CPU seconds, and its peak RSS in MiB."""
    environ = {"PATH": os.environ["PATH"], "REDIS_URL": url, "LABJAM_DATA": str(folder)}
    before, began, peak = _cpu(), time.monotonic(), 0.0
    with (folder / "said").open("w") as said:
        child = subprocess.Popen([sys.executable, "-m", "bot", *arguments], env=environ, stdout=said)
        while child.poll() is None:
            peak = max(peak, _peak(child.pid))
            with suppress(subprocess.TimeoutExpired):
                child.wait(0.05)
    assert child.returncode == 0, f"labjam {' '.join(arguments)} failed"
    return time.monotonic() - began, _cpu() - before, peak


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak(pid: int) -> float:
    with suppress(OSError), open(f"/proc/{pid}/status") as status:
        return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), 0.0)
    return 0.0


def main() -> None:
    """Print one row for each step."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--formats", metavar="A,B", default="", help="only these, and no archive")
    asked = parser.parse_args()
    count, formats = asked.records, [name for name in PURPOSES if name in asked.formats.split(",")]
    with tempfile.TemporaryDirectory() as made, started("standalone", Path(made)) as url:
        folder = Path(made)
        print("| step | seconds | CPU s | records/s | peak RSS, MiB | size, MB |\n|---|---|---|---|---|---|")
        took = asyncio.run(fill(url, count))
        print(f"| made | {took:.0f} | | {count / took:,.0f} | | |", flush=True)
        if not formats:
            _archived(url, folder, count)
        for name in formats or PURPOSES:
            target = folder / f"out-{name}.{'json' if name == 'jam' else 'jsonl'}"
            took, cpu, rss = run(url, folder, "export", "--format", name, "-o", str(target))
            size = sum(path.stat().st_size for path in folder.glob(f"out-{name}.*")) / 1e6
            rate = f"{took:.0f} | {cpu:.0f} | {count / took:,.0f}"
            print(f"| exported as `{name}` | {rate} | {rss:.0f} | {size:,.0f} |", flush=True)
            for path in folder.glob(f"out-{name}.*"):
                path.unlink()


def _archived(url: str, folder: Path, count: int) -> None:
    took = asyncio.run(archive(url, folder / "archive"))
    size = sum(path.stat().st_size for path in (folder / "archive").rglob("*.jsonl")) / 1e6
    print(f"| archived | {took:.0f} | | {count / took:,.0f} | | {size:,.0f} |", flush=True)
    took, cpu, rss = run(url, folder, "archive", "verify")
    print(f"| archive verified | {took:.0f} | {cpu:.0f} | {count / took:,.0f} | {rss:.0f} | |", flush=True)


if __name__ == "__main__":
    main()
