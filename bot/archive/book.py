"""One lab's archive files: appended to, rotated when full, mended after a crash, redacted for a purge."""

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.archive.index import ClosedFile, Index, private, replace_file, sync_folder
from bot.archive.links import OWN_SHARD, START, Broken, Link, links, one_line
from bot.store.journal import Line

log = logging.getLogger(__name__)

FULL = 64 << 20
"""Bytes after which a file is closed and the next one begun."""


class Book:
    """The archive of one lab. Any number of processes may hold one: each step takes a lock on the folder."""

    def __init__(self, folder: Path, lab: str, full: int = FULL) -> None:
        self.folder = folder / lab
        self.lab = lab
        self.positions: dict[int, str] = {}  # shard -> the last journal entry that is archived
        self._full = full
        self._n = 0
        self._hash = START
        self._seen: tuple[int, ...] = (-1,)  # the current file as we left it
        self._index = Index()

    def append(self, lines: Sequence[Line]) -> int:
        """Add journal lines, synced to disk when this returns; what is archived already is passed over."""
        with self.locked():
            return self._add(
                [line for line in lines if is_after(line.entry, self.positions.get(line.shard, ""))]
            )

    def load(self) -> None:
        """Take in what stands on the disk; `positions` says then where to go on."""
        with self.locked():
            pass

    def digests(self, shard: int) -> set[bytes]:
        """A hash of each archived record of one shard."""
        with self.locked():
            return {_digest(link.record) for link in self.read() if link.shard == shard}

    def add_unknown(self, lines: Sequence[Line], known: set[bytes]) -> int:
        """Add the lines whose records are not `known`, whatever their entries.

        For a store that lost its newest entries, or all: its numbering then says nothing.
        """
        with self.locked():
            fresh = [line for line in lines if _digest(one_line(line.record)) not in known]
            return self._add(fresh)

    def redact(self, matches: Callable[[dict[str, Any]], bool], receipt: str, at: float) -> int:
        """Take out each record that `matches`; gives how many. The chain stays whole, and names `receipt`."""
        with self.locked():
            found = [link.n for link in self.read() if link.shard >= 0 and matches(json.loads(link.record))]
            if not found:
                return 0
            self._index.pending = dict.fromkeys(found, receipt)
            self._index.write(self.folder)
            note = {"kind": "redaction", "schema_version": 1, "lab": self.lab, "at": at}
            record = json.dumps(note | {"receipt": receipt, "lines": found})
            self._add([Line(OWN_SHARD, self.lab, "", record)])
            self._take_out()
            return len(found)

    def read(self) -> Iterator[Link]:
        """Every line that still holds its record, in order."""
        for path in self.files():
            with path.open("rb") as file:
                yield from (link for link in links(file) if isinstance(link, Link) and not link.receipt)

    def files(self) -> list[Path]:
        """The files, oldest first."""
        return sorted(self.folder.glob("[0-9]*.jsonl"))

    @contextmanager
    def locked(self) -> Generator[None]:
        """Hold the folder, with what other processes did to it taken in."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held(self.folder):
            if self._seen != self._looks():
                self._load()
            yield

    def _add(self, lines: Sequence[Line]) -> int:
        """Write lines behind the last one, and the index once they are synced."""
        left = iter(lines)
        while lines and self._fill(left):
            self._close_full(self._last())
        if lines:
            self._write_index()
        return len(lines)

    def _fill(self, lines: Iterator[Line]) -> bool:
        """Write lines into the last file; True where it is full."""
        made = not self._last().exists()
        with open(self._last(), "ab", opener=private) as file:
            for line in lines:
                link = Link.after(self._n, self._hash, line.shard, line.entry, one_line(line.record))
                file.write(link.write())
                self._take_in(link)
                if file.tell() >= self._full:
                    break
            full = file.tell() >= self._full
            file.flush()
            os.fsync(file.fileno())
        if made:
            sync_folder(self.folder)
        return full

    def _take_in(self, link: Link) -> None:
        self._n, self._hash = link.n, link.hash
        if link.shard != OWN_SHARD:
            self.positions[link.shard] = link.entry

    def _last(self) -> Path:
        return self.folder / f"{len(self._index.closed) + 1:06}.jsonl"

    def _close_full(self, path: Path) -> None:
        first = self._index.closed[-1].last + 1 if self._index.closed else 1
        self._index.closed.append(ClosedFile.of(path, first, self._n))
        self._index.closed_hash = self._hash
        self._index.positions = dict(self.positions)
        self._write_index()

    def _write_index(self) -> None:
        self._index.head, self._index.head_hash = self._n, self._hash
        self._index.write(self.folder)
        self._seen = self._looks()

    def _looks(self) -> tuple[int, ...]:
        """What changes whenever anybody writes here."""
        found = [path.stat() for path in (self.folder / "index.json", self._last()) if path.exists()]
        return tuple(part for one in found for part in (one.st_ino, one.st_size, one.st_mtime_ns))

    def _load(self) -> None:
        """Take in what stands on the disk, and mend what a crash left there."""
        try:
            self._index = Index.read(self.folder)
        except ValueError as error:
            log.error("archive index made anew", extra={"lab": self.lab, "error": str(error)})
            self._index = Index()
        self.positions = dict(self._index.positions)
        self._n = self._index.closed[-1].last if self._index.closed else 0
        self._hash = self._index.closed_hash
        names = {file.name for file in self._index.closed}
        rest = [path for path in self.files() if path.name not in names]
        for path in rest:
            self._scan(path)
            if path != rest[-1] or path.stat().st_size >= self._full:
                self._close_full(path)
        if self._index.pending:
            self._take_out()
        self._write_index()

    def _scan(self, path: Path) -> None:
        """Follow a file to its last whole line; what a crash left of one more is cut off."""
        whole = 0
        with path.open("rb+") as file:
            for link in links(file):
                if isinstance(link, Link):
                    self._take_in(link)
                elif not link.torn:
                    log.error("archive line not readable", extra={"lab": self.lab, "file": path.name})
                whole = whole if isinstance(link, Broken) and link.torn else file.tell()
            file.truncate(whole)
            os.fsync(file.fileno())

    def _take_out(self) -> None:
        """Finish the pending redactions: rewrite the files that hold those lines."""
        pending = self._index.pending
        for path in self.files():
            with path.open("rb") as file:
                due = any(isinstance(link, Link) and link.n in pending for link in links(file))
                file.seek(0)
                if due:
                    replace_file(path, (_without(line, pending) for line in file))
        self._index.closed = [
            ClosedFile.of(self.folder / file.name, file.first, file.last) for file in self._index.closed
        ]
        self._index.pending = {}
        self._write_index()


def _without(line: bytes, pending: Mapping[int, str]) -> bytes:
    """The line as it is, or without its record where that is to go."""
    try:
        link = Link.read(line)
    except Broken:
        return line
    return link.redacted(pending[link.n]).write() if link.n in pending else line


def _digest(record: str) -> bytes:
    return hashlib.blake2b(record.encode(), digest_size=16).digest()


@contextmanager
def held(folder: Path) -> Generator[None]:
    """Keep every other writer of a lab's archive waiting."""
    with open(folder / "lock", "a", opener=private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_after(entry: str, other: str) -> bool:
    """Whether one journal entry ("<ms>-<n>") was written after another ("" is before all)."""
    return _numbers(entry) > _numbers(other)


def _numbers(entry: str) -> tuple[int, int]:
    first, _, second = entry.partition("-")
    return (int(first or -1), int(second or 0))
