"""Asks a model for a summary within the lab's caps, until it is done or the lab is stopped (P11)."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from bot import caps
from bot.budget import Budget
from bot.errors import Capped, Declined, LabjamError
from bot.labs import Lab
from bot.running import Running, is_cancelled, unless_stopped
from bot.summary.asking import Spent
from bot.summary.building import estimate
from bot.summary.gathering import Thread

T = TypeVar("T")

HALTED = "*{title}*\nThe lab's moderators stopped this."
CAPPED = (
    "*{title}*\nWhat this lab allows itself is used up for now, so this was not summed up. Try again later."
)


async def counted(
    budget: Budget, running: Running, lab: Lab, threads: Sequence[Thread], *, spent: Spent,
    work: Callable[[], Coroutine[Any, Any, T]],
) -> T:  # fmt: skip
    """Do the work, which adds to `spent`, as one question of who asked for it; Capped, or Declined."""
    spec, user = lab.models[0], running.job.fields.get("user", "")
    tokens, cost = estimate(threads, spec)
    most = caps.Spent(int(bool(user)), tokens, round((cost or 0.0) * 1_000_000))
    if running.stopped:
        raise Declined("the lab was stopped")
    await budget.reserve(running, user, lab, spec, most)
    try:
        return await unless_stopped(running, work())
    finally:
        if not is_cancelled():  # else whoever takes the job over counts
            await budget.settle(running, lab, _cost(spent, most))


def reason(running: Running, error: LabjamError, otherwise: str) -> str:
    """What people are told where there is no summary."""
    return HALTED if running.stopped else CAPPED if isinstance(error, Capped) else otherwise


def _cost(spent: Spent, most: caps.Spent) -> caps.Spent:
    """Nothing where no call was made; the estimate where the endpoint counts none."""
    if not spent.calls:
        return caps.Spent()
    if not spent.tokens:
        return most
    return caps.Spent(most.questions, spent.tokens, round(spent.cost * 1_000_000))
