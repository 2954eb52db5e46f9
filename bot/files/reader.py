"""Has files parsed, a few at a time, each in a process that is killed when it takes too long."""

import asyncio
import base64
import json
import os
import sys
from contextlib import suppress

from pydantic import TypeAdapter

from bot.files.parsed import BROKEN, MOST_PICTURE_BYTES, SECONDS, TOO_MUCH, TOO_SLOW, Parsed
from bot.guard import NO_RULES, Guard, Hit, Rule

_AT_ONCE = 2
_MOST_OUT = 4 * MOST_PICTURE_BYTES
_RULES = TypeAdapter(tuple[Rule, ...])
_GRACE = 5.0
"""Seconds for starting Python itself, on a busy machine."""


class Reader:
    """Parses bytes; nothing that they hold can hang or kill this process."""

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-I", "-m", "bot.files.child")) -> None:
        self._command = command
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def parse(self, content: bytes, guard: Guard = NO_RULES, seconds: float = SECONDS) -> Parsed:
        """What the bytes of one file hold, and what a guard finds in them."""
        async with self._free:
            return await self._parse(_RULES.dump_json(guard.rules) + b"\n" + content, seconds)

    async def _parse(self, content: bytes, seconds: float) -> Parsed:
        child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},  # no tokens
        )
        try:
            async with asyncio.timeout(seconds + _GRACE):
                said = await _exchange(child, content)
        except TimeoutError:
            return Parsed(why=TOO_SLOW)
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
            await child.wait()
        if child.returncode and child.returncode < 0:  # by a limit, or its own fault
            return Parsed(why=TOO_SLOW if -child.returncode in _TIME else TOO_MUCH)
        return _read(said)


_TIME = {24, 9}
"""SIGXCPU, and SIGKILL after it."""


async def _exchange(child: asyncio.subprocess.Process, content: bytes) -> bytes:
    if not child.stdin or not child.stdout:
        raise ChildProcessError
    writing = asyncio.create_task(_write(child.stdin, content))
    try:
        said = bytearray()
        while chunk := await child.stdout.read(1 << 16):
            said += chunk
            if len(said) > _MOST_OUT:
                child.kill()
                return b""
        await writing
        await child.wait()
        return bytes(said)
    finally:
        writing.cancel()


async def _write(pipe: asyncio.StreamWriter, content: bytes) -> None:
    with suppress(ConnectionError):  # it has seen enough, or is gone
        pipe.write(content)
        await pipe.drain()
    with suppress(ConnectionError):
        pipe.close()
        await pipe.wait_closed()


def _read(said: bytes) -> Parsed:
    try:
        fields = json.loads(said)
        hits = tuple(Hit(*hit) for hit in fields["hits"])
        return Parsed(**fields | {"picture": base64.b64decode(fields["picture"]), "hits": hits})
    except (ValueError, TypeError, KeyError):
        return Parsed(why=BROKEN)
