"""The index of one lab's archive: its closed files with their hashes, and how far the chain goes."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from bot.archive.links import START


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """A full file that nothing is added to any more."""

    name: str
    first: int
    last: int
    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path, first: int, last: int) -> Self:
        """Read the file through for its hash."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(path.name, first, last, path.stat().st_size, digest)


@dataclass(slots=True)
class Index:
    """`index.json`. A redaction that was broken off is finished from `pending`."""

    closed: list[ClosedFile] = field(default_factory=list[ClosedFile])
    closed_hash: str = START  # of the last line of the last closed file
    positions: dict[int, str] = field(default_factory=dict[int, str])  # at the end of the closed files
    head: int = 0  # the last line, as of the last write
    head_hash: str = START
    pending: dict[int, str] = field(default_factory=dict[int, str])  # line -> receipt

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read it; an empty one where there is none. ValueError where it is damaged."""
        try:
            text = (folder / "index.json").read_text()
        except FileNotFoundError:
            return cls()
        try:
            raw: dict[str, Any] = json.loads(text)
            closed = [ClosedFile(**one) for one in raw.pop("closed")]
            positions, pending = _by_number(raw.pop("positions")), _by_number(raw.pop("pending"))
            return cls(closed, positions=positions, pending=pending, **raw)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not an index: {error}") from None

    def write(self, folder: Path) -> None:
        """Put it in the place of the old one, in one step, synced."""
        replace_file(folder / "index.json", [json.dumps(asdict(self), indent=1).encode()])


def replace_file(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file so that after a crash there is either the old one or the new one."""
    made = path.with_name(f"{path.name}.new")
    with open(made, "wb", opener=private) as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
    sync_folder(path.parent)


def private(name: str, flags: int) -> int:
    """An `opener`: nobody else may read what it makes."""
    return os.open(name, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Make names that were made or changed in a folder last."""
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _by_number(raw: dict[str, str]) -> dict[int, str]:
    return {int(number): text for number, text in raw.items()}
