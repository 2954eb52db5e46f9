"""`labjam try`: a whole jam on this machine, with the real bot, the local Slack, a model and a page."""

import asyncio
import contextlib
import os
import random
import shutil
import sys
import webbrowser
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.app import Roles, run
from bot.errors import ModelError, UsageError, WorldError
from bot.labs import Lab, Labs, read_labs
from bot.labs.values import allowed
from bot.llm.openai import OpenAIModels
from bot.prompting import system_prompt
from bot.settings import Settings
from bot.slack.manifest import manifest
from bot.store.embedded import holder
from bot.trial.cast import furnish, powers
from bot.trial.choosing import NOTES, Chosen, choose, write_config
from bot.trial.crowd import MOST, Crowd
from bot.trial.feed import Feed
from bot.trial.fetching import megabytes
from bot.trial.keeping import Keeper
from bot.trial.moving import steps
from bot.trial.page_acts import Acts
from bot.trial.page_server import PageServer
from bot.trial.rates import RateLimits
from bot.trial.server import LocalSlack
from bot.trial.serving import Kind, Say, Serving

PORT = 8701
SAVE_EVERY = 1.0
STARTS_WITHIN = 20.0
STOPS_WITHIN = 8.0


@dataclass(frozen=True, slots=True)
class Options:
    """How a trial is started."""

    port: int = PORT
    labs: tuple[str, ...] = ()
    browser: bool = True
    fresh: bool = False
    model: str = ""  # "": the best there is; "local", "scripted", or a GGUF file
    crowd: int = 0  # simulated scientists


async def try_out(settings: Settings, options: Options, stop: asyncio.Event, say: Say) -> None:
    """Run a trial until `stop`; UsageError or WorldError where it can't begin."""
    folder = settings.labjam_data / "try"
    _check(options)
    _prepare(folder, options.fresh)
    async with AsyncExitStack() as stack:
        wanted = options.model or ("scripted" if options.crowd else "")  # a crowd costs money elsewhere
        asked = await choose(settings, wanted, folder, stack, say)
        labs = read_labs(asked.settings, os.environ)
        chosen = _chosen(labs, options.labs)
        slack = LocalSlack(rates=RateLimits(), calls_kept=2_000, team_name="Local stand-in")
        pressed: dict[str, str] = {}
        keeper = Keeper(folder, slack.workspace, pressed)
        say("Workspace: as you left it." if keeper.load() else "Workspace: a new one.")
        furnish(slack, chosen, labs.hq)
        say(f"Channels:  {len(chosen)} labs and #{labs.hq}.")
        say(f"Model:     {_model_line(chosen, asked)}")
        await slack.start()
        stack.push_async_callback(slack.stop)
        stack.callback(keeper.save)
        feed = Feed(slack, _about(chosen, labs, asked), pressed, (dirty := asyncio.Event()).set)
        page = PageServer(feed, Acts(slack, pressed))
        stack.push_async_callback(page.stop)
        await page.start(options.port)
        settings = write_config(asked.settings, folder, powers(slack.workspace, chosen))
        if asked.serving:
            await _begin(asked.serving, system_prompt(labs, chosen[0]).text, feed, stop, stack)
        elif asked.kind == "yours":
            stack.callback(asyncio.create_task(_try_model(chosen, feed, say)).cancel)
        bot = await _start_bot(_bot_settings(settings, slack, folder), slack, stop, stack)
        parts = {bot, asyncio.create_task(_save_on_change(keeper, dirty))}
        if options.crowd:
            crowd = Crowd(slack, chosen, random.Random())  # noqa: S311 - who asks what
            parts.add(asyncio.create_task(crowd.run(options.crowd)))
            say(f"Crowd:     {options.crowd} simulated scientists keep asking.")
        for part in parts - {bot}:
            stack.callback(part.cancel)
        say(f"\nOpen {page.url} in your browser. Ctrl-C stops it; what was said is kept in {folder}.")
        if options.browser and _has_display():
            await asyncio.to_thread(webbrowser.open, page.url)
        await _until_stopped(parts, stop)
        say("Stopping.")


async def _begin(
    serving: Serving, prompt: str, feed: Feed, stop: asyncio.Event, stack: AsyncExitStack
) -> None:
    """Start a model on this machine; one that is here is waited for, one that must be fetched is not."""

    def show(kind: Kind, note: str) -> None:
        feed.tell_model({**feed.about["model"], "kind": kind, "note": note})

    here = serving.weights
    stack.push_async_callback(serving.stop)
    serving.start(prompt, show)
    if here:
        await _first(serving.ready, stop)
        if serving.failure and serving.required:
            raise WorldError(serving.failure)


async def _try_model(labs: list[Lab], feed: Feed, say: Say) -> None:
    """Say at the start what is wrong with a model of the user's, rather than under each question."""
    models = OpenAIModels()
    try:
        for spec in dict.fromkeys(lab.models[0] for lab in labs):
            try:
                await models.check(spec)
            except ModelError as error:
                say(f"Model {spec.id}: {error}.\nMend its id, address or token, and start again.")
                note = f"{spec.id} does not answer: labjam's terminal says why."
                feed.tell_model({**feed.about["model"], "note": note})
    finally:
        await models.close()


