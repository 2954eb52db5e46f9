"""Makes the messages of an answer, and takes one back that came to stand too late."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.errors import LeaseLost, RetryLater, SlackError
from bot.slack.blocks import Block
from bot.slack.outbox import Hold, Outbox
from bot.slack.pacer import Who
from bot.slack.rates import POST, START, STOP, UPDATE

_ASIDE: set[asyncio.Task[None]] = set()  # the event loop itself keeps no task alive


@dataclass(frozen=True, slots=True)
class Address:
    """Where an answer goes, and for whom Slack shows it streaming."""

    team: str
    channel: str
    thread_ts: str
    user: str
    user_team: str
    asked_ts: str  # nothing of the answer can be older

    @property
    def who(self) -> Who:
        """Whose turn it is when a call for this answer is made: a lab has its own channel."""
        return Who(self.user, self.channel, float(self.asked_ts))


@dataclass(slots=True)
class Made:
    """A message that was made, as far as we know it."""

    ts: str
    live: bool  # a stream that Slack still takes text for
    sent: str  # what it holds; a guess where not `sure`
    sure: bool
    at: float  # when it was opened, then when it was last edited
    bare: bool = True  # whether nothing stands under its text


class Maker:
    """Starts streams and posts messages in one thread; gives their ts.

    `hold` returns while this worker may speak; `recorded` reads which messages belong to the answer
    now, whoever wrote them down.
    """

    def __init__(
        self, outbox: Outbox, address: Address, hold: Hold, recorded: Callable[[], Awaitable[Collection[str]]]
    ) -> None:
        self._outbox = outbox
        self._address = address
        self._hold = hold
        self._recorded = recorded
        pacer = outbox.pacer
        self.line = pacer.line(POST, address.team, address.channel, address.who) if pacer else None

    async def stream(self, text: str) -> str:
        """Start a stream with its first words; once, whatever happens."""
        await self._hold()
        address = self._address
        return await self._make(
            self._outbox.call(
                START, address.team, who=address.who, keeps=STOP,
                channel=address.channel, thread_ts=address.thread_ts,
                recipient_user_id=address.user, recipient_team_id=address.user_team, chunks=chunks(text),
            )
        )  # fmt: skip

    async def post(self, blocks: Sequence[Block], preview: str, hold: Hold) -> str:
        """Post a message in our turn; `hold` is asked right before, SlackUnsure says that it may stand."""
        address = self._address
        return await self._make(
            self._outbox.insist(
                POST, address.team, hold=hold, once=True, line=self.line, channel=address.channel,
                **self._message(blocks, preview),
            )
        )  # fmt: skip

    async def post_now(self, blocks: Sequence[Block], preview: str) -> str:
        """Post a message that will be edited, if that may be done now; else SlackBusy."""
        await self._hold()
        address = self._address
        return await self._make(
            self._outbox.call(
                POST, address.team, who=address.who, keeps=UPDATE, channel=address.channel,
                **self._message(blocks, preview),
            )
        )  # fmt: skip

    def _message(self, blocks: Sequence[Block], preview: str) -> dict[str, Any]:
        return {
            "thread_ts": self._address.thread_ts, "text": preview, "blocks": list(blocks),
            "unfurl_links": False, "unfurl_media": False,
        }  # fmt: skip

    def take_back(self, ts: str) -> None:
        """Remove a message that this worker made after it had lost the answer to another one.

        No fence can hold a request that was on its way while this process was paused. It is done
        aside, since the work on a lost answer is itself being cancelled.
        """
        _aside(self._take_back(ts))

    def look_after(self, ts: str) -> None:
        """The same where that is only likely: recording the message was broken off."""
        _aside(self._look_after(ts))

    async def _take_back(self, ts: str) -> None:
        if ts in await self._recorded():
            return
        for method in ("chat.stopStream", "chat.delete"):
            with suppress(SlackError, RetryLater):
                await self._outbox.insist(method, self._address.team, channel=self._address.channel, ts=ts)

    async def _make(self, call: Coroutine[Any, Any, dict[str, Any]]) -> str:
        made = asyncio.create_task(call)
        try:
            return str((await asyncio.shield(made))["ts"])
        except asyncio.CancelledError:
            _aside(self._late(made))
            raise

    async def _late(self, made: asyncio.Task[dict[str, Any]]) -> None:
        with suppress(SlackError, RetryLater, LeaseLost):
            await self._look_after(str((await made)["ts"]))

    async def _look_after(self, ts: str) -> None:
        try:
            await self._hold()
        except LeaseLost:
            await self._take_back(ts)


def _aside(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    _ASIDE.add(task)
    task.add_done_callback(_ASIDE.discard)


def chunks(text: str) -> list[Block]:
    """Text as the stream methods take it."""
    return [{"type": "markdown_text", "text": text}]
