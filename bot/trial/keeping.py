"""Keeps the local workspace in a folder, so that a trial goes on where it was after a restart."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.errors import WorldError
from bot.trial.people import Channel, File, Person, Team, View
from bot.trial.workspace import Session, Workspace


@dataclass(slots=True)
class Kept:
    """A workspace as it stands in the file; files' bytes lie beside it. Modals are not kept."""

    format: int = 1
    teams: dict[str, Team] = field(default_factory=dict[str, Team])
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])
    files: dict[str, File] = field(default_factory=dict[str, File])
    homes: dict[str, View] = field(default_factory=dict[str, View])
    sessions: list[tuple[str, str, Session]] = field(default_factory=list[tuple[str, str, Session]])
    live_streams: list[tuple[str, str, float]] = field(default_factory=list[tuple[str, str, float]])
    pressed: dict[str, str] = field(default_factory=dict[str, str])
    last_micros: int = 0
    last_id: int = 0


_FORM = TypeAdapter(Kept)


class Keeper:
    """Writes a workspace into `folder` and reads it back; `pressed` are the thumbs people pressed."""

    def __init__(self, folder: Path, workspace: Workspace, pressed: dict[str, str]) -> None:
        self.folder = folder
        self.file = folder / "workspace.json"
        self._workspace = workspace
        self._pressed = pressed

    def load(self) -> bool:
        """Fill the workspace with what was kept; False where nothing was. WorldError on a broken file."""
        try:
            kept = _FORM.validate_json(self.file.read_bytes())
        except FileNotFoundError:
            return False
        except ValidationError:
            raise WorldError(
                f"{self.file}: not readable, or of another version. Start with --fresh to forget it."
            ) from None
        ws = self._workspace
        for name in ("teams", "people", "channels", "files", "homes", "last_micros", "last_id"):
            setattr(ws, name, getattr(kept, name))
        for file in ws.files.values():
            file.content = self._read(file)
        ws.sessions = {(channel, ts): session for channel, ts, session in kept.sessions}
        ws.live_streams = {(channel, ts): until for channel, ts, until in kept.live_streams}
        self._pressed.update(kept.pressed)
        return True

    def save(self) -> None:
        """Write everything down, at once or not at all; WorldError where the disk refuses."""
        try:
            self._write()
        except OSError as error:
            remedy = "Make room there, or name another folder."
            raise WorldError(f"LABJAM_DATA: {self.folder}: {error.strerror}. {remedy}") from None

    def _write(self) -> None:
        ws = self._workspace
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = Kept(
            teams=ws.teams,
            people=ws.people,
            channels=ws.channels,
            files=self._without_bytes(ws.files),
            homes=ws.homes,
            sessions=[(*key, session) for key, session in ws.sessions.items()],
            live_streams=[(*key, until) for key, until in ws.live_streams.items()],
            pressed=self._pressed,
            last_micros=ws.last_micros,
            last_id=ws.last_id,
        )
        fresh = self.file.with_suffix(".new")
        fresh.write_bytes(_FORM.dump_json(kept))
        os.replace(fresh, self.file)

    def _without_bytes(self, files: Mapping[str, File]) -> dict[str, File]:
        for file in files.values():
            path = self._path(file)
            if file.content and not path.exists():
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(file.content)
        return {key: replace(file, content=b"") for key, file in files.items()}

    def _read(self, file: File) -> bytes:
        path = self._path(file)
        return path.read_bytes() if path.exists() else b""

    def _path(self, file: File) -> Path:
        return self.folder / "files" / file.id
