"""Charts: their words say what they show, and what is drawn is readable at the width that Slack gives it."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from bot.charts import day_chart, day_words, labs_chart, labs_words, png
from bot.recount import Figures, ModelFigures, Share

SLACK = 360
"""Pixels: the least that a picture is wide in a channel."""
HOURS = (0,) * 9 + (5, 12) + (1,) * 13
LARGE, SMALL = ModelFigures("large <&>", 40, Share(36, 40)), ModelFigures("small" * 30, 40, Share(10, 40))
DAY = Figures(questions=30, judged=Share(20, 29), by_hour=HOURS, models=(SMALL, LARGE))


def test_the_words_say_who_is_liked_most_where_that_is_sure() -> None:
    said = day_words(DAY)
    assert said.startswith(
        "The busiest hour began at 10:00, with 12 of 30 questions. 20 of 29 answers were judged."
    )
    assert "large <&> is liked most." in said
    assert "large <&>: 36 of 40 thumbs up (95 % interval 77% to 96%)." in said
    close = replace(DAY, models=(LARGE, replace(LARGE, name="other", liked=Share(33, 40))))
    assert "The thumbs do not tell the models apart yet." in day_words(close)
    assert "liked" not in day_words(replace(DAY, models=()))


def test_the_words_on_all_labs_say_where_most_was_judged() -> None:
    labs = {"ANL": DAY, "INL": replace(DAY, judged=Share(2, 29)), "ORNL": Figures()}
    said = labs_words(labs)
    assert "The largest share at ANL, 20 of 29; the smallest at INL, 2 of 29." in said
    assert "large <&>: 72 of 80 thumbs up" in said


@pytest.mark.parametrize("svg", [day_chart("ANL", DAY), day_chart("", Figures()), labs_chart("", {"A": DAY})])
async def test_text_is_readable_and_nothing_sticks_out(svg: str) -> None:
    root = ElementTree.fromstring(svg)  # noqa: S314
    wide, high = float(root.attrib["width"]), float(root.attrib["height"])
    for each in root:
        at = [float(each.attrib[name]) for name in ("x", "x1", "x2", "cx") if name in each.attrib]
        assert all(0 <= x <= wide for x in at)
        assert float(each.attrib.get("y", 0)) + float(each.attrib.get("height", 0)) <= high
        if each.tag.endswith("text"):
            assert float(each.attrib["font-size"]) * SLACK / wide >= 9.5
            assert len(re.sub(r"\s", "", each.text or "")) <= 44
    drawn = await png(svg)
    assert drawn is None or drawn.startswith(b"\x89PNG")
