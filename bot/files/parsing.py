"""Reads the bytes of one file, whatever its name says; runs in a child process: files may be hostile."""

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import Any, cast

from bot.files.parsed import (
    ARCHIVE,
    BROKEN,
    EMPTY,
    ENCRYPTED,
    MOST_CHARACTERS,
    MOST_PAGES,
    MOST_PICTURE_BYTES,
    MOST_PIXELS,
    NO_TEXT,
    SIDE,
    TOO_MANY_PIXELS,
    UNKNOWN,
    Parsed,
)

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\x00", b"MM\x00*")
_ARCHIVES = (
    b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!",
    b"\xd0\xcf\x11\xe0", b"\x28\xb5\x2f\xfd",
)  # fmt: skip
_MARK_EVERY = 50
"""Lines between two marks: often enough to cite a line, rarely enough to cost little."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")


def parse(content: bytes) -> Parsed:
    """What a file holds."""
    if not content:
        return Parsed(why=EMPTY)
    if content[:1024].lstrip().startswith(b"%PDF-"):
        return _pdf(content)
    if content.startswith(_PICTURES):
        return _picture(content)
    if content.startswith(_ARCHIVES):
        return Parsed(why=ARCHIVE)
    text = _decoded(content)
    return Parsed(why=UNKNOWN) if text is None else _textual(text)


def _decoded(content: bytes) -> str | None:
    """The text of these bytes; None where they are none."""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        strange = len(_CONTROL.findall(text))
        return text if strange * 200 <= len(text) else None
    return None


def _textual(text: str) -> Parsed:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip()[:1] in ("{", "["):
        try:
            found: Any = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            return _notebook(found) or _lines("JSON", text)
    return _lines("CSV" if _is_table(text) else "text", text)


def _is_table(text: str) -> bool:
    """Whether these lines are rows of one width."""
    sample = text[:4000].rpartition("\n")[0] or text[:4000]
    for mark in (",", "\t", ";"):
        try:
            rows = list(csv.reader(io.StringIO(sample), delimiter=mark))
        except csv.Error:
            continue
        if len(rows) > 1 and len(rows[0]) > 1 and len({len(row) for row in rows if row}) == 1:
            return True
    return False


def _lines(kind: str, text: str) -> Parsed:
    if not text.strip():
        return Parsed(why=EMPTY)
    lines = text.split("\n")
    marked = (
        f"[line {number}]\n{line}" if number % _MARK_EVERY == 1 else line
        for number, line in enumerate(lines, 1)
    )
    return _fitted(kind, marked, "lines", len(lines))


def _fitted(kind: str, parts: Iterable[str], unit: str, count: int) -> Parsed:
    """As many of the parts as a model may get."""
    taken: list[str] = []
    room = MOST_CHARACTERS
    for number, part in enumerate(parts, 1):
        room -= len(part) + 1
        if room < 0:
            if number == 1:
                taken.append(part[:MOST_CHARACTERS])
            return Parsed(
                kind, "\n".join(taken), cut=f"all after {unit[:-1]} {max(1, number - 1)} of {count}"
            )
        taken.append(part)
    return Parsed(kind, "\n".join(taken))


def _notebook(found: Any) -> Parsed | None:
    notebook = _dict(found)
    if not isinstance(notebook.get("cells"), list) or "nbformat" not in notebook:
        return None
    cells = [_dict(cell) for cell in cast("list[Any]", notebook["cells"])]
    return _fitted("notebook", map(_cell, range(1, len(cells) + 1), cells), "cells", len(cells))


def _cell(number: int, cell: dict[str, Any]) -> str:
    said = [f"[cell {number}, {cell.get('cell_type', 'unknown')}]", _joined(cell.get("source"))]
    outputs = cell.get("outputs")
    for output in map(_dict, cast("list[Any]", outputs) if isinstance(outputs, list) else []):
        text = _joined(output.get("text") or _dict(output.get("data")).get("text/plain"))
        if text:
            said += [f"[output of cell {number}]", text]
    return "\n".join(said)


def _dict(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _joined(source: Any) -> str:
    if isinstance(source, list):
        return "".join(str(part) for part in cast("list[Any]", source))
    return source if isinstance(source, str) else ""


def _pdf(content: bytes) -> Parsed:
    import pypdfium2  # noqa: PLC0415 - loaded only by the child that needs it

    engine: Any = pypdfium2
    try:
        document: Any = engine.PdfDocument(content)
    except engine.PdfiumError as error:
        return Parsed(why=ENCRYPTED if "assword" in str(error) or "ecurity" in str(error) else BROKEN)
    count = len(document)
    texts = [_page(document, number) for number in range(min(count, MOST_PAGES))]
    if not any(texts):
        return Parsed(why=NO_TEXT if count else BROKEN)
    found = _fitted("PDF", (f"[page {n}]\n{text}" for n, text in enumerate(texts, 1)), "pages", count)
    if count > MOST_PAGES and not found.cut:
        return Parsed("PDF", found.text, cut=f"all after page {MOST_PAGES} of {count}")
    return found


def _page(document: Any, number: int) -> str:
    return str(document[number].get_textpage().get_text_bounded()).replace("\r\n", "\n").strip()


def _picture(content: bytes) -> Parsed:
    from PIL import Image  # noqa: PLC0415 - loaded only by the child that needs it

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return Parsed(why=TOO_MANY_PIXELS)
            opened.load()
            # Drawn anew: nothing of the file's own bytes, places or comments goes on.
            picture = opened.convert(
                "RGBA" if "A" in opened.getbands() or "transparency" in opened.info else "RGB"
            )
    except Image.DecompressionBombError:
        return Parsed(why=TOO_MANY_PIXELS)
    except (OSError, ValueError, SyntaxError, EOFError):
        return Parsed(why=BROKEN)
    picture.thumbnail((SIDE, SIDE))
    written = io.BytesIO()
    picture.save(written, "PNG")
    if len(written.getvalue()) <= MOST_PICTURE_BYTES:
        return Parsed("picture", picture=written.getvalue(), media_type="image/png")
    smaller = io.BytesIO()
    picture.convert("RGB").save(smaller, "JPEG", quality=88)
    return Parsed("picture", picture=smaller.getvalue(), media_type="image/jpeg")
