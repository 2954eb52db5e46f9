"""Brings the local model of a trial, fetched if need be, and lets it take over from the scripted one."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import aiohttp

from bot.errors import WorldError
from bot.trial.fetching import Report, fetch, megabytes
from bot.trial.local_model import LocalModel, Weights, demonstration
from bot.trial.relay import Relay, Upstream

Kind = Literal["yours", "local", "scripted"]
Say = Callable[[str], None]
Show = Callable[[Kind, str], None]

LOCAL = "A small model on this machine, for demonstration: it is often wrong."
SCRIPTED = "Scripted: it only shows how answers look."
COMING = "Scripted, while a small real model is fetched ({percent} %). It takes over by itself."
STARTING = "Scripted, while a small real model is started."
UNREACHED = "Scripted: the small real model could not be fetched. labjam's terminal says why."
FAILED = "Scripted: the small real model does not run here. labjam's terminal says why."

_STARTS = 3  # of one that ends by itself
_SAY_EVERY = 10  # percent


class Serving:
    """The local model behind `relay`; while it is not there, the relay leads to the scripted one.

    `ready` is set once it serves, or can't: `failure` then says why. Where there are no weights, they are
    fetched, by way of `folder`.
    """

    def __init__(
        self, relay: Relay, weights: Weights | None, folder: Path, say: Say, *, required: bool = False,
        fetch: Callable[[Path, Report], Awaitable[str]] = fetch,
        find: Callable[[], Weights | None] = demonstration,
        run: Callable[[Weights], LocalModel] = LocalModel,
    ) -> None:  # fmt: skip
        self.ready = asyncio.Event()
        self.failure = ""
        self.weights = weights
        self.required = required  # no other will do
        self._relay = relay
        self._scripted = relay.to
        self._folder = folder
        self._say = say
        self._fetch, self._find, self._model = fetch, find, run
        self._task: asyncio.Task[None] | None = None

    def start(self, prompt: str, show: Show) -> None:
        """Begin; `prompt` is read once before the first question, `show` tells who answers, and a note."""
        self._task = asyncio.create_task(self._run(prompt, show))

    async def stop(self) -> None:
        """End what runs: a download, or the model."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, prompt: str, show: Show) -> None:
        fetched = not self.weights
        try:
            if not self.weights:
                self.weights = await self._get(show)
            for _ in range(_STARTS):
                await self._serve(self.weights, prompt, show, aloud=fetched)
                fetched = True
                self._say("The model on this machine ended by itself.")
            self.failure = "It keeps ending."
        except WorldError as error:
            self.failure = str(error)
        self._relay.to = self._scripted
        show("scripted", FAILED if self.weights else UNREACHED)
        if self.ready.is_set() or not self.required:
            self._say(f"{self.failure}\nSo the scripted model answers. To try again, start labjam again.")
        self.ready.set()

    async def _get(self, show: Show) -> Weights:
        said, all_of_it = -1, megabytes()

        def report(come: int) -> None:
            nonlocal said
            percent = 100 * come // all_of_it
            show("scripted", COMING.format(percent=percent))
            if percent // _SAY_EVERY > said:
                said = percent // _SAY_EVERY
                self._say(f"Fetching the small model: {come} of {all_of_it} MB.")

        report(0)
        if why := await self._fetch(self._folder / "fetching", report):
            raise WorldError(why)
        show("scripted", STARTING)
        weights = await asyncio.to_thread(self._find)
        if not weights:
            raise WorldError("the small model was installed, but can't be found.")
        return weights

    async def _serve(self, weights: Weights, prompt: str, show: Show, *, aloud: bool) -> None:
        """Serve until the model ends, or is ended."""
        if self.required:
            self._say(f"Loading {weights.path.name}.")
        async with self._model(weights) as running:
            self._relay.to = Upstream(running.base_url, weights.name)
            show("local", LOCAL)
            self.ready.set()
            if aloud:
                self._say(f"{weights.name} answers from now on.")
            with suppress(aiohttp.ClientError):  # it ended: told by whoever called
                await running.warm(prompt)
            await running.ended()
