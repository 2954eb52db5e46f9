"""One line of an archive file: a record, where it came from, and the hash that ties it to the line before."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any, Self

START = "0" * 64
"""What the first line of a chain is tied to."""

OWN_SHARD = -1
"""The `shard` of lines that the archive itself adds."""


class Broken(ValueError):
    """A line that is none: changed so that it can't be read, or `torn`: without its end."""

    def __init__(self, why: str, *, torn: bool = False) -> None:
        super().__init__(why)
        self.torn = torn


@dataclass(frozen=True, slots=True)
class Link:
    """One line. `body` is the hash of `salt` and `record`; a redacted line has lost both.

    The salt goes with the record, so that the hash which stays says nothing about what was there.
    """

    n: int  # 1, 2, 3 … in each lab
    shard: int
    entry: str  # in the shard's journal
    prev: str  # the `hash` of line n - 1
    body: str
    hash: str
    salt: str = ""
    record: str = ""  # JSON as written
    receipt: str = ""  # of the redaction that took the record out

    @classmethod
    def after(cls, n: int, prev: str, shard: int, entry: str, record: str) -> Self:
        """Make the line that follows the line `n` whose hash is `prev`."""
        salt = secrets.token_hex(16)
        body = _sha(salt, record)
        return cls(n + 1, shard, entry, prev, body, _chained(prev, n + 1, shard, entry, body), salt, record)

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Read what `write` wrote; Broken on anything else."""
        try:
            head, mark, tail = line.decode().partition(',"record":')
            fields: dict[str, Any] = json.loads(head + "}" if mark else head)
            record = tail.removesuffix("\n")[:-1] if mark else ""
            return cls(**fields, record=record)
        except (ValueError, TypeError) as error:
            raise Broken(str(error)) from None

    def write(self) -> bytes:
        """The line as it stands in the file; the record is its last part, byte for byte."""
        names = (
            "n",
            "shard",
            "entry",
            "prev",
            "body",
            "hash",
            *(("receipt",) if self.receipt else ("salt",)),
        )
        head = json.dumps({name: getattr(self, name) for name in names}, separators=(",", ":"))
        return (head if self.receipt else f'{head[:-1]},"record":{self.record}}}').encode() + b"\n"

    def redacted(self, receipt: str) -> Self:
        """The same line without its record; its hash still fits."""
        return replace(self, salt="", record="", receipt=receipt)

    def faults(self) -> Iterator[str]:
        """What is wrong with the line in itself."""
        if self.hash != _chained(self.prev, self.n, self.shard, self.entry, self.body):
            yield "altered: its place or hash was changed"
        elif not self.receipt and self.body != _sha(self.salt, self.record):
            yield "altered: its record was changed"


def links(file: IO[bytes], end: int | None = None) -> Iterator[Link | Broken]:
    """Every line of a file up to the byte `end`; a Broken in place of each line that can't be read."""
    while end is None or file.tell() < end:
        line = file.readline()
        if not line:
            return
        try:
            yield Link.read(line) if line.endswith(b"\n") else Broken("cut off", torn=True)
        except Broken as broken:
            yield broken


def one_line(record: str) -> str:
    """The record's JSON without line breaks, which its writer may have put between its parts."""
    return json.dumps(json.loads(record)) if "\n" in record else record


def _sha(salt: str, record: str) -> str:
    return hashlib.sha256(f"{salt}{record}".encode()).hexdigest()


def _chained(prev: str, n: int, shard: int, entry: str, body: str) -> str:
    return hashlib.sha256(f"{prev}\n{n}\n{shard}\n{entry}\n{body}".encode()).hexdigest()
