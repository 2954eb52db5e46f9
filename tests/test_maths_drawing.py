"""Formulas become pictures in a process of their own, and the worst of them cost bounded time and memory."""

import asyncio
import os
import struct
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from bot.maths.drawing import TRIES, Drawing, NoPicture
from bot.maths.tex import drawable

RIGHT = {
    "fractions": r"i\hbar\frac{\partial}{\partial t}\Psi = \left[-\frac{\hbar^2}{2m}\nabla^2 + V\right]\Psi",
    "limits": r"\sum_{n=0}^{\infty}\frac{x^n}{n!}, \quad \int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}",
    "matrices": r"A = \begin{pmatrix} a_{11} & \cdots \\ \vdots & \ddots \end{pmatrix}",
    "cases": r"f(x) = \begin{cases} x^2 & \text{if } x \ge 0 \\[4pt] -x & \text{otherwise} \end{cases}",
    "aligned": r"\begin{aligned} \nabla\cdot\mathbf{E} &= \rho/\varepsilon_0 \\ \bm{B} &= 0 \end{aligned}",
    "chemistry": r"\ce{2H2 + O2 ->[\Delta] 2H2O},\quad \ce{SO4^2- + Ba^2+ -> BaSO4 v}",
    "units": r"v = \SI{3.0e8}{\metre\per\second}, \qty{5}{\kilo\gram\metre\squared}, \unit{\micro\ohm}",
    "numbered": r"\begin{align} a &= b \tag{1} \\ c &= d \label{x} \end{align}",
    "text": r"\text{Größe, naïve, Ångström, Привет} = 5\,\text{µm}",
    "physics": r"\dv{f}{x} + \pdv{f}{x}{y} = \qty(\frac{a}{b}) \ket{\psi}",
    "own macros": r"\newcommand{\half}{\frac{1}{2}} \half + \half",
}
HOSTILE = {
    "unknown": r"\foo",
    "unclosed": r"\frac{a",
    "nothing": r"\quad",
    "endless macro": r"\def\a{\a\a}\a",
    "growing macro": r"\newcommand{\a}[1]{#1#1#1#1}" + r"\a{" * 9 + "x" + "}" * 9,
    "deep": "{" * 900 + "x" + "}" * 900,
    "deep roots": r"\sqrt{" * 280 + "x" + "}" * 280,
    "wide": "x+" * 900,
    "huge rule": r"\rule{100000em}{100000em}",
    "huge space": r"\hspace{1000000em}x",
    "huge array": r"\begin{matrix}" + "&" * 600 + r"\\" * 600 + r"\end{matrix}",
    "script": r"\href{javascript:alert(1)}{x}",
    "more code": r"\require{html}",
    "no glyph": r"\text{温度}",
    "too long": "x" * 2_001,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def drawing() -> AsyncIterator[Drawing]:
    one = Drawing()
    yield one
    await one.close()


def child_of(drawing: Drawing) -> psutil.Process:
    assert drawing._child
    return psutil.Process(drawing._child.pid)


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    return struct.unpack_from(">II", png, 16)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("tex", RIGHT.values(), ids=RIGHT)
async def test_what_scientists_write_is_drawn(drawing: Drawing, tex: str) -> None:
    width, height = size_of(await drawing.png(tex))
    assert 560 <= width <= 2_400
    assert 60 <= height <= 400


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("tex", HOSTILE.values(), ids=HOSTILE)
async def test_what_nobody_can_draw_costs_little(drawing: Drawing, tex: str) -> None:
    begun = time.monotonic()
    with pytest.raises(NoPicture):
        await drawing.png(tex)
    assert time.monotonic() - begun < 5


@pytest.mark.asyncio(loop_scope="module")
async def test_no_formula_changes_the_next(drawing: Drawing) -> None:
    alone = await drawing.png(r"\alpha + \beta")
    await drawing.png(r"\def\alpha{\frac{1}{2}} \alpha")
    assert await drawing.png(r"\alpha + \beta ") == alone


@pytest.mark.asyncio(loop_scope="module")
async def test_a_number_stands_beside_its_formula(drawing: Drawing) -> None:
    wide = r"\left(\frac{a + b + c + d}{e + f + g + h}\right)^2 + \left(\frac{k}{l + m + n}\right)^2"
    assert size_of(await drawing.png(wide + r" \tag{3}"))[0] > size_of(await drawing.png(wide))[0]


async def test_a_child_that_dies_costs_no_formula() -> None:
    """The next child draws it, and what was drawn is not drawn again."""
    drawing = Drawing()
    first = await drawing.png("x")
    child_of(drawing).kill()
    assert await drawing.png("y") != first
    assert await drawing.png("x") == first
    last = child_of(drawing)
    await drawing.close()
    assert not last.is_running()


async def test_a_child_that_dies_in_the_middle_costs_no_formula() -> None:
    """Killed while it draws, and with half of a reply written."""
    drawing = Drawing()
    await drawing.png("x")
    drawn = asyncio.create_task(drawing.png(RIGHT["matrices"]))
    await asyncio.sleep(0)
    child_of(drawing).kill()
    assert size_of(await drawn)[0] > 0
    await drawing.close()


@pytest.mark.parametrize(
    ("then", "patience", "tries"), [("sys.exit(1)", 8.0, TRIES), ("sys.stdin.read()", 3.0, 1)]
)
async def test_a_formula_that_no_child_survives_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str, patience: float, tries: int
) -> None:
    """It is tried again where its child died, not where it took too long; and never a second time."""
    monkeypatch.setattr("bot.maths.drawing.PATIENCE", patience)
    seen = tmp_path / "seen"
    script = f"import sys; sys.stdin.readline(); open({str(seen)!r}, 'a').write('x'); {then}"
    drawing = Drawing((sys.executable, "-c", script))
    for _ in range(2):
        with pytest.raises(NoPicture):
            await drawing.png("x")
    assert len(await asyncio.to_thread(seen.read_text)) == tries
    assert drawing.possible
    await drawing.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the limit counts other things elsewhere")
