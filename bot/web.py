"""The web server: Slack's HTTP mode, health, readiness and metrics."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.errors import WorldError

Ready = Callable[[], Awaitable[str]]
"""What is missing before this process can do its work; empty when nothing is."""


class Web:
    """Serves `/healthz`, `/readyz`, `/metrics`, and in HTTP mode `/slack/events`."""

    def __init__(self, address: tuple[str, int], ready: Ready, slack: AsyncApp | None) -> None:
        self._address = address
        self._ready = ready
        self._slack = slack
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; WorldError where the address is taken."""
        app = web.Application(client_max_size=1 << 20)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        if self._slack:
            app.router.add_post("/slack/events", self._events)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        host, port = self._address
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self.stop()
            raise WorldError(f"LABJAM_HTTP: {host}:{port}: {error.strerror}. Name another address.") from None

    async def stop(self) -> None:
        """Answer what is being asked, then close."""
        if self._runner:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        missing = await self._ready()
        return web.Response(status=503 if missing else 200, text=f"{missing or 'ready'}\n")

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _events(self, request: web.Request) -> web.Response:
        assert self._slack  # noqa: S101 - the route exists only with it
        return await to_aiohttp_response(await self._slack.async_dispatch(await to_bolt_request(request)))
