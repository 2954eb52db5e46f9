"""One model answer as Slack messages: nothing in it can ping or hide a link, and nothing is left out.

Text is Markdown, as Slack's `markdown` block takes it. Everything here is pure.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PART_LIMIT = 11_500
"""Characters of one message. Slack takes 12,000 of Markdown in a message's blocks, all together:
https://docs.slack.dev/reference/block-kit/blocks/markdown-block"""

_BACK = 1_000  # how far before the limit a better border is looked for; longer lines have borders too
_ROW_LIMIT = PART_LIMIT - 500  # a table's row is whole, with room for its header before it

_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})([^`\n]*)\n?$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_QUOTE = re.compile(r"^(?:\s{0,3}>)+")
_ENTITY = re.compile(r"&(?=(?:lt|gt|amp|#\d+|#[xX][0-9a-fA-F]+);)")
_LINK = re.compile(
    r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*((?:[^\s()]|\([^\s()]*\))+)(?:\s+\"[^\"]*\")?\s*\)"
)
_LIVE_TARGET = re.compile(r"\](?=\(\s*(?:&lt;)?(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//|www\.))")
_REFERENCE = re.compile(r"^(\s*)\[(?=[^\]]+\]:)")

Keeps = Callable[[str], bool]
"""Whether links to a host stay live."""


def _none(host: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Line:
    """A rendered line with its line end, and what a message that begins with it must begin with."""

    text: str
    opening: str = ""  # the fence it stands in, or the header of its table
    closing: str = ""  # what ends that fence


@dataclass(slots=True)
class _Part:
    lines: list[_Line] = field(default_factory=list[_Line])
    size: int = 0

    def text(self, *, closed: bool) -> str:
        first, last = self.lines[0], self.lines[-1]
        body = first.opening + "".join(line.text for line in self.lines)
        if not closed:
            return body
        return body.rstrip("\n") + (f"\n{last.closing}" if last.closing else "")

    def add(self, line: _Line) -> None:
        self.size += len(line.text) if self.lines else len(line.opening) + len(line.text)
        self.lines.append(line)

    def safe_text(self) -> str:
        """What stays in this message wherever its border falls."""
        safe = _Part()
        for line in self.lines:
            if safe.size + len(line.text) > PART_LIMIT - 2 * _BACK:
                break
            safe.add(line)
        return safe.text(closed=False) if safe.lines else ""


def parts(text: str, keeps: Keeps = _none, *, final: bool = True) -> list[str]:
    """The messages that hold `text`, each with its fences closed and its tables headed.

    While a stream runs (`final=False`) the end is held back to where later characters can no
    longer change it: what a longer text gives begins with what this one gives. Links to hosts that
    `keeps` names stay live; of all others the address is shown.
    """
    if not final:
        text = _settled(text)
    packed = _pack(_lines(text, keeps))
    shown = [part.text(closed=True) for part in packed[:-1]]
    if packed and final:
        shown.append(packed[-1].text(closed=True))
    elif packed:
        shown.append(packed[-1].safe_text())
    return [part if n == 1 else f"*Part {n}*\n\n{part}" for n, part in enumerate(shown, 1)]


def preview(text: str) -> str:
    """The first words, without markup, for the notification that Slack sends of a message."""
    words = " ".join(re.sub(r"[`*_#|>~\[\]]+", " ", text).split())
    return _escaped(words if len(words) <= 150 else words[:149] + "…") or "…"


def _lines(text: str, keeps: Keeps) -> Iterator[_Line]:
    fence = opening = table = before = ""
    strict = False
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").splitlines(keepends=True):
        mark = _FENCE.match(raw)
        if fence and mark and not mark[3].strip() and mark[2].startswith(fence):
            yield _Line(raw.replace("~", "`"), opening)
            fence = ""
        elif fence:
            yield from _cut(_code(raw, strict), opening, _backticks(opening))
        elif mark:
            fence, strict = mark[2], len(mark[1].expandtabs(4)) > 3
            opening = raw.replace("~", "`").rstrip("\n") + "\n"
            yield _Line(opening, "", _backticks(opening))
        else:
            line = _prose(raw, keeps)
            table = _table_header(table, before, line)
            if table:
                yield from _cut(line, "" if _TABLE_RULE.match(line) else table, "", _ROW_LIMIT)
            else:
                yield from _cut(line)
            before = line


def _table_header(table: str, before: str, line: str) -> str:
    """Header and rule of the table that `line` goes on with; empty outside a table."""
    if "|" not in line:
        return ""
    if not table and "|" in before and _TABLE_RULE.match(line):
        return before + line
    return table


def _cut(line: str, opening: str = "", closing: str = "", limit: int = _BACK) -> Iterator[_Line]:
    """The line in pieces of at most `limit` characters that end with white space where they can."""
    while len(line) > limit:
        at = line.rfind(" ", limit // 2, limit) + 1 or limit
        yield _Line(line[:at], opening, closing)
        line = line[at:]
    yield _Line(line, opening, closing)


def _pack(lines: Iterator[_Line]) -> list[_Part]:
    packed = [_Part()]
    for line in lines:
        part = packed[-1]
        if part.lines and part.size + len(line.text) + len(line.closing) + 1 > PART_LIMIT:
            packed.append(_split(part))
            part = packed[-1]
        if part.lines or line.text != "\n":  # no message begins with an empty line
            part.add(line)
    return [part for part in packed if part.lines]


def _split(part: _Part) -> _Part:
    """Move what comes after the last good border out of a full part, into the next."""
    size = part.size
    for at in range(len(part.lines) - 1, 0, -1):
        line = part.lines[at]
        size -= len(line.text)
        if part.size - size > _BACK:
            break
        if line.text == "\n" and not line.opening:
            moved = _Part()
            for later in part.lines[at + 1 :]:
                moved.add(later)
            del part.lines[at:]
            return moved
    return _Part()


def _prose(line: str, keeps: Keeps) -> str:
    quote = _QUOTE.match(line)
    marks = quote[0] if quote else ""
    text = _escaped(line[len(marks) :])
    text = _REFERENCE.sub(r"\1\\[", text)  # a definition far below would make `[label][x]` a link
    pieces: list[str] = []
    at = 0
    for link in _LINK.finditer(text):
        pieces += text[at : link.start()], _link(link, keeps)
        at = link.end()
    pieces.append(_LIVE_TARGET.sub("] ", text[at:]))
    return marks + "".join(pieces)


def _link(link: re.Match[str], keeps: Keeps) -> str:
    image, label, target = link[1], link[2], link[3]
    shown = _LIVE_TARGET.sub("] ", label).strip()
    if not re.match(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//|www\.)", target):
        return link[0]  # not a link Slack would make live: mathematics, code, a path
    if not image and target.startswith("https://") and keeps(_host(target)):
        return f"[{shown}]({target})"
    return target if shown in {"", target} else f"{shown} ({target})"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _code(line: str, strict: bool) -> str:
    # An indented fence is code to some readers of Markdown and prose to others.
    return _LIVE_TARGET.sub("] ", _escaped(line)) if strict else _escaped(line)


def _escaped(text: str) -> str:
    # Slack reads <@U…>, <!channel> and <url|label> even here; an escaped bracket is never read again.
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def _backticks(opening: str) -> str:
    indent = opening[: len(opening) - len(opening.lstrip())]
    return indent + "`" * (len(opening.lstrip()) - len(opening.lstrip().lstrip("`")))


def _settled(text: str) -> str:
    """Without the end that later characters could still change: a link, a fence, a row begun."""
    start = text.rfind("\n") + 1
    line = text[start:]
    if re.match(r"\s*(?:[`~|\[>]|$)", line):
        return text[:start]
    space = max(line.rfind(" "), line.rfind("\t"))
    return text[: start + _before_open_bracket(line[: space + 1])]


def _before_open_bracket(line: str) -> int:
    """Up to the first `[` whose link, if it is one, has not ended yet; else the whole line."""
    open_at: list[int] = []
    for at, char in enumerate(line):
        if char == "[":
            open_at.append(at)
        elif char == "]" and open_at:
            begun = open_at.pop()
            if line[at + 1 : at + 2] == "(" and ")" not in line[at + 1 :]:
                return open_at[0] if open_at else begun
    return open_at[0] if open_at else len(line)
