"""A process that only archives, for the tests that kill it: `python -m tests.archiving <url> <folder>`."""

import asyncio
import sys
from pathlib import Path

from bot.archive.keeper import Keeper
from bot.store.redis import Store
from tests.stores import LABS


async def main(url: str, folder: str) -> None:
    """Make one pass after another, until killed."""
    keeper = Keeper(await Store.connect(url), LABS, Path(folder))
    while True:
        await keeper.copy()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
