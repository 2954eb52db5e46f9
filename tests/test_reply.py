"""Rendering: all of the text, in order, in messages that Slack takes, and at no time half of anything."""

import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.reply import parts, preview
from bot.slack.blocks import markdown
from bot.trial.limits import check_blocks
from bot.trial.visible import decode

WORDS = [
    "plain", "**bold**", "a[i](x)", "AT&T", "&lt;", "&nbsp;", "&amp;amp;", "`a[i](x)`", "f(x)[0]", "-", "!",
    "\\alpha_{1}", "e\u0301\u0323", "فيزياء", "שלום", "\u200frtl\u200f", "🧪", "👩🏽\u200d🔬", "物理学",
    "x < y > z", "https://any.example/a_b?c=1&d=2", "\u2028", "\x85", "\x0b", "w" * 150, "物" * 1300,
    "[a (b)](https://kept.example/x_(y)?z#f)", "~~no~~", "***so***", "\\*", "🏳️\u200d🌈", "$5",
    "<b>", "a\u00a0b\u2003c", "\u202eoverride\u202c",
]  # fmt: skip
CELLS = [
    *(word for word in WORDS if word.isprintable() and len(word) < 50),
    "a \\| b",
    "`x \\| y`",
    "",
    "-",
    ":-:",
]
HEAD, RULE = "| quantity | value < 1 |", "| --- | :-: |"


def as_list(items: list[tuple[int, str]]) -> str:
    return "\n".join(f"{'   ' * depth}{'1.' if depth % 2 else '-'} {item}" for depth, item in items)


def as_code(before: str, ticks: str, language: str, lines: list[str]) -> str:
    indent = " " * len(before)
    return "\n".join([before + ticks + language, *(indent + line for line in [*lines * 9, ticks])])


def as_table(rows: list[tuple[str, str]]) -> str:
    return "\n".join([HEAD, RULE, *(f"| {a} | {b} |" for a, b in rows * 12)])


CODE = ["", "    x[0] = a[i](b) if x < y else '&lt;'", "def f(x: int):", "| no | table"]
sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
long_lines = sentences.map(lambda line: " ".join([line] * 60))
nested_lists = st.lists(st.tuples(st.integers(0, 3), sentences), min_size=1).map(as_list)
code = st.builds(
    as_code,
    st.sampled_from(["", "", "   ", "- ", "1. ", "  - "]),
    st.sampled_from(["```", "````"]),
    st.sampled_from(["", "python", "c++", "text title=a"]),
    st.lists(st.sampled_from(CODE)),
)
cells = st.sampled_from(CELLS)
tables = st.lists(st.tuples(cells, cells), min_size=1).map(as_table)
answers = st.lists(
    st.one_of(sentences, long_lines, nested_lists, code, tables, sentences.map("> {}".format)), max_size=25
).map("\n\n".join)

PIECES = [
    "[", "]", "(", ")", "[a]", "](", "]:", "![", "\\", "```", "````", "~~~", "`", "<", ">", "|", '"', "&lt;",
    "&colon;", "<@U1>", "<!channel>", "](http://evil.example)", '[a](http://evil.example "t")', "[b]: ",
    "javascript:x", "http://evil.example", "//evil.example", "www.evil.example", "https://kept.example/x",
    "a | b\n", "|---|---|\n", "```py\n", "\n", "\n\n", "\r", "\r\n", " ", "    ", "\t", "- ", "> ", "1. ",
    "word ", "\u2028", "$", "$$", "$x$", "\\(", "\\)", "\\[", "\\]", "\\begin{align}", "\\end{align}", "**",
]  # fmt: skip
wild = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def keeps(host: str) -> bool:
    return host == "kept.example"


def bodies(shown: list[str]) -> Iterator[str]:
    """What stands under each message's part heading, decoded."""
    for n, part in enumerate(shown, 1):
        heading = f"*Part {n}*\n\n" if n > 1 else ""
        assert part.startswith(heading)
        yield decode(part.removeprefix(heading))


FENCE = re.compile(r"(\s*(?:[-*+] +|\d+\. +)?)(`{3,})(.*)")


