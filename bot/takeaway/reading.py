r"""Reads an answer's Markdown to tokens, formulas included: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`, `align`."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

LONGEST = 4_000
"""Characters of a formula within a line; a longer one is text. It also bounds the search for its end."""
_MOST_LINES = 200  # of a formula on lines of its own

INLINE, DISPLAY = "math_inline", "math_display"

ALONE = ("equation", "align", "gather", "multline", "flalign", "eqnarray", "alignat", "displaymath", "math")
"""Environments that are formulas by themselves, with or without a star."""

_BEGIN = re.compile(r"\\begin\{((?:" + "|".join(ALONE) + r")\*?)\}")
_CLOSING = {"$$": "$$", "\\[": "\\]", "\\(": "\\)"}


def tokens(text: str) -> Sequence[Token]:
    """CommonMark with tables; HTML is text, links keep whatever address they have."""
    return _READER.parse(text)


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": 60}).enable("table")
    reader.inline.ruler.before("escape", "formula", _inline)
    reader.block.ruler.before("fence", "formula", _block, {"alt": ["paragraph", "blockquote", "list"]})
    reader.validateLink = _any  # what becomes of a link is decided where it is written
    return reader


def _any(url: str) -> bool:
    return True


def _inline(state: StateInline, silent: bool) -> bool:
    found = _formula_at(state.src, state.pos)
    if not found:
        return False
    kind, inside, end = found
    if not silent:
        token = state.push(kind, "", 0)
        token.content = inside
    state.pos = end
    return True


def _formula_at(src: str, at: int) -> tuple[str, str, int] | None:
    """The kind, source and end of a formula that begins here."""
    mark = src[at : at + 2]
    if mark in _CLOSING:
        end = src.find(_CLOSING[mark], at + 2, at + LONGEST)
        if end > at + 2:
            return INLINE if mark == "\\(" else DISPLAY, src[at + 2 : end], end + 2
    elif mark == "\\b" and (begin := _BEGIN.match(src, at)):
        closing = f"\\end{{{begin[1]}}}"
        end = src.find(closing, at, at + LONGEST)
        if end > 0:
            return DISPLAY, src[at : end + len(closing)], end + len(closing)
    elif mark[:1] == "$" and mark[1:2].strip():
        return _in_dollars(src, at)
    return None


def _in_dollars(src: str, at: int) -> tuple[str, str, int] | None:
    """Pandoc's rule, so that prices are none: no blank inside the dollars, no digit behind them."""
    end = at + 1
    while True:
        end = src.find("$", end, at + LONGEST)
        if end < 0:
            return None
        if src[end - 1] != "\\":
            break
        end += 1
    inside = src[at + 1 : end]
    closes = inside and not inside[-1].isspace() and not src[end + 1 : end + 2].isdigit()
    return (INLINE, inside, end + 1) if closes and "\n\n" not in inside else None


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A formula that begins a line, up to the line that ends with its closing mark."""
    if state.is_code_block(start):
        return False
    first = _line(state, start)
    begin = _BEGIN.match(first)
    opening = first[:2] if first[:2] in {"$$", "\\["} else ""
    if not (begin or opening):
        return False
    closing = f"\\end{{{begin[1]}}}" if begin else _CLOSING[opening]
    skip = 0 if begin else 2
    for line in range(start, min(end, start + _MOST_LINES)):
        text = _line(state, line)[skip if line == start else 0 :].rstrip()
        if text.endswith(closing) and (line > start or len(text) > len(closing) or skip):
            break
        if line > start and not text:
            return False  # TeX has no empty lines in formulas: what was meant is text
    else:
        return False
    if not silent:
        body = state.getLines(start, line + 1, state.blkIndent, False).strip()
        token = state.push(DISPLAY, "", 0)
        token.content = body if begin else body[2 : -len(closing)]
        token.map = [start, line + 1]
        state.line = line + 1
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


_READER = _reader()