async def test_the_kernel_holds_its_memory_and_its_secrets() -> None:
    os.environ["SLACK_BOT_TOKEN"] = "xoxb-not-for-children"
    try:
        drawing = Drawing()
        await drawing.png("x")
    finally:
        del os.environ["SLACK_BOT_TOKEN"]
    child = child_of(drawing)
    assert child.rlimit(psutil.RLIMIT_DATA)[1] < 1 << 30
    assert child.rlimit(psutil.RLIMIT_CPU)[0] < 30
    assert "SLACK_BOT_TOKEN" not in child.environ()
    await drawing.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the rule is Linux's")
async def test_it_draws_where_memory_may_not_be_made_executable() -> None:
    """As under `MemoryDenyWriteExecute` of deploy/systemd/labjam.service."""
    script = (
        "import ctypes, runpy; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)  # PR_SET_MDWE, Linux 6.3\n"
        "runpy.run_module('bot.maths.child', run_name='__main__')"
    )
    drawing = Drawing((sys.executable, "-c", script))
    try:
        assert (await drawing.png("E = mc^2")).startswith(b"\x89PNG")
    finally:
        await drawing.close()


async def test_without_the_packages_formulas_stay_source() -> None:
    drawing = Drawing((sys.executable, "-c", "raise SystemExit(3)"))
    for _ in range(2):
        with pytest.raises(NoPicture):
            await drawing.png("x")
    assert not drawing.possible


@pytest.mark.parametrize(
    ("tex", "ready"),
    [
        (r"E = mc^2 \tag{1}", r"E = mc^2 \qquad\text{(1)}"),
        (r"a \label{eq:a} \nonumber", "a"),
        (r"\SI{3.0e8}{\metre\per\second}", r"3.0 \times 10^{8}\,\mathrm{m}\,\mathrm{s}^{-1}"),
        (r"\qty{5}{\kilo\gram\metre\squared}", r"5\,\mathrm{kg}\,\mathrm{m}^{2}"),
        (r"\SI{2}{kg.m^{-3}}", r"2\,\mathrm{kg}\,\mathrm{m}^{-3}"),
        (r"\unit{\per\cubic\centi\metre}", r"\mathrm{cm}^{-3}"),
        (r"\unit{\metre\per\second\squared}", r"\mathrm{m}\,\mathrm{s}^{-2}"),
        (r"\num{1.6e-19}", r"1.6 \times 10^{-19}"),
        (r"\ang{30}", r"30^{\circ}"),
        (r"\qty(a)", r"\qty(a)"),
    ],
)
def test_what_mathjax_lacks_is_put_in_other_words(tex: str, ready: str) -> None:
    assert drawable(tex) == ready
