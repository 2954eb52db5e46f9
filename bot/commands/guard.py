"""`labjam guard test FILE`: tries the guard's rules on a file of examples."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bot.errors import UsageError
from bot.settings import read_settings

LABELS = ("hard", "soft", "none")


@dataclass(frozen=True, slots=True)
class Example:
    """One text of the file, with what it should be where that is said."""

    line: int
    text: str
    label: str = ""


def add(commands: Any) -> None:
    """Add the command to the parser's."""
    guard = commands.add_parser("guard", help="try the rules that find markings")
    acts = guard.add_subparsers(required=True, metavar="act")
    test = acts.add_parser(
        "test", help="print the hits in a file of examples; precision and recall where it has labels"
    )
    test.add_argument(
        "file", type=Path, help='one text a line, or in a .jsonl {"text": …, "label": "hard"|"soft"|"none"}'
    )
    test.add_argument("--lab", default="", help="with this lab's own rules")
    test.set_defaults(run=_test)


def _test(args: argparse.Namespace) -> int:
    guard = _guard(args.lab)
    right: list[tuple[str, str]] = []
    for example in read_examples(args.file):
        hits = guard.scan(example.text)
        level = "hard" if any(hit.level == "hard" for hit in hits) else "soft" if hits else "none"
        rules = ", ".join(hit.rule for hit in hits)
        wrong = "" if example.label in ("", level) else f"  (labelled {example.label})"
        if hits or wrong:
            print(f"line {example.line}: {level:5}{rules}{wrong}")
        if example.label:
            right.append((example.label, level))
    for said in score(right):
        print(said)
    return int(any(label != level for label, level in right))


def _guard(lab: str) -> Any:
    from bot.labs.folders import read_folders  # noqa: PLC0415 - other commands need none of its weight

    folders = read_folders(read_settings().labjam_prompts)
    if not lab:
        return folders.guard
    if lab not in folders.drafts:
        raise UsageError(f"--lab: {lab}: unknown lab; there are {', '.join(sorted(folders.drafts))}")
    return folders.guard.over(folders.drafts[lab].rules)


def read_examples(file: Path) -> Iterator[Example]:
    """The texts of a file; UsageError names the line that is none."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: can't be read as UTF-8 text ({type(error).__name__})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        yield _labelled(file, number, line) if file.suffix == ".jsonl" else Example(number, line)


def _labelled(file: Path, number: int, line: str) -> Example:
    try:
        raw = cast("dict[str, object]", json.loads(line))
        text, label = raw["text"], raw.get("label", "")
    except (ValueError, TypeError, KeyError, AttributeError):
        text, label = None, ""
    if not isinstance(text, str) or label not in ("", *LABELS):
        raise UsageError(f'{file}: line {number}: not {{"text": "…", "label": "hard", "soft" or "none"}}')
    return Example(number, text, str(label))


def score(right: list[tuple[str, str]]) -> list[str]:
    """Precision and recall for each level, from pairs of label and finding."""
    said: list[str] = []
    for level in ("hard", "soft"):
        found = [label == level for label, given in right if given == level]
        wanted = [given == level for label, given in right if label == level]
        if found or wanted:
            said.append(
                f"{level}: precision {_share(found)}, recall {_share(wanted)}, over {len(right):,} labelled"
            )
    return said


def _share(hits: list[bool]) -> str:
    return f"{sum(hits)}/{len(hits)} = {sum(hits) / len(hits):.2f}" if hits else "none"
