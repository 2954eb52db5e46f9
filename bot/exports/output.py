"""Puts an export in place in one step, as a file, a folder or a zip, with a manifest of hashes and counts."""

import hashlib
import os
import shutil
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from pydantic_core import to_json

from bot.errors import UsageError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """One finished file."""

    name: str
    bytes: int
    sha256: str
    rows: int


class Part:
    """One file of an export as it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._bytes = 0
        self.rows = 0

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._file.write(data)
        self._hash.update(data)
        self._bytes += len(data)

    def row(self, row: Any) -> None:
        """Add one line of JSON."""
        self.write(to_json(row) + b"\n")
        self.rows += 1

    def end(self, name: str) -> Written:
        """Close it, synced to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return Written(name, self._bytes, self._hash.hexdigest(), self.rows)

    def drop(self) -> None:
        """Close it, whatever it holds."""
        self._file.close()


class Output:
    """An export in the making, beside its target: nobody sees half of it. `whole` names it done.

    The target is a `.zip`, a folder (a name without a suffix), or one file with the other parts and the
    manifest beside it, named after it.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._parts: dict[str, Part] = {}
        self._files: list[Written] = []

    def __enter__(self) -> Self:
        if not self._target.name or not self._target.parent.is_dir():
            raise UsageError(f"-o: there is no folder {self._target.parent}; make it first.")
        if not self._target.suffix and self._target.exists():
            raise UsageError(f"-o: {self._target} is there already; name another folder.")
        if self._target.suffix and self._target.is_dir():
            raise UsageError(f"-o: {self._target} is a folder; name a file.")
        try:
            made = tempfile.mkdtemp(prefix=f".{self._target.name}.", dir=self._target.parent)
        except OSError as error:
            raise UsageError(f"-o: {self._target.parent}: {error.strerror}.") from None
        self.folder = Path(made)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for part in self._parts.values():
            part.drop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_one_file(self) -> bool:
        """Whether its first part is the target itself."""
        return self._target.suffix not in {"", ".zip"}

    def part(self, name: str) -> Part:
        """Begin one more file; the first is the main one."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._parts[name] = Part(path.open("wb", buffering=_CHUNK))
        return self._parts[name]

    def file(self, name: str, content: bytes) -> None:
        """Add a file that is all there; not where the target is one file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as made:
            made.write(content)
            os.fsync(made.fileno())
        self._files.append(Written(name, len(content), hashlib.sha256(content).hexdigest(), 0))

    def whole(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Put all of it in place, the main part last; gives the manifest as written."""
        written = [part.end(self._shown(name)) for name, part in self._parts.items()]
        written += self._files
        manifest = manifest | {"files": [asdict(one) for one in written]}
        last = self.part("manifest.json")
        last.write(to_json(manifest, indent=1) + b"\n")
        last.end("manifest.json")
        if self.is_one_file:
            for name in reversed(self._parts):
                (self.folder / name).replace(self._target.with_name(self._shown(name)))
        elif self._target.suffix == ".zip":
            self._zipped().replace(self._target)
        else:
            self.folder.chmod(0o755)
            self.folder.replace(self._target)
        return manifest

    def _shown(self, name: str) -> str:
        """What a part is called where it ends."""
        if not self.is_one_file:
            return name
        return self._target.name if name == next(iter(self._parts)) else f"{self._target.stem}.{name}"

    def _zipped(self) -> Path:
        path = self.folder / ".zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in (*self._parts, *(one.name for one in self._files)):
                packed.write(self.folder / name, name)
        return path
