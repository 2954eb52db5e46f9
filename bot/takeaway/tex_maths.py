"""Formulas as LaTeX that can only draw: what could do more, or would not compile, is shown as source."""

import re
from collections.abc import Iterator

from bot.takeaway.reading import ALONE
from bot.takeaway.tex_symbols import COMMANDS, INSIDE, TEXT
from bot.takeaway.tex_text import escaped, formula_symbol

LONGEST = 8_000
DEEPEST = 40
"""Characters and nested braces of a formula that is drawn."""

_PIECE = re.compile(r"\\([A-Za-z]+)(\*?)|\\(.)|([^\\])", re.DOTALL)
_NAME = re.compile(r"\{([A-Za-z]+)(\*?)\}")
_COLUMNS = re.compile(r"\s*(\{[\s0-9lcr|:]{0,40}\})")
_WHOLE = re.compile(r"\\begin\{((?:" + "|".join(ALONE) + r")\*?)\}(.*)\\end\{\1\}", re.DOTALL)
_ESCAPED = re.compile(r"\\([%_&#{} ,;$])")
_DELIMITED = re.compile(r"\s*(?:\\[A-Za-z]+|\\[{}|]|[()\[\]|./<>])")
_SYMBOLS = set(",;:!>|{}%_&#$\\/-")
_NESTED = {"align": "aligned", "gather": "gathered", "equation": "aligned", "multline": "gathered"}
_NUMBERED = {"math": "equation*", "displaymath": "equation*", "eqnarray": "align", "eqnarray*": "align*"}


class Unsound(Exception):
    """A formula that we do not hand to TeX."""


def formula(source: str, *, display: bool) -> str:
    """A formula between its marks, or its source as code."""
    try:
        return _display(source.strip()) if display else f"\\({_checked(source.strip())}\\)"
    except Unsound:
        return f"\\texttt{{{escaped(source.strip())}}}"


def _display(source: str) -> str:
    whole = _WHOLE.fullmatch(source)
    if not whole:
        return f"\\[\n{_checked(source, display=True)}\n\\]"
    name, inside = _NUMBERED.get(whole[1], whole[1]), whole[2]
    columns = _COLUMNS.match(inside) if name.startswith("alignat") else None
    body = _checked(inside[columns.end() :] if columns else inside, display=True, aligned=True)
    return f"\\begin{{{name}}}{columns[1] if columns else ''}\n{body}\n\\end{{{name}}}"


def _checked(source: str, *, display: bool = False, aligned: bool = False) -> str:
    if len(source) > LONGEST or "^^" in source or not source:
        raise Unsound
    writer = _Writer(re.sub(r"\n\s*\n", "\n", source), display, aligned)
    return "".join(writer.pieces()).strip()


class _Writer:
    """Goes through a formula once; what is open must be closed in order."""

    def __init__(self, source: str, display: bool, aligned: bool) -> None:
        self._source = source
        self._display = display
        self._at = 0
        self._open: list[str] = ["alignment"] if aligned else []
        self._floor = len(self._open)

    def pieces(self) -> Iterator[str]:
        while self._at < len(self._source):
            found = _PIECE.match(self._source, self._at)
            if not found:
                raise Unsound  # a backslash at the end
            self._at = found.end()
            name, star, symbol, plain = found.groups()
            if name:
                yield self._command(name, star)
            elif symbol:
                yield self._symbol(symbol)
            else:
                yield self._plain(plain)
        if len(self._open) != self._floor:
            raise Unsound

    def _command(self, name: str, star: str) -> str:
        if name in {"begin", "end"}:
            return self._environment(name)
        if name in {"left", "right"}:
            return self._delimited(name)
        if name == "label":
            self._argument()
            return ""
        if name in {"notag", "nonumber"}:
            return ""
        if name not in COMMANDS or not self._belongs(name):
            raise Unsound
        if name in TEXT:
            return f"\\{name}{star}{{{_text(self._argument())}}}"
        return f"\\{name}{star} " if not star or name in {"operatorname", "tag"} else f"\\{name} *"

    def _belongs(self, name: str) -> bool:
        """Whether a command that stands in some places only may stand here."""
        if name == "tag":
            return self._display and len(self._open) == self._floor
        return name != "hline" or self._open[-1:] == ["array"]

    def _environment(self, verb: str) -> str:
        found = _NAME.match(self._source, self._at)
        if not found:
            raise Unsound
        self._at = found.end()
        name = found[1] if found[1] in INSIDE else _NESTED.get(found[1], "")
        if not name or (found[2] and found[1] in INSIDE):
            raise Unsound
        if verb == "end":
            self._close(name)
            return f"\\end{{{name}}}"
        self._push(name)
        return f"\\begin{{{name}}}{self._columns(name)}"

    def _columns(self, name: str) -> str:
        if name not in {"array", "alignedat", "subarray"}:
            return ""
        found = _COLUMNS.match(self._source, self._at)
        if not found:
            raise Unsound
        self._at = found.end()
        return found[1].replace(":", "|")

    def _delimited(self, side: str) -> str:
        if not _DELIMITED.match(self._source, self._at):
            raise Unsound
        if side == "left":
            self._push("left")
        else:
            self._close("left")
        return f"\\{side} "

    def _symbol(self, symbol: str) -> str:
        if symbol not in _SYMBOLS and not symbol.isspace():
            raise Unsound
        return "\\ " if symbol.isspace() else f"\\{symbol}"

    def _plain(self, character: str) -> str:
        if character == "{":
            self._push("{")
        elif character == "}":
            self._close("{")
        elif character in "$#%\x00":
            return self._special(character)
        elif character == "&" and not self._aligns():
            return "\\&"
        elif not character.isascii():
            return formula_symbol(character)
        return character if character.isprintable() or character.isspace() else ""

    def _aligns(self) -> bool:
        return bool(self._open) and self._open[-1] not in {"{", "left"}

    def _special(self, character: str) -> str:
        if character in "$\x00":
            raise Unsound
        return f"\\{character}"

    def _argument(self) -> str:
        """The group in braces that comes next, taken whole."""
        start, depth = self._at, 0
        for found in re.finditer(r"\\.|[{}]", self._source[start : start + LONGEST], re.DOTALL):
            depth += {"{": 1, "}": -1}.get(found[0], 0)
            if depth == 0 and found[0] == "}":
                inside = self._source[start : start + found.end()]
                self._at = start + found.end()
                if not inside.startswith("{"):
                    break
                return inside[1:-1]
        raise Unsound

    def _push(self, what: str) -> None:
        self._open.append(what)
        if len(self._open) > DEEPEST:
            raise Unsound

    def _close(self, what: str) -> None:
        if len(self._open) <= self._floor or self._open.pop() != what:
            raise Unsound


def _text(source: str) -> str:
    r"""The argument of \text: words, and formulas in dollars."""
    parts = source.replace("\\$", "\ue000").split("$")
    if len(parts) % 2 == 0 or any("\\" in _ESCAPED.sub("", part) for part in parts[::2]):
        raise Unsound
    written = [
        f"\\({_checked(part)}\\)" if n % 2 else escaped(_ESCAPED.sub(r"\1", part))
        for n, part in enumerate(parts)
    ]
    return "".join(written).replace("\\unichar{E000}", "\\$")
