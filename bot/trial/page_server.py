"""Serves the trial's page from package data, its files, and the WebSocket it is fed by; loopback only."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web

from bot.errors import WorldError
from bot.trial.cast import first_person
from bot.trial.feed import Feed, Page
from bot.trial.page_acts import Acts, Refused

PAGE = Path(__file__).parent / "page"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Shown in the page; every other file is only handed over to be saved."""
FRAME_BYTES = 32 * 1024 * 1024
OURS = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PageServer:
    """The page on one port; every tab is somebody in the workspace."""

    def __init__(self, feed: Feed, acts: Acts) -> None:
        self._feed = feed
        self._acts = acts
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    async def start(self, port: int) -> None:
        """Listen; WorldError where the port is taken."""
        app = web.Application(middlewares=[_guarded])
        app.router.add_get("/", self._index)
        app.router.add_get("/feed", self._feed_page)
        app.router.add_get("/files/{id}", self._file)
        app.router.add_get(r"/page/{name:(vendor/)?[a-z0-9-]+(\.[a-z0-9]+)+}", self._asset)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", port).start()
        except OSError as error:
            await self.stop()
            why = os.strerror(error.errno or 0)
            raise WorldError(f"--port {port}: {why}. Name another one; --port 0 takes a free one.") from None
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._spawn(self._feed.watch())

    async def stop(self) -> None:
        """Close every tab's socket, then the port."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for page in list(self._feed.pages):
            await page.socket.close(code=1001)
        if self._runner:
            await self._runner.cleanup()

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return _asset(PAGE / "index.html")

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        return _asset(PAGE / request.match_info["name"])

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self._feed.slack.workspace.files.get(request.match_info["id"])
        if not file:
            raise web.HTTPNotFound
        if file.mimetype in PICTURES:
            return web.Response(body=file.content, content_type=file.mimetype)
        kept = {"Content-Disposition": "attachment"}
        return web.Response(body=file.content, content_type="application/octet-stream", headers=kept)

    async def _feed_page(self, request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin", "")
        if urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="only labjam's own page may talk here")
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=FRAME_BYTES)
        await socket.prepare(request)
        page = Page(socket, self._known(request.query.get("user", "")))
        writer = asyncio.ensure_future(page.write())
        try:
            self._feed.welcome(page)
            self._feed.pages.append(page)
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._spawn(self._act(page, frame.data))
        finally:
            if page in self._feed.pages:
                self._feed.pages.remove(page)
            writer.cancel()
        return socket

    def _known(self, user: str) -> str:
        ws = self._feed.slack.workspace
        person = ws.people.get(user)
        return user if person and not person.is_bot else first_person(ws)

    async def _act(self, page: Page, text: str) -> None:
        try:
            act: Any = json.loads(text)
            number = act.get("id")
        except (ValueError, AttributeError):
            return
        try:
            done = await self._acts.do(page.user, act)
        except Refused as why:
            page.send("done", id=number, ok=False, error=str(why))
        else:
            page.send("done", id=number, ok=True, **done)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _asset(path: Path) -> web.Response:
    kind = TYPES.get(path.suffix)
    if not kind or not path.is_file():
        raise web.HTTPNotFound
    return web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8")


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse names that a stranger's DNS could point at this machine, and say what the page may do."""
    if urlsplit(f"//{request.host}").hostname not in OURS:
        raise web.HTTPForbidden(text="open this page by the address that labjam printed")
    response = await handler(request)
    if not response.prepared:
        response.headers.update(HEADERS)
    return response
