"""The one Slack client of a process: one shared HTTP session, and a token that was tried at start."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import WorldError
from bot.slack.failure import read_failure

CALL_LIMIT = 30.0
"""Seconds for one Web API call; the shared session decides, slack_sdk's own `timeout` no longer does."""

_REMEDIES = {
    "not_authed": "set it to the Bot User OAuth Token (xoxb-…) of OAuth & Permissions",
    "invalid_auth": "Slack does not know it; copy the Bot User OAuth Token (xoxb-…) again",
    "token_revoked": "it was revoked; install the app again and copy the new token",
    "token_expired": "it has expired; install the app again and copy the new token",
    "account_inactive": "the app was removed; install it again",
    "not_allowed_token_type": "it is not a bot token; it must begin with xoxb-",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who our token says we are."""

    user: str
    bot: str
    team: str
    team_name: str
    enterprise: str | None
    url: str
    scopes: frozenset[str]


def open_session() -> aiohttp.ClientSession:
    """The session that all calls share: their connections stay open."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=CALL_LIMIT, connect=10),
        connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=60),
        trust_env=behind_proxy(),
    )


def behind_proxy() -> bool:
    """Whether the environment names a proxy; looking for it costs a little with each call."""
    return bool(getproxies())


def proxy_for(url: str) -> str | None:
    """The proxy that HTTPS_PROXY or HTTP_PROXY names for an address, unless NO_PROXY excepts it."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def web_client(token: str | None, api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that repeats nothing by itself: slack_sdk would post twice after a dropped reply."""
    client = AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[])
    client.proxy = None  # the session finds it; slack_sdk does not know NO_PROXY
    return client


async def identify(client: AsyncWebClient) -> Identity:
    """Ask Slack whose token this is; WorldError names the setting and the remedy."""
    untyped: Any = client
    try:
        response = await untyped.auth_test()
    except SlackApiError as error:
        failure = read_failure(error)
        word = failure.word or f"HTTP {failure.status}"
        raise WorldError(
            f"SLACK_BOT_TOKEN: {word}: {_REMEDIES.get(word, 'see api.slack.com/apps')}."
        ) from None
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise WorldError(
            f"SLACK_API_URL: {client.base_url} does not answer ({type(error).__name__}). "
            "Is the address right, and does this machine reach it?"
        ) from None
    scopes = response.headers.get("x-oauth-scopes", "")
    return Identity(
        user=response["user_id"],
        bot=response.get("bot_id") or "",
        team=response["team_id"],
        team_name=response.get("team") or "",
        enterprise=response.get("enterprise_id"),
        url=response.get("url") or "",
        scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
    )


def authorized(identity: Identity, token: str) -> AuthorizeResult:
    """Bolt's view of the same: given to it ready, or it would ask once for each event of a cold start."""
    return AuthorizeResult(
        enterprise_id=identity.enterprise,
        team_id=identity.team,
        bot_user_id=identity.user,
        bot_id=identity.bot,
        bot_token=token,
    )
