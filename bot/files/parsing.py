"""Reads the bytes of one file, whatever its name says; runs in a child process: files may be hostile."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
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
    Seen,
)

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\x00", b"MM\x00*")
_ARCHIVES = (
    b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!",
    b"\xd0\xcf\x11\xe0", b"\x28\xb5\x2f\xfd",
)  # fmt: skip
_MARK_EVERY = 50
"""Lines between two marks: often enough to cite a line, rarely enough to cost little."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # but for what begins a terminal's colour
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")


def parse(content: bytes) -> tuple[Parsed, Seen]:
    """What a file holds, and all of it for the guard."""
    if not content:
        return Parsed(why=EMPTY), Seen()
    if content[:1024].lstrip().startswith(b"%PDF-"):
        return _pdf(content)
    if content.startswith(_PICTURES):
        return _picture(content), Seen()
    if content.startswith(_ARCHIVES):
        return Parsed(why=ARCHIVE), Seen()
    text = _decoded(content)
    return (Parsed(why=UNKNOWN), Seen()) if text is None else _textual(text)


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


def _textual(text: str) -> tuple[Parsed, Seen]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip()[:1] in ("{", "["):
        try:
            found: Any = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            return _json(found, text)
    mark = _table_mark(text)
    cells = _cells(text, mark) if mark else ()
    return _lines("CSV" if mark else "text", text), Seen((text,), cells)


def _json(found: Any, text: str) -> tuple[Parsed, Seen]:
    values = tuple(_strings(found))
    if notebook := _notebook(found):
        return notebook[0], Seen((notebook[1],), values)
    # Read as JSON means them, too: a letter may be an escape, a value may hold lines.
    as_meant = " ¤ ".join(values), "\n¤\n".join(value for value in values if "\n" in value)
    return _lines("JSON", text), Seen((text, *as_meant), values)


def _strings(found: Any) -> Iterator[str]:
    """Every string in a JSON value, the keys as well."""
    left: list[Any] = [found]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += [part for pair in cast("dict[str, Any]", one).items() for part in pair]
        elif isinstance(one, list):
            left += cast("list[Any]", one)


def _cells(text: str, mark: str) -> tuple[str, ...]:
    try:
        return tuple(cell for row in csv.reader(io.StringIO(text), delimiter=mark) for cell in row)
    except csv.Error:  # one is larger than a cell may be
        return ()


def _table_mark(text: str) -> str:
    """What parts the cells, where these lines are rows of one width; "" where they are none."""
    sample = text[:4000].rpartition("\n")[0] or text[:4000]
    for mark in (",", "\t", ";"):
        try:
            rows = list(csv.reader(io.StringIO(sample), delimiter=mark))
        except csv.Error:
            continue
        if len(rows) > 1 and len(rows[0]) > 1 and len({len(row) for row in rows if row}) == 1:
            return mark
    return ""


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


def _notebook(found: Any) -> tuple[Parsed, str] | None:
    """A notebook with marks of its cells, and its text without; None where it is none."""
    notebook = _dict(found)
    if not isinstance(notebook.get("cells"), list) or "nbformat" not in notebook:
        return None
    cells = [_dict(cell) for cell in cast("list[Any]", notebook["cells"])]
    marked = (_cell(number, cell) for number, cell in enumerate(cells, 1))
    bare = "\n".join(text for cell in cells for text in (_joined(cell.get("source")), *_outputs(cell)))
    return _fitted("notebook", marked, "cells", len(cells)), bare


def _cell(number: int, cell: dict[str, Any]) -> str:
    said = [f"[cell {number}, {cell.get('cell_type', 'unknown')}]", _joined(cell.get("source"))]
    for text in _outputs(cell):
        said += [f"[output of cell {number}]", text]
    return "\n".join(said)


def _outputs(cell: dict[str, Any]) -> Iterator[str]:
    outputs = cell.get("outputs")
    for output in map(_dict, cast("list[Any]", outputs) if isinstance(outputs, list) else []):
        text = _joined(output.get("text") or _dict(output.get("data")).get("text/plain"))
        if text:
            yield text


def _dict(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _joined(source: Any) -> str:
    if isinstance(source, list):
        return "".join(str(part) for part in cast("list[Any]", source))
    return source if isinstance(source, str) else ""


def _pdf(content: bytes) -> tuple[Parsed, Seen]:
    import pypdfium2  # noqa: PLC0415 - loaded only by the child that needs it

    engine: Any = pypdfium2
    try:
        document: Any = engine.PdfDocument(content)
    except engine.PdfiumError as error:
        why = ENCRYPTED if "assword" in str(error) or "ecurity" in str(error) else BROKEN
        return Parsed(why=why), Seen()
    count = len(document)
    texts = [_page(document, number) for number in range(min(count, MOST_PAGES))]
    if not any(texts):
        return Parsed(why=NO_TEXT if count else BROKEN), Seen()
    about = tuple(str(value) for value in document.get_metadata_dict().values())
    seen = Seen(("\n".join(texts), *texts, *about))  # each page by itself: a rule may ask how a text begins
    found = _fitted("PDF", (f"[page {n}]\n{text}" for n, text in enumerate(texts, 1)), "pages", count)
    if count > MOST_PAGES and not found.cut:
        found = Parsed("PDF", found.text, cut=f"all after page {MOST_PAGES} of {count}")
    return found, seen


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
