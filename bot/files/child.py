"""The process that parses one file: rules and bytes come in, JSON goes out, and little else is allowed."""

import base64
import json
import sys
import warnings
from dataclasses import asdict, astuple, replace

from bot.files.parsed import BROKEN, MEMORY, SECONDS, TOO_MUCH, Parsed, Seen
from bot.files.parsing import parse
from bot.guard import Guard, Hit, Rule

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
        guard = Guard(tuple(Rule(**rule) for rule in json.loads(sys.stdin.buffer.readline())))
        found, seen = parse(sys.stdin.buffer.read())
        found = replace(found, hits=look(guard, seen))
    except MemoryError:
        found = Parsed(why=TOO_MUCH)
    except Exception:
        found = Parsed(why=BROKEN)
    hits = [astuple(hit) for hit in found.hits]
    fields = asdict(found) | {"picture": base64.b64encode(found.picture).decode(), "hits": hits}
    sys.stdout.write(json.dumps(fields))


def look(guard: Guard, seen: Seen) -> tuple[Hit, ...]:
    """What a guard finds in a file: a value that would be a marking on a line of its own is asked about."""
    hits = {hit.rule: hit for text in seen.texts for hit in guard.scan(text)}
    for hit in guard.scan("\n".join(seen.values)):
        hits.setdefault(hit.rule, replace(hit, level="soft"))
    return tuple(hits.values())


if __name__ == "__main__":
    main()
