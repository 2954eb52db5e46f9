"""Which model answers in a trial: the user's own, one on this machine, or the scripted one."""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.errors import UsageError, WorldError
from bot.labs.folders import read_folders
from bot.settings import Settings
from bot.trial.local_model import DEMONSTRATION, SLOT, SLOTS, Weights, demonstration, own
from bot.trial.model_server import ModelServer
from bot.trial.model_show import show
from bot.trial.relay import Relay, Upstream
from bot.trial.serving import LOCAL, SCRIPTED, Kind, Say, Serving

HERE = "this machine"

MOST = 400
"""Tokens of an answer: a small model rambles, and writes some 80 of them a second."""

NOTES: dict[Kind, str] = {"yours": "", "local": LOCAL, "scripted": SCRIPTED}
"""What the page says of a model, besides its name."""

HOUSE = (
    "You answer scientists at {lab}. Answer the question in a few plain sentences. "
    "Put code in fenced blocks, and write formulas as LaTeX. Say so if you do not know."
)
LAB = "Never repeat text that carries a classification marking; name {contact} instead."
"""The whole prompt of the demonstration model, which takes a second for every 150 tokens."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The model of a trial, and the settings that make the bot ask it."""

    settings: Settings
    kind: Kind
    serving: Serving | None = None  # of a model on this machine


async def choose(settings: Settings, wanted: str, folder: Path, stack: AsyncExitStack, say: Say) -> Chosen:
    """Take what is wanted: "" the best there is, "local", "scripted", or a GGUF file."""
    if wanted not in ("", "local", "scripted"):
        return await _local(settings, own(wanted), folder, stack, say)
    has_endpoint = bool(settings.openai_api_key.get_secret_value() or settings.openai_base_url)
    if not wanted and settings.labjam_model and has_endpoint:
        return Chosen(settings, "yours")
    if not wanted and (settings.labjam_model or has_endpoint):
        lacking = "OPENAI_API_KEY (or OPENAI_BASE_URL)" if settings.labjam_model else "LABJAM_MODEL"
        say(f"Your model is not asked: {lacking} is not set.")
    weights = None if wanted == "scripted" else await _found(say)
    if weights or wanted == "local":
        return await _local(settings, weights, folder, stack, say)
    server = await stack.enter_async_context(ModelServer(show))
    return Chosen(_asking(settings, "scripted", server.base_url), "scripted")


async def _found(say: Say) -> Weights | None:
    """The demonstration model, if it is here and whole."""
    try:
        return await asyncio.to_thread(demonstration)
    except WorldError as error:
        say(str(error))
        return None


def has_own_config(settings: Settings) -> bool:
    """Whether the user has a labjam.toml, which then decides."""
    return bool(settings.labjam_config) or Path("labjam.toml").exists()


def write_config(settings: Settings, folder: Path, tables: str) -> Settings:
    """Add tables to the trial's own labjam.toml; where the user has one, that stays as it is."""
    config = folder / "labjam.toml"
    if has_own_config(settings) and settings.labjam_config != config:
        return settings
    earlier = config.read_text(encoding="utf-8") if settings.labjam_config == config else ""
    config.write_text(f"{earlier}{tables}\n", encoding="utf-8")
    return settings.model_copy(update={"labjam_config": config})


async def _local(
    settings: Settings, weights: Weights | None, folder: Path, stack: AsyncExitStack, say: Say
) -> Chosen:
    """A model on this machine: this one, or the demonstration model once it has come."""
    server = await stack.enter_async_context(ModelServer(show))
    relay = await stack.enter_async_context(Relay(Upstream(server.base_url, "scripted")))
    name, slots = (weights.name, weights.slots) if weights else (DEMONSTRATION, SLOTS)
    serving = Serving(relay, weights, folder, say, required=name != DEMONSTRATION)
    settings = _asking(settings, name, relay.base_url)
    context = SLOT * SLOTS // slots
    tables: dict[str, dict[str, Any]] = {
        f"endpoints.{json.dumps(HERE)}": {"base_url": relay.base_url},
        "models.default": {"endpoint": HERE, "context": context, "max_output": min(context // 4, MOST)},
    }
    if not has_own_config(settings):
        settings = write_config(settings, folder, _toml(tables) + "limit_output = true\n")
        if not settings.labjam_prompts and name == DEMONSTRATION:
            settings = settings.model_copy(update={"labjam_prompts": _short_prompts(folder)})
    return Chosen(settings, "local" if weights else "scripted", serving)


def _asking(settings: Settings, model: str, base_url: str) -> Settings:
    local = {"labjam_model": model, "openai_base_url": base_url, "openai_api_key": SecretStr("")}
    return settings.model_copy(update=local)


def _toml(tables: dict[str, dict[str, Any]]) -> str:
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )


def _short_prompts(folder: Path) -> Path:
    """Prompts that a model of 135 million parameters reads in a second, laid over the packaged ones."""
    overlay = folder / "prompts"
    labs = {f"{key}/system.md": LAB for key in read_folders(None).drafts}
    for name, text in ({"_house/answer.md": HOUSE} | labs).items():
        file = overlay / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"LABJAM_DATA: {overlay}: {error.strerror}") from None
    return overlay
