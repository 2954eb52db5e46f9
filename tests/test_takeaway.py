"""Files to take away: what a model wrote, whole, and harmless to whoever opens it."""

import os
import re
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.takeaway.document import Document, Exchange
from bot.takeaway.latex import latex
from bot.takeaway.markdown import disarmed, markdown
from bot.takeaway.notebook import notebook
from bot.takeaway.tex_maths import formula
from bot.takeaway.tex_text import escaped

OPEN: Any = nbformat  # its types are not complete
TEX = shutil.which("pdflatex") or ""

ANSWER = r"""
# Result

The energy is $E=mc^2$, so \(\tfrac{1}{2} m v^2\) — **bold $x_1$**, *it*, `a_b`. It costs $5 or $6.

$$
\begin{align}
a &= b + c \\
d &= \sum_{i=0}^{\infty} \frac{x^i}{i!} \tag{1}
\end{align}
$$

\[ \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \text{ if $x>0$ and 50\% of_it} \]

\begin{equation*}
\ce{2H2 + O2 -> 2H2O} \quad \SI{9.8}{\metre\per\second\squared}
\quad f = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}
\end{equation*}

| Quantity | Value $v$ | Unit |
|:--|--:|:-:|
| μ₀ | 1.26×10⁻⁶ | H/m |
| [x] * | `a|b` | 100% & more |

1. one
   - two
     - three
       - four
         - five
           1. six
3. [a paper](https://doi.org/10.1/x_y%20z#q~) and [another](https://evil.example/a_b)

> quote
> > deeper

```python
def f(x):  # µ → ∞
    return "%d $ # \\" % x
```

```fortran
print *, "not python"
```

---
é ñ ß Ł ő ž Ħ 物理 🧪 α → ≤ ℏ "quoted" -- a\
next line
"""  # noqa: RUF001 - as models write it

HOSTILE = r"""
\input{/etc/passwd} \write18{touch pwned} \end{document} ^^5cinput{/etc/passwd}
$\input{/etc/passwd}$ $$\immediate\write18{touch pwned}$$ \[\def\x{\x}\x\] \(\csname input\endcsname\) $x^^5cinput y$
$\text{\input{/etc/passwd}}$ $\begin{verbatim}x\end{verbatim}$ $\frac{1}{2$ $\left( x$ $\end{document}$ $a & b$ $\hline$ $\tag{1}$
\begin{align} \openin5=/etc/passwd \end{align}
\begin{equation} \begin{align} a \end{equation}

```
\end{lstlisting}\input{/etc/passwd}@0!\input{/etc/passwd}!0@ µ
```

    \end{document} \end{lstlisting}

`\input{/etc/passwd}` [\input{x}](https://evil.example/\input{x}) ![\write18{x}](http://x/\y{z})
| \input{x} | & \\ |
|---|---|
| \\[1cm] * | [2] |

### $$\input{x}$$ \section{x}
<script>alert(1)</script> `` x
"""  # noqa: E501 - as a model might write it


def document(answer: str, **changes: Any) -> Document:
    exchange = Exchange("What is $x_1$? 100% _sure_", answer, "some-model at ours", 1795406097.0, **changes)
    zone = ZoneInfo("America/Chicago")
    return Document("Argonne National Laboratory", "argonne", zone, (exchange,), {"doi.org"}.__contains__)


def compiled(tex: str, folder: Path) -> str:
    """Compile as people would; gives the files that TeX opened."""
    (folder / "a.tex").write_text(tex)
    command = [TEX, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "-recorder", "a.tex"]
    ran = subprocess.run(  # noqa: S603
        command, cwd=folder, capture_output=True, text=True, errors="replace", check=False
    )
    assert ran.returncode == 0, ran.stdout[-2000:]
    assert (folder / "a.pdf").stat().st_size > 1000
    return (folder / "a.fls").read_text()


@pytest.mark.parametrize("answer", [ANSWER, HOSTILE, ANSWER * 5], ids=["plain", "hostile", "long"])
def test_latex_compiles(tmp_path: Path, answer: str) -> None:
    """And it reads no file of whoever compiles it, and runs nothing."""
    if not TEX:
        assert "CI" not in os.environ, "CI has no TeX: .ci/run installs it"
        pytest.skip("there is no TeX here")
    opened = compiled(latex(document(answer, note="It broke off.")), tmp_path)
    assert "a.tex" in opened
    assert "passwd" not in opened
    assert not (tmp_path / "pwned").exists()


def test_latex_says_what_the_answer_says() -> None:
    tex = latex(document(ANSWER))
    for part in (
        r"\(E=mc^2\)", r"\begin{align}", r"\tag{1}", r"\text{ if \(x>0\) and 50\% of\_it}",
        r"\begin{pmatrix}",
        r"\ce {2H2 + O2 -> 2H2O}", r"\begin{longtable}", r"\begin{lstlisting}", r"\textbf{bold \(x_1\)}",
        r"\href{https://doi.org/10.1/x\_y\%20z\#q\string~}{a paper}", "another (\\texttt{https:", r"\'{e}",
        r"costs \$5 or \$6", r"\begin{itemize}", r"\unichar{1F9EA}", r"\ss{}",
    ):  # fmt: skip
        assert part in tex, part
    assert r"\[" + "\n" + r"\begin{align}" not in tex, "no display within a display"
    assert tex.isascii()


FORBIDDEN = re.compile(
    r"\\(?:input|include|openin|openout|read|write|immediate|special|csname|def|let|catcode|verbatiminput|"
    r"directlua|usepackage|newcommand|lstinputlisting|jobname|loop|futurelet|expandafter)(?![A-Za-z])|\^\^"
)


