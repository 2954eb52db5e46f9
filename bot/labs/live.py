"""The labs' settings as the files say now: who moderates and who may ask changes without a restart."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.errors import UsageError
from bot.labs.lab import Labs
from bot.labs.reading import read_labs
from bot.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at the files' times."""


class LiveLabs:
    """Reads the files again when one of them changed; a mistake in them leaves what was."""

    def __init__(
        self, labs: Labs, settings: Settings, environ: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._settings = settings
        self._environ = environ
        self._clock = clock
        self._looked_at = clock()
        self._times = self._look()

    async def now(self) -> Labs:
        """The labs as the files say; only what says who may do what is read from it while labjam runs."""
        if self._clock() - self._looked_at >= LOOK_EVERY:
            self._looked_at = self._clock()
            await asyncio.to_thread(self._refresh)
        return self._labs

    def _refresh(self) -> None:
        times = self._look()
        if times == self._times:
            return
        self._times = times
        try:
            self._labs = read_labs(self._settings, self._environ)
        except UsageError as error:
            log.error("settings not taken over", extra={"why": str(error)})
            return
        log.info("settings read again")

    def _look(self) -> dict[str, float]:
        folder, config = self._settings.labjam_prompts, self._settings.labjam_config or Path("labjam.toml")
        files = [config, *(sorted(folder.glob("*/lab.toml")) if folder else ())]
        return {str(path): path.stat().st_mtime for path in files if path.exists()}
