"""Whether an answer says the title that a registry has: compared by words, whatever their marks and order."""

import re
import unicodedata

ENOUGH = 0.6
"""The part of a title's words that must stand around its id."""

_WORD = re.compile(r"[^\W_]{2,}")
_MARKUP = re.compile(r"<[^<>]{1,40}>|\$|\\[A-Za-z]+|[{}]")
_SAID = re.compile(r"[\"“«*_\[]{1,3}([^\"“”«»*_\[\]\n]{12,300})[\"”»*_\]]{1,3}")
_SMALL = frozenset({
    "the", "of", "and", "in", "on", "for", "with", "from", "by", "an", "at", "to", "as", "its", "is", "are",
    "via", "using",
})  # fmt: skip


def is_named(title: str, around: str) -> bool | None:
    """Whether the words around an id name this title; None where they name none at all."""
    wanted = _words(title)
    if not wanted:
        return None
    if len(wanted & _words(around)) >= ENOUGH * len(wanted):
        return True
    said = [_words(found[1]) for found in _SAID.finditer(around)]
    return False if any(len(words) >= 3 for words in said) else None


def _words(text: str) -> frozenset[str]:
    apart = unicodedata.normalize("NFKD", _MARKUP.sub(" ", text)).casefold()
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    return frozenset(_WORD.findall(plain)) - _SMALL
