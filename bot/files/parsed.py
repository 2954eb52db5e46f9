"""What a file became, how much of it may, and the words that say why it did not."""

from dataclasses import dataclass

from bot.guard import Hit

MOST_BYTES = 20 * 1024 * 1024
"""Of one file, as it is in Slack."""
MOST_FILES = 10
"""Of one question."""
MOST_PAGES = 200
MOST_CHARACTERS = 80_000
"""Of one file, as a model gets it; of all of a question's files, twice that."""
MOST_PIXELS = 50_000_000
SIDE = 2048
"""Pixels of the longer side of a picture, as a model gets it."""
MOST_PICTURE_BYTES = 4 * 1024 * 1024
SECONDS = 15
"""For one file, by the clock and by the processor."""
MEMORY = 1024 * 1024 * 1024

TOO_LARGE = f"it is larger than {MOST_BYTES // 1024 // 1024} MB"
TOO_MANY = f"I read at most {MOST_FILES} files with a question"
TOO_MANY_PIXELS = f"it has more than {MOST_PIXELS // 1_000_000} million pixels"
TOO_SLOW = f"reading it took more than {SECONDS} seconds"
TOO_MUCH = "it needs more memory than a file may"
BROKEN = "it is broken, or not what it says it is"
ENCRYPTED = "it is encrypted"
EMPTY = "it is empty"
NO_TEXT = "its pages hold no text, so they may be scans; send them as pictures"
ARCHIVE = "it is an archive or an office document; send a PDF, text, CSV or picture"
UNKNOWN = "I can't read this kind; send a PDF, text, CSV, JSON, a notebook, source code or a picture"
NO_SIGHT = "this lab's model is not set up to see pictures"
OUTSIDE = "it is kept outside Slack, and I fetch nothing from there"
NOT_GIVEN = "Slack did not give it to me"
GONE = "it is gone"


@dataclass(frozen=True, slots=True)
class Parsed:
    """One file as text with marks of its lines or pages, or as a picture (PNG or JPEG); or why as neither."""

    kind: str = ""  # "PDF", "text", "CSV", "JSON", "notebook", "picture"
    text: str = ""
    picture: bytes = b""
    media_type: str = ""  # of the picture
    cut: str = ""  # what was left out
    why: str = ""  # nothing could be read
    hits: tuple[Hit, ...] = ()  # the guard's, in all of the file, also where only a part of it is given on


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as the guard looks at it: without our marks, and whole."""

    texts: tuple[str, ...] = ()
    values: tuple[str, ...] = ()  # of tables and JSON; what is a marking on a line of its own may be one here
