"""Pictures of formulas for the rest of labjam: drawn in a child process, one at a time, kept by content."""

import asyncio
import json
import logging
import os
import struct
import sys
from collections import OrderedDict
from contextlib import suppress

from bot.errors import LabjamError
from bot.maths.tex import LONGEST, MISSING

log = logging.getLogger(__name__)

PATIENCE = 8.0
"""Seconds for one formula, the start of the child included."""
TRIES = 2
"""How often a formula is given to a child: one may be killed for what it drew before, or for nothing."""
KEPT = 16 * 1024 * 1024
"""Bytes of pictures kept in memory."""
IDLE = 120.0
"""Seconds after which a child with nothing to do ends: it holds some 100 MB."""
FORMULAS = 500
"""That one child draws, before another takes its place with a clean memory."""


class NoPicture(LabjamError):
    """A formula can't be drawn; it stays readable as its source."""


class Drawing:
    """Gives the PNG of a formula; starts the child when the first is asked for."""

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "bot.maths.child")) -> None:
        self._command = command
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._drawn = 0
        self._known: OrderedDict[str, bytes | NoPicture] = OrderedDict()
        self._size = 0
        self._rest: asyncio.TimerHandle | None = None
        self.possible = True  # until the packages turn out to be missing

    async def png(self, tex: str) -> bytes:
        """The picture of a formula; NoPicture, with TeX's reason, where there is none."""
        if len(tex) > LONGEST:
            raise NoPicture("too long")
        async with self._turn:
            if tex not in self._known:
                self._keep(tex, await self._try(tex))
            found = self._known[tex]
            self._known.move_to_end(tex)
        if isinstance(found, NoPicture):
            raise found
        return found

    async def close(self) -> None:
        """End the child."""
        if self._rest:
            self._rest.cancel()
            self._rest = None
        async with self._turn:
            await self._end()

    async def _try(self, tex: str) -> bytes | NoPicture:
        for _ in range(TRIES):
            if not self.possible:
                return NoPicture("this platform draws no formulas")
            try:
                return await asyncio.wait_for(self._ask(tex), PATIENCE)
            except TimeoutError as error:
                await self._lost(error)
                break
            except (asyncio.IncompleteReadError, OSError) as error:
                await self._lost(error)
            except asyncio.CancelledError:
                await self._end()  # its reply would be taken for the next one's
                raise
        return NoPicture("took too much time or memory")

    async def _lost(self, error: Exception) -> None:
        status = await self._end()
        self.possible = status != MISSING
        log.warning("no picture", extra={"error": type(error).__name__, "status": status})

    async def _ask(self, tex: str) -> bytes | NoPicture:
        child = self._child or await self._start()
        if not child.stdin or not child.stdout:
            raise OSError("no pipes")
        child.stdin.write(json.dumps(tex).encode() + b"\n")
        await child.stdin.drain()
        sign, size = struct.unpack(">cI", await child.stdout.readexactly(5))
        body = await child.stdout.readexactly(size)
        self._drawn += 1
        if self._drawn >= FORMULAS:
            await self._end()
        else:
            self._end_when_idle()
        return body if sign == b"+" else NoPicture(body.decode("utf-8", "replace"))

    async def _start(self) -> asyncio.subprocess.Process:
        # Nothing else of our environment: what runs there has no use for tokens.
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        self._child = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env=kept,
        )  # fmt: skip
        self._drawn = 0
        return self._child

    async def _end(self) -> int | None:
        child, self._child = self._child, None
        if not child:
            return None
        if child.stdin:
            child.stdin.close()
        with suppress(TimeoutError):  # one that ends by itself says why
            await asyncio.wait_for(child.wait(), 0.2)
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
        return await child.wait()

    def _end_when_idle(self) -> None:
        if self._rest:
            self._rest.cancel()
        loop = asyncio.get_running_loop()
        self._rest = loop.call_later(IDLE, lambda: loop.create_task(self.close()))

    def _keep(self, tex: str, found: bytes | NoPicture) -> None:
        self._known[tex] = found
        self._size += len(tex) + _size(found)
        while self._size > KEPT:
            old, gone = self._known.popitem(last=False)
            self._size -= len(old) + _size(gone)


def _size(found: bytes | NoPicture) -> int:
    return len(found) if isinstance(found, bytes) else 100
