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
    """A line taken apart; without a subcommand, `first` is the word, or the two words, that are none."""

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
        if subcommand and subcommand.name != name and _means_another(words, subcommand, table):
            return Typed(None, lab, "", " ".join(words[:2]))
        if subcommand and len(words) >= length:
            return Typed(subcommand, lab, _after(text, length))
    return Typed(None, lab, "", words[0] if words else "")


def _means_another(words: list[str], found: Subcommand, table: Table) -> bool:
    """Whether a short name was followed by what it does not take: "summary tomorrow", "prompt edti"."""
    two = " ".join(words[:2]).casefold()
    siblings = [one.name for one in table if one.name.startswith(f"{words[0].casefold()} ")]
    return len(words) > 1 and (not found.usage or bool(get_close_matches(two, siblings, 1, 0.85)))


def likely(words: str, names: Iterable[str]) -> list[str]:
    """The names that mistyped words may have meant, the likeliest first."""
    known, (first, *rest) = list(dict.fromkeys(names)), words.casefold().split() or [""]
    if rest and (own := [name for name in known if name.startswith(f"{first} ")]):
        return get_close_matches(" ".join([first, *rest]), own, 2, 0.8) or own
    close = get_close_matches(first, [name.split()[0] for name in known], 3, 0.6)
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
