"""Sorts any number of journal records by thread, on disk, so that an export's memory stays the same."""

import sqlite3
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from bot.exports.kinds import place_of

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Thread:
    """All records of one thread, as they were written; `thread` is "" for those that belong to none."""

    lab: str
    thread: str  # "T:C:ts"
    records: list[dict[str, Any]]


class Gathering:
    """Takes records in any order, gives threads. What it holds is in a file without a name, which goes
    with the process, however that ends.
    """

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._waiting: list[tuple[str, str, bytes]] = []
        self.slack_ids: set[str] = set()  # of people, workspaces and channels
        self.removed: set[str] = set()  # fingerprints of records that a purge took out
        self.count = 0

    @classmethod
    @contextmanager
    def beside(cls, folder: Path) -> Generator["Gathering"]:
        """Sort in this folder, which needs room for the records."""
        with tempfile.TemporaryDirectory(prefix=".labjam-", dir=folder) as made:
            base = sqlite3.connect(f"{made}/records", isolation_level=None)
            for setting in (
                "journal_mode=OFF",
                "synchronous=OFF",
                "locking_mode=EXCLUSIVE",
                "cache_size=-8000",
            ):
                base.execute(f"PRAGMA {setting}")
            base.execute("CREATE TABLE records (lab TEXT, thread TEXT, body BLOB)")
        with closing(base):  # the file has no name any more, and so ends with us
            base.execute("BEGIN")
            yield cls(base)

    def add(self, lab: str, record: str) -> None:
        """Take one record in."""
        raw: dict[str, Any] = from_json(record, cache_strings="keys")
        place = place_of(raw)
        self._note_ids(raw, place.thread)
        if raw.get("kind") == "purge" and raw.get("archive"):
            self.removed.update(raw.get("removed") or (), raw.get("renamed") or ())
        self._waiting.append((lab, place.thread, record.encode()))
        self.count += 1
        if len(self._waiting) >= _BATCH:
            self._store()

    def threads(self) -> Iterator[Thread]:
        """The threads, by lab and in a fixed order, each with its records in the order they were written."""
        self._store()
        self._base.execute("CREATE INDEX places ON records (lab, thread)")
        rows = self._base.execute("SELECT lab, thread, body FROM records ORDER BY lab, thread, rowid")
        current: Thread | None = None
        for lab, thread, body in rows:
            if current and (current.lab, current.thread) == (lab, thread) and thread:
                current.records.append(from_json(body, cache_strings="keys"))
                continue
            if current:
                yield current
            current = Thread(lab, thread, [from_json(body, cache_strings="keys")])
        if current:
            yield current

    def _store(self) -> None:
        self._base.executemany("INSERT INTO records VALUES (?, ?, ?)", self._waiting)
        self._waiting.clear()

    def _note_ids(self, raw: dict[str, Any], thread: str) -> None:
        about = raw.get("question") or raw
        team, _, rest = thread.partition(":")
        self.slack_ids.update((team, rest.partition(":")[0]))
        self.slack_ids.update(str(about.get(name) or "") for name in ("user", "user_team"))
