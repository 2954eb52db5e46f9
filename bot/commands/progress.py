"""A progress bar on stderr, for people who wait: nothing where stderr is no terminal."""

import sys
import time
from types import TracebackType
from typing import Self

_WIDTH = 30
_EVERY = 0.2  # seconds


class Bar:
    """Shows how far each step is through `total` records."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._shown = sys.stderr.isatty()
        self._began = time.monotonic()
        self._last = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")

    def show(self, step: str, at: int) -> None:
        """Draw it, a few times a second."""
        now = time.monotonic()
        if not self._shown or now - self._last < _EVERY:
            return
        self._last = now
        share = min(1.0, at / self._total) if self._total else 0.0
        bar = "█" * int(share * _WIDTH)
        took = now - self._began
        sys.stderr.write(f"\r{step:8}{bar:░<{_WIDTH}} {at:,} of {self._total:,} records, {took:.0f} s\x1b[K")
        sys.stderr.flush()
