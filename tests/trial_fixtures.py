"""A local Slack with the real clients connected to it, and `until`, for the tests of bot.trial."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.trial.server import LocalSlack


async def until(predicate: Callable[[], Any], timeout: float = 5.0) -> None:
    """Wait for `predicate` to come true; AssertionError after `timeout` seconds."""
    end = time.monotonic() + timeout
    while not predicate():
        assert time.monotonic() < end, "did not come true in time"
        await asyncio.sleep(0.005)


@asynccontextmanager
async def web_client(slack: LocalSlack, token: str | None = None) -> AsyncGenerator[Any, None]:
    """The real AsyncWebClient, without retries, on one session; Any, as its own types are not complete."""
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            token or slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
        )


@dataclass
class Bolt:
    """A real Bolt app (AsyncApp) and client (AsyncWebClient) on Socket Mode that remember what they heard."""

    app: Any
    client: Any
    handlers: list[AsyncSocketModeHandler] = field(default_factory=list[AsyncSocketModeHandler])
    heard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    retries: list[str] = field(default_factory=list[str])

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of one type, or subtype."""
        return [event for event in self.heard if kind in (event["type"], event.get("subtype"))]


@asynccontextmanager
async def bolt(slack: LocalSlack, sockets: int = 1, *, listen: bool = True) -> AsyncGenerator[Bolt, None]:
    """A Bolt app with `sockets` connections; with `listen` it acks and records every event."""
    async with web_client(slack) as client:
        one = Bolt(AsyncApp(client=client), client)

        async def record(body: dict[str, Any], req: Any, next_: Any) -> None:
            one.bodies.append(body)
            one.retries.append(req.headers.get("x-slack-retry-num", [""])[0])
            await next_()

        async def hear(event: dict[str, Any]) -> None:
            one.heard.append(event)

        one.app.use(record)
        if listen:
            for kind in (
                "message",
                "app_mention",
                "reaction_added",
                "member_joined_channel",
                "app_home_opened",
            ):
                one.app.event(kind)(hear)
            one.app.event("agent_session_stopped")(hear)
        for _ in range(sockets):
            handler = AsyncSocketModeHandler(one.app, slack.app_token, ping_interval=1)
            one.handlers.append(handler)
            await handler.connect_async()
        await until(lambda: len(slack.sockets.live) == sockets)
        try:
            yield one
        finally:
            for handler in one.handlers:
                await handler.close_async()


async def refusal(call: Awaitable[Any]) -> Any:
    """Slack's answer (status_code, headers and the body's fields) to a call that must fail."""
    try:
        await call
    except SlackApiError as raised:
        return cast("Any", raised).response
    raise AssertionError("Slack did not refuse")


@dataclass
class Clock:
    """A clock that stands still until told."""

    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now
