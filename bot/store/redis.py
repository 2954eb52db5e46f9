"""The connection to Redis, Valkey or a Redis Cluster, and the scripts that run there."""

import hashlib
import secrets
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, Self

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.exceptions import NoScriptError, RedisError, ResponseError

from bot.errors import StoreAway, UsageError, WorldError
from bot.store import keys
from bot.store.batching import BatchingRedis

OLDEST_SERVER = (6, 2)
"""XAUTOCLAIM and exclusive ranges came with Redis 6.2."""

_CONNECTIONS = 32

_ADDRESSES = (
    "Set it to redis://host:6379, rediss://host:6379 (TLS) or unix:///path; "
    "in a password write / as %2F, # as %23, ? as %3F and @ as %40."
)


class Store:
    """One process's connections; any failure to reach or write comes out as StoreAway."""

    def __init__(self, client: "Redis | RedisCluster", shards: int) -> None:
        self.client: Any = client  # the two clients share their commands, not their types
        self.shards = shards
        self._scripts = {path.name[:-4]: _Script(path.name) for path in _script_files()}

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Connect and look at the server; UsageError or WorldError says what is wrong with `url`."""
        single: Any = BatchingRedis.from_pool(_pool(url))  # and closes it with itself
        try:
            clustered = await _look_at(single)
        except WorldError:
            await single.aclose()
            raise
        if not clustered:
            return cls(single, 1)
        await single.aclose()
        return cls(_cluster(url), keys.CLUSTER_SHARDS)

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()

    async def run(self, script: str, shard: int, *args: str | int | float) -> Any:
        """Run `scripts/<script>.lua` atomically in one shard."""
        async with reachable():
            return await self._scripts[script].run(self.client, keys.active(shard), args)

    async def ping(self) -> None:
        """Raise StoreAway unless the server answers."""
        async with reachable():
            await self.client.ping()

    async def pseudonym_key(self) -> bytes:
        """The secret that turns people's ids into pseudonyms; the first process makes it."""
        async with reachable():
            await self.client.set(keys.PSEUDONYM, secrets.token_hex(32), nx=True)
            return bytes.fromhex(await self.client.get(keys.PSEUDONYM))

    def shard(self, mailbox: str) -> int:
        """The shard a mailbox lives in."""
        return keys.shard_of(mailbox, self.shards)


@asynccontextmanager
async def reachable() -> AsyncGenerator[None]:
    """Turn every way in which Redis can fail into StoreAway."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise StoreAway(_why(error)) from error


def by_stream(found: Any) -> Iterable[tuple[str, Sequence[tuple[str, Mapping[str, str]]]]]:
    """Each stream's entries, as XREAD and XREADGROUP give them."""
    # RESP3 answers with a map, and wraps each stream's entries in one more list than RESP2.
    for stream, entries in found.items() if hasattr(found, "items") else found or ():
        yield stream, entries[0] if entries and isinstance(entries[0], list) else entries


class _Script:
    """One Lua script: called by its hash, sent whole where the server does not know it."""

    def __init__(self, name: str) -> None:
        folder = files("bot.store") / "scripts"
        prelude, body = folder.joinpath("_engine.lua"), folder.joinpath(name)
        self._source = prelude.read_text(encoding="utf-8") + body.read_text(encoding="utf-8")
        self._sha = hashlib.sha1(self._source.encode(), usedforsecurity=False).hexdigest()

    async def run(self, client: Any, key: str, args: tuple[str | int | float, ...]) -> Any:
        try:
            return await client.evalsha(self._sha, 1, key, *args)
        except NoScriptError:
            return await client.eval(self._source, 1, key, *args)


def _script_files() -> list[Any]:
    folder = files("bot.store") / "scripts"
    return [path for path in folder.iterdir() if path.name.endswith(".lua") and path.name[0] != "_"]


def _pool(url: str) -> BlockingConnectionPool:
    # The default pool raises at its 101st concurrent command; this one waits for a free connection.
    try:
        return BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType] - **kwargs
            url, max_connections=_CONNECTIONS, timeout=30, socket_timeout=10, decode_responses=True
        )
    except ValueError:  # its text quotes parts of the URL, which may be parts of a password
        raise UsageError(f"REDIS_URL: not an address of Redis. {_ADDRESSES}") from None


def _cluster(url: str) -> RedisCluster:
    # Its pools can't wait for a free connection, so they are large.
    return RedisCluster.from_url(url, max_connections=1024, socket_timeout=10, decode_responses=True)


async def _look_at(server: Any) -> bool:
    """Whether this is a node of a cluster; WorldError where it is away or too old."""
    try:
        info: dict[str, Any] = await server.info()
    except (RedisError, OSError) as error:
        raise WorldError(f"REDIS_URL: {_why(error)}. Is the server up, and the address right?") from None
    version = str(info["redis_version"])
    parts = version.split(".")
    if (int(parts[0]), int(parts[1])) < OLDEST_SERVER:
        raise WorldError(f"REDIS_URL: the server is Redis {version}; labjam needs 6.2 or newer, or Valkey 8.")
    return bool(info.get("cluster_enabled"))


def _why(error: BaseException) -> str:
    """One line without the URL, which may carry a password."""
    if isinstance(error, ResponseError):
        return str(error).splitlines()[0][:200]
    return type(error).__name__ if not str(error) else str(error).splitlines()[0][:200]
