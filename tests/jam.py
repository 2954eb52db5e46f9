"""A whole jam on loopback: local Slack, scripted model, and the real bot, in this process or a child."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bot.app import Roles, run
from bot.settings import Settings
from bot.slack.blocks import STOP
from bot.store.embedded import EmbeddedServer
from bot.store.journal import read
from bot.store.redis import Store
from bot.trial.messages import Message
from bot.trial.model_server import ModelServer
from bot.trial.server import LocalSlack

LABS = (
    "argonne", "berkeley", "brookhaven", "idaho", "livermore", "los-alamos", "oak-ridge",
    "pacific-northwest", "princeton",
)  # fmt: skip

BUSY = 4
"""How much longer than a quiet machine a busy one may take for what a test waits for."""


@dataclass
class Jam:
    """Use as a context manager; then ask, and look at what the thread says."""

    folder: Path
    slack: LocalSlack = field(default_factory=lambda: LocalSlack(redelivery=(0.3, 0.6, 1.0), ack_timeout=1.0))
    model: ModelServer = field(default_factory=ModelServer)
    own_store: bool = False  # a server that outlives the bot, and can be taken away from it
    extra: dict[str, str] = field(default_factory=dict[str, str])
    channels: dict[str, str] = field(default_factory=dict[str, str])
    people: dict[str, str] = field(default_factory=dict[str, str])
    _children: list[asyncio.subprocess.Process] = field(default_factory=list[asyncio.subprocess.Process])
    _store: EmbeddedServer | None = None
    _bot: asyncio.Task[None] | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        await self.slack.start()
        self.slack.delivery.click_timeout = 3.0  # Slack's own; it is not sent again
        await self.model.start()
        if self.own_store:
            self._store = EmbeddedServer(self.folder / "store")
            await self._store.start()
        for lab in LABS:
            person = self.people[lab] = self.slack.add_person(f"scientist-{lab}")
            self.channels[lab] = self.slack.add_channel(f"jam-{lab}", [person])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_bot()
        for child in self._children:
            if child.returncode is None:
                child.kill()
                await child.wait()
        await self.slack.stop()
        await self.model.stop()
        await self.break_store()

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a bot in this jam."""
        return {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.api_url,
            "OPENAI_BASE_URL": self.model.base_url,
            "LABJAM_MODEL": "scripted",
            "LABJAM_DATA": str(self.folder / "data"),
            "LABJAM_HTTP": f"127.0.0.1:{free_port()}",
            "LABJAM_LOG": "debug",
            "LABJAM_SLACK_RATE_FACTOR": "1000",
            "REDIS_URL": self._store.url if self._store else "",
            **self.extra,
            "LABJAM_CONFIG": self._config(),
        }

    def _config(self) -> str:
        """The labjam.toml in use: with `certify` off unless a test says otherwise there."""
        given = Path(self.extra["LABJAM_CONFIG"]) if "LABJAM_CONFIG" in self.extra else None
        text = given.read_text(encoding="utf-8") if given and given.is_file() else ""
        if "certify" in text:
            return str(given)
        made = (given.parent if given else self.folder) / "uncertified.toml"
        jam = '[jam]\ncertify = "off"\n'
        text = text.replace("[jam]\n", jam, 1) if "[jam]\n" in text else f"{jam}{text}"
        made.write_text(text, encoding="utf-8")
        return str(made)

    def settings(self) -> Settings:
        """The same, as the bot reads it."""
        given = {name.lower(): value for name, value in self.environ.items() if value}
        return Settings.model_validate(given)

    async def start_bot(self) -> None:
        """Start the bot in this process, and wait until Slack can reach it."""
        self._stop.clear()
        self._bot = asyncio.create_task(run(self.settings(), Roles(slack=True, work=True), self._stop))
        await self._until_connected(lambda: self._bot is not None and self._bot.done())
        if self._bot.done():
            await self._bot

    async def start_http_bot(self) -> None:
        """Start it in HTTP mode: Slack is given the address of its web server."""
        address = self.extra["LABJAM_HTTP"] = f"127.0.0.1:{free_port()}"
        self.extra |= {"SLACK_SIGNING_SECRET": self.slack.signing_secret, "SLACK_APP_TOKEN": ""}
        self._stop.clear()
        self._bot = asyncio.create_task(run(self.settings(), Roles(slack=True, work=True), self._stop))
        await until(lambda: listens(address), 15)
        await self.slack.use_http(f"http://{address}/slack/events")

    async def break_store(self) -> None:
        """Take the jam's own store away."""
        if self._store:
            await self._store.stop()

    async def mend_store(self) -> None:
        """Bring it back, with all it held."""
        assert self._store
        await self._store.start()

    async def stop_bot(self) -> None:
        """Stop the bot of this process as SIGTERM would."""
        self._stop.set()
        if self._bot:
            await asyncio.wait_for(self._bot, 10 * BUSY)
            self._bot = None

    async def start_child(self, command: str = "run") -> asyncio.subprocess.Process:
        """Start `labjam <command>` as a process of its own; its log goes to the jam's folder."""
        with (self.folder / f"{command}-{len(self._children)}.log").open("wb") as log:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", command, env=self._child_environ(), stderr=log, stdout=log,
                start_new_session=True, cwd=Path(__file__).parent.parent,
            )  # fmt: skip
        self._children.append(child)
        if command != "work":
            await self._until_connected(lambda: child.returncode is not None)
        return child

    def _child_environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | self.environ

    async def _until_connected(self, dead: Callable[[], bool]) -> None:
        await until(lambda: dead() or len(self.slack.sockets.live) >= 2, 15)

    async def ask(self, lab: str, text: str, thread_ts: str | None = None) -> str:
        """Ask as the lab's scientist; gives the question's ts."""
        return await self.slack.post(self.people[lab], self.channels[lab], text, thread_ts=thread_ts)

    def replies(self, lab: str, ts: str) -> list[Message]:
        """The bot's messages in the thread of a question."""
        return self.slack.replies_of_bot(self.channels[lab], ts)

    def whole(self, lab: str, ts: str, answers: int = 1) -> bool:
        """Whether the thread holds that many ended answers: messages with thumbs or a button."""
        replies = self.replies(lab, ts)
        return len(ended(replies)) >= answers and not any(reply.streaming for reply in replies)

    async def answer(self, lab: str, ts: str, answers: int = 1, timeout: float = 15) -> list[Message]:
        """The bot's messages in a thread once its answers stand."""
        await until(lambda: self.whole(lab, ts, answers), timeout)
        return self.replies(lab, ts)

    async def journal(self, lab: str) -> list[dict[str, Any]]:
        """What the lab's journal holds."""
        store = await self.open_store()
        lines = [line async for line in read(store, lab)]
        await store.close()
        return lines

    async def open_store(self) -> Store:
        """The bot's store, opened once more; whoever asks closes it."""
        settings = self.settings()
        return await Store.connect(
            settings.redis_url or f"unix://{settings.labjam_data.resolve()}/valkey.sock"
        )

    def calls(self, method: str) -> int:
        """How often the bot called a method."""
        return sum(call.method == method for call in self.slack.calls)


