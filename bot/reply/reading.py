"""Reads Markdown line by line: fences, tables and formulas as Slack is to show them."""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from bot.maths.find import PENDING, Display, Formula, display_at, ends_line, in_line, opened_late
from bot.maths.linear import in_unicode
from bot.reply.links import Keeps, disarmed, escaped, prose

PIECE = 1_000
"""Characters of a line that messages break; a longer one is cut at white space."""
_HEADER_LIMIT = 500  # a longer table header is not repeated

_PENDING = -1  # what comes next is needed first

_FENCE = re.compile(r"([ \t]{0,40}(?:(?:[-*+]|\d{1,9}[.)])[ \t]{1,4})?)(`{3,40}|~{3,40})([^`~\n]{0,200})\n?")
_FENCE_END = re.compile(r"([ \t]*)(`{3,}|~{3,})[ \t]*\n?")
_TABLE_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_ITEM = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?")
_MATHS = re.compile(r"\$|\\[(\[]|\\begin\{")


@dataclass(slots=True)
class Line:
    """A rendered line with its line end, and what a message that begins with it must begin with.

    A formula that stands by itself is one line, however many it takes.
    """

    text: str
    opening: str = ""  # the fence it stands in, or the header of its table
    closing: str = ""  # what ends that fence
    table: int = 0  # which of the text's tables it is a row of, from 1
    drawn: str = ""  # the TeX of the formula that it is
    beside: tuple[str, ...] = ()  # the TeX of those to be drawn here, beside the text they stand in

    @property
    def need(self) -> int:
        """Characters it takes in a message that ends with it."""
        return len(self.text) + (len(self.closing) + 1 if self.closing else 0)


