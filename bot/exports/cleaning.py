"""Takes people out of what leaves: ids become keyed hashes, names and addresses in texts are replaced."""

import hmac
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from bot.prompting import plain

_IDS = {"user": "person", "user_team": "team", "team": "team", "channel": "channel"}
"""Fields of records that hold nothing but a Slack id, and what to call its hash."""

_IN_TEXT = re.compile(
    r"<@(?P<person>[UW][A-Z0-9]+)(?:\|[^<>]*)?>"
    r"|<!subteam\^[^<>]*>"
    r"|<#(?P<channel>[CGD][A-Z0-9]+)(?:\|[^<>]*)?>"
    r"|<?https?://[\w.-]{1,100}\bslack(?:-gov)?\.com/[^\s<>|]*(?:\|[^<>]*)?>?"
    r"|<mailto:[^<>]*>"
    r"|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
    r"|\b(?P<id>[UWCGDTBSFE][A-Z0-9]{2,20})\b"
)
_MAYBE_AN_ID = re.compile(r"[UWCGDTBSFE][A-Z0-9]{2}")
_WORD = re.compile(r"[^\W_]+(?:['\u2019-](?![sS]\b)[^\W_]+)*")  # whose it is, is no part of a name
_LIKE_AN_ID = re.compile(r"[UWCGDTBSFE]0[A-Z0-9]{7,}")
"""What Slack hands out today; shorter ones are replaced where the record knows them."""


class Cleaner:
    """Replaces people; the same person is the same hash everywhere, as long as the key is the same."""

    def __init__(
        self, key: bytes, slack_ids: Collection[str] = (), names: Mapping[str, str] | None = None
    ) -> None:
        self._key = key
        self._known = frozenset(slack_ids) - {""}
        self.hashed = lru_cache(100_000)(self._hashed)
        self._names = _by_first_word(names or {}, self.person)

    def person(self, user: str) -> str:
        """What a person is called in every export; not the name that models' endpoints are given."""
        return self.hashed("person", user) if user else ""

    def _hashed(self, what: str, secret: str) -> str:
        return f"{what}-{hmac.digest(self._key, f'export:{what}:{secret}'.encode(), 'sha256').hex()[:16]}"

    def record(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """A raw record without people in it."""
        return {name: self._field(name, value) for name, value in raw.items()}

    def _field(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            if name in _IDS:
                return self.hashed(_IDS[name], value) if value else ""
            return self.text(value) if value else value
        if isinstance(value, dict):
            cleaned = self.record(cast("dict[str, Any]", value))
            if name == "question":  # the only text that comes in Slack's own markup
                cleaned["text"] = plain(cleaned["text"])
            return cleaned
        if isinstance(value, list):
            return [self._field("", one) for one in cast("list[Any]", value)]
        return value

    def text(self, text: str) -> str:
        """A text without Slack's ids, links into Slack, e-mail addresses, and the names we were given."""
        if "<" in text or "@" in text or "slack" in text or _MAYBE_AN_ID.search(text):
            text = _IN_TEXT.sub(self._token, text)
        return self._without_names(text) if self._names else text

    def _token(self, found: re.Match[str]) -> str:
        if found["person"]:
            return f"@{self.person(found['person'])}"
        if found["channel"]:
            return f"#{self.hashed('channel', found['channel'])}"
        if found["id"]:
            return self._id(found["id"])
        if "subteam" in found[0]:
            return "@group"
        return "[address]" if "@" in found[0] else "[link into Slack]"

    def _id(self, id_: str) -> str:
        if id_ not in self._known and not _LIKE_AN_ID.fullmatch(id_):
            return id_
        what = {"U": "person", "W": "person", "T": "team", "E": "team"}.get(id_[0], "channel")
        return self.hashed(what, id_)

    def _without_names(self, text: str) -> str:
        return "".join(self._named(text))

    def _named(self, text: str) -> Iterator[str]:
        words = list(_WORD.finditer(text))
        done, skip = 0, 0
        for at, word in enumerate(words):
            for rest, instead in self._names.get(word[0].casefold(), ()) if at >= skip else ():
                following = tuple(one[0].casefold() for one in words[at + 1 : at + 1 + len(rest)])
                if following == rest:
                    yield text[done : word.start()]
                    yield instead
                    done, skip = words[at + len(rest)].end(), at + len(rest) + 1
                    break
        yield text[done:]


Names = dict[str, list[tuple[tuple[str, ...], str]]]


def _by_first_word(names: Mapping[str, str], person: Any) -> Names:
    """Names of two words or more, by their first; a single one may be any word."""
    found: Names = {}
    for name, user in sorted(names.items(), key=lambda pair: -len(pair[0])):
        first, *rest = [word[0].casefold() for word in _WORD.finditer(name)] or [""]
        if rest:
            found.setdefault(first, []).append((tuple(rest), person(user) if user else "[name]"))
    return found
