"""Short records of one thread, for tests of what exports make of them."""

from typing import Any, Literal

from bot.forms import Comparison, Details
from bot.records import Answer, Question, Release, ReleaseState, ThreadKey, Usage, Vote
from tests.exporting import CHANNEL, TEAM, Record

LAB = "argonne"
ADA, BEN = "U0ADA00001", "U0BEN00002"
T = ThreadKey(TEAM, CHANNEL, "1000.000100")


def ts(n: int) -> str:
    return f"{1000 + n}.000100"


def answer(n: int, text: str = "", **about: Any) -> Record:
    """The thread's n-th question and its answer."""
    outcome, asking = about.pop("outcome", "answered"), about.pop("asking", f"question {n}")
    asked = Question(T, ts(n), ADA, TEAM, LAB, asking, **about)
    made = Answer(
        asked, outcome, text or f"answer {n}", "", (), "m-1", "m-1-2026", "lab", "abc", Usage(), 1,
        1000.0 + n, 0.0, 1000.5 + n,
    )  # fmt: skip
    return ("answer", made)


def release(n: int, state: ReleaseState = "released", reason: str = "") -> Record:
    return ("release", Release(LAB, T, ts(n), state, BEN, reason, 2000.0))


def vote(n: int, user: str, thumb: Literal[1, 0, -1], at: float = 1500.0, side: Any = "") -> Record:
    return ("vote", Vote(LAB, T, ts(n), user, thumb, at, side))


def details(n: int, user: str, **said: Any) -> Record:
    return ("details", Details(lab=LAB, thread=T, user=user, at=1500.0, question_ts=ts(n), **said))


def compared(n: int, user: str, choice: Any, **said: Any) -> Record:
    about = Comparison(
        lab=LAB,
        thread=T,
        user=user,
        at=1500.0,
        question_ts=ts(n),
        choice=choice,
        model_a="x",
        model_b="y",
        **said,
    )
    return ("comparison", about)
