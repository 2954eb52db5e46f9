"""Every field that a person or labjam fills comes back in each export, or its dropped list names it (P10)."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from bot.exports.dropped import DROPPED, table
from bot.exports.fields import all_fields, value_at
from bot.exports.formats import FORMATS
from bot.exports.kinds import LEFT_OUT, RECORDS, TAKE_BACK
from tests.exporting import Record, exported, outputs, released, varied, whole_record

ROOT = Path(__file__).parent.parent

IDENTITY = re.compile(r"\w+\.(question\.)?(thread\..*|lab|ts|question_ts|side|repeats|state|user_team)$")
"""Which answer a record is about: not a value that can change alone. Other tests look at these."""

FIELDS = [field for field in all_fields() if not IDENTITY.match(field)]


def base() -> list[Record]:
    return [released(record) for record in whole_record()]


def with_another(field: str) -> Iterator[list[Record]]:
    """The records, a field of one of them changed."""
    kind, _, path = field.partition(".")
    records = base()
    for at, (own, record) in enumerate(records):
        if own == kind:
            yield [*records[:at], (kind, varied(record, path)), *records[at + 1 :]]


def test_each_format_carries_every_field_or_names_it_as_dropped() -> None:
    before = outputs(base())
    dropped: dict[str, list[str]] = {name: [] for name in FORMATS}
    for field in FIELDS:
        after = [outputs(records) for records in with_another(field)]
        for name in FORMATS:
            if all(one[name] == before[name] for one in after):
                dropped[name].append(field)
    for name in FORMATS:
        unnamed = [one for one in dropped[name] if not any(fnmatch(one, says) for says in DROPPED[name])]
        assert not unnamed, f"{name} loses these, and bot/exports/dropped.py does not say so"
        carried = [one for one in FIELDS if one not in dropped[name]]
        wrong = [one for one in carried if any(fnmatch(one, says) for says in DROPPED[name])]
        assert not wrong, f"{name} carries these, and bot/exports/dropped.py says it does not"


@pytest.mark.parametrize("name", ["jam", "jsonl"])
async def test_every_text_comes_back_word_for_word(tmp_path: Path, name: str) -> None:
    files, _ = await exported(base(), name, tmp_path)
    text = "\n".join(files.values())
    values = {field: value_at(dict(reversed(base()))[field.partition(".")[0]], field.partition(".")[2])
              for field in FIELDS}  # fmt: skip
    texts = {one for one in values.values() if isinstance(one, str) and one.startswith("the ")}
    assert len(texts) > 30
    assert not [one for one in texts if one not in text]


def kinds_written() -> set[str]:
    """Every kind that the code gives a record: what stands behind "kind" in a dict."""
    found: set[str] = set()
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Dict):
                found |= {str(value.value) for key, value in zip(node.keys, node.values, strict=True)
                          if isinstance(key, ast.Constant) and key.value == "kind"
                          and isinstance(value, ast.Constant)}  # fmt: skip
    return found


def test_every_kind_of_record_is_exported_or_said_to_be_left_out() -> None:
    not_records = {"job"}
    unknown = kinds_written() - RECORDS.keys() - TAKE_BACK.keys() - LEFT_OUT.keys() - not_records
    assert not unknown, "bot/exports/kinds.py must say what exports do with these"


def test_the_readme_shows_what_each_format_leaves_out() -> None:
    assert table() in (ROOT / "README.md").read_text(), "put bot/exports/dropped.py's table() there"
