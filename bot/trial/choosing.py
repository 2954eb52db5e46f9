"""Which model answers in a trial: the user's own, one on this machine, or the scripted one."""

import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from bot.errors import UsageError
from bot.labs.folders import read_folders
from bot.settings import Settings
from bot.trial.local_model import SLOT, LocalModel, Say, Weights, demonstration, install, own
from bot.trial.model_server import ModelServer
from bot.trial.model_show import show

Kind = Literal["yours", "local", "scripted"]

HERE = "this machine"

MOST = 400
"""Tokens of an answer: a small model rambles, and writes some 80 of them a second."""

NOTES = {
    "yours": "",
    "local": "A small model on this machine, for demonstration: it is often wrong.",
    "scripted": "Scripted: it only shows how answers look.",
}
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
    running: LocalModel | None = None


async def choose(settings: Settings, wanted: str, folder: Path, stack: AsyncExitStack, say: Say) -> Chosen:
    """Start what is wanted: "" the best there is, "local", "scripted", or a GGUF file."""
    if wanted == "scripted":
        return await _scripted(settings, stack)
    if wanted not in ("", "local"):
        return await _local(settings, own(wanted), folder, stack)
    has_endpoint = bool(settings.openai_api_key.get_secret_value() or settings.openai_base_url)
    if not wanted and settings.labjam_model and has_endpoint:
        return Chosen(settings, "yours")
    weights = demonstration()
    if wanted and not weights and await install(say):
        weights = demonstration()
    if weights:
        return await _local(settings, weights, folder, stack)
    if wanted:
        say("So the scripted model serves. Try again when the network allows: labjam try --model local")
    return await _scripted(settings, stack)


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


async def _scripted(settings: Settings, stack: AsyncExitStack) -> Chosen:
    server = await stack.enter_async_context(ModelServer(show))
    return Chosen(_asking(settings, "scripted", server.base_url), "scripted")


async def _local(settings: Settings, weights: Weights, folder: Path, stack: AsyncExitStack) -> Chosen:
    running = await stack.enter_async_context(LocalModel(weights))
    settings = _asking(settings, weights.name, running.base_url)
    context = SLOT * 4 // weights.slots
    tables: dict[str, dict[str, Any]] = {
        f"endpoints.{json.dumps(HERE)}": {"base_url": running.base_url},
        "models.default": {"endpoint": HERE, "context": context, "max_output": min(context // 4, MOST)},
    }
    if not has_own_config(settings):
        settings = write_config(settings, folder, _toml(tables) + "limit_output = true\n")
        if not settings.labjam_prompts and weights.slots > 2:
            settings = settings.model_copy(update={"labjam_prompts": _short_prompts(folder)})
    return Chosen(settings, "local", running)


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
