"""A document as LaTeX: equations, tables, code and links; what is no formula of ours prints as it reads."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import quote

from markdown_it.token import Token

from bot.reply import Keeps
from bot.takeaway.document import NOTICE, Document, Exchange
from bot.takeaway.reading import DISPLAY, INLINE, tokens
from bot.takeaway.tex_maths import formula
from bot.takeaway.tex_symbols import FALLBACKS, UNITS
from bot.takeaway.tex_text import escaped

_KEPT = re.compile(r"https://([a-zA-Z0-9.-]+)(?::\d+)?(?:[/?#].*)?", re.DOTALL)
_HEADINGS = {1: "subsection*", 2: "subsection*", 3: "subsubsection*"}
_ALIGNED = {"text-align:right": "r", "text-align:center": "c"}
_DEEPEST_LIST = 4  # LaTeX has no deeper ones
_COUNTERS = ("", "enumi", "enumii", "enumiii", "enumiv")
_WIDE = 24  # characters from which a table's columns share the page's width
_MOST_COLUMNS = 20

_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[margin=2.5cm]{geometry}
\usepackage{amsmath,amssymb,bm,array,longtable,booktabs,listings}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}\usepackage[T1]{fontenc}}{}
\IfFileExists{mathtools.sty}{\usepackage{mathtools}}{}
\IfFileExists{mhchem.sty}{\usepackage[version=4]{mhchem}}{}
\IfFileExists{siunitx.sty}{\usepackage{siunitx}}{}
\IfFileExists{cancel.sty}{\usepackage{cancel}}{}
\usepackage[hidelinks]{hyperref}
\newcommand{\dq}{{\ttfamily\char34}}
\newcommand{\unichar}[1]{\ifdefined\Umathchar\char"#1\relax\else{\ttfamily[U+#1]}\fi}
"""
_SETTINGS = r"""\lstset{basicstyle=\small\ttfamily,columns=fullflexible,keepspaces=true,breaklines=true,
  upquote=true,showstringspaces=false,frame=single,framerule=0.2pt}
\setlength{\emergencystretch}{4em}
"""


def latex(document: Document) -> str:
    """The whole file, ASCII only."""
    fallbacks = {**FALLBACKS} | {unit: f"{{{written}}}" for unit, written in UNITS.items()}
    provided = "".join(f"\\providecommand{{\\{name}}}{body}\n" for name, body in fallbacks.items())
    head = (
        f"\\title{{{escaped(document.title)}}}\n\\author{{}}\n\\date{{}}\n\\begin{{document}}\n\\maketitle\n"
    )
    body = "".join(_exchange(each, document) for each in document.exchanges)
    notice = f"\\noindent\\emph{{{escaped(NOTICE)}}}\n"
    return f"{_PREAMBLE}{provided}{_SETTINGS}{head}{notice}{body}\n\\end{{document}}\n"


def _exchange(exchange: Exchange, document: Document) -> str:
    about = f"{exchange.model}, {document.when(exchange.at)}"
    again = "One more answer" if exchange.again else "Answer"
    note = f"\n\n\\noindent\\emph{{{escaped(exchange.note)}}}\n" if exchange.note else ""
    return (
        f"\n\\section*{{Question}}\n{_Writer(document.keeps).write(exchange.question)}"
        f"\n\\section*{{{again}}}\n\\noindent\\emph{{{escaped(about)}}}\\par\\medskip\n"
        f"{_Writer(document.keeps).write(exchange.answer)}{note}"
    )


@dataclass(slots=True)
class _Table:
    columns: list[str] = field(default_factory=list[str])
    rows: list[list[str]] = field(default_factory=list[list[str]])


