"""Passes a trial's questions on to the model that serves now, so that another can take over."""

import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.trial.model_script import error_body


@dataclass(frozen=True, slots=True)
class Upstream:
    """A model server; `name` is what a request asks it for."""

    base_url: str
    name: str


class Relay:
    """An endpoint in front of `to`, which may change: answers that run end where they began."""

    def __init__(self, to: Upstream) -> None:
        self.to = to
        self.base_url = ""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        patience = aiohttp.ClientTimeout(total=None, sock_connect=5.0)  # the bot has its own limits
        session = await self._stack.enter_async_context(aiohttp.ClientSession(timeout=patience))
        # handler_cancellation: a question that is stopped must not keep a small model busy
        handle = partial(self._pass_on, session)
        server = web.Server(handle, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _pass_on(self, session: aiohttp.ClientSession, request: web.BaseRequest) -> web.StreamResponse:
        to, response = self.to, web.StreamResponse()
        try:
            async with session.request(
                request.method,
                to.base_url + request.path.removeprefix("/v1"),
                data=await _renamed(request, to.name),
                headers={"Content-Type": "application/json"},
            ) as got:
                response.set_status(got.status)
                response.headers["Content-Type"] = got.headers.get("Content-Type", "application/json")
                await response.prepare(request)
                async for chunk in got.content.iter_any():
                    await response.write(chunk)
        except aiohttp.ClientError:
            if not response.prepared:
                return web.json_response(error_body("overloaded"), status=503)
            if request.transport:
                request.transport.abort()  # so that the bot sees it was cut
        return response


async def _renamed(request: web.BaseRequest, model: str) -> bytes | None:
    """The body, asking for the model that serves now: the answer's small print shows its name."""
    if request.method != "POST":
        return None
    body: dict[str, Any] = await request.json()
    return json.dumps(body | {"model": model}).encode()
