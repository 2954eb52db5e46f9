"""Files out of Slack: from its own hosts only, with our token, and no more of them than is wanted."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.errors import RetryLater, SlackRefused
from bot.slack.outbox import Hold, Outbox

_OURS = (".slack.com", ".slack-gov.com")


@dataclass(frozen=True, slots=True)
class SlackFile:
    """What Slack says of a file; `url` is empty where it is kept elsewhere."""

    id: str
    name: str
    size: int
    media_type: str  # by its name, mostly
    url: str


class NotGiven(Exception):
    """Slack has the file, and does not hand it out."""


class Downloads:
    """Looks files up, and fetches their bytes."""

    def __init__(self, outbox: Outbox, session: aiohttp.ClientSession, token: str, api_url: str) -> None:
        self._outbox = outbox
        self._session = session
        self._token = token
        self._home = _origin(api_url)

    async def look(self, team: str, file: str, hold: Hold | None = None) -> SlackFile | None:
        """What a file is; None where it is gone, or not ours to see."""
        try:
            found = await self._outbox.insist("files.info", team, hold=hold, file=file)
        except SlackRefused:
            return None
        about: dict[str, Any] = found["file"]
        if about.get("mode") == "tombstone":
            return None
        outside = about.get("is_external") or about.get("mode") == "external"
        url = "" if outside else str(about.get("url_private_download") or about.get("url_private") or "")
        return SlackFile(
            file, str(about.get("name") or "a file"), int(about.get("size") or 0),
            str(about.get("mimetype") or ""), url,
        )  # fmt: skip

    async def fetch(self, file: SlackFile, most: int) -> bytes | None:
        """A file's bytes, None where there are more than `most`; NotGiven or RetryLater."""
        if not self._is_slacks(file.url):
            raise NotGiven
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with self._session.get(file.url, headers=headers, allow_redirects=False) as response:
                if response.status >= 500 or response.status == 429:
                    raise RetryLater(f"download: HTTP {response.status}", counts=True)
                # Without the scope Slack answers with its sign-in page, or sends us there.
                page = response.content_type == "text/html" and file.media_type != "text/html"
                if response.status != 200 or page:
                    raise NotGiven
                content = bytearray()
                async for chunk in response.content.iter_chunked(1 << 16):
                    content += chunk
                    if len(content) > most:
                        return None
                return bytes(content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RetryLater(f"download: {type(error).__name__}") from None

    def _is_slacks(self, url: str) -> bool:
        if _origin(url) == self._home:
            return True
        parts = urlsplit(url)
        # A stand-in hands out its own files only.
        real = any(self._home[1].endswith(ours) or self._home[1] == ours[1:] for ours in _OURS)
        return real and parts.scheme == "https" and (parts.hostname or "").endswith(_OURS)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port
