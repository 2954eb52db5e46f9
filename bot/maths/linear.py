r"""A short formula as one line of Unicode that says the same: `E = mc²`, `k_B T`, `x ≤ √2`, `CO₂ → C + O₂`.

Where that can't be said faithfully, by limits of sums, matrices, or fractions in fractions, there is None.
"""

import re
import unicodedata

from bot.maths.letters import Unsayable, accented, chemistry, lettered
from bot.maths.spacing import Kind, Piece, joined
from bot.maths.symbols import (
    ACCENTS,
    ALPHABETS,
    BARS,
    BIG,
    CLOSING,
    FUNCTIONS,
    LETTERS,
    LOWERED,
    NOTHING,
    OPENING,
    OPERATORS,
    RAISED,
    RELATIONS,
    SPACES,
    UPRIGHT,
    WORDS,
)  # fmt: skip
from bot.maths.units import plain_units

LONGEST = 200
"""Characters; a longer formula reads better as a picture."""
DEEPEST = 6


_TOKEN = re.compile(r"\\([a-zA-Z]+)\*?|\\(.)|([\s~]+)|(\d[\d.,]*\d|.)", re.DOTALL)
_SINGLE = {"+": "op", "-": "op", "*": "op", "=": "rel", "<": "rel", ">": "rel", ":": "rel"}
_SIMPLE = re.compile(r"[\w.′°\u0300-\u036f\u20d7²³⁰¹⁴-⁹ⁿ₀-₉]+\Z")


def in_unicode(tex: str) -> str | None:
    """The formula in characters; None where it must be drawn."""
    if len(tex) > LONGEST:
        return None
    try:
        return _Reading(plain_units(tex)).line()
    except Unsayable:
        return None


