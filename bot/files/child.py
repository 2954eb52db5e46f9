"""The process that parses one file: bytes come in, one line of JSON goes out, and little else is allowed."""

import base64
import json
import sys
import warnings
from dataclasses import asdict

from bot.files.parsed import BROKEN, MEMORY, SECONDS, TOO_MUCH, Parsed
from bot.files.parsing import parse

if sys.platform != "win32":
    import resource


def bound() -> None:
    """Give up what a hostile file could use: memory, processor, files to write, core dumps."""
    if sys.platform == "win32":
        return
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))


def main() -> None:
    """Parse what comes in."""
    bound()
    warnings.simplefilter("ignore")
    try:
        found = parse(sys.stdin.buffer.read())
    except MemoryError:
        found = Parsed(why=TOO_MUCH)
    except Exception:
        found = Parsed(why=BROKEN)
    fields = asdict(found) | {"picture": base64.b64encode(found.picture).decode()}
    sys.stdout.write(json.dumps(fields))


if __name__ == "__main__":
    main()
