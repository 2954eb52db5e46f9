"""Gets events and interactions to the app: envelopes, acks, redelivery, and what waits for a connection."""

import asyncio
import json
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bot.trial.faults import Faults

Kind = Literal["events_api", "slash_commands", "interactive"]


@dataclass(slots=True, eq=False)
class Envelope:
    """One payload on its way to the app; `attempt` counts redeliveries from 0."""

    kind: Kind
    payload: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempt: int = 0
    reason: str = ""
    sent: bool = False
    accepts_response: bool = False
    answer: asyncio.Future[dict[str, Any] | None] | None = None
    timer: asyncio.TimerHandle | None = None
    encoded: str = ""
    born: float = field(default_factory=time.perf_counter)
    at: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        # At once: the payload shares lists with messages that go on changing.
        self.encoded = json.dumps(self.payload)

    def frame(self) -> str:
        """The Socket Mode frame.

        Slack: https://docs.slack.dev/apis/events-api/using-socket-mode#events
        """
        head: dict[str, Any] = {"envelope_id": self.id, "type": self.kind}
        head["accepts_response_payload"] = self.accepts_response
        if self.kind == "events_api":
            head |= {"retry_attempt": self.attempt, "retry_reason": self.reason}
        return f'{json.dumps(head)[:-1]}, "payload": {self.encoded}}}'


class Carrier(Protocol):
    """A way to the app: sockets, or its request URL."""

    @property
    def ready(self) -> bool:
        """Whether something would take an envelope now."""
        ...

    @property
    def late(self) -> str:
        """The retry reason when an ack does not come in time."""
        ...

    def send(self, envelope: Envelope) -> None:
        """Hand over one envelope without waiting."""
        ...


@dataclass(slots=True, eq=False)
class Delivery:
    """Keeps every envelope until the app acks it, or its redeliveries are used up.

    `ack_timeout` and `redelivery` are in seconds: how long an ack may take, and the pause before each
    redelivery. Slack: https://docs.slack.dev/apis/events-api#retries
    """

    carrier: Carrier
    faults: Faults
    ack_timeout: float = 3.0
    redelivery: tuple[float, ...] = (1.0, 60.0, 300.0)
    open: dict[str, Envelope] = field(default_factory=dict[str, Envelope])
    held: deque[Envelope] = field(default_factory=deque[Envelope])
    lost: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    waits: deque[float] = field(default_factory=lambda: deque[float](maxlen=10_000))  # seconds, per ack
    recent: deque[Envelope] = field(default_factory=lambda: deque[Envelope](maxlen=200))
    acked: int = 0
    redelivered: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    click_timeout: float = 0.0  # of commands and clicks, where it is not `ack_timeout`

    def __post_init__(self) -> None:
        self.idle.set()

    def event(self, payload: dict[str, Any]) -> Envelope:
        """Deliver an Events API payload, again and again until it is acked."""
        envelope = Envelope("events_api", payload)
        self._start(envelope)
        return envelope

    async def ask(
        self, kind: Kind, payload: dict[str, Any], *, accepts: bool
    ) -> tuple[bool, dict[str, Any] | None]:
        """Deliver a command or interaction once; (False, None) when the app did not ack in time."""
        if not self.carrier.ready:
            return False, None
        envelope = Envelope(kind, payload, accepts_response=accepts)
        envelope.answer = asyncio.get_running_loop().create_future()
        self._start(envelope)
        try:
            in_time = self.click_timeout or self.ack_timeout
            return True, await asyncio.wait_for(asyncio.shield(envelope.answer), in_time)
        except TimeoutError:
            self._finish(envelope)
            return False, None

    def ack(self, envelope_id: str, payload: dict[str, Any] | None) -> None:
        """The app acked, on whatever connection."""
        if self.faults.ignore_acks:
            return
        envelope = self.open.get(envelope_id)
        if not envelope:
            return
        self.acked += 1
        self.waits.append(time.perf_counter() - envelope.born)
        self._finish(envelope)
        if envelope.answer and not envelope.answer.done():
            envelope.answer.set_result(payload)

    def fail(self, envelope: Envelope, attempt: int, reason: str, *, final: bool = False) -> None:
        """An attempt was refused or timed out: plan the next one, unless it was the last."""
        if envelope.id not in self.open or attempt != envelope.attempt:
            return
        if envelope.timer:
            envelope.timer.cancel()
        if envelope.answer:
            envelope.answer.set_exception(TimeoutError(reason))
            self._finish(envelope)
            return
        if final or envelope.attempt >= len(self.redelivery):
            self.lost.append(envelope.payload)
            self._finish(envelope)
            return
        pause = self.redelivery[envelope.attempt]
        envelope.attempt += 1
        envelope.reason = reason
        envelope.timer = asyncio.get_running_loop().call_later(pause, self._send, envelope)

    def connected(self) -> None:
        """A connection came up: send what waited for one; to Slack that is already a retry."""
        waiting, self.held = self.held, deque()
        for envelope in waiting:
            if not envelope.sent:
                envelope.attempt, envelope.reason = 1, "timeout"
            self._send(envelope)

    def stop(self) -> None:
        """Forget everything that is still open."""
        for envelope in list(self.open.values()):
            self._finish(envelope)
        self.held.clear()

    def _start(self, envelope: Envelope) -> None:
        self.open[envelope.id] = envelope
        self.recent.append(envelope)
        self.idle.clear()
        self._send(envelope)

    def _send(self, envelope: Envelope) -> None:
        if envelope.id not in self.open:
            return
        if not self.carrier.ready:
            self.held.append(envelope)
            return
        if envelope.sent:
            self.redelivered += 1
        envelope.sent = True
        self.carrier.send(envelope)
        if not envelope.answer:
            loop = asyncio.get_running_loop()
            late = self.carrier.late
            envelope.timer = loop.call_later(self.ack_timeout, self.fail, envelope, envelope.attempt, late)

    def _finish(self, envelope: Envelope) -> None:
        self.open.pop(envelope.id, None)
        if envelope.timer:
            envelope.timer.cancel()
        if not self.open:
            self.idle.set()
