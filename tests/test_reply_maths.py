"""Formulas in an answer: found where they are some, said in Unicode where that is the same, else code."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.maths.find import in_line
from bot.maths.linear import in_unicode
from bot.reply import parts, pictured, whole
from bot.trial.visible import decode
from tests.test_reply import bodies, stays

SAID = {
    r"E = mc^2": "E = mc²",
    r"k_{B}T": "k_B T",
    r"T_{\text{max}}": "Tₘₐₓ",
    r"x_{i,j}^2": "xᵢ,ⱼ²",
    r"\alpha > 0": "α > 0",
    r"\frac{1}{2}mv^2": "(1/2)mv²",
    r"\frac{a+b}{c}": "(a + b)/c",
    r"\sqrt{x^2+1}": "√(x² + 1)",
    r"e^{-x^2/(4Dt)}": "e^(−x²/(4Dt))",
    r"\vec{v}\cdot\mathbf{E}": "v⃗ · 𝐄",
    r"\hat{H}|\psi\rangle": "Ĥ|ψ⟩",
    r"\ce{2H2 + O2 -> 2H2O}": "2H₂ + O₂ → 2H₂O",
    r"\ce{SO4^2-}": "SO₄²⁻",
    r"\SI{5}{\metre\per\second}": "5 m s⁻¹",
    r"f:\mathbb{R}\to\mathbb{R}": "f : ℝ → ℝ",
    r"2\sin\theta\cos(\theta)": "2 sin θ cos(θ)",
    r"\left(\frac{a}{b}\right)^2": "(a/b)²",
    r"10^{-3}\,\mathrm{m\,s^{-1}}": "10⁻³ m s⁻¹",
    r"25\,^{\circ}\mathrm{C}": "25 °C",
    r"a-b \le -c": "a − b ≤ −c",
    r"\boldsymbol{\sigma}": "𝛔",
    r"{}^{13}\mathrm{C}": "¹³C",
    r"\sum_{n=0}^\infty x^n": None,
    r"\int_0^1 f\,dx": None,
    r"\lim_{x\to 0}": None,
    r"\frac{\frac{a}{b}}{c}": None,
    r"\begin{pmatrix}1\end{pmatrix}": None,
    r"\foo": None,
    r"\frac{a": None,
    r"\left. x \right|": None,
    "x" * 300: None,
    r"\hat" * 60: None,
    "{" * 60 + "x" + "}" * 60: None,
}

FOUND = {
    "from $5 to $10": [],
    "costs $5, where $x$ is": ["x"],
    "US$ 5 and $\\frac{1}{2}$.": ["\\frac{1}{2}"],
    "between $100 and 200$ dollars": [],
    "$HOME/$PATH and $5/kg or $6/kg": [],
    "$100k$, $5 million$": [],
    "the $n$th of $2n$, $3$ in all": ["n", "2n", "3"],
    "\\$5 and $x$": ["x"],
    "`$x$` and ``a ` $y$`` and $z$": ["z"],
    "`$x$ and $y$": ["x", "y"],
    "\\(a\\) and \\[b\\] and $$c$$": ["a", "b", "c"],
    "$10 \\mu m$ thick": ["10 \\mu m"],
    "$ x $ and a$b$": [],
    f"${'x' * 700}$": [],
}


@pytest.mark.parametrize(("tex", "said"), SAID.items(), ids=[tex[:20] for tex in SAID])
def test_unicode_says_the_same_or_nothing(tex: str, said: str | None) -> None:
    assert in_unicode(tex) == said


@pytest.mark.parametrize(("line", "found"), FOUND.items(), ids=[line[:20] for line in FOUND])
def test_a_dollar_is_often_a_dollar(line: str, found: list[str]) -> None:
    assert [each.formula.tex for each in in_line(line).found] == found


BLOCKS = [
    ("$$\n\\frac{a}{b}\n$$", "```latex\n\\frac{a}{b}\n```"),
    ("\\[ a < b \\].", "```latex\na < b.\n```"),
    ("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}",
     "```latex\n\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}\n```"),
    ("1. So\n   $$x$$\n2. it is", "1. So\n   ```latex\n   x\n   ```\n2. it is"),
    ("It is $$\nx\n$$\nso.", "It is \n```latex\nx\n```\nso."),
    ("With $\\alpha$ and $\\int_0^1 f$ and $5.", "With α and `\\int_0^1 f` and $5."),
    ("so $$E = mc^2$$ it is", "so E = mc² it is"),
    ("- so \\[ x^2 \\].", "- so \n  ```latex\n  x^2.\n  ```"),
    ("| $|x|$ | b |\n|---|---|\n| $a_1$ | $x < y$ |", "| ∣x∣ | b |\n|---|---|\n| a₁ | x < y |"),
    ("```tex\n$$\nx\n$$\n```", "```tex\n$$\nx\n$$\n```"),
    ("$$\nnever ended", "$$\nnever ended"),
    ("a price of $5", "a price of $5"),
    ("**bold** and _it_ ~~no~~ `$x$`", "**bold** and _it_ ~~no~~ `$x$`"),
    ("> quoted $x^2$", "> quoted x²"),
    ("Größe ℏ 物理 $\\beta$", "Größe ℏ 物理 β"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "shown"), BLOCKS)
def test_formulas_are_readable(written: str, shown: str) -> None:
    assert [decode(part) for part in parts(written)] == [shown]


@given(st.lists(st.sampled_from(BLOCKS), max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_an_answer_with_formulas_is_whole(blocks: list[tuple[str, str]], newline: str) -> None:
    written = "\n\n".join(block for block, _ in blocks)
    shown = "\n\n".join(block for _, block in blocks)
    assert "\n\n".join(bodies(parts(written.replace("\n", newline)))) == shown
    assert whole(written.replace("\n", newline)).rstrip("\n") == written


@given(st.lists(st.sampled_from(BLOCKS), max_size=5))
def test_half_a_formula_is_never_shown(blocks: list[tuple[str, str]]) -> None:
    """At every character: what is shown stays, and holds no opened fence, formula or emphasis."""
    text = "\n\n".join(block for block, _ in blocks)
    shown = [parts(text[:n], final=False) for n in range(len(text) + 1)]
    for now, then in pairwise([*shown, parts(text)]):
        stays(now, then)
    for now in shown:
        last = now[-1].rsplit("\n", 1)[-1] if now else ""
        assert last.count("**") % 2 == 0
        assert "\\frac" not in last or last == "\\frac{a}{b}"


def test_what_is_drawn_stands_in_its_place() -> None:
    text = "Let $\\sum_{n=0}^9 n$ be\nit.\n\n$$\nx\n$$\n\n| a |\n|---|\n| $\\int_0^1 f$ |\n\nThe end."
    [pieces] = pictured(text)
    assert [(piece.drawn, piece.beside) for piece in pieces] == [
        ("", False), ("\\sum_{n=0}^9 n", True), ("x", False), ("", False), ("\\int_0^1 f", True), ("", False),
    ]  # fmt: skip
    assert "\n\n".join(piece.text for piece in pieces if piece.text) == parts(text)[0]


def test_a_message_may_begin_with_a_formula() -> None:
    text = "\n\n".join(["word " * 2_200, "$$\n" + "x + " * 400 + "\n$$", "end"])
    shown, found = parts(text), pictured(text)
    assert len(found) == len(shown) == 2
    for part, pieces in zip(shown, found, strict=True):
        assert "\n\n".join(piece.text for piece in pieces if piece.text) == part
