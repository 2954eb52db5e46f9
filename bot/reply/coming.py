"""Where a text that still grows is settled: what stands before can't be changed by what comes."""

import re

from bot.maths.find import ends_line, in_line
from bot.reply.links import LINK

_HELD = re.compile(r"\s*(?:[`~|\[>]|\$(?:\$|\Z)|\\(?:\[|b|\Z)|\Z)")  # such a line is shown when it has ended
_BRACKET = re.compile(r"[\[\]]")
_EMPHASIS = re.compile(r"(\\.)|(\*{1,3}|~~|(?<!\w)_{1,3}|_{1,3}(?!\w))")
_LONGEST_EMPHASIS = 400
"""Characters; what was opened longer ago is no emphasis, or not one that is worth waiting for."""


def settled(text: str) -> str:
    """Without the end that later characters could still change: a link, a fence, emphasis, a row begun.

    A formula over several lines is held back by the reader, which knows whether it stands in code.
    """
    start = text.rfind("\n") + 1
    before, line = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : start], text[start:]
    if "|" in before or _HELD.match(line):
        return text[:start]
    scan = in_line(line, whole=False)
    last = ends_line(line)
    by_itself = last.start if last else len(line)  # it is, where nothing but the end of its line comes
    for found in scan.found:  # ended: no place to stop in, and decided
        line = line[: found.start] + "x" * (found.end - found.start) + line[found.end :]
    line = LINK.sub(lambda link: "x" * len(link[0]), line)
    end = min(_undecided(line), scan.undecided, by_itself, _emphasised(line))
    return text[: start + line.rfind(" ", 0, end) + 1]


def _undecided(line: str) -> int:
    """Where the first bracket stands that may still become a link; at the end if there is none."""
    opened: list[int] = []
    for bracket in _BRACKET.finditer(line):
        if bracket[0] == "[":
            opened.append(bracket.start())
            continue
        begun = opened.pop() if opened else bracket.start()
        if line[bracket.end() : bracket.end() + 1] in {"", "(", ":"}:
            return opened[0] if opened else begun
    return opened[0] if opened else len(line)


def _emphasised(line: str) -> int:
    """Where the emphasis begins that no mark has ended yet; at the end if there is none."""
    opened: dict[str, int] = {}
    for mark in _EMPHASIS.finditer(line):
        if mark[1]:
            continue
        begun = opened.pop(mark[2], -1)
        if begun < 0 and not line[mark.end() : mark.end() + 1].isspace():
            opened[mark[2]] = mark.start()
    return min((at for at in opened.values() if len(line) - at <= _LONGEST_EMPHASIS), default=len(line))
