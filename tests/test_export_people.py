"""Nobody can be told from an export: ids, names and addresses are replaced; no cell runs in a spreadsheet."""

import json
from pathlib import Path

import pytest

from bot.exports.cleaning import Cleaner
from bot.exports.csv_table import guarded
from bot.exports.formats import FORMATS
from bot.forms import Closing
from tests.exporting import CHANNEL, KEY, TEAM, exported
from tests.judged import ADA, BEN, LAB, T, answer, compared, details, release, vote

LEAKS = ("Lovelace", "lovelace", ADA, BEN, TEAM, CHANNEL, "example.gov", "acme.slack.com", "U123", "W0ABC")


@pytest.mark.parametrize("name", FORMATS)
async def test_no_id_name_or_address_of_a_person_leaves(tmp_path: Path, name: str) -> None:
    text = (
        f"<@{BEN}> and <@U123|ben> of <#{CHANNEL}|jam>, see "
        f"<https://acme.slack.com/archives/{CHANNEL}/p1|it> or <mailto:ada@example.gov|mail>; a &lt;b&gt; "
        f"{ADA} said W0ABCDEF12 to ADA LOVELACE, Ada Lovelace, Ada Lovelace's, CUI, C12H22O11, UO2"
    )
    said = {"comment": f"as ada.lovelace@example.gov told {BEN}", "may_share": True}
    said["corrected_answer"] = f"right, Ada Lovelace {ADA}"
    closing = Closing(lab=LAB, thread=T, user=BEN, at=1.0, main_strength=f"<@{ADA}>")
    sides = [answer(2, f"{side} {ADA}", side=side) for side in ("a", "b")]
    records = [
        answer(1, text, asking=text), release(1, reason=f"{BEN} says so"), vote(1, BEN, -1),
        details(1, BEN, **said), ("closing", closing), *sides, release(2),
        compared(2, BEN, "a", reason=f"{ADA}"),
    ]  # fmt: skip
    files, manifest = await exported(records, name, tmp_path, names={"Ada Lovelace": ADA})
    everything = "".join(files.values()) + json.dumps(manifest)
    assert not [leak for leak in LEAKS if leak in everything]
    if name not in ("arena", "sft", "inspect", "dpo"):
        assert f"@{Cleaner(KEY).person(BEN)} and" in everything
        assert "a <b> " in json.dumps(everything).replace('\\"', '"')
    assert name == "arena" or ", CUI, C12H22O11, UO2" in everything


def test_cleaning_is_fast_on_texts_that_look_like_what_it_seeks() -> None:
    cleaner = Cleaner(KEY, {ADA}, {"Ada Lovelace": ADA})
    for hard in (
        "a." * 50_000,
        "<" * 50_000,
        "<@U" * 30_000,
        "https://" * 10_000,
        "ada " * 30_000,
        "U0" * 50_000,
    ):
        assert isinstance(cleaner.text(hard), str)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "|cmd", "\uff1d1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
