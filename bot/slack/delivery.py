"""One answer on its way into its thread: streamed while it can be, edited where not, whole in the end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

from bot.errors import LeaseLost, RetryLater, SlackBusy, SlackError, SlackRefused, SlackUnsure
from bot.slack.blocks import Block, markdown
from bot.slack.making import Address, Made, Maker, chunks
from bot.slack.outbox import Outbox
from bot.slack.pacer import FLUSH

STREAM_LIFE = 230.0
"""Seconds after which we close a stream ourselves. Slack ends one after some 300, without a word
in its documentation: https://github.com/slackapi/python-slack-sdk/issues/1859"""

EDIT_EVERY = 3.0
"""Seconds between edits: https://docs.slack.dev/ai/developing-agents asks for no more."""

NOTICE = "labjam_notice"
"""The metadata event type of a message that is no answer."""

_FOR_ENDS = 0.4  # of the workspace's edits, which unfinished answers leave to those that end
_SETTLING = 1.0  # seconds until a call without a reply has taken effect, if it does
_POSTS = 5  # unclear posts in a row before the job rests
_GONE = {"message_not_found", "cant_update_message", "edit_window_closed"}
_NO_STREAMS = {
    "unknown_method",
    "method_not_supported_for_channel_type",
    "not_allowed_token_type",
    "feature_not_enabled",
}


