"""A running `labjam try`, and the page's side of its feed without a browser."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp
import psutil

from bot.slack.blocks import CONFIRM
from tests.jam import BUSY, free_port

ROOT = Path(__file__).parent.parent
Dict = dict[str, Any]


def environ(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"LABJAM_DATA": str(folder)} | more


async def labjam(folder: Path, *args: str, **more: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *args, env=environ(folder, **more), cwd=ROOT, stdout=pipe, stderr=pipe
    )


@dataclass
class Trial:
    """A running `labjam try`; use as a context manager."""

    folder: Path
    args: tuple[str, ...] = ("--labs", "argonne,idaho")
    port: int = field(default_factory=free_port)
    env: dict[str, str] = field(default_factory=dict[str, str])
    printed: list[str] = field(default_factory=list[str])
    _process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process and self._process.returncode is None:
            await self.stop()

    async def start(self, *more: str) -> None:
        chosen = "--model" in self.args or "LABJAM_MODEL" in self.env
        model = () if chosen else ("--model", "scripted")  # whatever is installed here
        args = ("try", "--no-browser", "--port", str(self.port), *model, *self.args, *more)
        process = self._process = await labjam(self.folder, *args, **self.env)
        assert process.stdout
        assert process.stderr
        async for line in process.stdout:
            self.printed.append(line.decode())
            if self.url in self.printed[-1]:
                return
        raise AssertionError((await process.stderr.read()).decode())

    async def stop(self) -> float:
        """Stop it as SIGTERM does; how long it took, in seconds."""
        process, begun = self._process, time.monotonic()
        assert process
        process.terminate()
        _, errors = await asyncio.wait_for(process.communicate(), 15 * BUSY)
        assert process.returncode == 0, errors.decode()
        assert not errors, errors.decode()
        return time.monotonic() - begun

    async def kill(self) -> None:
        assert self._process
        self._process.kill()
        await self._process.communicate()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        assert self._process
        self._process.send_signal(signal.SIGINT)

    async def ended(self) -> int:
        assert self._process
        await asyncio.wait_for(self._process.communicate(), 20 * BUSY)
        return self._process.returncode or 0

    def children(self) -> list[psutil.Process]:
        assert self._process
        return psutil.Process(self._process.pid).children(recursive=True)


@dataclass
class Tab:
    """The page's side of the feed, without a browser."""

    socket: aiohttp.ClientWebSocketResponse
    snapshot: Dict = field(default_factory=dict[str, Any])
    messages: dict[str, Dict] = field(default_factory=dict[str, Dict])
    done: dict[int, Dict] = field(default_factory=dict[int, Dict])
    count: int = 0

    async def next(self, within: float = 15) -> None:
        frame = await self.socket.receive_json(timeout=within)
        if frame["type"] == "done":
            self.done[frame["id"]] = frame
        if frame["type"] == "snapshot":
            self.snapshot = frame
        if frame["type"] == "model":
            self.snapshot["model"] = frame["model"]
        for message in frame.get("messages", ()):
            self.messages[message["ts"]] = message

    async def until(self, true: Callable[[], Any]) -> None:
        while not true():
            await self.next()

    async def act(self, name: str, /, **fields: Any) -> Dict:
        self.count += 1
        number = self.count
        await self.socket.send_json({"id": number, "act": name, **fields})
        await self.until(lambda: number in self.done)
        return self.done[number]

    def channel(self, name: str) -> str:
        return next(each["id"] for each in self.snapshot["channels"] if each["name"] == name)

    def person(self, name: str) -> str:
        return next(each["id"] for each in self.snapshot["people"] if each["name"] == name)

    def answers(self, thread: str) -> list[Dict]:
        """The bot's ended messages in a thread."""
        mine = [each for each in self.messages.values() if each.get("thread_ts") == thread]
        return [each for each in mine if each.get("user") == self.snapshot["bot"] and thumbs(each)]

    async def certify(self, channel: str) -> None:
        """Press the button that a person's first question waits for."""
        await self.until(self._waiting)
        action = {"channel": channel, "ts": self._waiting()[0]["ts"], "action_id": CONFIRM}
        assert (await self.act("click", **action))["ok"]

    def _waiting(self) -> list[Dict]:
        return [each for each in self.messages.values() if CONFIRM in str(each["blocks"])]


def thumbs(message: Dict) -> Dict:
    """The feedback buttons of a message; empty where it has none."""
    elements = [each for block in message["blocks"] for each in block.get("elements", ())]
    none: Dict = {}
    return next((each for each in elements if each["type"] == "feedback_buttons"), none)


@asynccontextmanager
async def tab(trial: Trial, user: str = "") -> AsyncGenerator[Tab, None]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{trial.url}/feed", params={"user": user}, origin=trial.url) as socket,
    ):
        one = Tab(socket)
        await one.until(lambda: one.snapshot)
        yield one
