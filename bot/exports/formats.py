"""What makes the files of each format."""

from collections.abc import Callable, Mapping
from functools import partial

from bot.exports import arena, inspect_ai, kto, sft
from bot.exports.csv_table import CsvTable
from bot.exports.dpo import Dpo
from bot.exports.jam import Jam
from bot.exports.jsonl import Jsonl
from bot.exports.rows import Lines, Rows, Setting, Writer


def _lines(name: str, rows: Rows) -> Callable[[Setting], Writer]:
    return partial(Lines, name=f"{name}.jsonl", rows=rows)


FORMATS: Mapping[str, Callable[[Setting], Writer]] = {
    "jam": Jam,
    "jsonl": Jsonl,
    "kto": _lines("kto", kto.rows),
    "dpo": Dpo,
    "sft": _lines("sft", sft.rows),
    "inspect": _lines("inspect", inspect_ai.rows),
    "arena": _lines("arena", arena.rows),
    "csv": CsvTable,
}
