"""One model answer as Slack messages: nothing in it can ping or hide a link, and nothing is left out.

Text is Markdown, as Slack's `markdown` block takes it. Everything here is pure.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

PART_LIMIT = 11_500
"""Characters of one message. Slack takes 12,000 of Markdown in a message's blocks, all together:
https://docs.slack.dev/reference/block-kit/blocks/markdown-block"""

_BACK = 1_000  # how far before the limit a better border is looked for; longer lines have borders too
_SURE = PART_LIMIT - 2 * _BACK  # what stands before this stays in its message, wherever the border falls
_HEADER_LIMIT = 500  # a longer table header is not repeated
_ROW_LIMIT = PART_LIMIT - _HEADER_LIMIT  # a table's row is whole, with room for its header before it

_FENCE = re.compile(r"([ \t]{0,40})(`{3,40}|~{3,40})([^`~\n]{0,200})\n?")
_FENCE_END = re.compile(r"([ \t]*)(`{3,}|~{3,})[ \t]*\n?")
_TABLE_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_QUOTE = re.compile(r"(?:\s{0,3}>)+")
_ENTITY = re.compile(r"&(?=(?:[a-zA-Z][a-zA-Z0-9]*|#\d+|#[xX][0-9a-fA-F]+);)")
_BRACKET = re.compile(r"[\[\]]")
_LINK = re.compile(
    r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*((?:[^\s()]|\([^\s()]*\))+)(?:\s+\"[^\"]*\")?\s*\)"
)
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?=\S)|//|www\.")
_LIVE = re.compile(  # a bracket that may begin the target of a link, or of a definition far below its link
    rf"\](?=[(:]\s*(?:$|&lt;|[^\s)]{{0,40}}\\|(?:[\w-]{{1,63}}\.){{1,8}}[^\W\d_]{{2,}}(?:[/:?#)\s]|$)|{_ADDRESS.pattern}))"
)
_KEPT = re.compile(r"https://([a-zA-Z0-9.-]+)(?::\d+)?(?:[/?#][^\\]*)?")

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

    @property
    def need(self) -> int:
        """Characters it takes in a message that ends with it."""
        return len(self.text) + (len(self.closing) + 1 if self.closing else 0)


@dataclass(slots=True)
class _Part:
    lines: list[_Line] = field(default_factory=list[_Line])
    size: int = 0

    def has_room(self, line: _Line) -> bool:
        return not self.lines or self.size + line.need <= PART_LIMIT

    def add(self, line: _Line) -> None:
        self.size += len(line.text) if self.lines else len(line.opening) + len(line.text)
        self.lines.append(line)

    def text(self, *, closed: bool) -> str:
        body = (self.lines[0].opening + "".join(line.text for line in self.lines)).rstrip("\n")
        closing = self.lines[-1].closing
        return f"{body}\n{closing}" if closed and closing else body

    def safe_text(self) -> str:
        """What stays in this message wherever its border falls."""
        safe = _Part()
        for line in self.lines:
            if safe.size + len(line.opening) + len(line.text) > _SURE:
                break
            safe.add(line)
        return safe.text(closed=False) if safe.lines else ""


