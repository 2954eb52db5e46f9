"""What pictures and files make of an answer: all of it, nothing that pings, links as the lab wants them."""

import re
from dataclasses import replace

import pytest
from hypothesis import given

from bot.labs import Lab, read_labs
from bot.reply import whole
from bot.settings import Settings
from bot.slack.blocks import Block
from bot.trial.limits import MARKDOWN, check_blocks
from bot.trial.visible import pings
from bot.typeset import blocks, formulas, key_of, overflows, texts
from tests.test_reply import keeps, wild
from tests.test_reply_links import HIDDEN, live_links

HOSTILE = (
    r"Here $\sum_1^2 <!channel> [a](http://evil.example)$ and" + "\n\n$$\n<@U1> \\frac{<!here>}{2}\n$$\n\nend"
)


@pytest.fixture(scope="module")
def lab() -> Lab:
    settings = Settings.model_validate({"labjam_model": "m", "openai_base_url": "http://localhost:1/v1"})
    return replace(next(iter(read_labs(settings, {}).values())), link_hosts=("kept.example",), messages=6)


def drawn(text: str, lab: Lab) -> list[list[Block]]:
    """The messages with a picture for every formula."""
    return blocks(text, lab, {key_of(tex): "F0LOCAL0001" for tex in formulas(text, lab)})


def test_nothing_pings_beside_a_picture(lab: Lab) -> None:
    [message] = drawn(HOSTILE, lab)
    assert [block["type"] for block in message] == ["markdown", "image", "image", "markdown"]
    shown = [str(block.get("text") or block["alt_text"]) for block in message]
    assert not pings(shown)
    written = [str(block["text"]) for block in message if block["type"] == "markdown"]
    assert not [link for text in written for link in live_links(text)]


@given(text=wild)
def test_slack_takes_every_message_with_pictures(lab: Lab, text: str) -> None:
    for message in drawn(text, lab):
        check_blocks(message)
        written = [block["text"] for block in message if block["type"] == "markdown"]
        assert sum(map(len, written)) <= MARKDOWN
        assert not pings([str(block.get("text") or block["alt_text"]) for block in message])
        for link in [link for part in written for link in live_links(part)]:
            assert link.startswith("https://kept.example")


@pytest.mark.parametrize("text", HIDDEN)
def test_a_file_hides_no_link(text: str) -> None:
    if "<" not in text:  # in a file Slack's tokens are only characters
        assert live_links(whole(text, keeps)) == []


def test_a_file_keeps_trusted_links_and_formulas() -> None:
    text = "See [a](https://kept.example/x), $\\alpha < 1$ &lt; and\n\n$$\nx\n$$\n"
    assert whole(text, keeps) == text


def test_a_long_answer_says_where_the_rest_is(lab: Lab) -> None:
    text = "\n\n".join(f"Paragraph {n} $\\int_0^{n} f$ " + "word " * 150 for n in range(150))
    assert overflows(text, lab)
    shown = texts(text, lab)
    assert len(shown) == 6
    assert shown[-1].endswith("*The answer goes on. All of it is in the file `answer.md` below.*")
    last = drawn(text, lab)[-1]
    assert last[-1]["text"].endswith("`answer.md` below.*")
    assert max(map(len, drawn(text, lab))) <= 46
    assert not overflows(text[:20_000], lab)
    assert len(texts(text, replace(lab, messages=50))) > 6


def test_many_formulas_leave_room_for_what_stands_below(lab: Lab) -> None:
    text = "\n\n".join(f"$$\n\\frac{{{n}}}{{2}}\n$$" for n in range(100))
    [message] = drawn(text, lab)
    assert len(message) <= 46
    assert len(re.findall("```latex", "".join(str(block.get("text", "")) for block in message))) == 80
