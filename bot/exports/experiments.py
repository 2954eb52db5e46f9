"""From a thread's records to an experiment: its turns that may leave, and what was said of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.exports.cleaning import Cleaner
from bot.exports.gathering import Thread
from bot.exports.kinds import (
    LEFT_OUT,
    OF_SUMMARIES,
    RECORDS,
    TAKE_BACK,
    is_said_of,
    place_of,
    side_of,
    tells_of_more,
    typed,
)
from bot.forms import Closing, Comparison, Details, Problem
from bot.records import Answer, Gate, Question, References, Release, Side, Vote
from bot.scopes import fingerprint

R = TypeVar("R", Vote, Details, Problem, Closing, Comparison)

RELEASED = frozenset({"released"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that came with a question, and where it is in the export, or why it is not."""

    team: str
    id: str  # Slack's; empty where only its name was kept
    name: str  # without people in it
    path: str = ""
    bytes: int = 0
    sha256: str = ""
    why: str = ""


@dataclass(slots=True)
class Turn:
    """One question, its answers (more than one where it was retried), and all that was said of it.

    Where two models were compared, each side is a turn, and the comparisons are with side "a".
    """

    id: str  # a keyed hash of its thread, time and side
    ts: str
    side: Side
    by_kind: dict[str, list[Any]]  # as they were written, revisions too
    whole_context: bool = True  # every earlier turn that the model read may leave, too
    attached: list[Attachment] = field(default_factory=list[Attachment])  # of the answer that stands

    @property
    def answers(self) -> Sequence[Answer]:
        return self.by_kind["answer"]

    @property
    def answer(self) -> Answer:
        """The one that stands."""
        return self.answers[-1]

    def answer_at(self, at: float) -> Answer:
        """The one that stood at a moment: what was said then is about it."""
        return next((one for one in reversed(self.answers) if one.finished_at <= at), self.answers[0])

    @property
    def question(self) -> Question:
        return self.answer.question

    @property
    def votes(self) -> list[Vote]:
        """Each person's last thumb."""
        return last_of_each(self._of(Vote, "vote"))

    @property
    def details(self) -> list[Details]:
        """What each person said last."""
        return last_of_each(self._of(Details, "details"))

    @property
    def comparisons(self) -> list[Comparison]:
        """Each person's last word on the two answers."""
        return last_of_each(self._of(Comparison, "comparison"))

    def _of(self, made: type[R], kind: str) -> list[R]:
        return [one for one in self.by_kind.get(kind, ()) if isinstance(one, made)]

    @property
    def gate(self) -> Gate | None:
        """What the guard last asked about."""
        return next(reversed(self.by_kind.get("gate", ())), None)

    @property
    def references(self) -> References | None:
        """What was last found out of the papers that the answer names."""
        return next(reversed(self.by_kind.get("references", ())), None)

    @property
    def release(self) -> Release | None:
        """The last word on whether it may leave."""
        return next(reversed(self.by_kind.get("release", ())), None)


@dataclass(slots=True)
class Experiment:
    """A thread: what it is about, its turns in the order asked; without any, what a session's summary got."""

    lab: str
    id: str  # a keyed hash of the thread
    turns: list[Turn]
    by_kind: dict[str, list[Any]]  # what belongs to the whole thread

    @property
    def problems(self) -> list[Problem]:
        """Every description of it, revisions too."""
        return self.by_kind.get("problem", [])

    @property
    def closings(self) -> list[Closing]:
        """Every closing, revisions too."""
        return self.by_kind.get("closing", [])

    @property
    def problem(self) -> Problem | None:
        """Of the asker, where several described it."""
        return _of_asker(self, last_of_each(self.problems))

    @property
    def closing(self) -> Closing | None:
        """Of the asker, where several closed it."""
        return _of_asker(self, last_of_each(self.closings))


@dataclass(slots=True)
class Tally:
    """What was read, what stayed behind, and why; the manifest says it all."""

    experiments: int = 0
    turns: int = 0
    withheld: Counter[str] = field(default_factory=Counter[str])  # release state -> turns
    reasons: Counter[str] = field(default_factory=Counter[str])  # of `withheld` turns
    never: Counter[str] = field(default_factory=Counter[str])  # withdrawn, purged -> turns
    outside: int = 0  # turns before --since, after --until
    kinds_left_out: Counter[str] = field(default_factory=Counter[str])
    skipped: Counter[str] = field(default_factory=Counter[str])  # by the format: why -> turns or judgements
    files_brought: int = 0
    files_left: Counter[str] = field(default_factory=Counter[str])  # why -> files of questions


@dataclass(frozen=True, slots=True)
class Choice:
    """Which turns are wanted."""

    states: Collection[str] = RELEASED
    since: float = 0.0  # seconds since the epoch, by when it was asked
    until: float = float("inf")
    consented: bool = False  # only details that may go to the model's maker