class _Writer:
    """Writes tokens one after the other; remembers only what is open."""

    def __init__(self, keeps: Keeps) -> None:
        self._keeps = keeps
        self._closing: list[str] = []  # what ends each open list
        self._quotes = 0
        self._in_line = False
        self._table = _Table()
        self._links: list[str] = []  # what ends each open link

    def write(self, text: str) -> str:
        """A text's body."""
        return "".join(self._block(token) for token in tokens(text))

    def _block(self, token: Token) -> str:
        handler = _BLOCKS.get(token.type)
        return handler(self, token) if handler else ""

    def paragraph_close(self, token: Token) -> str:
        return "\n" if token.hidden else "\n\n"

    def heading_open(self, token: Token) -> str:
        self._in_line = True
        return f"\n\\{_HEADINGS.get(int(token.tag[1:]), 'paragraph*')}{{"

    def heading_close(self, token: Token) -> str:
        self._in_line = False
        return "}\n"

    def list_open(self, token: Token) -> str:
        """Deeper than LaTeX goes, items become lines with a dash."""
        if len(self._closing) >= _DEEPEST_LIST:
            self._closing.append("")
            return "\n\n"
        kind = "enumerate" if token.type == "ordered_list_open" else "itemize"
        self._closing.append(f"\\end{{{kind}}}\n")
        start = min(int(token.attrGet("start") or 1), 100_000)
        counter = _COUNTERS[sum("enumerate" in each for each in self._closing)]
        begins = f"\\setcounter{{{counter}}}{{{start - 1}}}\n" if kind == "enumerate" and start != 1 else ""
        return f"\\begin{{{kind}}}\n{begins}"

    def list_close(self, token: Token) -> str:
        return self._closing.pop()

    def item_open(self, token: Token) -> str:
        return "\\item " if self._closing[-1] else "\n\n-- "

    def quote_open(self, token: Token) -> str:
        self._quotes += 1
        return "\\begin{quote}\n" if self._quotes <= 1 and not self._closing else "\n\n"

    def quote_close(self, token: Token) -> str:
        self._quotes -= 1
        return "\\end{quote}\n" if self._quotes == 0 and not self._closing else "\n\n"

    def code(self, token: Token) -> str:
        return _listing(token.content)

    def rule(self, token: Token) -> str:
        return "\n\\par\\noindent\\rule{\\linewidth}{0.4pt}\\par\n"

    def display(self, token: Token) -> str:
        return f"{formula(token.content, display=True)}\n"

    def table_open(self, token: Token) -> str:
        self._table = _Table()
        return ""

    def row_open(self, token: Token) -> str:
        self._table.rows.append([])
        return ""

    def cell_open(self, token: Token) -> str:
        if token.type == "th_open":
            self._table.columns.append(_ALIGNED.get(str(token.attrGet("style") or ""), "l"))
        self._table.rows[-1].append("")
        return ""

    def table_close(self, token: Token) -> str:
        table, self._table = self._table, _Table()
        return _tabular(table)

    def inline(self, token: Token) -> str:
        """Words: into the open table's cell, or where we are."""
        written = "".join(self._words(child) for child in token.children or ())
        if self._table.rows and self._table.rows[-1]:
            self._table.rows[-1][-1] += written.replace("\n", " ")
            return ""
        return written

    def _words(self, token: Token) -> str:
        if token.type in _MARKS:
            return _MARKS[token.type]
        if token.type == INLINE:
            return formula(token.content, display=False)
        if token.type == DISPLAY:
            return self._shown(token.content)
        if token.type == "code_inline":
            return f"\\texttt{{{escaped(token.content)}}}"
        if token.type == "link_open":
            return self._link_open(str(token.attrGet("href") or ""), token.markup == "autolink")
        if token.type == "link_close":
            return self._links.pop()
        if token.type == "image":
            return f"{escaped(token.content)} (\\texttt{{{_address(str(token.attrGet('src') or ''))}}})"
        return escaped(token.content)

    def _shown(self, source: str) -> str:
        """A display formula within a paragraph; in a table or heading it stays in its line."""
        return formula(source, display=not (self._table.rows or self._in_line))

    def _link_open(self, href: str, bare: bool) -> str:
        kept = _KEPT.fullmatch(href)
        if kept and self._keeps(kept[1].lower()):
            self._links.append("}")
            return f"\\href{{{_target(href)}}}{{"
        self._links.append("" if bare else f" (\\texttt{{{_address(href)}}})")
        return ""


