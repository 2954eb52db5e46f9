"""HTTP mode: signed requests to the app's request URL, its answers taken as acks."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.trial.delivery import Delivery, Envelope
from bot.trial.faults import Faults


def sign(secret: str, timestamp: str, body: str) -> str:
    """The X-Slack-Signature of a body.

    Slack: https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    base = f"v0:{timestamp}:{body}".encode()
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


@dataclass(slots=True, eq=False)
class Webhook:
    """Posts envelopes to one request URL."""

    url: str
    secret: str
    clock: Callable[[], float]
    faults: Faults
    delivery: Delivery
    session: aiohttp.ClientSession = field(default_factory=aiohttp.ClientSession)
    running: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    @property
    def ready(self) -> bool:
        """A URL is always worth a try."""
        return True

    @property
    def late(self) -> str:
        """Slack: https://docs.slack.dev/apis/events-api#error-handling"""
        return "http_timeout"

    def send(self, envelope: Envelope) -> None:
        """Post an envelope in the background."""
        task = asyncio.ensure_future(self._deliver(envelope))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def verify(self) -> str:
        """Do the url_verification handshake; returns what the app answered for the challenge."""
        challenge = {
            "token": "local-verification-token",
            "challenge": "local-challenge",
            "type": "url_verification",
        }
        _, text, _ = await self._post(json.dumps(challenge), "application/json", {}, limit=10.0)
        try:
            answer: Any = json.loads(text)
        except ValueError:
            return text
        return str(answer.get("challenge", ""))

    async def close(self) -> None:
        """Give up what is under way."""
        for task in list(self.running):
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
        await self.session.close()

    async def _deliver(self, envelope: Envelope) -> None:
        headers: dict[str, str] = {}
        attempt = envelope.attempt
        if attempt:
            headers["X-Slack-Retry-Num"] = str(attempt)
            headers["X-Slack-Retry-Reason"] = envelope.reason
        try:
            status, text, final = await self._post(*_encode(envelope), headers)
        except TimeoutError:
            self.delivery.fail(envelope, attempt, self.late)
        except aiohttp.ClientError:
            self.delivery.fail(envelope, attempt, "connection_failed")
        else:
            if status == 200:
                self.delivery.ack(envelope.id, _payload(text))
            else:
                self.delivery.fail(envelope, attempt, "http_error", final=final)

    async def _post(
        self, body: str, content_type: str, headers: dict[str, str], limit: float = 0.0
    ) -> tuple[int, str, bool]:
        timestamp = str(int(self.clock()))
        signed = headers | {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(self.secret, timestamp, body),
        }
        timeout = aiohttp.ClientTimeout(total=limit or self.delivery.ack_timeout)
        async with self.session.post(
            self.url, data=body.encode(), headers=signed, timeout=timeout
        ) as response:
            final = response.headers.get("X-Slack-No-Retry") == "1"
            return response.status, await response.text(), final


def _encode(envelope: Envelope) -> tuple[str, str]:
    match envelope.kind:
        case "events_api":
            return envelope.encoded, "application/json"
        case "slash_commands":
            return urlencode(envelope.payload), "application/x-www-form-urlencoded"
        case _:
            return urlencode({"payload": envelope.encoded}), "application/x-www-form-urlencoded"


def _payload(text: str) -> dict[str, Any] | None:
    """What the app answered beside its 200: JSON, or a plain text to show."""
    if not text:
        return None
    try:
        answer: Any = json.loads(text)
    except ValueError:
        return {"text": text}
    return answer if isinstance(answer, dict) else {"text": text}  # pyright: ignore[reportUnknownVariableType]