class Chooser:
    """Makes an experiment of each thread that has a turn to export."""

    def __init__(self, choice: Choice, cleaner: Cleaner, tally: Tally, removed: Collection[str] = ()) -> None:
        self._choice = choice
        self._cleaner = cleaner
        self._tally = tally
        self._removed = removed  # fingerprints of what purges took: a restored copy may still hold it

    def experiment(self, thread: Thread) -> Experiment | None:
        """None where nothing of the thread may leave, or was asked for."""
        by_ts, takes_back = self._sorted(thread)
        of_thread = by_ts.pop("", [])
        if not any(map(_answers, by_ts.values())):
            return self._said_of_summary(thread, of_thread)
        kept, gone = list[str](), list[str]()
        for ts in sorted(ts for ts, records in by_ts.items() if _answers(records)):
            (kept if self._wanted(by_ts[ts], takes_back) else gone).append(ts)
        if not kept:
            return None
        self._tally.experiments += 1
        self._tally.turns += len(kept)
        turns = [turn for ts in kept for turn in self._turns(thread.thread, ts, by_ts, gone)]
        id_ = self._cleaner.hashed("experiment", thread.thread)
        return Experiment(thread.lab, id_, turns, self._typed(self._said_of_all(of_thread, gone)))

    def _said_of_all(self, said: list[dict[str, Any]], gone: Sequence[str]) -> list[dict[str, Any]]:
        private = "private" in self._choice.states
        kept = [one for one in said if not tells_of_more(one, private=private, whole=not gone)]
        if len(kept) < len(said):
            self._tally.skipped["it is said of a summary of more than leaves"] += len(said) - len(kept)
        return kept

    def _said_of_summary(self, thread: Thread, said: list[dict[str, Any]]) -> Experiment | None:
        """It is as private as what a session was about: nobody released it."""
        own = [one for one in said if one["kind"] in OF_SUMMARIES]
        if "private" not in self._choice.states:
            self._tally.skipped["it is said of a session's summary, which is private"] += len(own)
            return None
        wanted = [one for one in own if self._choice.since <= one["at"] < self._choice.until]
        id_ = self._cleaner.hashed("experiment", thread.thread)
        return Experiment(thread.lab, id_, [], self._typed(wanted)) if wanted else None

    def _sorted(self, thread: Thread) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
        """The records by question, and what was taken back: question ("" is all) -> how."""
        by_ts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        takes_back: dict[str, str] = {}
        for record in thread.records:
            kind, ts = str(record.get("kind")), place_of(record).question_ts
            if self._removed and fingerprint(record) in self._removed:
                self._tally.never["purge"] += 1
            elif kind in TAKE_BACK:
                takes_back[ts] = kind
            elif kind in RECORDS and thread.thread:
                by_ts[ts].append(record)
            else:
                self._tally.kinds_left_out[kind if kind in LEFT_OUT else f"{kind} (unknown)"] += 1
        return by_ts, takes_back

    def _wanted(self, records: list[dict[str, Any]], takes_back: dict[str, str]) -> bool:
        answer = _answers(records)[-1]
        asked = answer["question"]
        for ts in ("", asked["ts"], asked.get("repeats") or asked["ts"]):
            if ts in takes_back:
                self._tally.never[takes_back[ts]] += 1
                return False
        if answer["outcome"] == "withdrawn":
            self._tally.never["withdrawal"] += 1
            return False
        if not self._choice.since <= answer["asked_at"] < self._choice.until:
            self._tally.outside += 1
            return False
        return self._may_leave(records)

    def _may_leave(self, records: list[dict[str, Any]]) -> bool:
        last = next((one for one in reversed(records) if one["kind"] == "release"), None)
        state = last["state"] if last else "private"
        if state in self._choice.states:
            return True
        self._tally.withheld[state] += 1
        if last and state == "withheld":
            self._tally.reasons[self._cleaner.text(last["reason"]) or "no reason given"] += 1
        return False

    def _turns(
        self, thread: str, ts: str, by_ts: dict[str, list[dict[str, Any]]], gone: Sequence[str]
    ) -> Iterator[Turn]:
        records = by_ts[ts]
        root = _answers(records)[-1]["question"].get("repeats") or ts
        whole = not any(before < root and any(map(_was_read, _answers(by_ts[before]))) for before in gone)
        sides: list[Side] = sorted({side_of(one) for one in _answers(records)})
        for side in sides:
            own = [one for one in records if is_said_of(one, side, first=side == sides[0])]
            yield Turn(
                self._cleaner.hashed("turn", f"{thread}:{ts}{side}"), ts, side, self._typed(own), whole,
                self._attached(_answers(own)[-1]["question"]),
            )  # fmt: skip

    def _attached(self, question: dict[str, Any]) -> list[Attachment]:
        names, ids = question.get("files") or (), question.get("file_ids") or ()
        team = question["thread"]["team"]
        return [
            Attachment(team, ids[at] if at < len(ids) else "", self._cleaner.text(name))
            for at, name in enumerate(names)
        ]

    def _typed(self, records: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
        by_kind: dict[str, list[Any]] = {}
        for record in records:
            if self._choice.consented and record.get("may_share") is False:
                self._tally.skipped["its author keeps it from the model's maker"] += 1
                continue
            by_kind.setdefault(record["kind"], []).append(typed(self._cleaner.record(record)))
        return by_kind


def last_of_each(records: Iterable[R]) -> list[R]:
    """The last record of each person, in the order in which they first said something."""
    by_user: dict[str, R] = {}
    for record in records:
        by_user[record.user] = record
    return list(by_user.values())


def _answers(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in records if one["kind"] == "answer"]


def _was_read(answer: dict[str, Any]) -> bool:
    """Whether later questions of the thread had it in their context."""
    return answer["outcome"] in {"answered", "stopped"} and bool(answer["text"])


def _of_asker(experiment: Experiment, found: Sequence[R]) -> R | None:
    asker = experiment.turns[0].question.user
    return next((one for one in found if one.user == asker), found[0] if found else None)
