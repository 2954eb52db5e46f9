"""Files of questions: what becomes of each kind, and that no file hangs or kills anything."""

import io
import json
import sys
import time
import zipfile
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from bot.files import parsed as words
from bot.files.parsed import MOST_CHARACTERS, Parsed
from bot.files.reader import Reader
from bot.labs.folders import read_folders

READER = Reader()


def image(size: tuple[int, int] = (40, 30), form: str = "PNG", mode: str = "RGB") -> bytes:
    written = io.BytesIO()
    Image.new(mode, size).save(written, form)
    return written.getvalue()


def pdf(*pages: str) -> bytes:
    """A PDF as its specification has it: each page shows one line of text."""
    return pdf_of([f"BT /F 12 Tf 20 100 Td ({text}) Tj ET".encode() for text in pages])


def pdf_of(streams: list[bytes], about: bytes = b"", trailer: bytes = b"") -> bytes:
    kids = b" ".join(b"%d 0 R" % (3 + 2 * n) for n in range(len(streams)))
    font = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(streams)),
    ]
    for n, stream in enumerate(streams):
        box = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources%s/Contents %d 0 R>>"
        parts.append(box % (font, 4 + 2 * n))
        parts.append(b"<<%s/Length %d>>stream\n%s\nendstream" % (about, len(stream), stream))
    body, at = b"%PDF-1.4\n", list[int]()
    for n, part in enumerate(parts, 1):
        at.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (n, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in at)
    count = len(parts) + 1
    xref = b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    end = b"trailer<</Root 1 0 R/Size %d%s>>\nstartxref\n%d\n%%%%EOF" % (count, trailer, len(body))
    return body + xref + end


def flate_bomb() -> bytes:
    return pdf_of([zlib.compress(b" " * 300_000_000, 6)], b"/Filter/FlateDecode")


def pixel_bomb() -> bytes:
    """A PNG of 30,000 by 30,000 pixels in a few kilobytes."""
    data = bytearray(image((1, 1)))
    data[16:24] = (30_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


def zip_bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"0" * 50_000_000)
    return written.getvalue()


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;">' % (c + 1, c, c) for c in range(97, 121))
    + b"]><l>&y;</l>"
)
NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "cells": [
            {"cell_type": "markdown", "source": ["# Title\n", "words"]},
            {
                "cell_type": "code",
                "source": "1+1",
                "outputs": [{"data": {"text/plain": ["2"]}}, {"text": "x"}],
            },
            "strange",
        ],
    }
).encode()


@pytest.mark.parametrize(
    ("content", "kind", "holds"),
    [
        (b"hello\nworld\n", "text", "[line 1]\nhello\nworld"),
        ("\ufeffé\r\nü".encode(), "text", "é\nü"),
        ("wide".encode("utf-16"), "text", "wide"),
        (b"caf\xe9", "text", "café"),
        (b"a,b\n1,2\n3,4\n", "CSV", "3,4"),
        (b'{"a": [1, 2]}', "JSON", '{"a"'),
        (b'{"a": ', "text", '{"a"'),
        (b"[" * 200_000, "text", "[[["),
        (NOTEBOOK, "notebook", "[cell 2, code]\n1+1\n[output of cell 2]\n2\n[output of cell 2]\nx"),
        (b"def f():\n    return 1\n", "text", "def f():"),
        (LAUGHS, "text", "<!ENTITY"),
        (pdf("Hello there", "Second page"), "PDF", "[page 2]\nSecond page"),
    ],
)
async def test_what_can_be_read_is_text_with_marks(content: bytes, kind: str, holds: str) -> None:
    found = await READER.parse(content)
    assert (found.kind, found.why) == (kind, "")
    assert holds in found.text


RULES = read_folders(None).guard
PROSE = "a plain line of prose\n" * 6_000  # more than a model gets
ACT = "restricted data,\nas defined in the Atomic Energy Act"
NOTED = NOTEBOOK.replace(b'"nbformat"', b'"note": "CUI//SP-EXPT", "nbformat"')
FOUND: list[tuple[str, bytes, str]] = [
    ("at the end of what is cut", f"{PROSE}SECRET//RD\n".encode(), "hard"),
    ("at the beginning", b"OUO; Jane Smith\nrest", "hard"),
    ("across our marks", ("x\n" * 49 + ACT).encode(), "hard"),
    ("on a page", pdf("Hello", "UCNI; Jane Smith, HS-90"), "hard"),
    ("in an escape", b'{"a": "\\u0053ECRET//RD"}', "hard"),
    ("in a value of lines", json.dumps({"text": "Report\nSECRET\nbody"}).encode(), "hard"),
    ("as a value", b'{"level": "SECRET"}', "soft"),
    ("in a cell", b"id,level\n1,SECRET\n2,x\n", "soft"),
    ("in an output", NOTEBOOK.replace(b'"x"', b'"CUI//SP-EXPT"'), "hard"),
    ("in what a notebook keeps", NOTED, "soft"),
    ("in colours", b"\x1b[31mSECRET\x1b[0m\nbody", "hard"),
    ("a word", b"is it ITAR?", "soft"),
    ("nothing", b"name,SECRET_KEY\nCuI,(S)-ibuprofen\n", ""),
]


