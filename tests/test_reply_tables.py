"""Tables in an answer: one a message, whole, and headed wherever one begins."""

import pytest

from bot.reply import parts, without_tables
from bot.slack.blocks import markdown
from bot.trial.limits import check_blocks
from bot.trial.tables import tables_in


def test_a_table_that_goes_on_in_the_next_message_has_its_header_again() -> None:
    rows = [f"| {n} | {'value ' * 8} |" for n in range(500)]
    shown = parts("\n".join(["# Results", "", "| n | value |", "|---|---|", *rows, "", "The end."]))
    assert len(shown) > 2
    for part in shown[1:]:
        assert part.split("\n")[2:4] == ["| n | value |", "|---|---|"]
    kept = [
        line for part in shown for line in part.split("\n") if line.startswith("| ") and "value v" in line
    ]
    assert kept == rows


def test_each_message_has_one_table() -> None:
    """The words between two tables stay with the first: they stood there while the second was unknown."""
    table = "| n | n² |\n|---|---|\n| 1 | 1 |"
    text = f"First:\n\n{table}\n\nSecond:\n\n{table}\n\n```\n{table}\n```\n\nThe end | of it."
    assert parts(text) == [
        f"First:\n\n{table}\n\nSecond:",
        f"*Part 2*\n\n{table}\n\n```\n{table}\n```\n\nThe end | of it.",
    ]


def test_a_row_of_dashes_begins_no_table() -> None:
    table = "| n | n² |\n|---|---|\n| - | - |\n| - | - |"
    assert parts(table) == [table]
    assert tables_in(table) == [["| n | n² |", "| - | - |", "| - | - |"]]


def test_the_first_row_of_a_table_is_shown_with_its_rule() -> None:
    """Before, nobody knows whether it begins a message."""
    text = "So:\n\n| n | n² |\n|---|---|\n| 1 | 1 |\n"
    assert {"".join(parts(text[:n], final=False)) for n in range(len(text) + 1)} == {
        "", "So:", "So:\n\n| n | n² |\n|---|---|", "So:\n\n| n | n² |\n|---|---|\n| 1 | 1 |"
    }  # fmt: skip


@pytest.mark.parametrize("head", ["| a | b |", f"| {'long ' * 1_500}| b |"])
def test_rows_of_any_size_are_taken(head: str) -> None:
    rows = [f"| {'x ' * size}|" for size in (100, 5_400, 5_499, 7_000)]
    for part in parts("\n".join(["intro", "", head, "|---|---|", *rows])):
        check_blocks([markdown(part)])


@pytest.mark.parametrize("ending", ["", "\n\nThe end.", "\nThe end."])
def test_tables_become_code_where_slack_wants_none(ending: str) -> None:
    table = "| `a` | <b> |\n|---|---|\n| &lt; | $x$ |"
    text = f"So, $x$:\n\n{table}{ending}\n\n```\n{table}\n```\n"
    assert without_tables(text).rstrip() == f"So, $x$:\n\n```\n{table}\n```{ending}\n\n```\n{table}\n```"
    assert tables_in(without_tables(text)) == []
