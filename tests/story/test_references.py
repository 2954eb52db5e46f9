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


async def edited_and_asked_anew(jam: Jam, ts: str) -> None:
    await jam.slack.edit(jam.people["idaho"], jam.channels["idaho"], ts, "say it again!")
    await until(lambda: "edited" in jam.replies("idaho", ts)[0].visible_text)
    answer = jam.replies("idaho", ts)[0].ts
    await jam.slack.click(jam.people["idaho"], jam.channels["idaho"], answer, "labjam_again")


async def test_an_answer_that_was_asked_again_is_looked_at_again(looking: Jam) -> None:
    """Its new text has other references; the small print is of the new ones only."""
    looking.model.script = Plan(lambda _: Reply("See 10.1000/new.")).when("cite", Reply("See 10.1000/old."))
    ts = await looking.ask("idaho", "cite!")
    await looking.answer("idaho", ts)
    await until(
        lambda: "10.1000/old." in looking.replies("idaho", ts)[0].visible_text.partition("Not found")[2]
    )
    await edited_and_asked_anew(looking, ts)
    await until(lambda: "Not found: doi:10.1000/new" in looking.replies("idaho", ts)[0].visible_text)
    assert "old" not in looking.replies("idaho", ts)[0].visible_text


async def test_what_is_found_out_too_late_is_not_said_of_another_answer(
    looking: Jam, local: LocalRegistries
) -> None:
    """The registry takes its time, and the question has another answer by then."""
    local.trouble["10.1000/old"] = "slow"
    looking.model.script = Plan(lambda _: Reply("See 10.1000/new.")).when("cite", Reply("See 10.1000/old."))
    ts = await looking.ask("idaho", "cite!")
    await until(lambda: "10.1000/old" in local.asked)
    await edited_and_asked_anew(looking, ts)
    await until(lambda: looking.replies("idaho", ts)[0].written == "See 10.1000/new.")
    local.let_go.set()
    await until(lambda: "Not found: doi:10.1000/new" in looking.replies("idaho", ts)[0].visible_text)
    edits = [str(call.args["blocks"]) for call in looking.slack.calls_of("chat.update")]
    assert not any("Not found: doi:10.1000/old" in edit for edit in edits)
    [record] = await lines(looking)
    assert [each["id"] for each in record["references"]] == ["10.1000/new"]
