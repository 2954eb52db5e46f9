"""The prompt editor's inputs: whatever a prompt looks like, all of it is shown, and comes back as it was."""

import random

import pytest

from bot.moderation.prompts import LONGEST, PARTS, _cut, _inputs, _joined  # pyright: ignore[reportPrivateUsage]
from bot.slack.modals import Given

PROMPTS = {
    "seven paragraphs": "\n\n".join(f"{n} " + "word " * 319 + "end." for n in range(7)),
    "one paragraph": "word " * 999 + "end.",
    "no space at all": "x" * LONGEST,
    "lines": "\n".join("a line of a list" for _ in range(700)),
    "wide gaps": ("word" * 480 + "\n\n\n\n") * 6 + "end.",
    "short": "You work at {lab}.",
}


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_is_shown_whole_and_saved_as_it_was(name: str) -> None:
    assert _shown_and_saved(PROMPTS[name]) == PROMPTS[name]


def test_so_is_any_prompt_that_may_be_saved() -> None:
    chance = random.Random(7)  # noqa: S311
    for _ in range(300):
        prompt = "".join(chance.choices(["word", " ", "\n", "\n\n", "é" * 90], k=chance.randint(1, 900)))
        prompt = prompt[:LONGEST].strip()
        assert _shown_and_saved(prompt) == prompt


def _shown_and_saved(prompt: str) -> str:
    parts, seams = _cut(prompt)
    assert len(parts) <= PARTS
    inputs = [block for block in _inputs(parts) if block["type"] == "input"]
    values = {block["block_id"]: {"value": block["element"].get("initial_value", "")} for block in inputs}
    assert all(len(each["value"]) <= 3000 for each in values.values())
    return _joined(Given(values), seams)
