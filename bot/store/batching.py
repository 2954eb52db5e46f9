"""A Redis client that sends what is asked of it at the same time in one round trip."""

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as Broken

SENDERS = 2
"""Round trips under way at once: what is asked for meanwhile goes together in the next one."""

MOST = 32
"""Commands in one round trip: more would save little, and wake up too many at once."""

_ALONE = {"XREADGROUP"}
"""What waits in the server for something to happen."""


class BatchingRedis(Redis):
    """Most of what a command costs this process, it costs once for all that go together.

    They are no transaction: each succeeds or fails by itself, and a connection that breaks fails them all.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._plain: Any = super()  # half untyped, so that a strict checker learns nothing from it
        self._plain.__init__(*args, **kwargs)
        self._wanted: list[_Command] = []
        self._senders: set[asyncio.Task[Any]] = set()

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run one command."""
        if args[0] in _ALONE:
            return await self._plain.execute_command(*args, **options)
        command = _Command(args, options)
        self._wanted.append(command)
        if len(self._senders) < SENDERS:
            sender = asyncio.create_task(self._send())
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        return await command.answer

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close every connection; what is under way is not waited for."""
        for sender in self._senders:
            sender.cancel()
        await asyncio.gather(*self._senders, return_exceptions=True)
        for command in self._wanted:
            command.end(Broken("closed"))
        await super().aclose(close_connection_pool)

    async def _send(self) -> None:
        try:
            while wanted := [command for command in self._wanted if not command.answer.done()]:
                wanted, self._wanted = wanted[:MOST], wanted[MOST:]
                await self._send_some(wanted)
        finally:  # before anybody whom we woke up asks for more: a task's callbacks come later
            if sender := asyncio.current_task():
                self._senders.discard(sender)

    async def _send_some(self, wanted: "list[_Command]") -> None:
        try:
            for command, answer in zip(wanted, await self._answers(wanted), strict=True):
                command.end(answer)
        except BaseException as error:
            for command in wanted:
                command.end(error)
            if not isinstance(error, Exception):
                raise

    async def _answers(self, wanted: "list[_Command]") -> list[Any]:
        if len(wanted) == 1:
            return [await self._plain.execute_command(*wanted[0].args, **wanted[0].options)]
        pipeline: Any = self.pipeline(transaction=False)
        for command in wanted:
            pipeline.execute_command(*command.args, **command.options)
        return await pipeline.execute(raise_on_error=False)


class _Command:
    """One command and the future of its answer."""

    def __init__(self, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.args = args
        self.options = options
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def end(self, answer: Any) -> None:
        """Give the answer, or the error that came in its place, to whoever still waits."""
        if self.answer.done():
            return
        if isinstance(answer, asyncio.CancelledError):
            self.answer.cancel()
        elif isinstance(answer, BaseException):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)
