"""What `labjam export` does: find the records, the key, the names and the prompts, and export."""

import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.archive.book import Book
from bot.commands.progress import Bar
from bot.errors import UsageError
from bot.exports.attached import Fetch, refusing
from bot.exports.experiments import Choice
from bot.exports.export import WITH_FILES, Request, export
from bot.exports.names import names_in_file, names_in_slack
from bot.exports.slack_files import slack_files
from bot.labs import Labs, read_labs
from bot.prompting import system_prompt
from bot.settings import Settings
from bot.store.journal import Journal
from bot.store.opening import opened

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed."""

    format: str
    target: Path
    labs: list[str]
    states: frozenset[str]
    since: float | None
    until: float | None
    consented: bool
    names: str | None
    archive: bool
    files: bool


async def exported(wanted: Wanted, settings: Settings) -> dict[str, Any]:
    """Export; gives the manifest."""
    names = await _names(wanted.names, settings)
    since, until = wanted.since or 0.0, float("inf") if wanted.until is None else wanted.until
    choice = Choice(wanted.states, since, until, wanted.consented)
    about = {"since": _shown(wanted.since), "until": _shown(wanted.until), "consented": wanted.consented}
    async with _files(wanted, settings) as fetch:
        request = Request(wanted.format, wanted.target, b"", choice, names, about=about, fetch=fetch)
        return await _from(request, wanted, settings)


async def _from(request: Request, wanted: Wanted, settings: Settings) -> dict[str, Any]:
    about = dict(request.about)
    if wanted.archive:
        return await _from_archive(request, settings, wanted.labs)
    async with opened(settings) as store:
        journal = Journal(store)
        labs = chosen(wanted.labs, await journal.labs())
        total = sum([await journal.count(lab) for lab in labs])
        request = replace(
            request, key=await store.pseudonym_key(), prompts=_prompts(settings, labs),
            about=about | {"labs": labs},
        )  # fmt: skip
        with Bar(total) as bar:
            return await export(_in_store(journal, labs), request, bar.show)


async def _from_archive(request: Request, settings: Settings, wanted: list[str]) -> dict[str, Any]:
    folder = settings.labjam_data / "archive"
    if not folder.is_dir():
        raise UsageError(f"LABJAM_DATA: no archive at {folder}.")
    labs = chosen(wanted, sorted(path.name for path in folder.iterdir() if path.is_dir()))
    # The store's key went with the store: these hashes are this export's own.
    about = {**request.about, "labs": labs, "source": "archive"}
    request = replace(request, key=secrets.token_bytes(32), about=about)
    with Bar(0) as bar:
        return await export(_in_archive(folder, labs), request, bar.show)


async def _in_store(journal: Journal, labs: list[str]) -> AsyncIterator[tuple[str, str]]:
    for lab in labs:
        for shard in range(journal.store.shards):
            async for page in journal.pages(shard, lab, page=_PAGE):
                for line in page:
                    yield lab, line.record


async def _in_archive(folder: Path, labs: list[str]) -> AsyncIterator[tuple[str, str]]:
    for lab in labs:
        for link in Book(folder, lab).read():
            yield lab, link.record


@asynccontextmanager
async def _files(wanted: Wanted, settings: Settings) -> AsyncGenerator[Fetch]:
    """Where the files of questions come from."""
    token = settings.slack_bot_token.get_secret_value()
    if wanted.format not in WITH_FILES or not wanted.files:
        yield refusing("left out by --no-files")
    elif not token:
        yield refusing("no token for Slack is set, so it could not be fetched")
    else:
        async with slack_files(token, settings.slack_api_url) as fetch:
            yield fetch


async def _names(where: str | None, settings: Settings) -> dict[str, str]:
    token = settings.slack_bot_token.get_secret_value()
    where = where or ("slack" if token else "none")
    if where == "none":
        return {}
    if where != "slack":
        return names_in_file(Path(where))
    if not token:
        raise UsageError("SLACK_BOT_TOKEN: not set. `--names slack` reads the members' names from Slack.")
    return await names_in_slack(token, settings.slack_api_url)


def _prompts(settings: Settings, wanted: list[str]) -> dict[str, str]:
    """The system prompts that are at hand, by version: those of the files as they are now."""
    try:
        labs: Labs = read_labs(settings, os.environ)
    except UsageError:  # a machine that only exports needs no models
        return {}
    made = [system_prompt(labs, lab) for key, lab in labs.items() if key in wanted]
    return {prompt.version: prompt.text for prompt in made}


def chosen(wanted: list[str], there: list[str]) -> list[str]:
    """Those named, "a,b" or one by one; all without. UsageError names one that is not there."""
    words = [word for given in wanted for word in given.split(",") if word]
    if unknown := [word for word in words if word not in there]:
        raise UsageError(f"--lab: {unknown[0]} has no record; there are: {', '.join(there) or 'none'}")
    return [lab for lab in there if not words or lab in words]


def _shown(at: float | None) -> str | None:
    return datetime.fromtimestamp(at, UTC).isoformat() if at is not None else None
