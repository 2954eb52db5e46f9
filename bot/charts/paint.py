"""SVG to PNG, with fonts of our own, so that a chart looks the same on every machine.

regular.ttf and semibold.ttf are Source Sans 3 (SIL Open Font License, LICENSE-font.txt), cut down to Latin
text with fonttools and renamed, as its licence asks of changed copies.
"""

import asyncio
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WIDTH = 480
"""Of a chart in its own units. Slack shows a picture some 360 to 600 of its pixels wide, so that text of 14
units is read at 10 to 17 of them."""

INK, QUIET, RULE = "#1d1c1d", "#5c5b60", "#dddde0"
PALE = "#b5c9d8"
"""What a part of it is filled on; lighter than any other colour, so that no hue is needed to see it."""
BLUE = "#0072b2"
"""Of Okabe and Ito's colours for colour-blind people: https://jfly.uni-koeln.de/color/"""

_DENSITY = 2.0  # pixels a unit, for screens of double density
_FONTS = tuple(str(Path(__file__).parent / name) for name in ("regular.ttf", "semibold.ttf"))


def text(
    x: float, y: float, words: str, *, size: float = 14, anchor: str = "start", bold: bool = False,
    fill: str = INK,
) -> str:  # fmt: skip
    """One line of text; `y` is its base line, `anchor` start, middle or end."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"{weight}>'
        f"{escape(words)}</text>"
    )


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = RULE, width: float = 1) -> str:
    """A straight line."""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{stroke}" stroke-width="{width}"/>'


def bar(x: float, y: float, width: float, height: float, fill: str = BLUE) -> str:
    """A filled rectangle from its upper left corner."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{max(0.0, height):.1f}"'
    return f'<rect {place} fill="{fill}"/>'


def dot(x: float, y: float, radius: float, fill: str = BLUE) -> str:
    """A filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}"/>'


def picture(parts: Sequence[str], height: float) -> str:
    """The whole SVG."""
    body = "".join(parts)
    size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="Chart Sans">{body}</svg>'


async def png(svg: str) -> bytes | None:
    """The picture as PNG; None where resvg has no package for this machine. Some 20 ms, off the loop."""
    if not importlib.util.find_spec("resvg_py"):
        return None
    return await asyncio.to_thread(_paint, svg)


def _paint(svg: str) -> bytes:
    import resvg_py  # noqa: PLC0415 - not on every machine

    paint: Any = resvg_py.svg_to_bytes
    return paint(
        svg_string=svg, background="white", skip_system_fonts=True, font_files=list(_FONTS),
        font_family="Chart Sans", zoom=int(_DENSITY),
    )  # fmt: skip
