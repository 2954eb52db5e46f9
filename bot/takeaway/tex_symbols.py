"""Unicode's letters and signs of science as LaTeX commands, and the commands that a formula may use."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import cast

_FILE = files("bot.takeaway").joinpath("symbols.toml").read_text(encoding="utf-8")
_READ = cast("Mapping[str, Mapping[str, str]]", tomllib.loads(_FILE))
_MATHS, _ALLOWED = _READ["maths"], _READ["allowed"]


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return {sign: f"\\{name} " for sign, name in zip(words[::2], words[1::2], strict=True)}


def _formed(name: str, form: str) -> dict[str, str]:
    signs, letters = _MATHS[name], _MATHS[f"{name}_plain"]
    return {sign: form.replace("x", letter) for sign, letter in zip(signs, letters, strict=True)}


ACCENTS = {chr(int(code, 16)): command for code, command in _READ["accents"].items()}
"""Combining accents; each command takes the letter as its argument."""

LETTERS = _READ["letters"]
"""Signs of text."""

MATHS = (
    _pairs(_MATHS["greek"])
    | _pairs(_MATHS["signs"])
    | _formed("double", "\\mathbb{x}")
    | _formed("raised", "{}^{x}")
    | _formed("lowered", "{}_{x}")
    | {"\N{MINUS SIGN}": "-", "\N{DEGREE SIGN}": "{}^{\\circ}"}
)
"""Signs of mathematics, as they are written within a formula."""

UNITS = _READ["units"]
"""siunitx's names, and how each is written where that package is not installed."""

FALLBACKS = _READ["fallbacks"]
"""Commands of packages that are often missing, in words that every LaTeX knows."""

COMMANDS = frozenset(_ALLOWED["commands"].split()) | FALLBACKS.keys() | UNITS.keys()
"""All that a formula may call: it can draw, and neither read, write nor define."""

INSIDE = frozenset(_ALLOWED["environments"].split())
"""Environments that stand within a formula."""

TEXT = frozenset(_ALLOWED["text"].split())
"""Commands whose argument is text."""
