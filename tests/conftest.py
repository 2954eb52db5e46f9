"""Fixtures that every test may use."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.jam import Jam

settings.register_profile("jam", deadline=None)  # pytest's own limit holds on a busy machine, too
settings.load_profile("jam")


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    """A local Slack with nine jam channels, a scripted model, and a bot that runs."""
    async with Jam(tmp_path) as started:
        await started.start_bot()
        yield started
