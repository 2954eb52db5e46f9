"""`labjam archive verify`: what of an archive is altered, missing or out of its order."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import pairwise
from pathlib import Path

from bot.archive.book import Book, held
from bot.archive.index import Index
from bot.archive.links import OWN_SHARD, START, Link, links

_MANY = 50
"""Findings in one lab that are named one by one."""


@dataclass(slots=True)
class Verified:
    """What the check of one lab's archive found."""

    lab: str
    lines: int = 0
    redacted: int = 0
    head: str = START  # the hash of the last line: note it down, and nobody can write the archive anew unseen
    findings: list[str] = field(default_factory=list[str])
    left_out: int = 0  # findings beyond those

    def add(self, finding: str) -> None:
        """Name one more thing that is wrong."""
        if len(self.findings) < _MANY:
            self.findings.append(finding)
        else:
            self.left_out += 1


def verify(folder: Path) -> Iterator[Verified]:
    """Check the archives of all labs in `folder`, lab by lab, while labjam may go on writing them."""
    for lab in sorted(path.name for path in folder.iterdir() if path.is_dir()):
        with ExitStack() as stack:
            yield _Check(lab).run(_Snapshot.take(Book(folder, lab), stack))


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The files of one moment, open, with their lengths then: a redaction can't change them under us."""

    files: list[tuple[str, BufferedReader, int]]
    index: Index | None

    @classmethod
    def take(cls, book: Book, stack: ExitStack) -> "_Snapshot":
        with ExitStack() as lock:
            with suppress(OSError):  # a copy that can't be written needs no lock
                lock.enter_context(held(book.folder))
            opened = [(path, stack.enter_context(path.open("rb"))) for path in book.files()]
            try:
                index = Index.read(book.folder)
            except ValueError:
                index = None
            return cls([(path.name, file, path.stat().st_size) for path, file in opened], index)


class _Check:
    """One lab's chain, followed from its first line."""

    def __init__(self, lab: str) -> None:
        self.result = Verified(lab)
        self._next = 1
        self._gaps: set[int] = set()  # lines that were not where they belong
        self._removed: dict[int, str] = {}  # line without its record -> receipt
        self._named: dict[int, str] = {}  # the same, as the chain's own redactions say it

    def run(self, snapshot: _Snapshot) -> Verified:
        index = snapshot.index
        if index is None or (index.head == 0 and snapshot.files):
            self.result.add("index.json: missing or damaged")
            index = Index()
        self._check_files(snapshot.files, index)
        for name, file, end in snapshot.files:
            for at, link in enumerate(links(file, end), 1):
                if isinstance(link, Link):
                    self._check_line(link, index)
                else:
                    self.result.add(f"{name}: line {at} of the file can't be read ({link})")
        for first, last in _ranges(self._gaps):
            self.result.add(f"{_lines(first, last)} missing")
        if index.head >= self._next:
            self.result.add(f"{_lines(self._next, index.head)} missing at the end")
        self._check_redactions(index)
        return self.result

    def _check_files(self, files: Iterable[tuple[str, BufferedReader, int]], index: Index) -> None:
        there = {name: file for name, file, _ in files}
        for closed in index.closed:
            file = there.get(closed.name)
            if file is None:
                self.result.add(f"{closed.name}: missing, with lines {closed.first} to {closed.last}")
            elif hashlib.file_digest(file, "sha256").hexdigest() != closed.sha256 and not index.pending:
                self.result.add(f"{closed.name}: altered since it was closed")
            if file:
                file.seek(0)

    def _check_line(self, link: Link, index: Index) -> None:
        result = self.result
        result.lines += 1
        for fault in link.faults():
            result.add(f"line {link.n}: {fault}")
        if link.n == self._next and link.prev != result.head:
            result.add(f"line {link.n}: altered, or the line before it: they don't fit together")
        elif link.n > self._next:
            self._gaps.update(range(self._next, link.n))
        elif link.n in self._gaps:
            self._gaps.remove(link.n)
            result.add(f"line {link.n}: out of its order")
        elif link.n < self._next:
            result.add(f"line {link.n}: there twice")
        if link.n >= self._next:
            self._next, result.head = link.n + 1, link.hash
        if link.n == index.head and link.hash != index.head_hash:
            result.add(f"line {link.n}: altered: not the line that the index names")
        self._note_redaction(link)

    def _note_redaction(self, link: Link) -> None:
        if link.receipt:
            self.result.redacted += 1
            self._removed[link.n] = link.receipt
        elif link.shard == OWN_SHARD:
            note = json.loads(link.record)
            self._named.update(dict.fromkeys(note["lines"], note["receipt"]))

    def _check_redactions(self, index: Index) -> None:
        for n, receipt in self._removed.items():
            if self._named.get(n) != receipt:
                self.result.add(f"line {n}: its record was removed, and no redaction of the chain says so")
        left = self._named.keys() - self._removed.keys() - self._gaps
        for n in sorted(left):
            when = "is finished when labjam runs" if n in index.pending else "was undone"
            self.result.add(f"line {n}: holds its record, and its redaction {when}")


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    ordered = sorted(numbers)
    breaks = [at for at, (left, right) in enumerate(pairwise(ordered), 1) if right != left + 1]
    for start, end in pairwise([0, *breaks, len(ordered)]) if ordered else ():
        yield ordered[start], ordered[end - 1]


def _lines(first: int, last: int) -> str:
    return f"line {first}: is" if first == last else f"lines {first} to {last}: are"
