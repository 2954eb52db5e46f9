"""The tables that Slack makes of a message's Markdown: one a message, of a limited size."""

import re
from typing import Any

from bot.trial.errors import MethodError

ROWS, COLUMNS, CHARACTERS = 100, 20, 10_000
"""Slack: https://docs.slack.dev/reference/block-kit/blocks/table-block"""

_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*\1|\Z)", re.MULTILINE | re.DOTALL)
_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")


def check_tables(blocks: list[dict[str, Any]]) -> None:
    """Refuse a message that holds more of tables than Slack takes."""
    written = "\n\n".join(block["text"] for block in blocks if block["type"] == "markdown")
    tables = tables_in(written)
    if len(tables) + sum(block["type"] == "table" for block in blocks) > 1:
        raise MethodError("invalid_attachments", detail="only_one_table_allowed")
    for rows in tables:
        columns = max(row.strip().strip("|").count("|") + 1 for row in rows)
        if len(rows) > ROWS or columns > COLUMNS or sum(map(len, rows)) > CHARACTERS + len(rows) * COLUMNS:
            raise MethodError("invalid_blocks", detail="table too large")


def tables_in(markdown: str) -> list[list[str]]:
    """The rows of each table in a Markdown text, its header's among them; what is in fences is none."""
    found: list[list[str]] = []
    if "|" not in markdown:
        return found
    above, rows = "", list[str]()  # those of the table we are in
    for line in _FENCED.sub("", markdown).split("\n"):
        if "|" not in line:
            rows = []
        elif rows:
            rows.append(line)
        elif "|" in above and _RULE.fullmatch(line.strip()):
            rows = [above]
            found.append(rows)
        above = line
    return found
