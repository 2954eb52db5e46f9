"""Socket Mode: two connections, so that Slack can renew one while the other listens, and a watchdog."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import WorldError
from bot.slack.client import proxy_for
from bot.slack.failure import read_failure

log = logging.getLogger(__name__)

CONNECTIONS = 2
"""Slack allows ten for an app: https://docs.slack.dev/apis/events-api/using-socket-mode"""

_LOOK_EVERY = 1.0
_WEDGED_AFTER = 5.0

_REMEDY = (
    "create one under Basic Information, App-Level Tokens, with the scope connections:write (xapp-…), "
    "and switch Socket Mode on"
)


class Sockets:
    """Keeps the app's WebSockets open for as long as it lives."""

    def __init__(
        self, app: AsyncApp, client: AsyncWebClient, app_token: str, *,
        ping_interval: float = 10.0, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._app = app
        self._client = client
        self._app_token = app_token
        self._ping_interval = ping_interval
        self._clock = clock
        self._handlers: list[AsyncSocketModeHandler] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to connect; WorldError where Slack does not take the token, which would be tried for ever.

        Does not wait for the connections: the client's first attempt can get stuck like any other.
        """
        await try_app_token(self._client, self._app_token)
        # slack_sdk logs WebSocket addresses, which are one-time secrets, and whole payloads.
        silent = logging.getLogger("labjam.sockets")
        silent.setLevel(logging.CRITICAL)
        for _ in range(CONNECTIONS):
            handler = AsyncSocketModeHandler(
                self._app, self._app_token, silent, self._client, ping_interval=self._ping_interval
            )
            handler.client.proxy = proxy_for(self._client.base_url)  # slack_sdk does not know NO_PROXY
            self._handlers.append(handler)
            self._tasks.append(asyncio.create_task(handler.connect_async()))
        self._tasks.append(asyncio.create_task(self._keep_watch()))

    async def stop(self) -> None:
        """Close every socket; what arrives from now on goes to another process, or comes again."""
        for task in self._tasks:
            task.cancel()
        for handler in self._handlers:
            await handler.close_async()

    async def connected(self) -> bool:
        """Whether at least one socket is open."""
        return any([await handler.client.is_connected() for handler in self._handlers])

    async def _keep_watch(self) -> None:
        """Free a client that is stuck.

        slack_sdk repeats a refused WebSocket address for ever and asks for no new one. Where a
        connection stays away, its address is dropped, so that the next repetition asks.
        """
        away_since: dict[int, float] = {}
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            for i, handler in enumerate(self._handlers):
                if await handler.client.is_connected():
                    away_since.pop(i, None)
                elif self._clock() - away_since.setdefault(i, self._clock()) > _WEDGED_AFTER:
                    handler.client.wss_uri = None
                    away_since.pop(i)
                    await self._say_why(i)

    async def _say_why(self, socket: int) -> None:
        try:
            await try_app_token(self._client, self._app_token)
        except WorldError as error:
            log.error("socket away", extra={"socket": socket, "why": str(error)})
        else:
            log.warning("socket away, asking Slack for a new address", extra={"socket": socket})


async def try_app_token(client: AsyncWebClient, app_token: str) -> None:
    """Ask Slack for a connection once; WorldError names the setting and the remedy."""
    untyped: Any = client
    try:
        await untyped.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        failure = read_failure(error)
        word = failure.word or f"HTTP {failure.status}"
        raise WorldError(f"SLACK_APP_TOKEN: {word}: {_REMEDY}.") from None
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise WorldError(
            f"SLACK_API_URL: {client.base_url} does not answer ({type(error).__name__})."
        ) from None
