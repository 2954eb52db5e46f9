"""What an answer cost: the prices of labjam.toml, and the sum in its record."""

from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.labs import Labs, read_labs
from bot.llm.model import Prices
from bot.records import Usage
from bot.settings import Settings
from tests.jam import Jam

PRICED = """
[models.default]
prices = {input = 2.0, output = 8.0, cached = 0.5}
"""


def read(folder: Path, toml: str) -> Labs:
    (folder / "labjam.toml").write_text(toml)
    settings = Settings(labjam_config=folder / "labjam.toml", openai_base_url="http://m/v1", labjam_model="m")
    return read_labs(settings, {})


def test_cached_input_has_its_own_price_or_that_of_input(tmp_path: Path) -> None:
    usage = Usage(input=1_000_000, output=500_000, reasoning=400_000, cached=250_000)
    assert read(tmp_path, PRICED).models["default"].prices == Prices(2.0, 8.0, 0.5)
    assert Prices(2.0, 8.0, 0.5).cost(usage) == pytest.approx(0.75 * 2 + 0.25 * 0.5 + 0.5 * 8)
    plain = read(tmp_path, PRICED.replace(", cached = 0.5", "")).models["default"].prices
    assert plain
    assert plain.cost(usage) == pytest.approx(2 + 4)
    assert read(tmp_path, "").models["default"].prices is None


def test_a_price_is_a_number_of_dollars(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"models\.default\.prices\.input = -2"):
        read(tmp_path, PRICED.replace("2.0", "-2"))


async def test_an_answers_record_says_what_it_cost(tmp_path: Path) -> None:
    (tmp_path / "labjam.toml").write_text(PRICED)
    async with Jam(tmp_path, extra={"LABJAM_CONFIG": str(tmp_path / "labjam.toml")}) as jam:
        await jam.start_bot()
        await jam.answer("argonne", await jam.ask("argonne", "What is a quark?"))
        [line] = await jam.journal("argonne")
    usage = line["usage"]
    expected = (usage["input"] - usage["cached"]) * 2 + usage["cached"] * 0.5 + usage["output"] * 8
    assert usage["input"]
    assert line["cost"] == pytest.approx(expected / 1e6)
    assert (line["lab"], line["at"]) == ("argonne", line["finished_at"])
