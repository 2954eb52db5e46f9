"""Puts every source of a lab's settings together, and stops at the first mistake with one plain line."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bot.caps import NAMES, Cap
from bot.errors import UsageError
from bot.labs.files import Source, key_path, read_table
from bot.labs.folders import Draft, Folders, read_folders
from bot.labs.lab import HQ_CHANNEL, MESSAGES, Lab, Labs, Suggestion
from bot.labs.lookups import LookUps
from bot.labs.models import DEFAULT, check_token, read_models
from bot.labs.tables import ConfigTable, LabTable, ReferencesTable, SlackTable
from bot.labs.values import allowed
from bot.llm.model import ModelSpec, Moderation
from bot.settings import Settings
from bot.slack.rates import Rates

CONTACT = "your lab's classification or export-control office"

NO_MODEL = (
    "LABJAM_MODEL: not set. Set it to the id of a model at OPENAI_BASE_URL (or OpenAI), "
    "or name models in labjam.toml"
)


def read_labs(settings: Settings, environ: Mapping[str, str]) -> Labs:
    """Read the labs that run here; UsageError names the file and the key of the first mistake.

    Laid over one another, the last on top: the packaged prompts/, the folder LABJAM_PROMPTS, labjam.toml.
    `environ` is only asked whether the variables that hold the labs' tokens are set.
    """
    file, config = _config(settings)
    folders = read_folders(settings.labjam_prompts)
    drafts = _drafts(folders, config, file)
    models = read_models(config, file, settings)
    by_key = {
        draft.key: replace(_lab(draft, models, config, file), guard=folders.guard.over(draft.rules))
        for draft in drafts
    }
    hq = config.jam.hq or HQ_CHANNEL
    _check_channels(drafts, by_key, hq)
    for spec in {spec for lab in by_key.values() for spec in lab.models}:
        check_token(spec, settings, environ)
    rates = _rates(config.slack, settings)
    look_ups = _look_ups(config.references)
    return Labs(by_key, folders.house, models, hq, tuple(config.jam.leads), rates, folders.guard, look_ups)


def _look_ups(table: ReferencesTable) -> LookUps:
    return LookUps(table.look_up, table.contact or "", table.doi, table.arxiv, table.pubmed)


def _rates(table: SlackTable, settings: Settings) -> Rates:
    return Rates(settings.labjam_slack_rate_factor, table.per_minute, table.posts_per_second, table.streaming)


def _config(settings: Settings) -> tuple[str, ConfigTable]:
    named = settings.labjam_config
    path = named or Path("labjam.toml")
    if named is None and not path.exists():
        return str(path), ConfigTable()
    if not path.is_file():
        raise UsageError(f"LABJAM_CONFIG: {path} is not a file; it must be a labjam.toml")
    return str(path), read_table(path, str(path), ConfigTable)


def _drafts(folders: Folders, config: ConfigTable, file: str) -> list[Draft]:
    """The labs that run, by key, with labjam.toml's tables laid on top."""
    known = sorted(folders.drafts)
    for key, table in config.labs.items():
        if key not in folders.drafts:
            what = f"unknown lab; {allowed(known, key)}"
            raise UsageError(f"{file}: {key_path('labs', key)}: {what}")
        folders.drafts[key].layers.append((Source(file, f"labs.{key}."), table))
    for key in config.jam.labs or ():
        if key not in folders.drafts:
            raise Source(file).wrong("jam.labs", f"unknown lab; {allowed(known, key)}", key)
    return [folders.drafts[key] for key in known if config.jam.labs is None or key in config.jam.labs]


