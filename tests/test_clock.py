"""What happens by itself ends when the process does, whatever the store says."""

import asyncio

from bot.clock import Clock, Timed
from bot.errors import StoreAway
from bot.store.turns import Turns


class Away(Turns):
    """Gives a turn, and is away when it is given back."""

    def __init__(self) -> None:
        self.ended = 0

    async def take(self, name: str, longest: float) -> bool:
        return True

    async def end(self, name: str, rest: float) -> None:
        self.ended += 1
        raise StoreAway("gone")


async def test_a_turn_that_is_cancelled_while_the_store_is_away_ends() -> None:
    turns, begun = Away(), asyncio.Event()

    async def run() -> None:
        begun.set()
        await asyncio.Event().wait()

    ticking = asyncio.create_task(Clock(turns, [Timed("test", 0.0, run)]).run())
    await begun.wait()
    ticking.cancel()
    await asyncio.wait([ticking], timeout=5)
    assert ticking.cancelled()
    assert turns.ended == 1
