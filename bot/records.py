"""The frozen records that cross layers: a question, its thread, its turns, its answer, a vote on it."""

from dataclasses import dataclass
from typing import Any, Literal, Self, cast

Outcome = Literal["answered", "refused", "failed", "stopped", "capped", "withdrawn"]
"""How a question ended. `refused` is the model's own no; `failed` and `capped`, by the
lab's caps, carry a Retry button."""

Side = Literal["", "a", "b"]
"""Which of the two answers to one question, where two models are compared."""

SCHEMA_VERSION = 1
"""Of `Answer` and `Vote` in the journal; a field that changes its meaning raises it."""


@dataclass(frozen=True, slots=True)
class ThreadKey:
    """One Slack thread: the workspace, the channel and the `ts` of its first message."""

    team: str
    channel: str
    ts: str

    def __str__(self) -> str:
        return f"{self.team}:{self.channel}:{self.ts}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str()` wrote; ValueError on anything else."""
        team, channel, ts = text.split(":")
        return cls(team, channel, ts)


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asked in one message; (team, channel, ts) is its identity (P1)."""

    thread: ThreadKey
    ts: str
    user: str
    user_team: str  # differs from thread.team in a channel shared through Slack Connect
    lab: str
    text: str
    direct: bool = False  # asked in a direct message
    files: tuple[str, ...] = ()  # names only
    file_ids: tuple[str, ...] = ()  # Slack's, in the same order
    model: str = ""  # the model somebody chose, by our name; empty for the lab's first
    repeats: str = ""  # the ts of the question that this one asks again; `ts` is then the click's
    side: Side = ""

    @property
    def root(self) -> str:
        """The ts of the message with the question: its own, unless this asks again."""
        return self.repeats or self.ts

    @property
    def order(self) -> int:
        """Microseconds since the epoch: the order in which people asked."""
        return micros(self.ts)


@dataclass(frozen=True, slots=True)
class About:
    """Which answer a button, a form or a vote is about."""

    lab: str
    thread: ThreadKey
    question_ts: str
    side: Side = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One side of a thread: a question as Slack sent it, or what a model wrote."""

    role: Literal["user", "assistant"]
    text: str
    ts: str  # of the question, for both of its turns
    attached: str = ""  # what files came with a question, fenced, as the model got it


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a model gets to see."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FileRead:
    """What became of one file of a question; nothing of its text, and its name as a keyed hash only."""

    id: str
    name_hash: str
    kind: str = ""  # "PDF", "text", "CSV", "JSON", "notebook", "picture"; "" where nothing was read
    size: int = 0  # bytes
    sha256: str = ""
    cut: str = ""  # what was left out
    why: str = ""  # why nothing was read


@dataclass(frozen=True, slots=True)
class Attached:
    """What came with a question, as a model gets it."""

    text: str = ""
    pictures: tuple[Picture, ...] = ()
    files: tuple[FileRead, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that the endpoint counted."""

    input: int = 0
    output: int = 0
    reasoning: int = 0
    cached: int = 0  # part of input that the provider's prefix cache served


@dataclass(frozen=True, slots=True)
class Answer:
    """The journal's line for one question that came to an end."""

    question: Question
    outcome: Outcome
    text: str  # the model's own text, unrendered
    note: str  # what the thread was told besides: a failure, an omission
    messages: tuple[str, ...]  # ts of each Slack message, in order
    model_requested: str
    model_returned: str
    endpoint: str
    prompt_version: str  # sha256 of the rendered system prompt, first 12 hex digits
    usage: Usage
    tries: int
    asked_at: float  # seconds since the epoch
    first_words_at: float  # 0.0 where none came
    finished_at: float
    turns_left_out: int = 0
    files: tuple[FileRead, ...] = ()
    cost: float | None = None  # US dollars, by the prices that held then; None without prices or usage
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's thumb on one answer; the last of a person counts.

    One given before the answer's newest line in the journal was about an older text.
    """

    lab: str
    thread: ThreadKey
    question_ts: str
    user: str
    thumb: Literal[1, 0, -1]  # 0: taken back
    at: float
    side: Side = ""
    schema_version: int = SCHEMA_VERSION


Sums = Literal["session", "thread"]
"""What a summary sums up."""


@dataclass(frozen=True, slots=True)
class SummaryVote:
    """One person's thumb on a session's summary or a thread's wrap-up; the last of a person counts."""

    lab: str
    thread: ThreadKey  # the one it stands in, or begins
    summary_ts: str
    sums: Sums
    model: str  # that wrote it
    user: str
    thumb: Literal[1, 0, -1]  # 0: taken back
    at: float
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A question was deleted by its asker: no export carries it."""

    lab: str
    thread: ThreadKey
    question_ts: str
    at: float
    schema_version: int = SCHEMA_VERSION


ReferenceKind = Literal["doi", "arxiv", "pubmed"]
ReferenceStatus = Literal["found", "differs", "missing", "unchecked"]
"""`differs`: there is such an id, but it is another work than the answer says."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An id of a paper that an answer names, and what its registry says."""

    kind: ReferenceKind
    id: str
    status: ReferenceStatus = "unchecked"
    title: str = ""  # the registry's


@dataclass(frozen=True, slots=True)
class References:
    """The ids in one answer; the last line of an answer counts."""

    lab: str
    thread: ThreadKey
    question_ts: str
    references: tuple[Reference, ...]
    looked_up: bool  # whether this deployment looks up at all
    at: float
    side: Side = ""
    schema_version: int = 1


@dataclass(frozen=True, slots=True)
class Certification:
    """A person's word that what they ask holds nothing controlled: who, when, for what, by which wording."""

    lab: str
    user: str
    user_team: str
    scope: str  # "session:<n>", or a thread
    wording: str  # the first 12 hex digits of its sha256
    at: float
    schema_version: int = 1


@dataclass(frozen=True, slots=True)
class Gate:
    """What the guard stopped, or asked about: time, place, rule, a keyed hash, nothing of the text (P6)."""

    lab: str
    thread: ThreadKey
    question_ts: str
    where: Literal["message", "edit", "file", "answer", "form"]
    level: Literal["hard", "soft"]
    rules: tuple[str, ...]
    text_hash: str
    decision: Literal["stopped", "confirmed", "dropped"]
    at: float
    schema_version: int = 1


ReleaseState = Literal["private", "lab_reviewed", "released", "withheld"]
"""Whether an answer may leave its lab: exports carry what is released. Each begins private."""


@dataclass(frozen=True, slots=True)
class Release:
    """A moderator's word on whether one answer may leave; the last one counts."""

    lab: str
    thread: ThreadKey
    question_ts: str
    state: ReleaseState
    user: str  # who says so
    reason: str
    at: float
    schema_version: int = SCHEMA_VERSION


def thread_text(given: Any) -> str:
    """A thread as "team:channel:ts", from either way in which a line of the journal writes it."""
    if isinstance(given, str):
        return given
    parts = cast("dict[str, str]", given)
    return f"{parts['team']}:{parts['channel']}:{parts['ts']}"


def micros(ts: str) -> int:
    """A Slack `ts` ("1732320000.000100") as whole microseconds, exact."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int((fraction + "000000")[:6])
