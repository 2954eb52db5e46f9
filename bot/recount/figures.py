"""The figures of a session or a day: shares with their intervals, models, threads; small groups left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt

SMALL = 5
"""People below whom a group is not broken down: one of them could be recognised."""

_Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's 95 % interval, which is honest where either is small."""

    part: int
    of: int

    @property
    def words(self) -> str:
        """ "12 of 1,400"."""
        return f"{self.part:,} of {self.of:,}"

    @property
    def bounds(self) -> tuple[float, float]:
        """Lower and upper bound, each from 0 to 1; all of that where nothing was counted."""
        if not self.of:
            return 0.0, 1.0
        share, width = self.part / self.of, _Z * _Z / self.of
        middle = (share + width / 2) / (1 + width)
        reach = _Z * sqrt(share * (1 - share) / self.of + width / (4 * self.of)) / (1 + width)
        return max(0.0, middle - reach), min(1.0, middle + reach)


def share_of(shares: Iterable[Share]) -> Share:
    """Several shares as one."""
    whole = list(shares)
    return Share(sum(one.part for one in whole), sum(one.of for one in whole))


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """One model's answers, and how many of its thumbs are up."""

    name: str
    answers: int
    liked: Share


@dataclass(frozen=True, slots=True)
class ThreadFigures:
    """One thread, for a list of threads: thumbs over all its answers, when it began."""

    key: str  # "team:channel:ts"
    began: float
    questions: int
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the journal says of one lab between two moments, or of several labs put together."""

    questions: int = 0
    answered: int = 0
    people: int = 0
    judges: int = 0
    judged: Share = Share(0, 0)  # answers with a judgement of any kind, of all answers
    liked: Share = Share(0, 0)  # thumbs up of all thumbs
    by_hour: tuple[int, ...] = (0,) * 24  # questions in each hour of the lab's clock
    outcomes: Mapping[str, int] = field(default_factory=dict[str, int])
    models_asked: int = 0  # which gave any answer
    models: tuple[ModelFigures, ...] = ()  # those that at least SMALL people judged
    skills: Mapping[str, int] = field(default_factory=dict[str, int])  # assessments, of groups not small
    assessed: Mapping[str, Share] = field(
        default_factory=dict[str, Share]
    )  # answers by skill, of all answers
    domains: Mapping[str, int] = field(default_factory=dict[str, int])
    reasons: Mapping[str, int] = field(default_factory=dict[str, int])  # why answers fell short
    best: tuple[ThreadFigures, ...] = ()  # with more thumbs up than down, the best first
    unanswered: tuple[ThreadFigures, ...] = ()  # whose last question has no answer, the oldest first
    flagged: tuple[ThreadFigures, ...] = ()  # not resolved yet, the oldest first
    withheld: int = 0  # threads that must not leave the lab
    unlisted: int = 0  # threads of people who want to be left out: counted, in no list
    cost: float = 0.0  # US dollars, of what is priced
    tokens: int = 0
