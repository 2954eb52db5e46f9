"""A lab's moderation model: asked at the lab's own endpoint, before the question goes out and at the end."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot.trial.model_script import Reply
from tests.jam import Jam, text_of, until

CONFIG = """
[jam]
certify = "off"
[labs.idaho.moderation]
model = "omni"
failure = "closed"
[labs.argonne.moderation]
model = "omni"
failure = "open"
"""


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    (tmp_path / "checked.toml").write_text(CONFIG)
    async with Jam(tmp_path, extra={"LABJAM_CONFIG": str(tmp_path / "checked.toml")}) as started:
        started.model.flags = {"flagme": "illicit/violent"}
        await started.start_bot()
        yield started


def asked(jam: Jam, path: str) -> list[Any]:
    return [request.body for request in jam.model.requests if request.path.endswith(path)]


async def test_what_is_flagged_is_not_asked(jam: Jam) -> None:
    ts = await jam.ask("idaho", "Please flagme now")
    await until(lambda: "illicit/violent" in text_of(jam.replies("idaho", ts)))
    assert not asked(jam, "/completions")
    assert asked(jam, "/moderations") == [{"model": "omni", "input": ["Please flagme now"]}]


async def test_a_flagged_answer_is_taken_back(jam: Jam) -> None:
    jam.model.script = lambda seen: Reply("Some words that flagme say.")
    ts = await jam.ask("argonne", "Say something.")
    await until(lambda: "illicit/violent" in text_of(jam.replies("argonne", ts)))
    assert "Some words" not in text_of(jam.replies("argonne", ts))
    assert "Some words" not in str(await jam.journal("argonne"))


async def test_a_lab_chooses_what_holds_while_it_fails(jam: Jam) -> None:
    jam.model.moderates = False
    closed, open_ = await jam.ask("idaho", "What is a neutron?"), await jam.ask("argonne", "What is a pion?")
    assert "pion" in text_of(await jam.answer("argonne", open_))
    await until(lambda: "can't be reached" in text_of(jam.replies("idaho", closed)))
    other = await jam.ask("berkeley", "What is a kaon?")
    assert "kaon" in text_of(await jam.answer("berkeley", other))
    assert len(asked(jam, "/completions")) == 2