def _tabular(table: _Table) -> str:
    width = min(len(table.columns), _MOST_COLUMNS)
    wide = max((len(cell) for row in table.rows for cell in row), default=0) > _WIDE
    share = f"{0.92 / max(width, 1):.3f}\\linewidth"
    columns = (
        f"*{{{width}}}{{>{{\\raggedright\\arraybackslash}}p{{{share}}}}}"
        if wide
        else "".join(table.columns[:width])
    )
    head, *rows = [_row(row, width) for row in table.rows]
    return (
        f"\n\\begin{{longtable}}{{{columns}}}\n\\toprule\n{head}\\midrule\n\\endhead\n"
        f"{''.join(rows)}\\bottomrule\n\\end{{longtable}}\n"
    )


def _row(cells: Sequence[str], width: int) -> str:
    """A row of the table's width; what more there is joins the last cell."""
    kept = [*cells[: width - 1], " ".join(cells[width - 1 :])]
    return f"{' & '.join(kept)} \\\\\n"


def _listing(code: str) -> str:
    """Code as it is; what would end the listing, or is not ASCII, comes through an escape of its own."""
    code = code.rstrip("\n").replace("\t", "    ")
    if code.isascii() and "\\end" not in code:
        return f"\n\\begin{{lstlisting}}\n{_printable(code)}\n\\end{{lstlisting}}\n"
    opens, closes = next(marks for marks in _marks() if marks[0] not in code)
    written = re.sub(
        r"[^\x00-\x7f]+|\\(?=end)", lambda found: f"{opens}{escaped(found[0])}{closes}", _printable(code)
    )
    begin = f"\\begin{{lstlisting}}[escapeinside={{{opens}}}{{{closes}}}]"
    return f"\n{begin}\n{written}\n\\end{{lstlisting}}\n"


def _marks() -> Iterable[tuple[str, str]]:
    return ((f"@{n}!", f"!{n}@") for n in count())


def _printable(code: str) -> str:
    return "".join(each for each in code if each == "\n" or each.isprintable())


def _address(url: str) -> str:
    return escaped(url).replace("/", "/\\allowbreak{}")


def _target(url: str) -> str:
    coded = quote(url, safe=":/?#[]@!$&'()*+,;=%~-._")
    return re.sub(r"[%#&_$~]", lambda found: f"\\{found[0]}" if found[0] != "~" else "\\string~", coded)


_MARKS = {
    "em_open": "\\emph{", "em_close": "}", "strong_open": "\\textbf{", "strong_close": "}",
    "softbreak": "\n", "hardbreak": "\\hfil\\break{}\n",
}  # fmt: skip

_BLOCKS: dict[str, Callable[[_Writer, Token], str]] = {
    "paragraph_close": _Writer.paragraph_close,
    "heading_open": _Writer.heading_open,
    "heading_close": _Writer.heading_close,
    "bullet_list_open": _Writer.list_open,
    "bullet_list_close": _Writer.list_close,
    "ordered_list_open": _Writer.list_open,
    "ordered_list_close": _Writer.list_close,
    "list_item_open": _Writer.item_open,
    "blockquote_open": _Writer.quote_open,
    "blockquote_close": _Writer.quote_close,
    "fence": _Writer.code,
    "code_block": _Writer.code,
    "hr": _Writer.rule,
    DISPLAY: _Writer.display,
    "table_open": _Writer.table_open,
    "table_close": _Writer.table_close,
    "tr_open": _Writer.row_open,
    "th_open": _Writer.cell_open,
    "td_open": _Writer.cell_open,
    "inline": _Writer.inline,
}