@pytest.mark.parametrize("source", [
    r"\input{x}", r"\write18{x}", r"x^^5cinput", r"\def\a{\a}\a", r"\csname input\endcsname",
    r"\catcode`\@=0",
    r"\frac{1}{2", r"x}", r"\left( x", r"x \right)", r"\begin{verbatim}", r"\end{document}",
    r"\begin{align} x",
    r"\text{\input{x}}", r"\text{a $b}", r"\begin{array}{\input{x}} a \end{array}", "\\", "\\\x00", "$", "",
    r"\href{javascript:x}{y}", r"\color{red}", "{" * 50 + "}" * 50, "x" * 9000, r"\hbox to 9cm{}",
    r"\loop\repeat",
])  # fmt: skip
def test_a_formula_that_could_do_more_than_draw_is_shown_as_source(source: str) -> None:
    for display in (True, False):
        written = formula(source, display=display)
        assert written == f"\\texttt{{{escaped(source.strip())}}}"
        assert not FORBIDDEN.search(written)


@given(st.text(max_size=300) | st.text(alphabet="\\{}$^_&%#[]()`~ab1\n|-*", max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_becomes_latex_that_can_only_print(text: str) -> None:
    tex = latex(document(text)).split("\\maketitle")[1]
    outside = re.sub(r"\\begin\{lstlisting\}.*?\\end\{lstlisting\}", "", tex, flags=re.DOTALL)
    assert not FORBIDDEN.search(outside)
    assert tex.isascii()
    assert tex.count("\\end{document}") == 1
    assert outside.count("\\begin{") == outside.count("\\end{") - 1


@pytest.mark.parametrize(
    "part", ["$", "\\(", "[", "![", "`", "**a", "| a ", "\\begin{align}", "$a ", "[a](", "<a ", "``", "]"]
)
def test_reading_is_linear(part: str) -> None:
    """What makes parsers slow takes no more than its length."""

    def seconds(characters: int) -> float:
        start = time.process_time()
        for write in (latex, markdown, notebook):
            write(document(part * (characters // len(part))))
        return time.process_time() - start

    assert seconds(6_000) < 10 * seconds(1_500) + 0.5


READER = MarkdownIt("commonmark").enable("table")


def links_of(text: str) -> list[tuple[str, str]]:
    """Address and label of every link; an image or HTML fails."""
    found: list[tuple[str, str]] = []
    for token in READER.parse(text):
        assert token.type != "html_block", text
        for at, child in enumerate(token.children or ()):
            assert child.type not in {"image", "html_inline"}, text
            if child.type == "link_open":
                found.append((str(child.attrGet("href")), (token.children or [])[at + 1].content))
    return found


def test_markdown_is_what_was_written_with_its_links_disarmed() -> None:
    text = markdown(document(ANSWER, note="It broke off."))
    kept = ANSWER.replace("[another](https://evil.example/a_b)", "another <https://evil.example/a_b>")
    assert kept.strip() in text
    assert "*It broke off.*" in text
    assert "some-model at ours, 2026-11-22" in text


@given(
    st.lists(
        st.sampled_from([
            "[a](https://evil.example)", "![i](https://evil.example/i.png)",
            "[r]: https://evil.example\n", "[r]",
            "[x][r]", "<img src=x>", "<https://evil.example>", "`", "``", "```\n", "~~~\n", "\n",
            "\n\n", " ", "    ",
            "\\", "> ", "- ", "[", "]", "(", ")", "<", ">", "!", "a", "https://evil.example", "<b",
            "-->", "<!--",
            "[d](https://doi.org/10.1/2)", "|", "\n|---|\n", "[a]( <https://evil.example> 'x')",
            "$", "[[a]](x:y)",
        ]), max_size=14,
    )
)  # fmt: skip
@settings(max_examples=600, deadline=None)
def test_no_markdown_hides_where_a_link_goes(pieces: list[str]) -> None:
    text = disarmed("".join(pieces), {"doi.org"}.__contains__)
    for address, label in links_of(text):
        assert address.startswith("https://doi.org/") or label == address, text


def test_a_notebook_opens_and_its_python_is_code(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(notebook(document(ANSWER, note="It broke off.")))
    read: Any = OPEN.read(path, as_version=4)
    OPEN.validate(read)
    code = [cell.source for cell in read.cells if cell.cell_type == "code"]
    assert code == ['def f(x):  # µ → ∞\n    return "%d $ # \\\\" % x']
    words = "\n\n".join(cell.source for cell in read.cells if cell.cell_type == "markdown")
    assert "```fortran" in words
    assert r"so $\tfrac{1}{2} m v^2$" in words
    assert r"$$ \begin{pmatrix}" in words
    assert "It broke off." in words


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["```python\n", "```", "\n", "x=1", "~~~", "- ", "$"])).map("".join)
)
@settings(max_examples=150, deadline=None)
def test_any_text_becomes_a_valid_notebook(text: str) -> None:
    read: Any = OPEN.reads(notebook(document(text)), as_version=4)
    OPEN.validate(read)


def test_a_thread_is_one_document_with_all_its_answers() -> None:
    one = document("First.").exchanges[0]
    whole = replace(document(""), exchanges=(one, replace(one, answer="Second.", again=True)))
    for text in (markdown(whole), notebook(whole), latex(whole)):
        assert 0 < text.index("First.") < text.index("One more answer") < text.index("Second.")
    assert whole.file_name("tex") == "argonne-2026-11-22-215457.tex"
