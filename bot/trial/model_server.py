"""A scripted OpenAI-compatible server: Chat Completions, Responses and the model list, over real sockets."""

import argparse
import asyncio
import time
from collections import deque
from dataclasses import replace
from typing import Any, Self

from aiohttp import web

from bot.trial.model_script import (
    Frames,
    Plan,
    Reply,
    Script,
    SeenRequest,
    error_body,
    frames,
    whole,
)


class ModelServer:
    """Answers each request as `script` says, and remembers what it was asked.

    Counters: `concurrent` streams now, `aborted` streams whose client went away, `connections` ever opened.
    """

    def __init__(self, script: Script | None = None, *, models: tuple[str, ...] = ("scripted",)) -> None:
        self.script: Script = script or Plan()
        self.models: list[dict[str, Any]] = [
            {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": "labjam"} for name in models
        ]
        self.streams = True  # False: answers whole, whatever the request asks for
        self.moderates = True
        self.flags: dict[str, str] = {}  # word -> the moderation category that it is flagged for
        self.lists_models = True  # False: GET /models is a 404, as at some lab endpoints
        self.requests: deque[SeenRequest] = deque(maxlen=10_000)
        self.concurrent = 0
        self.aborted = 0
        self.base_url = ""
        self._peers: set[object] = set()
        self._runner: web.ServerRunner | None = None

    @property
    def connections(self) -> int:
        """How many TCP connections have carried a request."""
        return len(self._peers)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; 0 takes a free port, `base_url` then says which."""
        # handler_cancellation: a client that goes away must end its stream at once, as at a real endpoint
        self._runner = web.ServerRunner(
            web.Server(self._handle, handler_cancellation=True, access_log=None), shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.base_url = f"http://{host}:{self._runner.addresses[0][1]}/v1"

    async def stop(self) -> None:
        """Close the socket and every open stream."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.transport is not None:
            self._peers.add(request.transport.get_extra_info("peername"))
        body: dict[str, Any] = await request.json() if request.method == "POST" else {}
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = SeenRequest(request.path, body, headers, time.monotonic())
        self.requests.append(seen)
        if request.path == "/v1/models" and self.lists_models:
            return web.json_response({"object": "list", "data": self.models})
        if request.path == "/v1/moderations":
            return self._moderated(body)
        if request.path not in ("/v1/chat/completions", "/v1/responses"):
            return web.json_response(error_body("unknown_url"), status=404)
        reply = self.script(seen)
        if reply.status != 200:
            return web.json_response(error_body(reply.code), status=reply.status, headers=dict(reply.headers))
        if not (body.get("stream") and self.streams):
            return web.json_response(whole(seen, reply))
        return await self._stream(request, seen, reply)

    def _moderated(self, body: dict[str, Any]) -> web.Response:
        """Flags what holds one of `flags`, as OpenAI's moderation would; a 503 while it `moderates` not."""
        if not self.moderates:
            return web.json_response(error_body("overloaded"), status=503)
        results = [
            {"flagged": bool(found), "categories": {"violence": False} | dict.fromkeys(found, True)}
            for text in body["input"]
            for found in [[name for word, name in self.flags.items() if word in text]]
        ]
        return web.json_response({"id": "modr-1", "model": body["model"], "results": results})

    async def _stream(self, request: web.BaseRequest, seen: SeenRequest, reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        self.concurrent += 1
        try:
            await response.prepare(request)
            await _play(request, response, frames(seen, reply), reply)
        except (asyncio.CancelledError, ConnectionError):
            self.aborted += 1
            raise
        finally:
            self.concurrent -= 1
        return response


async def _play(request: web.BaseRequest, response: web.StreamResponse, play: Frames, reply: Reply) -> None:
    """Send an answer's events in their time, then end as the reply says."""
    await response.write(b"".join(play.opening))
    if reply.wait:
        await asyncio.sleep(reply.wait)
    pieces = play.pieces if reply.text else []
    if reply.after is not None:
        pieces = pieces[: reply.after]
    await _drip(response, pieces, reply.seconds / max(1, len(play.pieces) - 1))
    if reply.ending == "stall":
        await asyncio.Event().wait()
    elif reply.ending == "drop":
        _hang_up(request)
    elif reply.ending == "failed":
        await response.write(play.failed)
    elif reply.ending != "cut":
        await _close(request, response, play.closing, reply)


async def _close(
    request: web.BaseRequest, response: web.StreamResponse, closing: list[bytes], reply: Reply
) -> None:
    """Send what follows the text: the reason of the end, the usage, the mark that nothing more comes."""
    if reply.ending == "torn":
        await response.write(b"".join(closing)[: -len(closing[-1])] + closing[-1][:9])
        await asyncio.sleep(0.01)  # an abort at once would throw away what the socket has not sent
        _hang_up(request)
    elif reply.closing_gap:
        for event in closing:
            await response.write(event)
            await asyncio.sleep(reply.closing_gap)
    else:
        await response.write(b"".join(closing))


def _hang_up(request: web.BaseRequest) -> None:
    """Close the connection without a word."""
    if request.transport is not None:
        request.transport.abort()


async def _drip(response: web.StreamResponse, pieces: list[bytes], gap: float) -> None:
    """Write one piece every `gap` seconds by the clock: what is late goes out together."""
    if not gap:
        await response.write(b"".join(pieces))
        return
    loop = asyncio.get_running_loop()
    start, sent = loop.time(), 0
    while sent < len(pieces):
        # at least one: an event loop may wake us a little early
        due = min(len(pieces), max(sent, int((loop.time() - start) / gap)) + 1)
        await response.write(b"".join(pieces[sent:due]))
        sent = due
        await asyncio.sleep(max(0.0, start + sent * gap - loop.time()))


async def _serve(host: str, port: int, shape: Reply) -> None:
    plan = Plan()
    server = ModelServer(lambda seen: replace(shape, text=plan(seen).text))
    await server.start(host, port)
    print(server.base_url, flush=True)  # noqa: T201 - whoever started us reads the address here
    try:
        await asyncio.Event().wait()
    finally:
        await server.stop()


def main() -> None:
    """Serve until interrupted; prints the base URL once it listens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pieces", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=1.5, help="from the first piece to the last")
    options = parser.parse_args()
    shape = Reply(pieces=options.pieces, seconds=options.seconds)
    try:
        asyncio.run(_serve(options.host, options.port, shape))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