@pytest.mark.parametrize(("content", "level"), [one[1:] for one in FOUND], ids=[one[0] for one in FOUND])
async def test_the_guard_sees_all_of_a_file_and_as_it_was(content: bytes, level: str) -> None:
    found = await READER.parse(content, RULES)
    assert not found.why
    levels = {hit.level for hit in found.hits}
    assert ("hard" if "hard" in levels else "soft" if levels else "") == level


async def test_lines_are_marked_and_long_files_are_cut() -> None:
    found = await READER.parse("".join(f"row {n}\n" for n in range(1, 40_001)).encode())
    assert "[line 51]\nrow 51" in found.text
    assert len(found.text) <= MOST_CHARACTERS
    assert found.cut.startswith("all after line ")
    one = await READER.parse(b"x" * 1_000_000)
    assert len(one.text) <= MOST_CHARACTERS
    assert one.cut


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
async def test_pictures_are_drawn_anew_and_not_too_large(form: str) -> None:
    found = await READER.parse(image((4000, 100), form))
    assert found.kind == "picture"
    assert found.media_type in {"image/png", "image/jpeg"}
    with Image.open(io.BytesIO(found.picture)) as picture:
        assert picture.size == (2048, 51)


async def test_a_picture_keeps_no_words_of_its_file() -> None:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "canary-exif"
    Image.new("RGB", (8, 8)).save(written, "JPEG", exif=exif, comment=b"canary-comment")
    assert b"canary" in written.getvalue()
    assert b"canary" not in (await READER.parse(written.getvalue())).picture


BAD: list[tuple[str, Callable[[], bytes], set[str]]] = [
    ("empty", lambda: b"", {words.EMPTY}),
    ("blank", lambda: b" \n ", {words.EMPTY}),
    ("zeros", lambda: b"\0" * 1000, {words.UNKNOWN}),
    ("program", lambda: b"\x7fELF" + bytes(range(256)) * 9, {words.UNKNOWN}),
    ("archive", zip_bomb, {words.ARCHIVE}),
    ("gzip", lambda: b"\x1f\x8b" + b"0" * 99, {words.ARCHIVE}),
    ("scan", lambda: pdf(""), {words.NO_TEXT}),
    ("half a pdf", lambda: pdf("words")[:60], {words.BROKEN, words.NO_TEXT}),
    ("no pdf", lambda: b"%PDF-1.7\n" + b"\xff" * 5000, {words.BROKEN}),
    ("half a picture", lambda: image((500, 500))[:200], {words.BROKEN}),
    ("no picture", lambda: b"\x89PNG\r\n\x1a\n" + b"x" * 99, {words.BROKEN}),
    ("pixels", pixel_bomb, {words.TOO_MANY_PIXELS}),
    ("flate", flate_bomb, {words.TOO_MUCH, words.NO_TEXT, words.BROKEN, words.TOO_SLOW}),
]


@pytest.mark.parametrize(("make", "why"), [(make, why) for _, make, why in BAD], ids=[bad[0] for bad in BAD])
async def test_what_can_t_be_read_says_why_soon(make: Callable[[], bytes], why: set[str]) -> None:
    content, start = make(), time.monotonic()
    found = await READER.parse(content)
    assert found.why in why
    assert not found.text
    assert time.monotonic() - start < 20


async def test_an_encrypted_pdf_says_so() -> None:
    keys = b"/O<%s>/U<%s>" % (b"00" * 32, b"11" * 32)
    locked = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4%s>>/ID[<00><00>]" % keys
    found = await READER.parse(pdf_of([b"BT ET"], trailer=locked))
    assert found.why == words.ENCRYPTED


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import select; select.select([], [], [], 60)", words.TOO_SLOW),
        ("import os; os.abort()", words.TOO_MUCH),
        ("print('no JSON')", words.BROKEN),
        ("import sys; sys.exit(3)", words.BROKEN),
        ("while True: print('x' * 65536)", words.TOO_SLOW),
        ("import sys; sys.stdin.close()", words.BROKEN),
    ],
)
async def test_whatever_the_parser_does_is_bounded(
    program: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.files.reader._GRACE", 0.0)
    reader = Reader((sys.executable, "-I", "-c", program))
    found = await reader.parse(b"x" * 3_000_000, seconds=2.0)
    assert found == Parsed(why=found.why)
    assert found.why in (why, words.BROKEN)
