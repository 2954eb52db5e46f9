"""What leaves: only what may, in the shapes that others read, with nobody's name or Slack id in it."""

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bot.errors import UsageError
from bot.exports import PURPOSES
from bot.exports.cleaning import Cleaner
from bot.exports.dropped import DROPPED
from bot.exports.experiments import RELEASED, Choice
from bot.exports.export import Request, export
from bot.exports.formats import FORMATS
from bot.exports.kinds import raw
from bot.forms import Problem, SummaryDetails
from bot.records import ReleaseState, Sums, Withdrawal
from bot.scopes import fingerprint
from tests.export_shapes import Battle, Dpo, JamExport, Kto, OpenAIDpo, Sample, Sft
from tests.exporting import KEY, Record, exported, lines, released, rows, whole_record
from tests.judged import ADA, BEN, LAB, T, answer, compared, details, release, ts, vote


async def made(records: list[Record], name: str, folder: Path, **given: Any) -> list[dict[str, Any]]:
    """The rows of an export's first file."""
    files, _ = await exported(records, name, folder, **given)
    return rows(next(iter(files.values())))


def test_every_format_is_named_wherever_formats_are() -> None:
    assert FORMATS.keys() == DROPPED.keys() == PURPOSES.keys()


SHAPES: dict[str, tuple[str, type[BaseModel]]] = {
    "kto": ("kto.jsonl", Kto), "dpo": ("dpo.jsonl", Dpo), "sft": ("sft.jsonl", Sft),
    "inspect": ("inspect.jsonl", Sample), "arena": ("arena.jsonl", Battle),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
async def test_rows_have_exactly_the_keys_that_their_readers_know(tmp_path: Path, name: str) -> None:
    files, manifest = await exported(map(released, whole_record()), name, tmp_path)
    file, shape = SHAPES[name]
    found = [shape.model_validate(row) for row in rows(files[file])]
    assert found
    assert [one["rows"] for one in manifest["files"]] == [len(rows(text)) for text in files.values()]
    if name == "dpo":
        beside = [OpenAIDpo.model_validate(row) for row in rows(files["openai.jsonl"])]
        assert len(beside) == len(found)


async def test_jam_is_jam_export_1_1_0_and_its_sidecar_has_the_same_numbers(tmp_path: Path) -> None:
    records = [*map(released, whole_record()), answer(1), release(1), answer(2), release(2)]
    files, _ = await exported(records, "jam", tmp_path)
    whole = JamExport.model_validate_json(files["jam.json"])
    assert [one.id for one in whole.experiments] == [1, 2]
    numbers = {turn.id: one.id for one in whole.experiments for turn in one.turns}
    assert numbers == {turn.id: turn.experiment_id for one in whole.experiments for turn in one.turns}
    beside = rows(files["sidecar.jsonl"])
    assert {line["turn_id"]: line["experiment_id"] for line in beside if "turn_id" in line} == numbers
    plain = whole.experiments[0]
    assert [turn.previous_turn for turn in plain.turns] == [0, plain.turns[0].id]
    full = whole.experiments[1]
    assert len(full.turns[0].skill_assessments) == 6
    assert full.ai_experience == "Several times a day"


MINIMAL: dict[str, Any] = {
    "version": {"version": "1.1.0"},
    "experiments": [{
        "id": 1, "title": "t", "description": "d", "model": "m", "ai_experience": "Several times a day",
        "reasoning_experience": "", "realism": "", "difficulty_explaination": "", "goal": "g", "comments": "",
        "main_strength": "", "main_weakness": "", "daily_use": "", "productivity_improvement": "",
        "event_improvement": "",
        "turns": [{
            "id": 1, "previous_turn": 0, "experiment_id": 1, "model": None, "output": "o", "goal": "",
            "prompt": "p", "skill_assessments": [{"name": "planning", "assessment": "text"}],
            "other_task": "", "other_task_assessment": "", "files_url": [], "files": [],
            "data_removed": False,
        }],
    }],
}  # fmt: skip
"""The smallest document with all its keys."""


async def test_jam_writes_the_minimal_document_as_it_is_known(tmp_path: Path) -> None:
    JamExport.model_validate(MINIMAL)
    _, asked = answer(1, "o", asking="p")
    said = {"title": "t", "goal": "g", "description": "d", "ai_experience": "daily"}
    problem = Problem(lab=LAB, thread=T, user=ADA, at=1.0, **said)  # pyright: ignore[reportArgumentType]
    records = [("answer", replace(asked, model_returned="m")), release(1), ("problem", problem),
               details(1, BEN, skills={"planning": "text"})]  # fmt: skip
    files, _ = await exported(records, "jam", tmp_path)
    assert json.loads(files["jam.json"]) == MINIMAL


async def test_only_what_was_released_leaves_and_the_rest_is_counted_with_its_reasons(tmp_path: Path) -> None:
    gone = Withdrawal(LAB, T, ts(6), 3000.0)
    records = [
        *(answer(n) for n in range(1, 8)), release(1), release(2, "lab_reviewed"),
        release(3), release(3, "withheld", "export control"), release(4, "withheld", f"asked by <@{ADA}>"),
        release(6), ("withdrawal", gone), answer(7, outcome="withdrawn"),
    ]  # fmt: skip
    files, manifest = await exported(records, "jsonl", tmp_path)
    turns = [row for row in rows(files["record.jsonl"]) if row["record"] == "turn"]
    assert [turn["answer"][0]["text"] for turn in turns] == ["answer 1"]
    assert manifest["withheld"]["turns"] == {"lab_reviewed": 1, "withheld": 2, "private": 1}
    person = Cleaner(KEY).person(ADA)
    assert manifest["withheld"]["reasons"] == {"export control": 1, f"asked by @{person}": 1}
    assert manifest["never"] == {"withdrawal": 2}
    everything = Choice(frozenset({"private", "lab_reviewed", "released", "withheld"}))
    assert (await exported(records, "jsonl", tmp_path, everything))[1]["turns"] == 5
    some = Choice(everything.states, since=1002.0, until=1004.0)
    files, manifest = await exported(records, "jsonl", tmp_path, some)
    assert (manifest["turns"], manifest["outside_the_time"]) == (2, 3)


async def test_what_a_purge_took_does_not_leave_from_a_restored_copy(tmp_path: Path) -> None:
    kept, purged = answer(1), answer(2)

    async def source() -> AsyncIterator[tuple[str, str]]:
        async for line in lines([kept, release(1), purged, release(2)]):
            yield line
        removed = [fingerprint(json.loads(json.dumps(raw(*purged))))]
        yield LAB, json.dumps({"kind": "purge", "lab": LAB, "archive": True, "removed": removed})

    request = Request("jsonl", tmp_path / "a.jsonl", KEY)
    manifest = await export(source(), request)
    assert (manifest["turns"], manifest["never"]) == (1, {"purge": 1})
    assert "answer 2" not in (tmp_path / "a.jsonl").read_text()


async def test_a_turn_behind_one_that_may_not_leave_is_no_row_to_learn_from(tmp_path: Path) -> None:
    records = [answer(1), answer(2), release(2), vote(2, BEN, 1)]
    files, manifest = await exported(records, "kto", tmp_path)
    assert files == {"kto.jsonl": ""}
    assert manifest["no_row"] == {"an earlier turn of its thread, which the model read, may not leave": 1}
    [row] = await made([*records, release(1)], "kto", tmp_path)
    assert [message["content"] for message in row["prompt"]] == ["question 1", "answer 1", "question 2"]
    [row] = await made([*records, release(1)], "kto", tmp_path, prompts={"abc": "be exact"})
    assert row["prompt"][0] == {"role": "system", "content": "be exact"}


async def test_kto_has_one_row_an_answer_by_the_last_thumb_of_each(tmp_path: Path) -> None:
    records = [
        answer(1), release(1), vote(1, ADA, 1), vote(1, ADA, -1), vote(1, BEN, -1),
        *(record for n in (2, 3, 4) for record in (answer(n, repeats=ts(1)), release(n))),
        vote(2, ADA, 1), vote(2, ADA, 0), vote(3, ADA, 1), vote(3, BEN, -1), vote(4, ADA, 1, at=1001.0),
    ]  # fmt: skip
    files, manifest = await exported(records, "kto", tmp_path)
    assert [(row["completion"][0]["content"], row["label"]) for row in rows(files["kto.jsonl"])] == [
        ("answer 1", False), ("answer 4", True),
    ]  # fmt: skip
    assert manifest["no_row"] == {"no thumb": 1, "as many thumbs up as down": 1}


async def test_corrections_are_learnt_from_only_with_their_authors_leave(tmp_path: Path) -> None:
    records = [
        answer(1), release(1), vote(1, ADA, -1), details(1, ADA, corrected_answer="mine", comment="no"),
        details(1, BEN, corrected_answer="old", may_share=True),
        details(1, BEN, corrected_answer="right", may_share=True),
    ]  # fmt: skip
    [row] = await made(records, "sft", tmp_path)
    assert row["messages"][-1] == {"role": "assistant", "content": "right"}
    [pair] = await made(records, "dpo", tmp_path)
    assert (pair["chosen"][0]["content"], pair["rejected"][0]["content"]) == ("right", "answer 1")
    [sample] = await made(records, "inspect", tmp_path)
    assert sample["target"] == "right"
    for name in ("sft", "dpo", "inspect", "kto"):
        files, manifest = await exported(records, name, tmp_path)
        assert "mine" not in "".join(files.values())
    _, manifest = await exported(records, "sft", tmp_path)
    assert manifest["no_row"] == {"its author keeps it from the model's maker": 1}
    shared, _ = await exported(records, "jsonl", tmp_path, Choice(consented=True))
    assert "mine" not in shared["record.jsonl"]


async def test_no_pair_comes_from_a_comparison_without_a_winner(tmp_path: Path) -> None:
    sides = [answer(1, f"from {side}", side=side) for side in ("a", "b")]
    for choices, pairs in (
        ("ab", []),
        ("abb", [("from b", "from a")]),
        (["tie", "bad", "a"], [("from a", "from b")]),
    ):
        votes = [compared(1, f"U0VOTER{n:03}", choice) for n, choice in enumerate(choices)]
        found = await made([*sides, release(1), *votes], "dpo", tmp_path)
        assert [(row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in found] == pairs
        battles = await made([*sides, release(1), *votes], "arena", tmp_path)
        assert len(battles) == len(choices)
        assert battles[0]["conversation_b"][-1]["content"] == "from b"
    seen = [*sides, release(1), compared(1, ADA, "a", blind=False)]
    assert await made(seen, "dpo", tmp_path) == []


async def test_the_table_reads_back_with_one_row_a_judge(tmp_path: Path) -> None:
    nasty = '=HYPERLINK("http://x","y"), "quoted"\nsecond; line'
    records = [answer(1, nasty), release(1), vote(1, ADA, 1),
               details(1, BEN, minutes_saved=-5, comment=nasty), answer(2), release(2)]  # fmt: skip
    files, manifest = await exported(records, "csv", tmp_path)
    table = list(csv.DictReader(io.StringIO(files["table.csv"], newline="")))
    assert [(row["vote.thumb"], row["details.minutes_saved"]) for row in table] == [
        ("1", ""),
        ("", "-5"),
        ("", ""),
    ]
    assert table[0]["answer.text"] == table[1]["details.comment"] == f"'{nasty}"
    assert manifest["files"][0]["rows"] == 3
    assert len({row["person"] for row in table}) == 3


@pytest.mark.parametrize(("target", "left"), [
    ("out.json", {"out.json", "out.sidecar.jsonl", "out.manifest.json"}), ("out.zip", {"out.zip"}),
    ("out", {"out"}),
])  # fmt: skip
async def test_an_export_stands_whole_or_not_at_all(tmp_path: Path, target: str, left: set[str]) -> None:
    async def breaks() -> AsyncIterator[tuple[str, str]]:
        async for line in lines([answer(1), release(1)]):
            yield line
        raise OSError("disk full")

    request = Request("jam", tmp_path / target, KEY)
    with pytest.raises(OSError, match="disk full"):
        await export(breaks(), request)
    assert names_in(tmp_path) == set()
    await export(lines([answer(1), release(1)]), request)
    assert names_in(tmp_path) == left
    if target == "out":
        with pytest.raises(UsageError, match="is there already"):
            await export(lines([]), request)
        assert names_in(tmp_path / target) == {
            "jam.json",
            "sidecar.jsonl",
            "manifest.json",
        }


def names_in(folder: Path) -> set[str]:
    """What a folder holds."""
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(("sums", "beside", "private", "leaves"), [
    ("thread", "released", False, True), ("thread", "withheld", False, False),
    ("thread", "withheld", True, False), ("session", "released", False, False),
    ("session", "released", True, True),
])  # fmt: skip
async def test_words_about_a_summary_leave_only_with_all_that_it_was_made_of(
    tmp_path: Path, sums: Sums, beside: ReleaseState, private: bool, leaves: bool
) -> None:
    said = SummaryDetails(lab=LAB, thread=T, user=BEN, at=1.0, summary_ts="2.1", sums=sums, model="m",
                          comment="what it tells")  # fmt: skip
    records = [answer(0), release(0), answer(1), release(1, beside), ("summary_details", said)]
    choice = Choice(RELEASED | {"private"}) if private else Choice()
    files, manifest = await exported(records, "jsonl", tmp_path, choice)
    assert ("what it tells" in "".join(files.values())) == leaves
    assert ("it is said of a summary of more than leaves" in json.dumps(manifest)) != leaves
