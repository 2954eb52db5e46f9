"""Lays a deployment's prompts folder over the packaged one: per lab its lab.toml tables and its system.md."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.errors import UsageError
from bot.guard import NO_RULES, Guard, Rule
from bot.labs.files import Source, read_table, read_text
from bot.labs.rules import read_rules
from bot.labs.tables import LabTable
from bot.labs.values import SLUG, allowed

HOUSE = "_house"
GUARD = "_guard"
LAB_FILES = ["lab.toml", "system.md", "guard.toml"]
PLACEHOLDERS = ["lab", "place", "contact"]

# Braces after a word, "^" or "}" are LaTeX: \mathrm{eff}, 10^{ab}, \frac{ab}{cd}.
PLACEHOLDER = re.compile(r"(?<![\w\\^}])\{([a-z_]{2,})\}")
"""A word that stands for one of a lab's settings in a prompt."""

_NAMES = "|".join(PLACEHOLDERS)
_BROKEN = [
    re.compile(rf"(?<![\w\\^}}])\{{({_NAMES})\b(?!\}})"),  # {lab
    re.compile(rf"(?<![\w{{])({_NAMES})\}}"),  # lab}
    re.compile(rf"(?<![\w\\^}}])\{{(?!(?:{_NAMES})\}})\s*((?i:{_NAMES}))\s*\}}"),  # { lab }, {Lab}
]


@dataclass(slots=True)
class Draft:
    """One lab while its sources are read: tables in the order they are laid, the last on top."""

    key: str
    folder: str  # the first one found, for error lines
    layers: list[tuple[Source, LabTable]] = field(default_factory=list[tuple[Source, LabTable]])
    system: str = ""
    rules: tuple[Rule, ...] = ()  # of its own guard.toml

    def table(self) -> LabTable:
        """All layers as one."""
        merged = LabTable()
        for _, layer in self.layers:
            merged = merged.under(layer)
        return merged

    def source_of(self, key: str) -> Source | None:
        """Say which file a key's value comes from; None where it is a default."""
        return next(
            (source for source, layer in reversed(self.layers) if key in layer.model_fields_set), None
        )


@dataclass(slots=True)
class Folders:
    """What the prompts folders say, laid over one another."""

    drafts: dict[str, Draft] = field(default_factory=dict[str, Draft])
    house: dict[str, str] = field(default_factory=dict[str, str])
    guard: Guard = NO_RULES


def read_folders(overlay: Path | None) -> Folders:
    """Read the packaged prompts, then the folder of LABJAM_PROMPTS over them."""
    read = Folders()
    # Beside `bot` in a checkout, in a wheel and in an editable install; a folder named prompts/ in the
    # working directory can't come before it, as it would in a search for a module of that name.
    _lay(read, files("bot") / ".." / "prompts", "prompts")
    if overlay is not None:
        if not overlay.is_dir():
            raise UsageError(
                f"LABJAM_PROMPTS: {overlay} is not a folder; it must hold folders such as argonne/"
            )
        _lay(read, overlay, str(overlay))
    return read


def _lay(read: Folders, root: Traversable, name: str) -> None:
    for folder in _entries(root, name):
        if not folder.is_dir() or folder.name.startswith(("__", ".")):
            continue
        label = f"{name}/{folder.name}"
        if folder.name == HOUSE:
            _lay_house(read, folder, label)
        elif folder.name == GUARD:
            for file in _entries(folder, label):
                if file.name.endswith(".toml"):
                    read.guard = read.guard.over(read_rules(file, f"{label}/{file.name}", read.guard))
        elif SLUG.fullmatch(folder.name) and folder.name != "hq":  # the lane of what crosses labs
            _lay_lab(read, folder, label)
        else:
            raise UsageError(
                f"{label}: not a lab's key; use lower-case letters, digits and hyphens, and not hq"
            )


def _lay_house(read: Folders, folder: Traversable, label: str) -> None:
    for file in _entries(folder, label):
        if file.name.endswith(".md"):
            read.house[file.name.removesuffix(".md")] = _prompt(file, f"{label}/{file.name}")


def _lay_lab(read: Folders, folder: Traversable, label: str) -> None:
    draft = read.drafts.setdefault(folder.name, Draft(folder.name, label))
    for file in _entries(folder, label):
        path = f"{label}/{file.name}"
        if file.name == "lab.toml":
            draft.layers.append((Source(path), read_table(file, path, LabTable)))
        elif file.name == "system.md":
            draft.system = _prompt(file, path)
        elif file.name == "guard.toml":
            fixed = {rule.name for rule in read.guard.rules if rule.level == "hard"}
            draft.rules += read_rules(file, path, read.guard.over(draft.rules), fixed=fixed)
        elif file.name.endswith((".md", ".toml")):
            raise UsageError(f"{path}: unknown file; {allowed(LAB_FILES, file.name)}")


def _entries(folder: Traversable, label: str) -> Iterator[Traversable]:
    try:
        return iter(sorted(folder.iterdir(), key=lambda entry: entry.name))
    except OSError as error:
        raise UsageError(f"{label}: {error.strerror}; it must be a readable folder") from None


def prompt_fault(text: str) -> str:
    """Why a text can't be a prompt, worded for whoever wrote it; empty where it can."""
    if not text.strip():
        return "It is empty; it must hold the words of a prompt."
    for found in PLACEHOLDER.finditer(text):
        if found[1] not in PLACEHOLDERS:
            return f"{{{found[1]}}} is no placeholder; {allowed(PLACEHOLDERS, found[1])}."
    for pattern in _BROKEN:
        if broken := pattern.search(text):
            return f"“{broken[0].strip()}” is a broken placeholder; write {{{broken[1].lower()}}}."
    return ""


def _prompt(file: Traversable, label: str) -> str:
    text = read_text(file, label).strip()
    if not text:
        raise UsageError(f"{label}: empty; it must hold the words of a prompt")
    for found in PLACEHOLDER.finditer(text):
        if found[1] not in PLACEHOLDERS:
            line = text.count("\n", 0, found.start()) + 1
            what = f"unknown placeholder; {allowed(PLACEHOLDERS, found[1])}"
            raise UsageError(f"{label}: line {line}: {{{found[1]}}}: {what}")
    return text
