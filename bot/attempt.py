"""One call of a model, shown in Slack while it comes."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import Protocol

from bot.errors import ModelCut
from bot.llm.model import Finish, Model, ModelRequest

FIRST_LOOK = 0.1
"""Seconds between a model's first words and ours: one call carries more of them."""
READ_EVERY = 0.2
"""Seconds between two reads of a stream: what came meanwhile is taken in together, for less work."""
STATUS_AFTER = 0.25
"""Seconds of silence until the thread says that we are at work."""


class Screen(Protocol):
    """Where an attempt shows itself."""

    async def text(self, so_far: str) -> float:
        """There is more text; gives seconds until the next look."""
        ...

    async def silence(self) -> float:
        """There is nothing new, and has not been for a while; gives seconds until that is said again."""
        ...


class Attempt:
    """The text so far, and the two who work on it: one reads the model, one shows what came."""

    def __init__(self, model: Model, request: ModelRequest, clock: Callable[[], float] = time.time) -> None:
        self._model = model
        self._request = request
        self._clock = clock
        self._pieces: list[str] = []
        self._grown = asyncio.Event()
        self._ended = asyncio.Event()
        self.first_words_at = 0.0
        self.finish: Finish | None = None

    @property
    def text(self) -> str:
        """All that the model wrote so far."""
        if len(self._pieces) > 1:
            # Some endpoints cut a character beyond the first plane into two halves.
            joined = "".join(self._pieces).encode("utf-16", "surrogatepass")
            self._pieces = [joined.decode("utf-16", "replace")]
        return self._pieces[0] if self._pieces else ""

    async def read(self) -> None:
        """Take the model's stream in until it ends; ModelCut where it ends without having finished."""
        async with aclosing(self._model.stream(self._request)) as stream:
            async for piece in stream:
                if isinstance(piece, Finish):
                    self.finish = piece
                    break
                if not self._pieces:
                    self.first_words_at = self._clock()
                self._pieces.append(piece)
                self._grown.set()
                await asyncio.sleep(READ_EVERY)
        if self.finish is None:
            raise ModelCut("the stream ended without a finish")

    def end(self) -> None:
        """Let the one who shows finish its call and return."""
        self._ended.set()
        self._grown.set()

    async def show(self, screen: Screen) -> None:
        """Show the text as it grows, now and then; say that we are at work while there is none."""
        await self._rest(STATUS_AFTER, until=self._grown)
        if self._pieces:
            await self._rest(FIRST_LOOK)
        while not self._ended.is_set():
            if self._grown.is_set():
                self._grown.clear()
                await self._rest(await screen.text(self.text))
            else:
                await self._rest(await screen.silence(), until=self._grown)

    async def _rest(self, seconds: float, until: asyncio.Event | None = None) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for((until or self._ended).wait(), seconds)
