r"""Text as LaTeX that prints it and does nothing else; pure ASCII, so that any engine takes it."""

import re
import unicodedata
from collections.abc import Mapping

from bot.takeaway.tex_symbols import ACCENTS, LETTERS, MATHS

_SPECIAL = {
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#", "_": "\\_",
    "%": "\\%", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}", "<": "\\textless{}",
    ">": "\\textgreater{}", "|": "\\textbar{}", '"': "\\dq{}", "`": "\\textasciigrave{}",
    # Behind a line's end or an item these would be arguments.
    "[": "{[}", "]": "{]}", "*": "{*}",
    "\t": "    ", "\u00a0": "~", "\u202f": "\\,", "\u2009": "\\,",
}  # fmt: skip
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 .,;:!?/()=+@'\n-]")
_LIGATURE = re.compile(r"([-,'])(?=\1)")  # two of these would become another sign


def escaped(text: str) -> str:
    """Each character as what prints it; control and direction characters are left out."""
    return _LIGATURE.sub(r"\1{}", _NOT_PLAIN.sub(lambda found: _text_symbol(found[0]), text))


def formula_symbol(character: str) -> str:
    """A character that is not ASCII, for use within a formula."""
    if character in MATHS:
        return MATHS[character]
    return f"\\text{{{_text_symbol(character)}}}" if _text_symbol(character) else ""


def _text_symbol(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    for table, form in _TABLES:
        if character in table:
            return form.format(table[character])
    if unicodedata.category(character)[0] == "Z":
        return " "
    if unicodedata.category(character) in {"Cc", "Cf", "Cs"}:
        return ""
    return _accented(character) or f"\\unichar{{{ord(character):X}}}"


def _accented(character: str) -> str:
    """A letter with one accent, or nothing."""
    apart = unicodedata.normalize("NFD", character)
    if len(apart) != 2 or apart[1] not in ACCENTS or not (apart[0].isascii() and apart[0].isalpha()):
        return ""
    letter = f"\\{apart[0]}{{}}" if apart[0] in "ij" and apart[1] not in "\u0328\u0323" else apart[0]
    return f"{ACCENTS[apart[1]]}{{{letter}}}"


_TABLES: tuple[tuple[Mapping[str, str], str], ...] = (
    (LETTERS, "{0}{{}}"),
    (MATHS, "\\ensuremath{{{0}}}"),
)