def _lab(draft: Draft, models: Mapping[str, ModelSpec], config: ConfigTable, file: str) -> Lab:
    table = draft.table()
    if not draft.system:
        raise UsageError(f"{draft.folder}/system.md: missing; every lab needs its own prompt")
    return Lab(
        key=draft.key,
        title=_needed(draft, "name", table.name),
        short=_needed(draft, "short", table.short),
        place=_needed(draft, "place", table.place),
        channel=_needed(draft, "channel", table.channel),
        zone=_needed(draft, "zone", table.zone),
        models=_models(draft, table, models, config, file),
        answer=table.answer or "all",
        contact=table.contact or CONTACT,
        moderators=tuple(table.moderators or ()),
        caps=_caps(table),
        guests=table.guests or "allowed",
        strangers=table.strangers or "allowed",
        digest_at=table.digest_at or "17:00",
        digest_days=table.digest_days or "weekdays",
        endpoint=table.endpoint or "",
        link_hosts=tuple(table.link_hosts or ()),
        messages=table.messages or MESSAGES,
        numeric_scores=bool(table.numeric_scores),
        compare_share=table.compare_share or 0,
        wrap_up_after=table.wrap_up_after or 0,
        system=draft.system,
        keep_days=table.keep_days or 0,
        keep_archive=table.keep_archive is not False,
        certify=table.certify or config.jam.certify,
        moderation=Moderation(table.moderation.model, table.moderation.failure) if table.moderation else None,
        suggestions=tuple(Suggestion(one.title, one.message) for one in table.suggestions or ()),
    )


def _needed(draft: Draft, key: str, value: str | None) -> str:
    if value is None:
        raise UsageError(
            f"{draft.folder}/lab.toml: {key}: missing; a new lab needs name, short, place, channel and zone"
        )
    return value


def _caps(table: LabTable) -> tuple[Cap, ...]:
    caps = table.caps or {}
    return tuple(Cap.of(name, caps[name]) for name in NAMES if caps.get(name))


def _models(
    draft: Draft, table: LabTable, models: Mapping[str, ModelSpec], config: ConfigTable, file: str
) -> tuple[ModelSpec, ...]:
    """A lab's models in the order preferred, all of them on its own endpoint where it is bound to one."""
    source, key = draft.source_of("models"), "models"
    if source is None:
        source, key = Source(file), "jam.default_models"
    names = table.models or config.jam.default_models
    for name in names:
        if name in models:
            continue
        if name == DEFAULT:
            raise UsageError(NO_MODEL)
        raise source.wrong(key, f"unknown model; {allowed(sorted(models), name)}", name)
    specs = tuple(models[name] for name in names)
    _check_bound(draft, table.endpoint, specs, models)
    _check_priced(draft, table, specs)
    return specs


def _check_bound(
    draft: Draft, endpoint: str | None, specs: tuple[ModelSpec, ...], models: Mapping[str, ModelSpec]
) -> None:
    source = draft.source_of("endpoint")
    if endpoint is None or source is None:
        return
    for spec in specs:
        if spec.endpoint.name != endpoint:
            there = sorted(name for name, model in models.items() if model.endpoint.name == endpoint)
            what = (
                f"lab {draft.key} is bound to this endpoint, but its model {spec.name} is at "
                f"{spec.endpoint.name}; models there: {', '.join(there) or 'none'}"
            )
            raise source.wrong("endpoint", what, endpoint)


def _check_priced(draft: Draft, table: LabTable, specs: tuple[ModelSpec, ...]) -> None:
    source = draft.source_of("caps")
    for cap in _caps(table):
        free = next((spec.name for spec in specs if not spec.prices), "")
        if source and cap.measure == "usd" and free:
            what = f"model {free} has no prices, so its dollars can't be counted; give it prices"
            raise source.wrong(f"caps.{cap.name}", what, cap.amount)


def _check_channels(drafts: list[Draft], by_key: Mapping[str, Lab], hq: str) -> None:
    taken = {hq: "what crosses labs"}
    for draft in drafts:
        channel = by_key[draft.key].channel
        if channel in taken:
            source = draft.source_of("channel") or Source(draft.folder)
            raise source.wrong("channel", f"taken by {taken[channel]}; each lab has its own", channel)
        taken[channel] = f"lab {draft.key}"