def ended(messages: Iterable[Message]) -> list[Message]:
    """The messages that end an answer: they carry its buttons, and not the one that stops it."""
    return [
        message for message in messages if message.elements and message.elements[0][1]["action_id"] != STOP
    ]


def text_of(messages: Iterable[Message]) -> str:
    """The model's text over all messages of an answer, without the part headings."""
    bodies = [message.written for message in messages]
    return "\n".join(body.split("\n\n", 1)[1] if body.startswith("*Part ") else body for body in bodies)


async def until(
    true: Callable[[], bool] | Callable[[], Awaitable[bool]], timeout: float = 10.0, every: float = 0.01
) -> None:
    """Wait until a predicate holds; AssertionError after `timeout` seconds of a quiet machine."""
    end = time.monotonic() + timeout * BUSY
    while True:
        holds = true()
        if holds if isinstance(holds, bool) else await holds:
            return
        assert time.monotonic() < end, f"not within {timeout * BUSY} s"
        await asyncio.sleep(every)


def listens(address: str) -> bool:
    """Whether anybody listens at host:port."""
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kill_tree(child: asyncio.subprocess.Process) -> None:
    """kill -9 a process and all that it started."""
    os.killpg(child.pid, signal.SIGKILL)


__all__ = ["LABS", "Jam", "ended", "free_port", "kill_tree", "listens", "text_of", "until"]
