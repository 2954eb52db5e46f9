"""The process that draws formulas: it reads TeX from its input, writes PNG to its output, and can do no more.

A request is one line of JSON, a string. A reply is a byte, `+` or `-`, four bytes of length, and a
PNG or the reason why there is none.
"""

import json
import os
import struct
import sys

from bot.maths.tex import LONGEST, MISSING

try:
    from bot.maths.picture import Painter, Unpaintable
except (ImportError, OSError):
    raise SystemExit(MISSING) from None

if sys.platform != "win32":
    import resource

DATA = 768 * 1024 * 1024
"""Bytes the process may write to; drawing takes some 100 million beside V8's heap."""
CPU = 5
"""Seconds of processor for one formula; the kernel ends a process that takes more."""


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere this limit counts other things
        resource.setrlimit(resource.RLIMIT_DATA, (DATA, DATA))


def _limit_files() -> None:
    """Write none from now on; before, ctypes may need one where memory can't be made executable."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _limit_time() -> None:
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + CPU + 1, hard))


def main() -> None:
    """Draw until the input ends."""
    _limit_memory()
    painter = Painter()
    _limit_files()
    for line in sys.stdin.buffer:
        _limit_time()
        try:
            tex = json.loads(line)
            if len(tex) > LONGEST:
                raise Unpaintable("too long")
            sign, body = b"+", painter.paint(tex)
        except Unpaintable as why:
            sign, body = b"-", str(why).encode("utf-8", "replace")
        sys.stdout.buffer.write(sign + struct.pack(">I", len(body)) + body)
        sys.stdout.buffer.flush()
    os._exit(0)  # V8's threads would keep the process


if __name__ == "__main__":
    main()
