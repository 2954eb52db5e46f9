"""One model answer as Slack messages: nothing in it can ping or hide a link, and nothing is left out.

Text is Markdown, as Slack's `markdown` block takes it. Formulas are Unicode where that says the
same, else code, and of those that Slack can only show as pictures it is told where they belong.
Everything here is pure.
"""

import re
from itertools import groupby

from bot.reply.coming import settled
from bot.reply.links import Keeps, none, unescaped
from bot.reply.packing import PART_LIMIT, Piece, joined, pack, pieces_of, safe_text
from bot.reply.reading import Reader

__all__ = ["PART_LIMIT", "Keeps", "Piece", "parts", "pictured", "preview", "whole", "without_tables"]


def parts(text: str, keeps: Keeps = none, *, final: bool = True) -> list[str]:
    """The messages that hold `text`, each with its fences closed and its tables headed.

    While a stream runs (`final=False`) the end is held back to where later characters can no
    longer change it: what a longer text gives begins with what this one gives. Links to hosts that
    `keeps` names stay live; of all others the address is shown.
    """
    text = _lines(text)
    packed = pack(Reader(keeps, whole=final).read(text if final else settled(text)))
    shown = [joined(part) for part in packed[:-1]]
    if packed:
        shown.append(joined(packed[-1]) if final else safe_text(packed[-1]))
    return [_numbered(part, n) for n, part in enumerate(shown, 1)]


def pictured(text: str, keeps: Keeps = none) -> list[list[Piece]]:
    """The same messages, in pieces: text, and formulas that a picture shows better, each in its place."""
    found = [pieces_of(part) for part in pack(Reader(keeps).read(_lines(text)))]
    for n, pieces in enumerate(found[1:], 2):
        head = pieces.pop(0).text if not pieces[0].drawn else ""
        pieces.insert(0, Piece(_numbered(head, n).rstrip("\n")))
    return found


def whole(text: str, keeps: Keeps = none) -> str:
    """All of the text as a file: formulas as they were written, no hidden links."""
    lines = Reader(keeps, draws=False).read(_lines(text))
    return unescaped("".join(line.text for line in lines))


def without_tables(text: str, keeps: Keeps = none) -> str:
    """The same text with its tables as code, as they were written."""
    lines = Reader(keeps, draws=False).read(_lines(text))
    pieces: list[str] = []
    for table, rows in groupby(lines, key=lambda line: line.table):
        written = "".join(row.text for row in rows)
        ended = written if written.endswith("\n") else f"{written}\n"
        pieces.append(f"```\n{ended}```\n" if table else written)
    return unescaped("".join(pieces))


def preview(text: str) -> str:
    """The first words of a rendered text, without markup, for the notification that Slack sends."""
    words = " ".join(re.sub(r"[`*_#|>~\[\]]+", " ", text[:2_000]).split())
    shown = words if len(words) <= 150 else words[:149] + "…"
    return shown.replace("<", "&lt;").replace(">", "&gt;") or "…"  # its entities are rendered already


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _numbered(part: str, n: int) -> str:
    return part if n == 1 else f"*Part {n}*\n\n{part}"
