"""The real `labjam` command as a child process, in an environment that holds nothing else."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.jam import BUSY

ROOT = Path(__file__).parent.parent

SECRET = "s3cr3t"
"""Tests put it into tokens and passwords; no output may show it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command said, and how it ended."""

    code: int
    out: str
    error: str

    @property
    def refusal(self) -> str:
        """The one plain line in which a command says what is wrong and what to do."""
        assert self.out == ""
        assert re.fullmatch(r"labjam: [A-Z_]{5,}\w*: [^\n]+\n", self.error), self.error
        assert "Traceback" not in self.error
        assert "Error(" not in self.error
        assert SECRET not in self.error
        return self.error.removeprefix("labjam: ").strip()


@asynccontextmanager
async def command(
    environ: Mapping[str, str], *arguments: str, cwd: Path, before: Sequence[str] = ()
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Start `labjam …`, and kill it when the block ends; `before` is a command that starts it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *before, sys.executable, "-m", "bot", *arguments,
        env=kept | {"PYTHONPATH": str(ROOT)} | dict(environ), cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def labjam(environ: Mapping[str, str], *arguments: str, cwd: Path, before: Sequence[str] = ()) -> Ended:
    """Run `labjam …` to its end."""
    async with command(environ, *arguments, cwd=cwd, before=before) as process:
        out, error = await asyncio.wait_for(process.communicate(), 20 * BUSY)
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), error.decode())
