"""The embedded server: quick to start, never two on one folder, gone with its owner, and nothing lost."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from bot.errors import StoreAway, WorldError
from bot.store.embedded import EmbeddedServer
from bot.store.redis import Store
from tests.jam import until

_OWNER = """
import asyncio, sys
from pathlib import Path
from bot.store.embedded import EmbeddedServer

async def own():
    server = EmbeddedServer(Path(sys.argv[1]))
    await server.start()
    print(server.url, flush=True)
    await asyncio.Event().wait()

asyncio.run(own())
"""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's own")


@dataclass
class Owner:
    """A process that owns an embedded server."""

    process: asyncio.subprocess.Process
    url: str
    server: psutil.Process

    async def kill(self) -> None:
        """kill -9 of the owner alone."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def owner_of(folder: Path) -> AsyncGenerator[Owner]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _OWNER, str(folder), stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert process.stdout
    url = (await process.stdout.readline()).decode().strip()
    try:
        yield Owner(process, url, psutil.Process(process.pid).children()[0])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def embedded(folder: Path) -> AsyncGenerator[EmbeddedServer]:
    server = EmbeddedServer(folder)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


async def write(url: str, count: int) -> None:
    store = await Store.connect(url)
    for n in range(count):
        await store.client.set(f"key{n}", n)
    await store.close()


async def count(url: str) -> int:
    store = await Store.connect(url)
    found = int(await store.client.dbsize())
    await store.close()
    return found


async def test_it_starts_within_a_second_or_two(tmp_path: Path) -> None:
    begun = time.monotonic()
    async with embedded(tmp_path / "data") as server:
        assert time.monotonic() - begun < 2
        assert await count(server.url) == 0


async def test_it_keeps_everything_from_start_to_start(tmp_path: Path) -> None:
    for n in range(3):
        async with embedded(tmp_path) as server:
            assert await count(server.url) == (100 if n else 0)
            await write(server.url, 100)


@linux_only
async def test_it_goes_with_an_owner_that_is_killed_and_loses_nothing(tmp_path: Path) -> None:
    async with owner_of(tmp_path) as owner:
        await write(owner.url, 100)
        await owner.kill()
        begun = time.monotonic()
        async with embedded(tmp_path) as server:  # at once: it waits until the orphan is gone
            assert has_ended(owner.server)
            assert await count(server.url) == 100
        assert time.monotonic() - begun < 5


async def test_a_killed_server_comes_back_with_all_it_held(tmp_path: Path) -> None:
    async with owner_of(tmp_path) as owner:
        await write(owner.url, 100)
        owner.server.kill()

        async def back() -> bool:
            try:
                return await count(owner.url) == 100
            except (StoreAway, WorldError):
                return False

        await until(back, 5, every=0.05)
        assert psutil.Process(owner.process.pid).children()[0].pid != owner.server.pid


async def test_a_second_owner_is_refused(tmp_path: Path) -> None:
    async with embedded(tmp_path) as server:
        await write(server.url, 1)
        second = EmbeddedServer(tmp_path)
        with pytest.raises(WorldError) as refused:
            await second.start()
        await second.stop()
        said = str(refused.value)
        assert said.startswith(f"LABJAM_DATA: {tmp_path} is in use by another labjam (process ")
        assert "REDIS_URL" in said
        assert "\n" not in said
        assert await count(server.url) == 1


@linux_only
async def test_a_server_that_outlives_its_owner_is_waited_for(tmp_path: Path) -> None:
    """Two servers on one append-only file would destroy it: the folder is free when the old one is gone."""
    async with owner_of(tmp_path) as owner:
        await write(owner.url, 100)
        owner.server.suspend()
        await owner.kill()
        new = EmbeddedServer(tmp_path)
        starting = asyncio.create_task(new.start())
        await asyncio.wait([starting], timeout=0.5)
        assert not starting.done()
        owner.server.resume()
        await asyncio.wait_for(starting, 5)
        assert await count(new.url) == 100
        await new.stop()


async def test_a_folder_with_a_long_path(tmp_path: Path) -> None:
    """A socket's path holds 107 bytes; a home directory on a cluster can be longer."""
    folder = tmp_path / ("a" * 60) / ("é" * 60)
    for n in range(2):
        async with embedded(folder) as server:
            socket = Path(server.url.removeprefix("unix://"))
            assert len(str(socket).encode()) <= 100
            assert await count(server.url) == (5 if n else 0)
            await write(server.url, 5)
        assert not socket.parent.exists()


@pytest.mark.parametrize("folder", ["/proc/labjam", "/dev/null/labjam"])
async def test_a_folder_that_cannot_be_written(folder: str) -> None:
    server = EmbeddedServer(Path(folder))
    with pytest.raises(WorldError, match=rf"^LABJAM_DATA: {folder}: .+\. Name a folder .+\.$"):
        await server.start()
    await server.stop()


async def test_a_broken_file_is_named(tmp_path: Path) -> None:
    async with embedded(tmp_path) as server:
        await write(server.url, 100)
    damaged = next((tmp_path / "appendonlydir").glob("*.incr.aof"))
    damaged.write_bytes(b"not a log\n" * 50)
    server = EmbeddedServer(tmp_path)
    with pytest.raises(WorldError, match=r"^LABJAM_DATA: .*does not start\. Its last words: .+") as refused:
        await server.start()
    await server.stop()
    assert "\n" not in str(refused.value)


async def test_ctrl_c_in_the_terminal_is_not_the_servers(tmp_path: Path) -> None:
    """Only its owner ends it: a worker that drains still needs it."""
    async with owner_of(tmp_path) as owner:
        assert os.getpgid(owner.server.pid) != os.getpgid(owner.process.pid)