class _Reading:
    """Reads TeX from left to right."""

    def __init__(self, tex: str) -> None:
        self._tokens = [found.groups() for found in _TOKEN.finditer(tex)]
        self._at = 0
        self._depth = 0

    def line(self) -> str:
        text = joined(self._pieces(until=""))
        if not text or self._at < len(self._tokens):
            raise Unsayable
        return text

    def _next(self) -> tuple[str, str]:
        """The next token as (what it is: command, space, character, "" at the end; its text)."""
        if self._at >= len(self._tokens):
            return "", ""
        name, sign, space, char = self._tokens[self._at]
        self._at += 1
        if space:
            return "space", space
        return ("char", char) if char else ("command", name or sign)

    def _pieces(self, until: str) -> list[Piece]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unsayable
        pieces: list[Piece] = []
        while True:
            what, text = self._next()
            if what in {"", "char"} and text == until:
                self._depth -= 1
                return pieces
            if what == "command":
                self._command(text, pieces)
            elif what == "char":
                self._char(text, pieces)
            elif not what:
                raise Unsayable

    def _char(self, char: str, pieces: list[Piece]) -> None:
        if char in {"^", "_"}:
            self._script(char, pieces)
        elif char == "{":
            pieces.append(Piece(joined(self._pieces("}")), "atom"))
        elif char in {"}", "&", "%", "$", "#", "\\", "`"}:
            raise Unsayable
        elif char == "'":
            _attach(pieces, "′")
        elif char in "()[]":
            pieces.append(Piece(char, "open" if char in "([" else "shut"))
        elif char in _SINGLE:
            shown = {"-": "−", "*": "∗"}.get(char, char)
            pieces.append(Piece(shown, "op" if _SINGLE[char] == "op" else "rel"))
        elif char in ",;":
            pieces.append(Piece(char, "mark"))
        else:
            pieces.append(Piece(char, "atom"))

    def _command(self, name: str, pieces: list[Piece]) -> None:
        tables: tuple[tuple[dict[str, str], Kind], ...] = (
            (LETTERS, "atom"), (RELATIONS, "rel"), (OPERATORS, "op"), (OPENING, "open"), (CLOSING, "shut"),
            (BARS, "atom"), (BIG, "word"),
        )  # fmt: skip
        for table, kind in tables:
            if name in table:
                pieces.append(Piece(table[name], kind))
                return
        if name in FUNCTIONS:
            pieces.append(Piece(name, "word"))
        elif name in SPACES:
            pieces.append(Piece(" ", "space"))
        elif name in {"left", "right"}:
            self._delimiter(pieces)
        elif name not in NOTHING:
            pieces.append(self._built(name))

    def _delimiter(self, pieces: list[Piece]) -> None:
        if self._at < len(self._tokens) and self._tokens[self._at][3] == ".":
            raise Unsayable

    def _built(self, name: str) -> Piece:
        """What a command makes of its arguments."""
        if name in {"frac", "tfrac", "dfrac"}:
            return self._fraction()
        if name == "sqrt":
            return Piece(self._root(), "atom")
        if name in ACCENTS:
            return Piece(accented(self._text(), ACCENTS[name]), "atom")
        if name in UPRIGHT:
            return Piece(self._text(), "word" if name == "operatorname" else "atom")
        if name in WORDS:
            return Piece(self._raw(), "atom")
        if name in ALPHABETS:
            return Piece("".join(lettered(char, ALPHABETS[name]) for char in self._text()), "atom")
        if name == "ce":
            return Piece(chemistry(self._raw()), "atom")
        raise Unsayable

    def _argument(self) -> list[Piece]:
        what, text = self._next()
        while what == "space":
            what, text = self._next()
        if what == "char" and text == "{":
            return self._pieces("}")
        pieces: list[Piece] = []
        if what == "command":
            self._command(text, pieces)
        elif what == "char" and text not in "^_}":
            if len(text) > 1:  # TeX takes one digit
                self._tokens[self._at - 1 : self._at] = [("", "", "", digit) for digit in text]
                text = text[0]
            self._char(text, pieces)
        if not pieces:
            raise Unsayable
        return pieces

    def _text(self) -> str:
        return joined(self._argument())

    def _raw(self) -> str:
        """An argument's own words, with its spaces."""
        if self._next() != ("char", "{"):
            raise Unsayable
        words: list[str] = []
        depth = 1
        while True:
            what, text = self._next()
            depth += {"{": 1, "}": -1}.get(text, 0) if what == "char" else 0
            if not depth:
                return "".join(words)
            if what == "command" and text not in {"%", "_", "&", "#", "$"}:
                raise Unsayable
            if not what or text in {"$", "`"}:
                raise Unsayable
            words.append(" " if what == "space" else text)

    def _fraction(self) -> Piece:
        over, under = self._argument(), self._argument()
        if any(piece.kind == "fraction" for piece in over + under):
            raise Unsayable
        return Piece(f"{_bracketed(joined(over))}/{_bracketed(joined(under))}", "fraction")

    def _root(self) -> str:
        sign = "√"
        if self._at < len(self._tokens) and self._tokens[self._at][3] == "[":
            self._next()
            sign = {"3": "∛", "4": "∜"}.get(joined(self._pieces("]")), "")
        inner = self._argument()
        if not sign or any(piece.kind == "fraction" for piece in inner):
            raise Unsayable
        return sign + _bracketed(joined(inner))

    def _script(self, mark: str, pieces: list[Piece]) -> None:
        inner = self._argument()
        text = joined(inner, tight=True)
        base = pieces[-1] if pieces else Piece("", "atom")
        if text == "∘":  # degrees, which may stand apart: 25 °C
            pieces.append(Piece("°", "space" if base.kind == "space" else "atom"))
            return
        if (
            base.kind in {"space", "fraction", "op", "rel"}
            or base.text in BIG.values()
            or base.text in {"lim", "max", "min", "sup", "inf"}
        ):
            raise Unsayable
        if mark == "^":
            self._raise(text, pieces)
        else:
            self._lower(base, text)

    def _raise(self, text: str, pieces: list[Piece]) -> None:
        if all(char in RAISED for char in text):
            raised = "".join(RAISED[char] for char in text)
        elif "^" in text or "_" in text:
            raise Unsayable
        else:
            raised = f"^{text}" if len(text) == 1 else f"^({text})"
        if not pieces:
            pieces.append(Piece("", "atom"))
        pieces[-1].text += raised

    def _lower(self, base: Piece, text: str) -> None:
        if not base.text:
            raise Unsayable
        raised = ""
        while base.text and base.text[-1] in _RAISED_FORMS:  # x^2_i: TeX sets both at the same place
            base.text, raised = base.text[:-1], base.text[-1] + raised
        if all(char in LOWERED for char in text):
            base.text += "".join(LOWERED[char] for char in text) + raised
        elif not raised and re.fullmatch(r"[^\W_]+", text) and base.text and _wordlike(base.text[-1]):
            base.text += f"_{text}"
            base.kind = "word"
        else:
            raise Unsayable


_RAISED_FORMS = set(RAISED.values()) - {" ", "·"}


def _wordlike(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


def _attach(pieces: list[Piece], mark: str) -> None:
    if not pieces:
        raise Unsayable
    pieces[-1].text += mark


def _bracketed(text: str) -> str:
    return text if _SIMPLE.match(text) else f"({text})"
