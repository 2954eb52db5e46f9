"""The composition root: the only place that makes things and ties them together."""

import asyncio
import logging
import os
from contextlib import AsyncExitStack

from bot.app.hearing import hear
from bot.app.parts import Roles, open_parts
from bot.app.working import work
from bot.errors import UsageError
from bot.labs import read_labs
from bot.settings import Settings

__all__ = ["Roles", "run"]

log = logging.getLogger(__name__)


async def run(settings: Settings, roles: Roles, stop: asyncio.Event) -> None:
    """Be a labjam process until `stop`; UsageError or WorldError where it can't begin."""
    _require_tokens(settings, roles)
    labs = read_labs(settings, os.environ)
    async with AsyncExitStack() as stack:
        parts = await open_parts(settings, labs, stack)
        if roles.slack:
            await hear(parts, stack)
        team = parts.identity.team_name
        log.info("started", extra={"team": team, "labs": ",".join(labs), "work": roles.work})
        if roles.work:
            await work(parts, stack, stop)
        else:
            await stop.wait()
    log.info("stopped")


def _require_tokens(settings: Settings, roles: Roles) -> None:
    if not settings.slack_bot_token.get_secret_value():
        raise UsageError("SLACK_BOT_TOKEN: not set. Set it to the Bot User OAuth Token (xoxb-…) of your app.")
    hears = settings.slack_app_token.get_secret_value() or settings.slack_signing_secret.get_secret_value()
    if roles.slack and not hears:
        raise UsageError(
            "SLACK_APP_TOKEN: not set. Set it to the app-level token (xapp-…) for Socket Mode, "
            "or SLACK_SIGNING_SECRET for HTTP."
        )
    if not (roles.slack and roles.work) and not settings.redis_url:
        raise UsageError("REDIS_URL: not set. `serve` and `work` share one; only `run` brings its own.")