class Delivery:
    """Keeps the messages of one answer in step with its text.

    `hold` returns while this worker may write; `note` records the messages' ts, so that another
    worker edits them instead of posting again; `recorded` reads them anew, whoever wrote them;
    `standing` is what was recorded before, `unsure` whether more may stand, `others` what belongs to
    other answers of the thread, and `wanted` whether anybody still wants a message that was not made.
    `interim` stands under what is unfinished and does not stream: there Slack shows no stop button.
    """

    def __init__(
        self, outbox: Outbox, address: Address, *, hold: Callable[[], Awaitable[None]],
        note: Callable[[Sequence[str]], Awaitable[None]],
        recorded: Callable[[], Awaitable[Collection[str]]], standing: Sequence[str] = (),
        others: Collection[str] = (), unsure: bool = False, wanted: Callable[[], bool] = lambda: True,
        interim: Sequence[Block] = (), clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._outbox = outbox
        self._address = address
        self._hold = hold
        self._note = note
        self._maker = Maker(outbox, address, hold, recorded)
        self.line = self._maker.line  # where our messages wait for their turn; None without a pacer
        self._others = others
        self._wanted = wanted
        self._interim = interim
        self._clock = clock
        # A recorded message may still be streaming; nobody knows what it holds.
        self._messages = [Made(ts, True, "", False, 0.0) for ts in standing]
        self.unsure = unsure
        self.stopped_by_user = False

    @property
    def messages(self) -> tuple[str, ...]:
        """The ts of every message, in order."""
        return tuple(message.ts for message in self._messages)

    async def adopt(self) -> None:
        """Find what was posted without anybody being able to record it.

        One answer runs in a thread at a time, so a message of ours that no answer knows is ours.
        """
        address, cursor = self._address, ""
        while True:
            page = await self._outbox.insist(
                "conversations.replies", address.team, channel=address.channel, ts=address.thread_ts,
                oldest=address.asked_ts, limit=200, include_all_metadata=True, cursor=cursor,
            )  # fmt: skip
            ours = [m["ts"] for m in page["messages"] if m.get("user") == self._outbox.us and not _notice(m)]
            new = [ts for ts in ours if ts > address.asked_ts and ts not in {*self._others, *self.messages}]
            self._messages += [Made(ts, True, "", False, 0.0) for ts in new]
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                break
        self.unsure = False
        await self._note(self.messages)

    async def show(self, parts: Sequence[str]) -> float:
        """Bring Slack up to this state of an unfinished answer, as far as it lets us now.

        Gives seconds until it will let us do more.
        """
        try:
            if self.unsure:
                await self.adopt()
            for i, part in enumerate(parts):
                if i == len(self._messages) and part.strip():
                    await self._open(part)
                elif i < len(self._messages):
                    await self._advance(self._messages[i], part)
        except SlackBusy as busy:
            return max(FLUSH, busy.retry_after)
        except (SlackUnsure, RetryLater):
            return FLUSH
        pacer = self._outbox.pacer
        return pacer.flush_every(self._address.team) if pacer else FLUSH

    async def rotate(self) -> bool:
        """Leave what has streamed for too long, with nothing new to show; gives whether that was due."""
        due = [each for each in self._messages if each.live and self._clock() - each.at >= STREAM_LIFE]
        for message in due:
            with suppress(SlackBusy, SlackUnsure):
                await self._stop(message, self._call)
        return bool(due)

    async def close(self, parts: Sequence[str], ending: Sequence[Block], preview: str) -> tuple[str, ...]:
        """Make the answer stand, whole, with `ending` under its last message; gives the messages' ts."""
        if self.unsure:
            await self.adopt()
        for i, part in enumerate(parts):
            await self._stand(i, part, [markdown(part), *(ending if i == len(parts) - 1 else ())], preview)
        for extra in self._messages[len(parts) :]:  # an earlier attempt was longer
            await self._remove(extra)
        if len(self._messages) > len(parts):
            del self._messages[len(parts) :]
            await self._note(self.messages)
        return self.messages

    async def leave(self) -> None:
        """Let go of an answer that nobody wants any more: recorded, and not streaming."""
        if self.unsure:
            await self.adopt()
        await self.park()

    async def park(self) -> None:
        """Close what streams, keeping its text: somebody else will finish it."""
        for message in self._messages:
            if message.live and message.sure:
                with suppress(SlackError):
                    await self._call("chat.stopStream", ts=message.ts)

    async def _open(self, part: str) -> None:
        streams = self._outbox.streams
        self.unsure = True
        try:
            ts = await (
                self._maker.stream(part) if streams else self._maker.post_now(self._so_far(part), "…")
            )
        except SlackBusy:
            self.unsure = False
            raise
        except SlackRefused as refused:
            self.unsure = False
            if not streams or refused.error not in _NO_STREAMS:
                raise
            self._outbox.streams = False
            return
        await self._opened(Made(ts, streams, part, True, self._clock(), bare=streams))

    async def _opened(self, message: Made) -> None:
        self._messages.append(message)
        if self.line:
            self.line.leave()
        try:
            await self._note(self.messages)
        except LeaseLost:
            self._maker.take_back(message.ts)
            raise
        except asyncio.CancelledError:  # it may be lost, and the store be slow to say so
            self._maker.look_after(message.ts)
            raise
        self.unsure = False

    async def _advance(self, message: Made, part: str) -> None:
        """Show more of one message: by appending while it streams, else by editing now and then."""
        age = self._clock() - message.at
        if message.live and message.sure and age < STREAM_LIFE and part.startswith(message.sent):
            await self._append(message, part)
        elif message.live:
            await self._stop(message, self._call)
        elif (part != message.sent or not message.sure) and part.strip() and age > EDIT_EVERY:
            blocks = self._so_far(part)
            await self._call("chat.update", spare=_FOR_ENDS, ts=message.ts, text="…", blocks=blocks)
            message.sent, message.sure, message.at, message.bare = part, True, self._clock(), False

    def _so_far(self, part: str) -> list[Block]:
        return [markdown(part), *self._interim]

    async def _append(self, message: Made, part: str) -> None:
        more = part[len(message.sent) :]
        if not more:
            return
        try:
            await self._call("chat.appendStream", ts=message.ts, chunks=chunks(more))
            message.sent = part
        except SlackUnsure:
            message.sure = False
            raise
        except SlackRefused as refused:
            message.live = refused.error != "message_not_in_streaming_state"
            message.sure = False
            self.stopped_by_user = refused.error == "stopped_by_user"

    async def _stop(self, message: Made, call: Callable[..., Awaitable[None]]) -> None:
        try:
            await call("chat.stopStream", ts=message.ts)
        except SlackRefused:  # Slack ended it, and only an edit mends that; or somebody deleted it
            message.sure = False
        message.live = False

    async def _stand(self, i: int, part: str, blocks: Sequence[Block], preview: str) -> None:
        for _ in range(_POSTS):
            if i < len(self._messages):
                stands = await self._settle(i, part, blocks, preview)
            else:
                stands = await self._post(blocks, preview)
            if stands:
                return
        raise RetryLater("Slack gives no clear reply to chat.postMessage", counts=False)

    async def _settle(self, i: int, part: str, blocks: Sequence[Block], preview: str) -> bool:
        """Bring one message to its final text and blocks, whatever state it is in; False if it is gone."""
        message = self._messages[i]
        if message.live and message.sure and part.startswith(message.sent):
            if await self._finish_stream(message, part, blocks[1:]):
                return True
        elif message.live:
            await self._stop(message, self._insist)
        elif message.sure and message.bare and message.sent == part and not blocks[1:]:
            return True
        try:
            await self._insist("chat.update", ts=message.ts, text=preview, blocks=blocks)
            message.sent, message.sure = part, True
        except SlackRefused as refused:
            if refused.error not in _GONE:
                raise
            self._messages.pop(i)  # somebody deleted it: the next one takes its text, or a new one
            return False
        return True

    async def _finish_stream(self, message: Made, part: str, ending: Sequence[Block]) -> bool:
        """End a stream with the rest of its text; False where it must be edited instead."""
        more = part[len(message.sent) :]
        extra: dict[str, Any] = {"chunks": chunks(more)} if more else {}
        if ending:
            extra["blocks"] = list(ending)
        try:
            await self._insist("chat.stopStream", once=True, ts=message.ts, **extra)
        except (SlackUnsure, SlackRefused):
            await self._stop(message, self._insist)
            return False
        message.live, message.sent = False, part
        return True

    async def _post(self, blocks: Sequence[Block], preview: str) -> bool:
        """Post one message; False where nobody knows whether it was: then what stands is adopted."""
        try:
            ts = await self._maker.post(blocks, preview, self._before_post)
        except SlackUnsure:
            await asyncio.sleep(_SETTLING)
            await self.adopt()
            return False
        except (SlackRefused, RetryLater):
            self.unsure = False
            raise
        await self._opened(Made(ts, False, blocks[0]["text"], True, self._clock()))
        return True

    async def _before_post(self) -> None:
        """Only from here on may the message stand: who is stopped while it waits has said nothing."""
        await self._hold()
        if not self._wanted():
            raise RetryLater("nobody wants the answer any more", 0.0, counts=False)
        self.unsure = True

    async def _remove(self, message: Made) -> None:
        with suppress(SlackRefused):
            await self._insist("chat.delete", ts=message.ts)

    async def _call(self, method: str, **args: Any) -> None:
        await self._hold()
        address = self._address
        await self._outbox.call(method, address.team, who=address.who, channel=address.channel, **args)

    async def _insist(self, method: str, *, once: bool = False, **args: Any) -> None:
        address = self._address
        await self._outbox.insist(
            method, address.team, hold=self._hold, once=once, who=address.who, channel=address.channel, **args
        )


def _notice(message: dict[str, Any]) -> bool:
    """Whether this is a sentence of its own or a file, not part of an answer."""
    return bool(message.get("files")) or message.get("metadata", {}).get("event_type") == NOTICE
