"""Which of a lab's answers may leave it: finds them by thread or by what was said of them, and says so."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.records import Release, ReleaseState, ThreadKey
from bot.scopes import question_of_record, thread_of
from bot.store.journal import read
from bot.store.redis import Store
from bot.store.releases import COMES_FROM, Releases


@dataclass(frozen=True, slots=True)
class Which:
    """A choice of answers; empty parts choose all."""

    thread: str = ""  # "team:channel:ts"
    states: frozenset[ReleaseState] = frozenset()
    thumb: int = 0  # 1: more thumbs up than down; -1: more down
    judged: bool = False  # somebody gave details
    since: float = 0.0  # asked at or after it, seconds since the epoch
    until: float = float("inf")


@dataclass(slots=True)
class Found:
    """One answer, as far as a choice must know it."""

    thread: str
    question_ts: str
    asked_at: float = -1.0  # until its answer was read
    state: ReleaseState = "private"
    thumbs: dict[str, int] = field(default_factory=dict[str, int])
    judged: bool = False
    gone: bool = False

    def learn(self, record: dict[str, Any]) -> None:
        """Take one record about it in."""
        match record["kind"]:
            case "answer":
                self.asked_at = record["asked_at"]
                self.gone = self.gone or record["outcome"] == "withdrawn"
            case "withdrawal":
                self.gone = True
            case "release":
                self.state = record["state"]
            case "vote":
                self.thumbs[record["user"]] = record["thumb"]
            case "details":
                self.judged = True
            case _:
                pass

    def fits(self, which: Which) -> bool:
        """Whether a choice means it."""
        balance = sum(self.thumbs.values())
        return (
            not self.gone
            and self.asked_at >= 0
            and which.since <= self.asked_at < which.until
            and (not which.states or self.state in which.states)
            and (self.judged or not which.judged)
            and (not which.thumb or balance * which.thumb > 0)
        )


class Releasing:
    """Changes release states, many at a time; each change is a line of the journal."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._releases = Releases(store)

    async def find(self, lab: str, which: Which) -> list[Found]:
        """The answers of a lab that a choice means, in the order asked; reads the lab's whole journal."""
        by_question: dict[str, Found] = {}
        async for record in read(self._store, lab):
            asked, thread = question_of_record(record), thread_of(record)
            if asked and (not which.thread or thread == which.thread):
                ts = asked.rpartition(":")[2]
                by_question.setdefault(f"{thread} {ts}", Found(thread, ts)).learn(record)
        return sorted((one for one in by_question.values() if one.fits(which)), key=lambda one: one.asked_at)

    async def change(
        self, lab: str, found: Iterable[Found], state: ReleaseState, *, user: str, reason: str, at: float
    ) -> Counter[ReleaseState]:
        """Give each the state; counts the states that stood, of which COMES_FROM says what changed."""
        stood: Counter[ReleaseState] = Counter()
        for one in found:
            thread = ThreadKey.parse(one.thread)
            release = Release(lab, thread, one.question_ts, state, user, reason, at)
            stood[await self._releases.change(release)] += 1
        return stood


def changed(stood: Counter[ReleaseState], state: ReleaseState) -> int:
    """How many of those took the new state."""
    return sum(stood[before] for before in COMES_FROM[state])
