"""References under an answer: marked once it stands, where the deployment looks them up; always on record."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot.trial.model_script import Plan, Reply
from tests.jam import Jam, until
from tests.registries import LocalRegistries, local_registries


@pytest.fixture
async def local() -> AsyncGenerator[LocalRegistries]:
    async with local_registries() as registries:
        yield registries


@pytest.fixture
async def looking(tmp_path: Path, local: LocalRegistries) -> AsyncGenerator[Jam]:
    """A jam whose deployment looks up."""
    async with Jam(tmp_path) as jam:
        config, looks = tmp_path / "labjam.toml", local.config()
        config.write_text(
            f'[references]\nlook_up = true\ncontact = "{looks.contact}"\ndoi = "{looks.doi}"\n'
            f'arxiv = "{looks.arxiv}"\npubmed = "{looks.pubmed}"\n'
        )
        jam.extra["LABJAM_CONFIG"] = str(config)
        await jam.start_bot()
        yield jam


async def lines(jam: Jam, kind: str = "references") -> list[dict[str, Any]]:
    return [line for line in await jam.journal("idaho") if line["kind"] == kind]


CITING = (
    "10.1000/good is by Abbott et al., *Observation of gravitational waves*\n"
    "- Abbott et al., *Observation of gravitational waves*, doi:10.1000/good\n"
    "- Smith, *Quantum error correction with surface codes*, 10.1000/other\n"
    "- Doe, *A paper that nobody wrote*, https://doi.org/10.1000/none\n"
    "- Roe, arXiv:2401.01234"
)


async def test_references_are_marked_under_the_answer_and_in_the_record(
    looking: Jam, local: LocalRegistries
) -> None:
    """After it stands, with one edit, which leaves the buttons and the text as they were."""
    local.titles = {"10.1000/good": "Observation of Gravitational Waves", "10.1000/other": "Rice <!channel>"}
    local.titles["2401.01234"] = "Anything"
    looking.model.script = Plan(lambda _: Reply(CITING))
    ts = await looking.ask("idaho", "cite!")
    [answer] = await looking.answer("idaho", ts)
    before = [element for _, element in answer.elements]
    await until(lambda: "References" in looking.replies("idaho", ts)[0].visible_text)
    [marked] = looking.replies("idaho", ts)
    assert "2 of 4 found" in marked.visible_text
    assert "Not found: doi:10.1000/none." in marked.visible_text
    assert "another title: doi:10.1000/other is “Rice”" in marked.visible_text
    assert not marked.pings
    assert [element for _, element in marked.elements] == before
    assert marked.written == CITING
    assert looking.calls("chat.update") == 1
    [record] = await lines(looking)
    assert record["question_ts"] == ts
    assert record["looked_up"]
    assert {each["id"]: each["status"] for each in record["references"]} == {
        "10.1000/good": "found", "10.1000/other": "differs", "10.1000/none": "missing", "2401.01234": "found",
    }  # fmt: skip


async def test_without_look_ups_they_are_kept_as_not_checked(jam: Jam, local: LocalRegistries) -> None:
    jam.model.script = Plan(lambda _: Reply(CITING))
    ts = await jam.ask("idaho", "cite!")
    await jam.answer("idaho", ts)
    await until(lambda: _has_line(jam))
    [record] = await lines(jam)
    assert {each["status"] for each in record["references"]} == {"unchecked"}
    assert not record["looked_up"]
    assert "References" not in jam.replies("idaho", ts)[0].visible_text
    assert jam.calls("chat.update") == 0
    assert local.asked == []


async def _has_line(jam: Jam) -> bool:
    return bool(await lines(jam))


async def test_an_answer_without_references_costs_nothing(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply("No paper says so."))
    ts = await jam.ask("idaho", "cite!")
    await jam.answer("idaho", ts)
    await jam.ask("idaho", "again", ts)
    await jam.answer("idaho", ts, answers=2)
    assert json.dumps(await jam.journal("idaho")).count('"references"') == 0


async def test_an_answer_that_was_asked_again_is_looked_at_again(looking: Jam) -> None:
    """Its new text has other references; the small print is of the new ones only."""
    looking.model.script = Plan(lambda _: Reply("See 10.1000/new.")).when("cite", Reply("See 10.1000/old."))
    ts = await looking.ask("idaho", "cite!")
    [answer] = await looking.answer("idaho", ts)
    await until(
        lambda: "10.1000/old." in looking.replies("idaho", ts)[0].visible_text.partition("Not found")[2]
    )
    await looking.slack.edit(looking.people["idaho"], looking.channels["idaho"], ts, "say it again!")
    await until(lambda: "edited" in looking.replies("idaho", ts)[0].visible_text)
    assert "Not found: doi:10.1000/old" in looking.replies("idaho", ts)[0].visible_text
    await looking.slack.click(looking.people["idaho"], looking.channels["idaho"], answer.ts, "labjam_again")
    await until(lambda: "Not found: doi:10.1000/new" in looking.replies("idaho", ts)[0].visible_text)
    assert "old" not in looking.replies("idaho", ts)[0].visible_text
