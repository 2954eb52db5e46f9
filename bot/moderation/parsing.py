"""What somebody typed after `/jam`: which subcommand, for which lab, and the likeliest guess at a typo."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from bot.labs import Lab
from bot.moderation.table import Subcommand, Table

ALL = "all"

# Phones and Macs make one long dash of two short ones.
_LAB = re.compile(r"(?:^|(?<=\s))(?:--|\u2014|\u2013)lab(?:\s*=\s*|\s+)(\S+)(?:\s+|$)")
_CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|([^>]*))?>")
_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>|([UW][A-Z0-9]{6,20})")


@dataclass(frozen=True, slots=True)
class Typed:
    """A line taken apart; without a subcommand, `first` is the word that is none."""

    subcommand: Subcommand | None
    lab: str  # as written behind --lab; "" where nothing was
    rest: str
    first: str = ""


def parse(text: str, table: Table) -> Typed:
    """Take a line apart: names of two words come before names of one."""
    lab = ""
    if found := _LAB.search(text):
        lab = found[1]
        text = text[: found.start()] + text[found.end() :]
    words = text.split()
    for length in (2, 1):
        name = " ".join(words[:length]).casefold()
        subcommand = next((one for one in table if name and name in (one.name, *one.also)), None)
        if subcommand and len(words) >= length:
            return Typed(subcommand, lab, _after(text, length))
    return Typed(None, lab, "", words[0] if words else "")


def likely(first: str, names: Iterable[str]) -> list[str]:
    """The names that a mistyped word may have meant, the likeliest first."""
    known = list(dict.fromkeys(names))
    close = get_close_matches(first.casefold(), [name.split()[0] for name in known], 3, 0.6)
    return [name for near in dict.fromkeys(close) for name in known if name.split()[0] == near][:4]


def lab_named(word: str, labs: Mapping[str, Lab]) -> str | None:
    """The key of the lab that a word means: its key, short name or channel; None where it means none."""
    channel = _CHANNEL.fullmatch(word)
    named = [channel[1], channel[2] or ""] if channel else [word.removeprefix("#")]
    wanted = {name.casefold() for name in named}
    for key, lab in labs.items():
        if wanted & {key, lab.short.casefold(), lab.channel.casefold()}:
            return key
    return None


def person_named(word: str) -> str | None:
    """The user id of a mention, or one written as such."""
    found = _PERSON.fullmatch(word)
    return (found[1] or found[2]) if found else None


def _after(text: str, words: int) -> str:
    """What follows the first words, spacing and line breaks as they are."""
    rest = text.strip()
    for _ in range(words):
        rest = rest.split(None, 1)[1] if len(rest.split(None, 1)) > 1 else ""
    return rest
