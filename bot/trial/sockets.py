"""Socket Mode: one-time tickets, WebSockets to the app, acks, refreshes and aborts."""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from bot.trial.delivery import Envelope
from bot.trial.faults import Faults

MOST_SOCKETS = 10
"""Slack: https://docs.slack.dev/apis/events-api/using-socket-mode#connections"""
TICKET_LIFE = 30.0
"""Seconds a ticket is good for; Slack gives no number."""

Ack = Callable[[str, dict[str, Any] | None], None]


@dataclass(slots=True, eq=False)
class Socket:
    """One live WebSocket and what waits to be written to it."""

    ws: web.WebSocketResponse
    request: web.BaseRequest
    outgoing: asyncio.Queue[str]

    def send(self, frame: str) -> None:
        """Queue a frame."""
        self.outgoing.put_nowait(frame)

    def abort(self) -> None:
        """Cut the TCP connection without a closing handshake."""
        if self.request.transport:
            self.request.transport.abort()


@dataclass(slots=True, eq=False)
class Sockets:
    """All live sockets of the app; envelopes go round robin, as Slack picks any connection."""

    clock: Callable[[], float]
    faults: Faults
    app_id: str
    live: list[Socket] = field(default_factory=list[Socket])
    tickets: dict[str, float] = field(default_factory=dict[str, float])
    turn: int = 0
    opened: int = 0
    refused: int = 0
    on_ack: Ack | None = None
    on_connect: Callable[[], None] | None = None

    @property
    def ready(self) -> bool:
        """Whether the app has a socket open."""
        return bool(self.live)

    @property
    def late(self) -> str:
        """The retry_reason of redelivered envelopes, the only one seen in Socket Mode."""
        return "timeout"

    def ticket(self) -> str:
        """A new one-time ticket."""
        ticket = uuid.uuid4().hex
        self.tickets[ticket] = self.clock() + TICKET_LIFE
        return ticket

    def send(self, envelope: Envelope) -> None:
        """Write an envelope to the next socket in turn."""
        self.turn += 1
        self.live[self.turn % len(self.live)].send(envelope.frame())

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Take a WebSocket handshake, or refuse its ticket with 403."""
        until = self.tickets.pop(request.query.get("ticket", ""), 0.0)
        if self.faults.refuse_tickets or until < self.clock():
            self.refused += 1
            return web.Response(status=403, text="invalid ticket")
        ws = web.WebSocketResponse(autoping=False, compress=False, timeout=0.5)
        await ws.prepare(request)
        if len(self.live) >= MOST_SOCKETS:
            await ws.send_str(self._disconnect("too_many_websockets"))
            await ws.close()
            return ws
        socket = Socket(ws, request, asyncio.Queue())
        writer = asyncio.ensure_future(self._write(socket))
        try:
            await self._open(socket)
            await self._read(socket)
        finally:
            if socket in self.live:
                self.live.remove(socket)
            writer.cancel()
        return ws

    def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every socket to reconnect, as Slack does every few hours; `warning` comes ~10 s earlier."""
        for socket in self.live:
            socket.send(self._disconnect(reason))

    def drop(self) -> None:
        """Abort every TCP connection, as when a network dies."""
        for socket in list(self.live):
            socket.abort()
        self.live.clear()

    async def close(self) -> None:
        """Close every socket politely."""
        for socket in list(self.live):
            await socket.ws.close(code=1001)

    async def _open(self, socket: Socket) -> None:
        self.opened += 1
        hello: dict[str, Any] = {"type": "hello", "num_connections": len(self.live) + 1}
        hello["connection_info"] = {"app_id": self.app_id}
        hello["debug_info"] = {
            "host": "applink-local",
            "build_number": 1,
            "approximate_connection_time": 18060,
        }
        socket.send(json.dumps(hello))
        self.live.append(socket)
        if self.on_connect:
            self.on_connect()

    async def _write(self, socket: Socket) -> None:
        while True:
            frame = await socket.outgoing.get()
            try:
                await socket.ws.send_str(frame)
            except (ConnectionError, RuntimeError):
                return

    async def _read(self, socket: Socket) -> None:
        async for frame in socket.ws:
            if frame.type is WSMsgType.PING and not self.faults.silent_pongs:
                await socket.ws.pong(frame.data)
            elif frame.type is WSMsgType.TEXT:
                self._ack(frame.data)

    def _ack(self, text: str) -> None:
        try:
            body = json.loads(text)
        except ValueError:
            return
        if self.on_ack and isinstance(body, dict) and "envelope_id" in body:
            self.on_ack(str(body["envelope_id"]), body.get("payload"))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]

    def _disconnect(self, reason: str) -> str:
        return json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-local"}})
