"""What a file to take away holds: questions with their answers, and where they come from."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.reply import Keeps

NOTICE = (
    "Written by AI models in an AI jam. Check what it says, and each reference, before you rely on it. "
    "Links are shown as text unless the lab trusts their host."
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and one answer to it, both Markdown as written."""

    question: str
    answer: str
    model: str
    at: float  # when it was asked, seconds since the epoch
    note: str = ""  # what the thread was told besides, such as that it broke off
    again: bool = False  # a further answer to a question that was answered before


@dataclass(frozen=True, slots=True)
class Document:
    """An answer, or all of a thread, of one lab."""

    lab: str  # its title
    key: str
    zone: ZoneInfo
    exchanges: tuple[Exchange, ...]
    keeps: Keeps  # hosts whose links stay live

    @property
    def title(self) -> str:
        """What the file is, in a line."""
        return f"{self.lab}: AI jam, {self.when(self.exchanges[0].at)}"

    def when(self, at: float) -> str:
        """A moment by the lab's own clock."""
        return f"{datetime.fromtimestamp(at, self.zone):%Y-%m-%d %H:%M %Z}"

    def file_name(self, kind: str) -> str:
        """Such as "argonne-2026-11-23-101500.tex"."""
        return f"{self.key}-{datetime.fromtimestamp(self.exchanges[0].at, self.zone):%Y-%m-%d-%H%M%S}.{kind}"
