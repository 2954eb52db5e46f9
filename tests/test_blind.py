"""Which two models are compared, in which order, and what they may say of themselves."""

from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blind import HIDDEN, draw, is_drawn, pair_key, scrub
from bot.forms import CHOICES, Choice
from bot.records import Question, ThreadKey

IDS = ("o9-huge", "scripted")
THREAD = ThreadKey("T1", "C1", "1.1")


def question(n: int) -> Question:
    return Question(THREAD, f"17323{n:05}.000100", "U1", "T1", "argonne", "why?")


@pytest.mark.parametrize(
    "said",
    [
        "I am Claude, made by Anthropic.",
        "I'm ChatGPT, a large language model trained by OpenAI, so I can't browse.",
        "As Gemini 2.5 Pro, I would start with the units.",
        "As an AI model developed by Google DeepMind, I have no lab.",
        "My name is Llama.",
        "Hello! I'm an assistant called Qwen 3.",
        "I was trained by Meta AI on public text.",
        "I\u2019m GPT-5 mini.",
        "This is what o9-huge would say.",
    ],
)
def test_a_model_that_names_itself_is_hidden(said: str) -> None:
    text, hidden = scrub(f"The answer is 42. {said} More follows.", IDS)
    assert hidden
    assert HIDDEN in text
    assert text.startswith("The answer is 42.")
    assert text.endswith("More follows.")
    for name in ("Claude", "Anthropic", "GPT", "OpenAI", "Gemini", "Google", "Llama", "Qwen", "Meta", "o9"):
        assert name not in text


@pytest.mark.parametrize(
    "said",
    [
        "Gemini North saw the flare first.",
        "I'm happy to explain how Gemini Observatory works.",
        "CUDA, developed by NVIDIA, runs on it.",
        "GPT-4 and Claude differ in how they port OpenCL.",
        "Phi is the golden ratio, and I am sure of it.",
        "The llama is a camelid; my data say so.",
        "Claude Shannon defined it; I am convinced.",
        "def f():\n    return o1 + o2  # I am a comment\n",
        "In granite, I see quartz.",
    ],
)
def test_names_that_are_not_about_the_writer_stay(said: str) -> None:
    assert scrub(said, IDS) == (said, 0)


@given(st.text())
def test_nothing_else_is_changed(text: str) -> None:
    cleaned, hidden = scrub(text, IDS)
    assert hidden or cleaned == text


def test_the_pair_that_was_drawn_least_comes_next_in_any_order() -> None:
    models, drawn, orders = ["a", "b", "c", "d"], Counter[str](), Counter[tuple[str, str]]()
    for n in range(600):
        pair = draw(question(n), models, drawn)
        drawn[pair_key(pair)] += 1
        orders[pair] += 1
    assert set(drawn.values()) == {100}
    assert all(30 <= count <= 70 for count in orders.values())
    assert len(orders) == 12


def test_the_share_is_kept_and_twins_agree() -> None:
    drawn = [is_drawn(question(n), 20) for n in range(5_000)]
    assert 0.18 < sum(drawn) / len(drawn) < 0.22
    assert drawn == [is_drawn(replace(question(n), text="edited"), 20) for n in range(5_000)]
    assert not any(is_drawn(question(n), 0) for n in range(500))
    assert all(is_drawn(question(n), 100) for n in range(500))


def test_every_choice_has_its_words() -> None:
    assert tuple(CHOICES) == get_args(Choice)
