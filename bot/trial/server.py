"""The local Slack: a workspace on loopback that unmodified Slack clients talk to over HTTP and WebSocket."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Self

from aiohttp import web

from bot.trial.acts import PeopleActs
from bot.trial.changes import Changes
from bot.trial.delivery import Delivery
from bot.trial.faults import Faults
from bot.trial.interactions import Interactions
from bot.trial.people import App, Person, Team
from bot.trial.rates import RateLimits
from bot.trial.responses import respond
from bot.trial.site import Site
from bot.trial.sockets import Sockets
from bot.trial.triggers import Triggers
from bot.trial.webapi import Call, WebApi
from bot.trial.webhook import Webhook
from bot.trial.workspace import Workspace

UPLOAD_BYTES = 64 * 1024 * 1024


class LocalSlack(PeopleActs, Interactions):
    """A Slack workspace on loopback that unmodified slack clients can talk to.

    Seconds everywhere: `stream_life` from chat.startStream to a broken stream, `ack_timeout` for an ack,
    `redelivery` the pauses before each redelivery of an un-acked event. `rates` None means no rate limits.
    `calls_kept` bounds the record of Web API calls, 0 keeps none.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        rates: RateLimits | None = None,
        stream_life: float = 300.0,
        stream_chars: int | None = None,
        ack_timeout: float = 3.0,
        redelivery: tuple[float, ...] = (1.0, 60.0, 300.0),
        calls_kept: int = 50_000,
        team_name: str = "Local Lab",
        app_name: str = "labjam",
    ) -> None:
        self.clock = clock
        self.bot_token = "xoxb-local-bot"  # noqa: S105
        self.app_token = "xapp-local-app"  # noqa: S105
        self.signing_secret = "local-signing-secret"  # noqa: S105
        self.faults = Faults()
        app = App(id="A0LOCALAPP", name=app_name, bot_user="U0LOCALBOT", bot_id="B0LOCALBOT")
        team = Team("T0LOCALHOME", team_name, team_name.lower().replace(" ", "-"))
        bot = Person(app.bot_user, app_name, team.id, is_bot=True)
        self.workspace = Workspace(clock, app, teams={team.id: team}, people={bot.id: bot})
        self.sockets = Sockets(clock, self.faults, app.id)
        self.delivery = Delivery(self.sockets, self.faults, ack_timeout, redelivery)
        self.sockets.on_ack = self.delivery.ack
        self.sockets.on_connect = self.delivery.connected
        self.changes = Changes(self.workspace, self.delivery)
        self.site = Site(
            self.workspace, self.changes, self.sockets, Triggers(clock), stream_life, stream_chars
        )
        self.api = WebApi(
            self.site, self.faults, clock, self.bot_token, self.app_token, rates, deque(maxlen=calls_kept)
        )
        self._runner: web.ServerRunner | None = None
        self._webhook: Webhook | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def api_url(self) -> str:
        """Where the Web API is, to be given as SLACK_API_URL."""
        return f"{self.workspace.app.site}api/"

    @property
    def calls(self) -> deque[Call]:
        """The Web API calls so far, oldest first; bounded by `calls_kept`."""
        return self.api.calls

    def calls_of(self, method: str) -> list[Call]:
        """The Web API calls of one method, oldest first."""
        return [call for call in self.api.calls if call.method == method]

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        server = web.Server(self._serve, access_log=None, handler_cancellation=False)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        listener = web.TCPSite(self._runner, host, port, backlog=2048)
        await listener.start()
        bound = self._runner.addresses[0][1]
        self.workspace.app.site = f"http://{host}:{bound}/"

    async def stop(self) -> None:
        """Close every socket and stop listening; what is not acked is forgotten."""
        self.faults.thaw()
        self.delivery.stop()
        if self._webhook:
            await self._webhook.close()
        await self.sockets.close()
        if self._runner:
            await self._runner.cleanup()

    async def use_http(self, request_url: str) -> str:
        """Switch from sockets to a request URL; returns the app's answer to Slack's url_verification."""
        if self._webhook:
            await self._webhook.close()
        self._webhook = Webhook(request_url, self.signing_secret, self.clock, self.faults, self.delivery)
        answer = await self._webhook.verify()
        self.delivery.carrier = self._webhook
        self.delivery.connected()
        return answer

    async def refresh_sockets(self, reason: str = "refresh_requested") -> None:
        """Ask all sockets to reconnect; `reason` is warning, refresh_requested or link_disabled."""
        self.sockets.refresh(reason)

    async def drop_sockets(self) -> None:
        """Abort all sockets without a goodbye."""
        self.sockets.drop()

    async def settled(self, timeout: float = 5.0) -> None:
        """Wait until the app has acked all there is; TimeoutError after `timeout` seconds."""
        await asyncio.wait_for(self.delivery.idle.wait(), timeout)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/api/"):
            return await self.api.serve(request)
        if path.startswith("/link"):
            return await self.sockets.serve(request)
        if path.startswith("/hooks/"):
            return await respond(self.site, request)
        if path.startswith("/upload/v1/"):
            return await self._upload(request)
        if path.startswith("/files-pri/"):
            return self._download(request)
        return web.Response(status=404, text="not found")

    async def _upload(self, request: web.BaseRequest) -> web.Response:
        file = self.workspace.files.get(request.path.rpartition("/")[2])
        if not file or file.complete:
            return web.Response(status=404, text="no such upload")
        if self.faults.take("upload"):
            return web.Response(status=503, text="try again")
        body = bytearray()
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > UPLOAD_BYTES:
                return web.Response(status=413, text="too large")
        file.content, file.size = bytes(body), len(body)
        return web.Response(text=f"OK - {file.size}")

    def _download(self, request: web.BaseRequest) -> web.Response:
        """A file's bytes; without a good token Slack answers 200 with its sign-in page."""
        owner = request.path.split("/")[2]
        file = self.workspace.files.get(owner.rpartition("-")[2])
        allowed = request.headers.get("Authorization") == f"Bearer {self.bot_token}"
        if not allowed or "files:read" not in self.workspace.app.scopes:
            return web.Response(
                text="<!DOCTYPE html><title>Sign in | Slack</title>", content_type="text/html"
            )
        if not file:
            return web.Response(status=404, text="file_not_found")
        return web.Response(body=file.content, content_type=file.mimetype)