@dataclass(slots=True)
class Reader:
    """Renders line by line; what a line becomes depends on those before it.

    A formula needs its end as well: with `whole=False`, where that is still to come, reading stops
    before it. With `draws=False` formulas stay as they were written. `row` is the longest row of a
    table that is left whole.
    """

    keeps: Keeps
    draws: bool = True
    whole: bool = True
    row: int = 9_500
    fence: str = ""  # the marks that opened the one we are in
    indent: int = 0
    opening: str = ""
    closing: str = ""
    table: str = ""  # header and rule of the one we are in
    tables: int = 0  # that were read so far
    # Whether another reader of Markdown may see code elsewhere than we do: from a fence in a list, in
    # tildes, within a line. Links in what we take for code are then disarmed, too.
    strict: bool = False
    beside: list[str] = field(default_factory=list[str])

    def read(self, text: str) -> Iterator[Line]:
        """The lines of a text; it has no ends of line but \\n."""
        at, size = 0, len(text)
        while at < size:
            end = text.find("\n", at) + 1 or size
            raw = text[at:end]
            if self.fence:
                yield from self._in_fence(raw)
            elif ("```" in raw or "~~~" in raw) and (mark := _FENCE.fullmatch(raw)):
                yield self._open(*mark.groups())
            else:
                end = yield from self._line(text, at, raw)
                if end == _PENDING:
                    return
            at = end
        yield from self._taken()

    def _line(self, text: str, at: int, raw: str) -> Generator[Line, None, int]:
        """A line outside of fences, with those that belong to it; gives where the next one begins."""
        end = at + len(raw)
        if self.draws and _MATHS.search(raw) and (found := self._display(text, at, raw)):
            late, formula = found
            if late:
                tail = "" if formula is PENDING else "\n" if formula else raw[late:]
                yield from self._outside(raw[:late], tail)
            if formula is PENDING:
                return _PENDING
            if formula:
                yield from self._formula(formula)
                end = formula.end
        elif "|" in raw and not self.table:
            if not self.whole and end == len(text):
                return _PENDING  # the next line says whether it heads a table
            end = yield from self._head(text, raw, end)
        else:
            yield from self._outside(raw)
        return end

    def _open(self, before: str, marks: str, info: str) -> Line:
        """The line that opens a fence; `before` is its indent, and the mark of the item that it begins."""
        tildes = marks.startswith("~")
        self.strict |= tildes or bool(before)
        self.fence, self.indent = marks, len(before.expandtabs(4))
        indent = before if before.isspace() else " " * len(before)
        self.closing = indent + "`" * (len(marks) + tildes)  # what is in tildes often has fences of its own
        self.opening = f"{self.closing}{disarmed(escaped(info))}\n"
        return Line(before + self.opening[len(indent) :], closing=self.closing)

    def _in_fence(self, raw: str) -> Iterator[Line]:
        marked = "```" in raw or "~~~" in raw
        end = _FENCE_END.fullmatch(raw) if marked else None
        if end and end[2].startswith(self.fence) and len(end[1].expandtabs(4)) <= self.indent + 3:
            self.fence = self.table = ""
            yield Line(self.closing + "\n", self.opening)
            return
        code = escaped(raw)
        if self.strict:
            code = disarmed(code)
        if len(code) <= PIECE:
            yield Line(code, self.opening, self.closing)
        else:
            yield from cut(code, self.opening, self.closing)
        self.strict |= marked  # from the next line on: what was shown of this one stays

    def _display(self, text: str, at: int, raw: str) -> tuple[int, Display | None] | None:
        """A formula by itself that begins with this line; or where in the line one is opened, and that one.

        A line that opens one is shown up to there whether that is ever ended or not.
        """
        found = display_at(text, at, whole=self.whole)
        if found:
            return 0, found
        if "|" not in raw and (last := ends_line(raw)) and (self.whole or raw.endswith("\n")):
            item = _ITEM.match(raw)
            mark = raw[last.end :].strip()
            tex = last.formula.tex + mark
            return last.start, Display(at + len(raw), " " * len(item[0]) if item else "", tex)
        late = opened_late(raw)
        return (late, display_at(text, at + late, whole=self.whole)) if late >= 0 else None

    def _formula(self, found: Display) -> Iterator[Line]:
        self.strict |= bool(found.indent)
        self.table = ""
        lines = [f"{found.indent}{line.strip()}" for line in found.tex.split("\n")]
        code = disarmed(escaped("\n".join(lines)))
        text = f"{found.indent}```latex\n{code}\n{found.indent}```\n"
        yield from self._taken()
        yield Line(text, drawn=found.tex)

    def _head(self, text: str, raw: str, end: int) -> Generator[Line, None, int]:
        """The first row of a table with the rule below it, or a line like others; gives where it ended."""
        behind = text.find("\n", end) + 1 or len(text)
        rule = text[end:behind]
        if (
            "|" not in rule
            or not _TABLE_RULE.fullmatch(rule.strip())
            or "|" not in (head := self._shown(raw))
        ):
            yield from self._outside(raw)
            return end
        self.table, self.tables = head + rule, self.tables + 1
        yield from cut(self.table, limit=self.row, table=self.tables)
        return behind

    def _shown(self, raw: str) -> str:
        self.strict |= "```" in raw or "~~~" in raw
        if self.draws and ("$" in raw or "\\" in raw):
            raw = self._inline(raw)
        return prose(raw, self.keeps)

    def _outside(self, raw: str, tail: str = "") -> Iterator[Line]:
        line = self._shown(raw) + tail
        if "|" not in line:
            self.table = ""
        if self.beside and line == "\n":
            yield from self._taken()
        if self.table:
            repeated = "" if len(self.table) > _HEADER_LIMIT else self.table
            yield from cut(line, repeated, limit=self.row, table=self.tables)
        elif len(line) <= PIECE:
            yield Line(line)
        else:
            yield from cut(line)

    def _inline(self, raw: str) -> str:
        """The line with its formulas as Unicode, or as code that is drawn beside."""
        pieces: list[str] = []
        at = 0
        for found in in_line(raw).found:
            pieces += raw[at : found.start], self._said(found.formula, in_row="|" in raw[: found.start])
            at = found.end
        return "".join([*pieces, raw[at:]])

    def _said(self, formula: Formula, *, in_row: bool) -> str:
        said = in_unicode(formula.tex)
        if said is None:
            self.beside.append(formula.tex)
            return code_of(formula.tex)
        return said.replace("|", "\N{DIVIDES}") if in_row else said

    def _taken(self) -> Iterator[Line]:
        """The formulas to be drawn here: where the paragraph, list or table with them has ended."""
        if self.beside:
            yield Line("", beside=tuple(dict.fromkeys(self.beside)))
            self.beside = []


def code_of(tex: str) -> str:
    """TeX as code within a line."""
    ticks = "`"
    while ticks in tex:
        ticks += "`"
    return f"{ticks} {tex} {ticks}" if "`" in tex else f"`{tex}`"


def cut(
    line: str, opening: str = "", closing: str = "", limit: int = PIECE, table: int = 0
) -> Iterator[Line]:
    """The line in pieces of at most `limit` characters that end with white space where they can."""
    while len(line) > limit:
        at = line.rfind(" ", limit // 2, limit) + 1 or line.rfind("&", limit - 4, limit)
        at = at if at > 0 else limit
        yield Line(line[:at], opening, closing, table)
        line = line[at:]
    yield Line(line, opening, closing, table)
