"""Asks registries what an id is: Crossref for DOIs, arXiv, NCBI for PubMed; slowly, briefly, remembered."""

import asyncio
import json
import logging
import re
import time
import xml.etree.ElementTree as ET
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.labs.lookups import LookUps
from bot.records import ReferenceKind

log = logging.getLogger(__name__)

LIMIT = 8.0
"""Seconds for one look-up."""
BODY = 1_000_000
"""Bytes of an answer that are read."""
KNOWN = 10_000
FRESH = 24 * 3600.0
"""Titles remembered by a process, and for how many seconds."""

_TAG = re.compile(r"<[^<>]{1,300}>")

PAUSE: dict[ReferenceKind, float] = {"arxiv": 3.0, "doi": 0.1, "pubmed": 0.4}
"""Seconds between two look-ups of all workers, as the registries ask:
https://info.arxiv.org/help/api/tou.html, https://api.crossref.org, https://www.ncbi.nlm.nih.gov/books/NBK25497/"""

Turn = Callable[[str, float], Awaitable[bool]]
"""Takes a turn by name for so many seconds; False where it is another's."""


def open_lookups() -> aiohttp.ClientSession:
    """The session of all look-ups: few connections, no cookies."""
    connector = aiohttp.TCPConnector(limit=4, limit_per_host=1)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=True)


class NoAnswer(Exception):
    """A registry that is away, slow, or says what we can't read: it was not checked."""


class Registries:
    """Titles by id; None where a registry has no such id."""

    def __init__(
        self, session: aiohttp.ClientSession, config: LookUps, turn: Turn, *,
        pause: float = 1.0, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._session = session
        self._config = config
        self._turn = turn
        self._pause = pause  # a factor, for local stand-ins
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[float, str | None]] = OrderedDict()

    async def title(self, kind: ReferenceKind, key: str) -> str | None:
        """The title that belongs to an id; NoAnswer where nobody says."""
        at, title = self._known.get((kind, key), (0.0, None))
        if (kind, key) in self._known and self._clock() - at < FRESH:
            return title
        while not await self._turn(  # noqa: ASYNC110 - other processes take them, too
            f"look-up-{kind}", PAUSE[kind] * self._pause
        ):
            await asyncio.sleep(PAUSE[kind] * self._pause / 4)  # another worker's turn
        status, body = await self._ask(kind, key)
        title = _read(kind, key, status, body)
        self._known[kind, key] = (self._clock(), title)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return title

    async def _ask(self, kind: ReferenceKind, key: str) -> tuple[int, str]:
        url = self._config.address(kind).replace("{id}", quote(key, safe="/" if kind == "arxiv" else ""))
        about = f"labjam (mailto:{self._config.contact})" if self._config.contact else "labjam"
        try:
            async with asyncio.timeout(LIMIT):
                # No redirects: a registry needs none, and nobody else is to choose where we call.
                async with self._session.get(
                    _encoded(url), headers={"User-Agent": about}, allow_redirects=False
                ) as reply:
                    body = await reply.content.read(BODY)
                    while len(body) < BODY and (more := await reply.content.read(BODY - len(body))):
                        body += more
                    return reply.status, body.decode("utf-8", "replace")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise NoAnswer(type(error).__name__) from None


def _encoded(url: str) -> URL:
    """The address as it is: a DOI's own `%2F` must not become a `/` again."""
    return URL(url, encoded=True)


def _read(kind: ReferenceKind, key: str, status: int, body: str) -> str | None:
    if status == 404 and kind == "doi":
        return None
    if status != 200:
        raise NoAnswer(f"HTTP {status}")
    try:
        return _READERS[kind](body, key)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, ET.ParseError):
        raise NoAnswer("unreadable") from None


def _crossref(body: str, key: str) -> str | None:
    message: Any = json.loads(body)["message"]
    if str(message["DOI"]).lower() != key:
        raise ValueError("another work")
    return _line(message["title"][0])


def _pubmed(body: str, key: str) -> str | None:
    result: Any = json.loads(body)["result"]
    if key not in result or "error" in result[key]:
        return None
    return _line(result[key]["title"])


def _arxiv(body: str, key: str) -> str | None:
    if "<!DOCTYPE" in body or "<!ENTITY" in body:
        raise ValueError("a document type")
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ET.fromstring(body)  # noqa: S314
    if feed.tag != f"{atom}feed":
        raise ValueError("not arXiv's")
    entry = feed.find(f"{atom}entry")
    if entry is None:
        return None
    identity, title = entry.findtext(f"{atom}id") or "", _line(entry.findtext(f"{atom}title") or "")
    if "/api/errors" in identity or title == "Error":
        return None
    if not re.search(rf"/{re.escape(key)}(v\d+)?$", identity, re.IGNORECASE):
        raise ValueError("another work")
    return title


def _line(title: object) -> str:
    """A title as one line of printable text, without the markup of some; ValueError where it is none."""
    if not isinstance(title, str) or not title.strip():
        raise ValueError("no title")
    words = " ".join(_TAG.sub("", title[:5_000]).replace("<", "\u2039").replace(">", "\u203a").split())
    return "".join(each for each in words if each.isprintable())[:500]


_READERS: dict[ReferenceKind, Callable[[str, str], str | None]] = {
    "doi": _crossref,
    "arxiv": _arxiv,
    "pubmed": _pubmed,
}