def open_fence(text: str) -> str:
    """The line that opens the fence again in which a text ends; empty where it ends in none."""
    opened = ""
    for line in text.split("\n"):
        fence = FENCE.fullmatch(line)
        if opened and line.strip() == re.findall("`{3,}", opened)[0]:
            opened = ""
        elif not opened and fence:
            opened = " " * len(fence[1]) + fence[2] + fence[3]
    return opened


def unread(text: str, body: str, done: str) -> str:
    """What of a text is still to come after the message that shows its beginning."""
    reopened = open_fence(done)
    if reopened:
        assert body.startswith(reopened + "\n")
        body = body.removeprefix(reopened + "\n")
    elif text.startswith("| ") and not text.startswith((HEAD, CODE[-1])):
        assert body.startswith(f"{HEAD}\n{RULE}\n")
        body = body.removeprefix(f"{HEAD}\n{RULE}\n")
    if not text.startswith(body):
        body, _, closing = body.rpartition("\n")
        assert closing.strip("` ") == ""
    assert body
    assert text.startswith(body)
    return text[len(body) :]


@given(answers, st.sampled_from(["\n", "\r\n"]))
def test_all_of_the_text_is_shown_in_order(text: str, newline: str) -> None:
    """Nothing but empty lines, where one message ends and the next begins, is left out."""
    shown = parts(text.replace("\n", newline), keeps)
    rest = text
    for body in bodies(shown):
        done = text[: len(text) - len(rest)]
        rest = re.sub(r"\A(?: *\n)+", "", rest)
        rest = unread(rest, body, done)
    assert not rest.strip(" \n")


HUGE = ["w", "物 ", "👩🏽\u200d🔬", "a[i](x) ", "x|", "[", "`", "$x$ ", "**", "\\(", "&lt; ", "- ", " "]


@pytest.mark.parametrize("unit", HUGE)
def test_a_line_of_a_hundred_thousand_characters(unit: str) -> None:
    """No size makes it slow, and no character is lost."""
    line = (unit * 100_000)[:100_000]
    begun = time.process_time()
    shown = "".join(bodies(parts(line)))
    assert time.process_time() - begun < 5
    assert shown.strip() == line.replace("$x$", "x").strip()


@given(answers | wild)
def test_every_message_is_one_that_slack_takes(text: str) -> None:
    for part in parts(text, keeps):
        check_blocks([markdown(part)])


@given(answers)
def test_every_message_closes_its_fences(text: str) -> None:
    for part in parts(text, keeps):
        assert not open_fence(part)


@given(answers, st.lists(st.floats(0, 1), min_size=8, max_size=8))
def test_what_was_shown_of_a_long_answer_stays(text: str, where: list[float]) -> None:
    """While it grows, each message only ever gets longer: so text can be appended to it."""
    final = parts(text, keeps)
    for n in (int(len(text) * share) for share in where):
        stays(parts(text[:n], keeps, final=False), final)


@given(wild)
@example("```\n[a](http://evil.example) ```")
def test_what_was_shown_stays_at_every_character(text: str) -> None:
    final = parts(text, keeps)
    for n in range(len(text) + 1):
        stays(parts(text[:n], keeps, final=False), final)


def stays(interim: list[str], final: list[str]) -> None:
    seen = [part for part in interim if part]
    assert len(seen) <= len(final)
    for now, then in zip(seen, final, strict=False):
        assert then.startswith(now)


def test_code_stays_what_it_was() -> None:
    text = "```md\n[docs](https://any.example) a[i](x) x < y && z\n```\n\nand `a[i](x)`, `x < y`."
    assert [decode(part) for part in parts(text)] == [text]


def test_a_fence_of_tildes_may_hold_one_of_backticks() -> None:
    [shown] = parts("~~~md\n```py\nx\n```\n~~~\nafter")
    assert shown == "````md\n```py\nx\n```\n````\nafter"


def test_a_preview_is_one_short_line() -> None:
    assert preview("# **Hello** <@U1>\n\n| a | `b` |") == "Hello &lt;@U1 a b"
    assert len(preview("word " * 100)) <= 150
    assert preview("```") == "…"
    assert parts("\n\n") == parts("", final=False) == []
