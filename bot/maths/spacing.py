"""Sets the pieces of a formula in one line, with the spaces and brackets that keep its meaning."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["atom", "word", "op", "rel", "open", "shut", "mark", "fraction", "space"]

_UNARY = {"+", "−", "∗", "±", "∓"}


@dataclass(slots=True)
class Piece:
    """Some characters, and what they are to those beside them."""

    text: str
    kind: Kind


def joined(pieces: list[Piece], *, tight: bool = False) -> str:
    """The pieces as a line; `tight` leaves out the spaces around operators."""
    out = ""
    for n, piece in enumerate(pieces):
        before = pieces[n - 1] if n else None
        after = pieces[n + 1] if n + 1 < len(pieces) else None
        out = _placed(out, piece, before, after, tight=tight)
    return re.sub(r" {2,}", " ", out).strip()


def _placed(out: str, piece: Piece, before: Piece | None, after: Piece | None, *, tight: bool) -> str:
    if piece.kind == "rel":
        return out + (piece.text if tight else f" {piece.text} ")
    if piece.kind == "op":
        unary = before is None or before.kind in {"op", "rel", "open", "mark"}
        if tight or (unary and piece.text in _UNARY):
            return out + piece.text
        return f"{out} {piece.text} "
    if piece.kind == "mark":
        return out + piece.text + ("" if tight else " ")
    beside = _touches(before, {"atom", "shut", "fraction"}) or _touches(
        after, {"atom", "word", "open", "fraction"}
    )
    if piece.kind == "fraction" and beside:
        return f"{out}({piece.text})"
    apart = piece.kind == "word" and _touches(before, {"atom", "shut", "word"})
    apart |= piece.kind == "atom" and _touches(before, {"word"})
    return f"{out} {piece.text}" if apart else out + piece.text


def _touches(piece: Piece | None, kinds: set[str]) -> bool:
    return piece is not None and piece.kind in kinds
