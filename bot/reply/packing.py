"""Packs rendered lines into messages, each of which can be read by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.reply.reading import PIECE, Line

PART_LIMIT = 11_500
"""Characters of one message. Slack takes 12,000 of Markdown in a message's blocks, all together:
https://docs.slack.dev/reference/block-kit/blocks/markdown-block"""

TABLE_ROWS = 100
TABLE_LIMIT = 10_000
"""Rows and characters of the one table that a message may hold, its header among them. Slack makes a
`table` block of what a `markdown` block holds: https://docs.slack.dev/reference/block-kit/blocks/table-block"""

_SURE = PART_LIMIT - 2 * PIECE  # what stands before this stays in its message, wherever the border falls


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message: its text, and the TeX to draw in its place, or (`beside`) below it."""

    text: str
    drawn: str = ""
    beside: bool = False


@dataclass(slots=True)
class Part:
    """One message's lines."""

    lines: list[Line] = field(default_factory=list[Line])
    size: int = 0
    table: int = 0  # which table it holds; 0 none
    rows: int = 0
    cells: int = 0  # characters of that table

    def has_room(self, line: Line) -> bool:
        """Whether a line fits; the first always does."""
        if not self.lines:
            return True
        return self.size + line.need <= PART_LIMIT and (not line.table or self._takes_row(line))

    def _takes_row(self, line: Line) -> bool:
        if self.table not in {0, line.table}:
            return False
        return self.rows < TABLE_ROWS and self.cells + len(line.text) <= TABLE_LIMIT

    def add(self, line: Line) -> None:
        """Put a line at the end."""
        opening = "" if self.lines else line.opening
        self.size += len(opening) + len(line.text)
        if line.table:
            self.table = line.table
            self.rows += bool(opening) + 1
            self.cells += len(opening) + len(line.text)
        self.lines.append(line)


def pack(lines: Iterator[Line]) -> list[Part]:
    """The messages that hold these lines."""
    packed = [Part()]
    for line in lines:
        last = packed[-1]
        if not last.has_room(line):
            last = _split(last)
            packed.append(last)
            if not last.has_room(line):
                last = Part()
                packed.append(last)
        if last.size or line.text.strip(" \t\n") or line.beside:  # no message begins with an empty line
            last.add(line)
    return [part for part in packed if part.lines]


def joined(part: Part, *, closed: bool = True) -> str:
    """A message's text."""
    body = (part.lines[0].opening + "".join([line.text for line in part.lines])).rstrip("\n")
    closing = part.lines[-1].closing
    return f"{body}\n{closing}" if closed and closing else body


def safe_text(part: Part) -> str:
    """What stays in this message wherever its border falls."""
    safe = Part()
    for line in part.lines:
        if safe.size + len(line.opening) + len(line.text) > _SURE:
            break
        safe.add(line)
    return joined(safe, closed=False) if safe.lines else ""


def pieces_of(part: Part) -> list[Piece]:
    """A message's text, with the formulas to be drawn each in its place."""
    pieces: list[Piece] = []
    run = Part()
    for line in part.lines:
        if line.drawn or line.beside:
            _end(run, pieces)
            run = Part()
            pieces += [Piece("", tex, beside=True) for tex in line.beside]
        if line.drawn:
            pieces.append(Piece(line.text.rstrip("\n"), line.drawn))
        elif run.size or line.text not in {"", "\n"}:
            run.add(line)
    _end(run, pieces)
    return pieces


def _end(run: Part, pieces: list[Piece]) -> None:
    if run.lines and (text := joined(run)).strip():
        pieces.append(Piece(text))


def _split(part: Part) -> Part:
    """Move what comes after the last good border out of a full part, into the next."""
    stays = part.size
    for at in range(len(part.lines) - 1, 0, -1):
        line = part.lines[at]
        stays -= len(line.text)
        if stays < _SURE:
            break
        if line.text == "\n" and not line.opening:
            moved = Part()
            for later in part.lines[at + 1 :]:
                moved.add(later)
            del part.lines[at:]
            return moved
    return Part()
