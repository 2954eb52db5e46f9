"""Tokens of model endpoints: read from the environment, a file or a command, and read again after a 401."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import ModelRejected
from bot.llm.model import Auth, Endpoint

COMMAND_TIMEOUT = 10.0
"""Seconds a token command may take; a login helper that asks a person would wait for ever."""


@dataclass(frozen=True, slots=True)
class Token:
    """One endpoint's token; `reading` counts how often it was read, so that many 401s read it once."""

    value: str = field(repr=False)
    reading: int


class Tokens:
    """Keeps each endpoint's token in memory; `env` is where the names in `Auth.env` are looked up."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        self._env = env
        self._tokens: dict[Endpoint, Token] = {}
        self._locks: dict[Endpoint, asyncio.Lock] = {}

    async def get(self, endpoint: Endpoint) -> Token:
        """The token, read the first time; ModelRejected names the source that has none."""
        if endpoint.auth.scheme == "none":
            return Token("", 0)
        return self._tokens.get(endpoint) or await self.renew(endpoint, Token("", 0))

    async def renew(self, endpoint: Endpoint, refused: Token) -> Token:
        """Read again after a 401, unless another request did since `refused` was read."""
        async with self._locks.setdefault(endpoint, asyncio.Lock()):
            known = self._tokens.get(endpoint, Token("", 0))
            if known.reading == refused.reading:
                known = Token(await self._read(endpoint), refused.reading + 1)
                self._tokens[endpoint] = known
            return known

    async def _read(self, endpoint: Endpoint) -> str:
        auth = endpoint.auth
        if auth.env:
            text = self._env.get(auth.env, "")
        elif auth.file:
            text = await asyncio.to_thread(_file, auth.file)
        else:
            text = await asyncio.to_thread(_output, auth.command) if auth.command else ""
        text = text.strip()
        # A header takes no line breaks, and the error of the HTTP client would quote the token.
        if not text or not text.isascii() or not text.isprintable():
            raise ModelRejected(f"{endpoint.name}: no usable token from {source(auth)}")
        return text


def source(auth: Auth) -> str:
    """Where a token comes from, in words; never the token, nor a command's arguments."""
    if auth.env:
        return f"the variable {auth.env}"
    if auth.file:
        return f"the file {auth.file}"
    return (
        f"the command {auth.command.split()[0]}"
        if auth.command.split()
        else "nowhere: set env, file or command"
    )


def _file(path: str) -> str:
    try:
        return Path(path).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _output(command: str) -> str:
    """What a command prints; "" where it fails or takes longer than COMMAND_TIMEOUT.

    Runs in a thread: Python 3.11's asyncio can hang for ever where a subprocess is cancelled as it starts.
    """
    with subprocess.Popen(  # noqa: S602 - the operator writes it, beside the endpoint's address
        command,
        shell=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that what the shell started can be ended with it
    ) as process:
        try:
            printed, _ = process.communicate(timeout=COMMAND_TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return ""
    return printed.decode("utf-8", "replace") if process.returncode == 0 else ""
