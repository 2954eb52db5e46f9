"""Letters of formulas as characters: accented, bold or in script; sums of atoms as chemists write them."""

import re
import unicodedata

from bot.maths.symbols import LOWERED, RAISED

_ACCENTED = re.compile(r"[^\W\d_]\Z")
_SPECIES = re.compile(
    r"(\d*)((?:[A-Z][a-z]?\d*|\((?:[A-Z][a-z]?\d*)+\)\d*)+)(?:\^?\{?(\d*[+-])\}?)?(\((?:aq|s|l|g)\))?"
)
_ARROWS = {"->": "→", "<-": "←", "<->": "↔", "<=>": "⇌", "<=>>": "⇌", "<<=>": "⇌", "+": "+"}


class Unsayable(Exception):
    """No line of characters says the same."""


def accented(text: str, accent: str) -> str:
    """One letter with a combining mark."""
    if not _ACCENTED.match(text):
        raise Unsayable
    return unicodedata.normalize("NFC", text + accent)


def lettered(char: str, alphabet: str) -> str:
    """A letter or digit of one of Unicode's mathematical alphabets."""
    name = unicodedata.name(char, "")
    small = name.replace("LATIN CAPITAL LETTER", "CAPITAL").replace("LATIN SMALL LETTER", "SMALL")
    small = small.replace("GREEK CAPITAL LETTER", "CAPITAL").replace("GREEK SMALL LETTER", "SMALL")
    names = [f"MATHEMATICAL {alphabet} {small}", f"{alphabet} {small}"]
    if alphabet == "FRAKTUR":
        names.append(f"BLACK-LETTER {small}")
    for candidate in names:
        try:
            return unicodedata.lookup(candidate)
        except KeyError:
            continue
    raise Unsayable


def chemistry(text: str) -> str:
    """What mhchem's \\ce means, where subscripts and charges are all there is."""
    words: list[str] = []
    for word in text.split():
        species = _SPECIES.fullmatch(word)
        if word in _ARROWS:
            words.append(_ARROWS[word])
        elif species:
            count, atoms, charge, state = species.groups(default="")
            lowered = re.sub(r"\d", lambda digit: LOWERED[digit[0]], atoms)
            words.append(count + lowered + "".join(RAISED[c] for c in charge.replace("-", "−")) + state)
        else:
            raise Unsayable
    if not words:
        raise Unsayable
    return " ".join(words)
