"""Switches that make the local Slack fail the way the real one does; all may be changed while it runs."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["error", "limit", "status", "drop_before", "drop_after"]
ANY = "*"


@dataclass(slots=True)
class Fault:
    """What happens to the next `left` calls (None: all of them) of one method."""

    kind: Kind
    value: str = ""
    left: int | None = 1


@dataclass(slots=True)
class Faults:
    """Faults per Web API method (`"*"` is every method; "upload" is where bytes go), and for the sockets."""

    planned: dict[str, deque[Fault]] = field(default_factory=dict[str, deque[Fault]])
    delays: dict[str, float] = field(default_factory=dict[str, float])
    refuse_tickets: bool = False
    silent_pongs: bool = False
    ignore_acks: bool = False
    frozen: asyncio.Event | None = None

    def error(self, method: str, error: str, times: int | None = 1) -> None:
        """Answer `{"ok": false, "error": error}` without doing anything."""
        self._plan(method, Fault("error", error, times))

    def limit(self, method: str, retry_after: int = 1, times: int | None = 1) -> None:
        """Answer HTTP 429 with `Retry-After` in seconds."""
        self._plan(method, Fault("limit", str(retry_after), times))

    def status(self, method: str, status: int, times: int | None = 1) -> None:
        """Answer with a bare HTTP status such as 500 or 503, without doing anything."""
        self._plan(method, Fault("status", str(status), times))

    def drop(self, method: str, times: int | None = 1, *, applied: bool = True) -> None:
        """Cut the connection instead of answering; by default after the call took effect."""
        self._plan(method, Fault("drop_after" if applied else "drop_before", "", times))

    def delay(self, method: str, seconds: float) -> None:
        """Wait this long before handling each call of the method; 0 ends it."""
        self.delays[method] = seconds

    def no_streaming(self, error: str = "unknown_method") -> None:
        """Behave like a workspace without streaming: chat.*Stream are refused."""
        for method in ("chat.startStream", "chat.appendStream", "chat.stopStream"):
            self.error(method, error, times=None)

    def freeze(self) -> None:
        """Accept connections and calls but answer none of them until `thaw`."""
        self.frozen = self.frozen or asyncio.Event()

    def thaw(self) -> None:
        """Let the calls held by `freeze` go on."""
        if self.frozen:
            self.frozen.set()
        self.frozen = None

    def clear(self) -> None:
        """Be a healthy Slack again."""
        self.planned.clear()
        self.delays.clear()
        self.refuse_tickets = self.silent_pongs = self.ignore_acks = False
        self.thaw()

    async def hold(self, method: str) -> None:
        """Sit out the freeze and the delay planned for this method."""
        if self.frozen:
            await self.frozen.wait()
        if self.delays:
            await asyncio.sleep(self.delays.get(method, self.delays.get(ANY, 0.0)))

    def take(self, method: str) -> Fault | None:
        """The fault this call meets, used up by one."""
        if not self.planned:
            return None
        queue = self.planned.get(method) or self.planned.get(ANY)
        if not queue:
            return None
        fault = queue[0]
        if fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                queue.popleft()
        return fault

    def _plan(self, method: str, fault: Fault) -> None:
        if fault.left is None or fault.left > 0:
            self.planned.setdefault(method, deque()).append(fault)
