r"""Finds formulas in Markdown: `$…$`, `\(…\)`, `$$…$$`, `\[…\]` and environments; not in code, not prices."""

import re
from dataclasses import dataclass

INLINE_LIMIT = 600
"""Characters within a line; a dollar sign with no other one so near is a dollar sign."""
DISPLAY_LIMIT = 4_000

_MARK = re.compile(r"\\.?|`+|\$\$?")
_DOLLAR = re.compile(r"(?:\\.|[^\\$])*?\$")
_DISPLAY = re.compile(
    r"([ \t]*)(\$\$|\\\[|\\begin\{((?:equation|align|alignat|gather|multline|eqnarray|flalign)\*?)\})"
)
_OPENED = re.compile(r"(?:\$\$|\\\[)[ \t]*\n?\Z")
_BROKEN = re.compile(r"\n[ \t]*\n|\n[ \t]*(?:```|~~~)")
_AFTER = re.compile(r"[ \t]*([.,;:]?)[ \t]*(?:\n|\Z)")
_MONEY = re.compile(r"\d[\d.,]*\s*(?:[a-zA-Z]{2,}\b[^\\^_={]*|[kKMB]|[-\u2013]|/\w+)?\s*\Z")
_SHELL = re.compile(r"[A-Z_][A-Z0-9_]+[/:;,.-]*\Z|\{?[A-Z_]{3,}\}?\Z")


@dataclass(frozen=True, slots=True)
class Formula:
    """What a model wrote between its marks, and whether it is to stand by itself."""

    tex: str
    display: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A formula with its place in the text searched: from its first mark to behind its last."""

    start: int
    end: int
    formula: Formula


@dataclass(frozen=True, slots=True)
class Scan:
    """The formulas of one line, and from where on later characters may still change what is what."""

    found: list[Found]
    undecided: int


def in_line(line: str, *, whole: bool = True) -> Scan:
    """The formulas within a line; with `whole=False` more of the line may come."""
    found: list[Found] = []
    at, size = 0, len(line)
    while mark := _MARK.search(line, at):
        begun, end = mark.span()
        if not whole and end == size:
            return Scan(found, begun)
        close = _close(line, mark[0], begun, end)
        if close is None:
            if not whole and _may_close(line, mark[0], end):
                return Scan(found, begun)
            at = end
            continue
        if not whole and close[1] == size:
            return Scan(found, begun)
        tex = line[end : close[0]].strip()
        if mark[0][0] != "`" and tex:
            found.append(Found(begun, close[1], Formula(tex, mark[0] in {"$$", "\\["})))
        at = close[1]
    return Scan(found, size)


def _close(line: str, mark: str, begun: int, end: int) -> tuple[int, int] | None:
    """Where what `mark` opened ends: before its closing mark, and behind it."""
    if mark[0] == "`":
        return _code_end(line, mark, end)
    if mark == "$":
        return _dollar_end(line, begun, end)
    closing = {"$$": "$$", "\\(": "\\)", "\\[": "\\]"}.get(mark)
    at = line.find(closing, end, end + INLINE_LIMIT) if closing else -1
    return (at, at + 2) if at >= 0 else None


def _code_end(line: str, ticks: str, end: int) -> tuple[int, int] | None:
    at = line.find(ticks, end)
    while at >= 0:
        behind = at + len(ticks)
        while line.startswith("`", behind):
            behind += 1
        if behind - at == len(ticks):
            return at, behind
        at = line.find(ticks, behind)
    return None


def _dollar_end(line: str, begun: int, end: int) -> tuple[int, int] | None:
    """Dollars enclose a formula where both hug it, no digit follows, and it is neither money nor a name."""
    if line[end : end + 1] in {"", " ", "\t", "\n"} or line[begun - 1 : begun].isalnum():
        return None
    other = _DOLLAR.match(line, end, end + INLINE_LIMIT)
    if not other or line[other.end() : other.end() + 1].isdigit():
        return None
    tex = line[end : other.end() - 1]
    if tex[-1:].isspace() or _SHELL.match(tex) or (_MONEY.match(tex) and not tex.isdigit()):
        return None
    return other.end() - 1, other.end()


def _may_close(line: str, mark: str, end: int) -> bool:
    """Whether more text could still make a formula, or code, of what `mark` opened."""
    if mark[0] == "`":
        return True
    if mark == "$":
        return len(line) - end <= INLINE_LIMIT and not _DOLLAR.match(line, end) and line[end] not in " \t"
    return mark in {"$$", "\\(", "\\["} and len(line) - end <= INLINE_LIMIT


@dataclass(frozen=True, slots=True)
class Display:
    """A formula that stands by itself, and where the text goes on behind it."""

    end: int
    indent: str = ""
    tex: str = ""


PENDING = Display(-1)
"""A formula that began; more text may complete it."""


def display_at(text: str, at: int, *, whole: bool = True) -> Display | None:
    """The formula that begins where a line does; with `whole=False`, PENDING where more may complete it."""
    opened = _DISPLAY.match(text, at)
    if not opened:
        return None
    indent, mark, name = opened.groups()
    closing = f"\\end{{{name}}}" if name else {"$$": "$$", "\\[": "\\]"}[mark]
    body = opened.end()
    found = text.find(closing, body, body + DISPLAY_LIMIT)
    inner = text[body:found] if found >= 0 else text[body : body + DISPLAY_LIMIT]
    if (found < 0 and (whole or len(inner) == DISPLAY_LIMIT)) or _BROKEN.search(inner):
        return None
    if found < 0:
        return PENDING
    behind = found + len(closing)
    after = _AFTER.match(text, behind)
    if not whole and (behind == len(text) or (after and not text.endswith("\n", behind, after.end()))):
        return PENDING
    tex = text[opened.start(2) : behind] if name else inner.strip()
    if not tex or (not after and "\n" not in inner):
        return None  # more on the same line: it stands within a sentence
    if after:
        return Display(after.end(), indent, tex + after[1])
    while text[behind] in " \t":
        behind += 1
    return Display(behind, indent, tex)


def ends_line(line: str) -> Found | None:
    """The formula by itself that ends a line of words: nothing but a mark comes behind it."""
    found = in_line(line).found
    last = found[-1] if found and found[-1].formula.display else None
    return last if last and _AFTER.match(line, last.end) and line[: last.start].strip() else None


def opened_late(line: str) -> int:
    """Where the mark stands that ends a line of words and opens a formula on the next; -1 where none does."""
    opened = _OPENED.search(line)
    if not opened or not line[: opened.start()].strip():
        return -1
    return -1 if any(found.end > opened.start() for found in in_line(line).found) else opened.start()