def parts(text: str, keeps: Keeps = _none, *, final: bool = True) -> list[str]:
    """The messages that hold `text`, each with its fences closed and its tables headed.

    While a stream runs (`final=False`) the end is held back to where later characters can no
    longer change it: what a longer text gives begins with what this one gives. Links to hosts that
    `keeps` names stay live; of all others the address is shown.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    packed = _pack(_Reader(keeps).read(text if final else _settled(text)))
    shown = [part.text(closed=True) for part in packed[:-1]]
    if packed:
        shown.append(packed[-1].text(closed=True) if final else packed[-1].safe_text())
    return [part if n == 1 else f"*Part {n}*\n\n{part}" for n, part in enumerate(shown, 1)]


def preview(text: str) -> str:
    """The first words of a rendered text, without markup, for the notification that Slack sends."""
    words = " ".join(re.sub(r"[`*_#|>~\[\]]+", " ", text).split())
    shown = words if len(words) <= 150 else words[:149] + "…"
    return shown.replace("<", "&lt;").replace(">", "&gt;") or "…"  # its entities are rendered already


@dataclass(slots=True)
class _Reader:
    """Renders line by line; what a line becomes depends on those before it, never on later ones."""

    keeps: Keeps
    fence: str = ""  # the marks that opened the one we are in
    indent: int = 0
    opening: str = ""
    closing: str = ""
    table: str = ""  # header and rule of the one we are in
    before: str = ""
    # Whether another reader of Markdown may see code elsewhere than we do: from a fence in a list, in
    # tildes, within a line. Links in what we take for code are then disarmed, too.
    strict: bool = False

    def read(self, text: str) -> Iterator[_Line]:
        for raw in re.findall(
            r"[^\n]*\n|[^\n]+", text
        ):  # splitlines() knows more ends of lines than Markdown
            if self.fence:
                yield from self._in_fence(raw)
            elif mark := _FENCE.fullmatch(raw):
                yield self._open(*mark.groups())
            else:
                yield from self._outside(raw)

    def _open(self, indent: str, marks: str, info: str) -> _Line:
        tildes = marks.startswith("~")
        self.strict |= tildes or bool(indent)
        self.fence, self.indent = marks, len(indent.expandtabs(4))
        self.closing = indent + "`" * (len(marks) + tildes)  # what is in tildes often has fences of its own
        self.opening = f"{self.closing}{_disarmed(_escaped(info))}\n"
        return _Line(self.opening, closing=self.closing)

    def _in_fence(self, raw: str) -> Iterator[_Line]:
        end = _FENCE_END.fullmatch(raw)
        if end and end[2].startswith(self.fence) and len(end[1].expandtabs(4)) <= self.indent + 3:
            self.fence = self.before = self.table = ""
            yield _Line(self.closing + "\n", self.opening)
            return
        code = _escaped(raw)
        yield from _cut(_disarmed(code) if self.strict else code, self.opening, self.closing)
        self._doubt(raw)  # from the next line on: what was shown of this one stays

    def _outside(self, raw: str) -> Iterator[_Line]:
        self._doubt(raw)
        line = _prose(raw, self.keeps)
        rule = bool(_TABLE_RULE.fullmatch(line.strip()))
        if "|" not in line:
            self.table = ""
        elif not self.table and rule and "|" in self.before:
            self.table = self.before + line
        self.before = line
        if self.table:
            repeated = "" if rule or len(self.table) > _HEADER_LIMIT else self.table
            yield from _cut(line, repeated, limit=_ROW_LIMIT)
        else:
            yield from _cut(line)

    def _doubt(self, raw: str) -> None:
        self.strict |= "```" in raw or "~~~" in raw


def _cut(line: str, opening: str = "", closing: str = "", limit: int = _BACK) -> Iterator[_Line]:
    """The line in pieces of at most `limit` characters that end with white space where they can."""
    while len(line) > limit:
        at = line.rfind(" ", limit // 2, limit) + 1 or line.rfind("&", limit - 4, limit)
        at = at if at > 0 else limit
        yield _Line(line[:at], opening, closing)
        line = line[at:]
    yield _Line(line, opening, closing)


def _pack(lines: Iterator[_Line]) -> list[_Part]:
    packed = [_Part()]
    for line in lines:
        if not packed[-1].has_room(line):
            packed.append(_split(packed[-1]))
        if not packed[-1].has_room(line):
            packed.append(_Part())
        if packed[-1].lines or line.text != "\n":  # no message begins with an empty line
            packed[-1].add(line)
    return [part for part in packed if part.lines]


def _split(part: _Part) -> _Part:
    """Move what comes after the last good border out of a full part, into the next."""
    stays = part.size
    for at in range(len(part.lines) - 1, 0, -1):
        line = part.lines[at]
        stays -= len(line.text)
        if stays < _SURE:
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
    pieces: list[str] = []
    at = 0
    for link in _LINK.finditer(text):
        pieces += _disarmed(text[at : link.start()]), _link(link, keeps)
        at = link.end()
    return "".join([marks, *pieces, _disarmed(text[at:])])


def _link(link: re.Match[str], keeps: Keeps) -> str:
    image, label, target = link[1], link[2], link[3]
    host = _KEPT.fullmatch(target)
    if host and not image and keeps(host[1].lower()):
        return f"[{_disarmed(label).strip()}]({target})"
    in_code = link.string.count("`", 0, link.start()) % 2
    if in_code or not _ADDRESS.match(target):
        return _disarmed(link[0])  # mathematics, code, a path
    shown = _disarmed(label).strip()
    return target if shown in {"", target} else f"{shown} ({target})"


def _disarmed(text: str) -> str:
    return _LIVE.sub("] ", text)


def _escaped(text: str) -> str:
    # Slack reads <@U…>, <!channel> and <url|label> even here; an escaped bracket is never read again.
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def _settled(text: str) -> str:
    """Without the end that later characters could still change: a link, a fence, a row begun."""
    start = text.rfind("\n") + 1
    before, line = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : start], text[start:]
    if "|" in before or re.match(r"\s*(?:[`~|\[>]|$)", line):
        return text[:start]
    line = _LINK.sub(lambda link: "x" * len(link[0]), line)  # ended: no place to stop in, and decided
    return text[: start + line.rfind(" ", 0, _undecided(line)) + 1]


def _undecided(line: str) -> int:
    """Where the first bracket stands that may still become a link; at the end if there is none."""
    opened: list[int] = []
    for bracket in _BRACKET.finditer(line):
        if bracket[0] == "[":
            opened.append(bracket.start())
            continue
        begun = opened.pop() if opened else bracket.start()
        if line[bracket.end() : bracket.end() + 1] in {"", "(", ":"}:
            return opened[0] if opened else begun
    return opened[0] if opened else len(line)
