"""`labjam check`: tries every token, scope, channel, model and the store, and says what to do."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ModelError, RetryLater, SlackError, UsageError, WorldError
from bot.labs import Labs, read_labs
from bot.llm.openai import OpenAIModels
from bot.settings import Settings
from bot.slack.client import Identity, identify, open_session, web_client
from bot.slack.manifest import SCOPES, scopes
from bot.slack.outbox import Outbox
from bot.slack.sockets import try_app_token
from bot.store.embedded import EmbeddedServer, holder
from bot.store.redis import Store

log = logging.getLogger(__name__)

_MODEL_LIMIT = 90  # seconds: a lab's endpoint may have to start the model first
_TYPES = "public_channel,private_channel"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `remedy` is empty where all is well."""

    what: str
    says: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{'missing' if self.remedy else 'ok':8}{self.what}: {self.says}"
        return f"{line}. {self.remedy}" if self.remedy else line


async def check(settings: Settings, say: Callable[[str], object]) -> int:
    """Say one line for each thing; 1 if one is missing, else 0."""
    missing = False
    async for finding in _findings(settings):
        say(str(finding))
        missing = missing or bool(finding.remedy)
    return int(missing)


async def warn_of_channels(outbox: Outbox, labs: Labs) -> None:
    """Log which channels are missing: nobody can ask there, or read what crosses labs."""
    async for finding in _channels(outbox, labs):
        if finding.remedy:
            about = {"channel": finding.what, "says": finding.says, "remedy": finding.remedy}
            log.warning("channel missing", extra=about)


async def _findings(settings: Settings) -> AsyncGenerator[Finding]:
    for name in type(settings).model_fields:
        yield _setting(settings, name)
    yield await _store(settings)
    labs = None
    try:
        labs = read_labs(settings, os.environ)
        yield Finding("labs", ", ".join(labs))
    except UsageError as error:
        yield Finding("labs", str(error).rstrip(".?"), "Mend the file or setting it names.")
    async for finding in _slack(settings, labs):
        yield finding
    if labs:
        async for finding in _models(labs):
            yield finding


def _setting(settings: Settings, name: str) -> Finding:
    value = getattr(settings, name)
    shown = (
        "set" if hasattr(value, "get_secret_value") and value.get_secret_value() else str(value or "not set")
    )
    says = type(settings).model_fields[name].description or ""
    if name == "redis_url" and value:
        shown = "set"  # it may carry a password
    return Finding(name.upper(), f"{shown} ({says})")


async def _store(settings: Settings) -> Finding:
    if not settings.redis_url and (process := holder(settings.labjam_data)):
        return Finding("store", f"the embedded server of labjam process {process} runs")
    embedded = None if settings.redis_url else EmbeddedServer(settings.labjam_data)
    try:
        if embedded:
            await embedded.start()
        store = await Store.connect(settings.redis_url or (embedded.url if embedded else ""))
        await store.close()
    except (UsageError, WorldError) as error:
        return Finding("store", str(error).rstrip(".?"), "See the setting it names.")
    finally:
        if embedded:
            await embedded.stop()
    return Finding("store", "reached" if settings.redis_url else "the embedded server starts")


async def _slack(settings: Settings, labs: Labs | None) -> AsyncGenerator[Finding]:
    token = settings.slack_bot_token.get_secret_value()
    async with open_session() as session:
        client = web_client(token, settings.slack_api_url, session)
        yield await _hearing(settings, client)
        try:
            identity = await identify(client)
        except WorldError as error:
            yield Finding("Slack", str(error).rstrip(".?"), "Then run `labjam check` again.")
            return
        yield Finding("Slack", f"{identity.team_name} ({identity.url or identity.team})")
        yield _scopes(identity)
        if labs:
            async for finding in _channels(Outbox(client, identity.user), labs):
                yield finding


async def _hearing(settings: Settings, client: AsyncWebClient) -> Finding:
    app_token = settings.slack_app_token.get_secret_value()
    if not app_token and settings.slack_signing_secret.get_secret_value():
        return Finding("events", "over HTTP, signed")
    if not app_token:
        return Finding(
            "events", "no token", "Set SLACK_APP_TOKEN (xapp-…), or SLACK_SIGNING_SECRET for HTTP."
        )
    try:
        await try_app_token(client, app_token)
    except WorldError as error:
        return Finding("events", str(error).rstrip(".?"), "Then run `labjam check` again.")
    return Finding("events", "over Socket Mode")


def _scopes(identity: Identity) -> Finding:
    needed, all_of_them = scopes(gov=True), scopes()
    lacking = sorted(needed.keys() - identity.scopes)
    if lacking:
        uses = "; ".join(f"{scope} (to {SCOPES[scope]})" for scope in lacking)
        return Finding("scopes", uses, "Add them under OAuth & Permissions and install the app again.")
    if all_of_them.keys() - identity.scopes:
        return Finding("scopes", "all granted that an app without the agent view has; guests may take part")
    return Finding("scopes", "all granted")


async def _channels(outbox: Outbox, labs: Labs) -> AsyncGenerator[Finding]:
    try:
        seen = await _channels_we_are_in(outbox)
    except (SlackError, RetryLater) as error:
        yield Finding(
            "channels", f"can't be listed ({error})", "Add the scopes channels:read and groups:read."
        )
        return
    uses = [(lab.channel, f"{lab.title} is asked there", f"{lab.key}/lab.toml") for lab in labs.values()]
    for channel, use, file in [
        *uses,
        (labs.hq, "news for all labs is posted there", "labjam.toml ([jam] hq)"),
    ]:
        if channel in seen:
            yield Finding(f"#{channel}", use)
        else:
            remedy = f"Create the channel and type /invite @labjam there, or name another in {file}."
            yield Finding(f"#{channel}", "labjam is not in it", remedy)


async def _channels_we_are_in(outbox: Outbox) -> set[str]:
    seen: set[str] = set()
    cursor = ""
    while True:
        page = await outbox.insist("users.conversations", types=_TYPES, limit=200, cursor=cursor)
        for channel in page["channels"]:
            seen |= {channel["id"], channel["name"]}
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            return seen


async def _models(labs: Labs) -> AsyncGenerator[Finding]:
    models = OpenAIModels()
    used = {spec.name: spec for lab in labs.values() for spec in lab.models}
    try:
        for spec in used.values():
            what = f"model {spec.name} ({spec.id} at {spec.endpoint.base_url})"
            try:
                async with asyncio.timeout(_MODEL_LIMIT):
                    yield Finding(what, await models.check(spec))
            except (ModelError, TimeoutError) as error:
                yield Finding(
                    what,
                    str(error).rstrip(".?") or f"no reply in {_MODEL_LIMIT} seconds",
                    "Check the model's id, its endpoint's address and its token.",
                )
    finally:
        await models.close()
