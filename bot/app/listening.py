"""How Slack reaches a process: Bolt, its sockets, and the web server."""

import logging
from contextlib import AsyncExitStack
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.app.parts import Parts
from bot.errors import LabjamError, StoreAway
from bot.slack.client import authorized, web_client
from bot.slack.responding import responding
from bot.slack.sockets import Sockets
from bot.web import Web

log = logging.getLogger(__name__)


def bolt(parts: Parts) -> AsyncApp:
    """An app without listeners, which asks Slack nothing of its own accord."""
    settings = parts.settings
    result = authorized(parts.identity, settings.slack_bot_token.get_secret_value())

    async def authorize() -> AuthorizeResult:
        return result

    # Bolt copies this level to loggers that write whole payloads, people's words, below it.
    quiet = logging.getLogger("labjam.bolt")
    quiet.setLevel(logging.ERROR)
    app = AsyncApp(
        name="labjam",
        logger=quiet,
        client=web_client(None, settings.slack_api_url, parts.session),
        authorize=authorize,
        signing_secret=settings.slack_signing_secret.get_secret_value() or None,
        attaching_conversation_kwargs_enabled=False,  # they cost a Slack call per message
    )
    app.error(_broke)
    untyped: Any = app
    untyped.use(responding(parts.session))
    return app


async def _broke(error: Exception) -> None:
    if isinstance(error, LabjamError):
        log.warning("event not taken in", extra={"why": str(error)})
    else:
        log.error("event not taken in", exc_info=error, extra={"error": type(error).__name__})


async def listen(parts: Parts, app: AsyncApp, stack: AsyncExitStack) -> None:
    """Open the web server and, in Socket Mode, the sockets."""
    settings = parts.settings
    app_token = settings.slack_app_token.get_secret_value()
    sockets = Sockets(app, parts.client, app_token) if app_token else None

    async def missing() -> str:
        try:
            await parts.store.ping()
        except StoreAway as error:
            return f"REDIS_URL: {error}"
        if sockets and not await sockets.connected():
            return "SLACK_APP_TOKEN: no socket is open"
        return ""

    signed = bool(settings.slack_signing_secret.get_secret_value())
    web = Web(settings.http_address, missing, app if signed else None)
    stack.push_async_callback(web.stop)
    await web.start()
    if sockets:
        stack.push_async_callback(sockets.stop)
        await sockets.start()
