"""A document as a Jupyter notebook: Python in code cells, everything else in Markdown cells."""

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.takeaway.document import NOTICE, Document, Exchange
from bot.takeaway.markdown import disarmed, pieces, prose

_PYTHON = {"python", "py", "python3", "ipython", "ipython3"}
_FENCE = re.compile(r"[ ]{0,3}(`{3,}+|~{3,}+)[ \t]*([\w+-]*)[^\n]*\n")
_IN_LINE = re.compile(r"\\\((.{1,2000}?)\\\)")
_ALONE = re.compile(r"\\\[(.{1,4000}?)\\\]", re.DOTALL)

Cell = dict[str, Any]
_NEVER_RUN: Cell = {"cell_type": "code", "execution_count": None, "id": "", "metadata": {}, "outputs": []}


def notebook(document: Document) -> str:
    """The whole file, nbformat 4.5; no cell has run."""
    cells = [_words(f"# {document.title}\n\n*{NOTICE}*")]
    for exchange in document.exchanges:
        cells += _exchange(exchange, document)
    for n, cell in enumerate(cells, 1):
        cell["id"] = f"cell-{n}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _exchange(exchange: Exchange, document: Document) -> Iterator[Cell]:
    answer = "One more answer" if exchange.again else "Answer"
    yield _words(f"## Question\n\n{_readable(disarmed(exchange.question, document.keeps))}")
    yield _words(f"## {answer}\n\n*{exchange.model}, {document.when(exchange.at)}*")
    words = ""
    for piece, is_code in pieces(exchange.answer):
        code = _python(piece) if is_code else None
        if code is None:
            words += piece if is_code else _readable(prose(piece, document.keeps))
            continue
        if words.strip():
            yield _words(words)
        words = ""
        yield {**_NEVER_RUN, "source": code}
    if exchange.note:
        words += f"\n\n*{exchange.note}*"
    if words.strip():
        yield _words(words)


def _python(piece: str) -> str | None:
    """The code of a fence that says it is Python and stands by itself."""
    opening = _FENCE.match(piece)
    if not opening or opening[2].lower() not in _PYTHON:
        return None
    lines = piece[opening.end() :].rstrip("\n").split("\n")
    if lines and re.fullmatch(rf" {{0,3}}{opening[1][0]}{{{len(opening[1])},}}[ \t]*", lines[-1]):
        lines.pop()
    return "\n".join(lines)


def _words(text: str) -> Cell:
    return {"cell_type": "markdown", "id": "", "metadata": {}, "source": text.strip("\n")}


def _readable(text: str) -> str:
    r"""Formulas in dollars: a notebook reads neither `\(` nor `\[`."""
    in_lines = _IN_LINE.sub(lambda found: f"${found[1].strip()}$", text)
    return _ALONE.sub(lambda found: f"$${found[1]}$$", in_lines)