async def _first(*events: asyncio.Event) -> None:
    """Wait for whichever comes first."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


def guide(settings: Settings, keys: tuple[str, ...], command: str) -> str:
    """How to take the trial to a real workspace, for the labs of this deployment, or only these."""
    model = settings.labjam_model or "any"  # reading the labs asks for one; the steps don't name it
    named = {"labjam_model": model, "openai_base_url": settings.openai_base_url or "http://127.0.0.1"}
    labs = read_labs(settings.model_copy(update=named), os.environ)
    return steps(_chosen(labs, keys), labs.hq, command)


def _check(options: Options) -> None:
    if not 0 <= options.port < 65_536:
        raise UsageError(f"--port: {options.port} is no port; from 0, which takes a free one, to 65535")
    if not 0 <= options.crowd <= MOST:
        raise UsageError(f"--seed-crowd: {options.crowd} people; from 0 to {MOST:,} are possible")


def _stay_here() -> None:
    """Let no proxy of the environment be asked for what is on this machine."""
    for name in ("NO_PROXY", "no_proxy"):
        named = os.environ.get(name) or os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        os.environ[name] = ",".join(filter(None, (named, "127.0.0.1,localhost")))


def _prepare(folder: Path, fresh: bool) -> None:
    _stay_here()
    if process := holder(folder):
        raise WorldError(
            f"LABJAM_DATA: {folder} is in use by another `labjam try` (process {process}). "
            "Stop that one, or name another folder."
        )
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorldError(f"LABJAM_DATA: {folder}: {error.strerror}. Name a folder to write to.") from None


def _chosen(labs: Labs, keys: tuple[str, ...]) -> list[Lab]:
    unknown = [key for key in keys if key not in labs]
    if unknown:
        raise UsageError(f"--labs: {unknown[0]} is no lab here; {allowed(sorted(labs), unknown[0])}")
    return [lab for key, lab in labs.items() if not keys or key in keys]


def _model_line(labs: list[Lab], asked: Chosen) -> str:
    if asked.serving and not asked.serving.weights:
        return f"scripted, while a small real one is fetched: {megabytes()} MB, once."
    if asked.kind == "scripted":
        return (
            "scripted; it only shows how answers look. `labjam try --model local` fetches\n"
            "           a small real one; LABJAM_MODEL and OPENAI_API_KEY name yours."
        )
    return ", ".join(dict.fromkeys(f"{lab.models[0].id} at {lab.models[0].endpoint.name}" for lab in labs))


def _about(chosen: list[Lab], labs: Labs, asked: Chosen) -> dict[str, Any]:
    """What the page shows of this deployment."""
    features = manifest()["features"]
    models = dict.fromkeys(lab.models[0].id for lab in chosen)
    return {
        "model": {"name": ", ".join(models), "kind": asked.kind, "note": NOTES[asked.kind]},
        "labs": [{"channel": lab.channel, "title": lab.title} for lab in chosen],
        "hq": labs.hq,
        "commands": features["slash_commands"],
        "shortcuts": features["shortcuts"],
    }


def _bot_settings(settings: Settings, slack: LocalSlack, folder: Path) -> Settings:
    local = {
        "slack_bot_token": SecretStr(slack.bot_token),
        "slack_app_token": SecretStr(slack.app_token),
        "slack_signing_secret": SecretStr(""),
        "slack_api_url": slack.api_url,
        "redis_url": "",
        "labjam_data": folder,
        "labjam_http": "127.0.0.1:0",
    }
    return settings.model_copy(update=local)


async def _start_bot(
    settings: Settings, slack: LocalSlack, stop: asyncio.Event, stack: AsyncExitStack
) -> asyncio.Task[None]:
    """Start the very bot of `labjam run`, and wait until Slack can reach it."""
    bot = asyncio.create_task(run(settings, Roles(slack=True, work=True), stop))

    async def end() -> None:
        stop.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(bot), STOPS_WITHIN)

    stack.push_async_callback(end)
    loop = asyncio.get_running_loop()
    end_of_patience = loop.time() + STARTS_WITHIN
    while not slack.sockets.live and not bot.done() and not stop.is_set():
        if loop.time() > end_of_patience:
            raise WorldError(f"the bot did not connect within {STARTS_WITHIN:.0f} s. Try LABJAM_LOG=debug.")
        await asyncio.sleep(0.02)
    return bot


async def _until_stopped(parts: set[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Wait for the end; an error that ends a part ends the trial."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({*parts, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    for part in parts:
        if part.done():
            await part


async def _save_on_change(keeper: Keeper, dirty: asyncio.Event) -> None:
    while True:
        await dirty.wait()
        dirty.clear()
        keeper.save()
        await asyncio.sleep(SAVE_EVERY)


def _has_display() -> bool:
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(shown) or sys.platform in ("darwin", "win32")
