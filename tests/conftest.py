"""Fixtures that every test may use."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.jam import Jam


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    """A local Slack with nine jam channels, a scripted model, and a bot that runs."""
    async with Jam(tmp_path) as started:
        await started.start_bot()
        yield started
