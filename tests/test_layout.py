"""The shape of the project: its top level, its sizes, and what may not be written in it."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOP = {
    "bot", "handlers", "prompts", "deploy", "tests", "pyproject.toml", "README.md", "LICENSE",
    ".gitignore", ".ci",
}  # fmt: skip
FILE_LINES = 300
FUNCTION_LINES = 50
LISTENER_LINES = 15
VAGUE = {"utils", "util", "helpers", "common", "core", "manager", "managers", "misc", "base"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [Path(line) for line in listed.splitlines() if (ROOT / line).exists()]


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_the_top_level_is_fixed() -> None:
    assert {path.parts[0] for path in tracked()} <= TOP


@pytest.mark.parametrize("path", sources(), ids=str)
def test_a_file_is_about_one_thing(path: Path) -> None:
    text = (ROOT / path).read_text()
    assert len(text.splitlines()) <= FILE_LINES
    assert path.stem not in VAGUE
    assert ast.get_docstring(ast.parse(text)) or not text, "begins with a sentence that says what it is"


@pytest.mark.parametrize("path", sources(), ids=str)
def test_a_function_fits_a_screen(path: Path) -> None:
    long = [f"{node.name}: {lines_of(node)}" for node in functions(path) if lines_of(node) > FUNCTION_LINES]
    assert not long


def test_a_listener_only_starts_things() -> None:
    for path in sources():
        if path.parts[0] == "handlers":
            inner = [node for node in functions(path) if node.name != "register"]
            assert not [node.name for node in inner if lines_of(node) > LISTENER_LINES], path


def test_an_action_id_is_given_once() -> None:
    """Two features with one id get each other's clicks."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py"))
    ids = re.findall(r'^(?!CALLBACK)[A-Z_]+ = "(labjam_\w+)"', sources, re.MULTILINE)
    assert "labjam_confirm" in ids
    assert sorted(ids) == sorted(set(ids))


def test_every_script_says_what_it_does() -> None:
    for path in sorted((ROOT / "bot" / "store" / "scripts").glob("*.lua")):
        text = path.read_text()
        assert text.startswith("-- "), path
        assert path.name[0] == "_" or ("-- ARGV" in text and "Returns" in text), path


def test_nothing_is_mocked_or_left_for_later() -> None:
    forbidden = re.compile(r"unittest\.mock|NotImplementedError|\bTODO\b|\bFIXME\b|time\.sleep\(")
    for path in sources():
        if path != Path("tests/test_layout.py"):
            assert not forbidden.search((ROOT / path).read_text()), path
