"""TeX to PNG: MathJax in an embedded V8 gives SVG, resvg paints it black on white with a margin.

Only the child process (bot/maths/child.py) imports this: it runs what strangers wrote.
"""

import re
from pathlib import Path

import resvg_py
from py_mini_racer import DEFAULT_V8_FLAGS, JSEvalException, JSTimeoutException, MiniRacer, init_mini_racer

from bot.maths.tex import drawable

BUNDLE = Path(__file__).parent / "bundle"
FONT = BUNDLE / "cmu-serif-500-roman.ttf"
FONT_NAME = "CMU Serif"

SECONDS = 2.0
"""Of MathJax, for one formula; the largest that are let in take half a second."""
MEMORY = 256 * 1024 * 1024
"""Bytes of V8's heap; MathJax itself takes some 30 million."""
SVG_LIMIT = 4_000_000

EX = 8.9  # pixels: with DOTS, text of a formula has the height of Slack's own on a screen of double density
DOTS = 2.0
MARGIN = 12.0
WIDEST, HIGHEST = 2_400, 4_000
NARROWEST = 560
"""Pixels. Slack fits a picture to the message: on narrower ones a short formula would stand huge."""

_SVG = re.compile(r'<svg[^>]*? width="([\d.]+)ex" height="([\d.]+)ex"[^>]*? viewBox="([-\d. ]+)"[^>]*>')
_INK = re.compile(r"<(?:path|text|rect|line|polygon|ellipse)\b")
_UNDEFINED = "Undefined control sequence"


class Unpaintable(Exception):
    """This formula has no picture; the text says why, in TeX's own words."""


class Painter:
    """MathJax, loaded once."""

    def __init__(self) -> None:
        # Without its compiler V8 is as fast for a formula, and runs where memory may not be made executable
        # (the systemd unit), which is a way less in for what strangers wrote.
        init_mini_racer(flags=(*DEFAULT_V8_FLAGS, "--jitless"), ignore_duplicate_init=True)
        self._v8 = MiniRacer()
        self._v8.set_hard_memory_limit(MEMORY)
        self._v8.eval("var globalThis=this;var console={log(){},warn(){},error(){}};")
        self._v8.eval((BUNDLE / "mathjax.js").read_text("utf-8"))

    def paint(self, tex: str) -> bytes:
        """The formula as PNG."""
        ready = drawable(tex)
        physics = bool(re.search(r"\\qty\s*[(\[|]", ready))
        drawn = self._draw(ready, physics=physics)
        if drawn.startswith("!" + _UNDEFINED):
            drawn = self._draw(ready, physics=True)
        if drawn.startswith("!"):
            raise Unpaintable(drawn[1:200])
        return _png(drawn)

    def _draw(self, tex: str, *, physics: bool) -> str:
        try:
            return str(self._v8.call("tex2svg", tex, physics, timeout_sec=SECONDS, max_memory=MEMORY))
        except JSTimeoutException:
            raise Unpaintable("takes too long") from None
        except JSEvalException as error:
            raise Unpaintable(f"MathJax broke: {str(error)[:100]}") from None


def _png(svg: str) -> bytes:
    head = _SVG.search(svg)
    if not head or not _INK.search(svg):
        raise Unpaintable("nothing to see")
    width, height = float(head[1]) * EX * DOTS, float(head[2]) * EX * DOTS
    if len(svg) > SVG_LIMIT or width > 2 * WIDEST or height > HIGHEST:
        raise Unpaintable("too large")
    body = svg[head.end() : svg.rindex("</svg>")]
    return resvg_py.svg_to_bytes(
        svg_string=_framed(body, head[3], width, height),
        background="white", skip_system_fonts=True, font_files=[str(FONT)], serif_family=FONT_NAME,
        font_family=FONT_NAME,
    )  # fmt: skip


def _framed(body: str, box: str, width: float, height: float) -> str:
    """The drawing with its margin, as wide as a message needs it, no wider than Slack shows it."""
    left, top, across, down = (float(number) for number in box.split())
    scale = min(1.0, (WIDEST - 2 * MARGIN * DOTS) / width)
    width, height = width * scale, height * scale
    unit = across / width  # of the drawing, in a pixel
    margin = MARGIN * DOTS
    full_width, full_height = max(NARROWEST, width + 2 * margin), height + 2 * margin
    view = f"{left - margin * unit} {top - margin * unit} {full_width * unit} {down + 2 * margin * unit}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{full_width:.0f}" height="{full_height:.0f}" viewBox="{view}">'
        f"{body.replace('currentColor', '#111')}</svg>"
    )
