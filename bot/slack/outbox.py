"""Every call to Slack: paced by what Slack said of its limits, repeated only where that is safe."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import RetryLater, SlackBusy, SlackRefused, SlackUnsure
from bot.slack.failure import Failure, read_failure

log = logging.getLogger(__name__)

PATIENCE = 90.0
"""Seconds a call that must stand is tried for, before its job goes back to the queue."""

_BUSY = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_PASSING = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}


_NOT_JSON = {"chat.delete", "chat.getPermalink"}
_MENDABLE = {
    "account_inactive", "ekm_access_denied", "invalid_auth", "missing_scope", "not_authed", "not_in_channel",
    "org_login_required", "team_access_not_granted", "token_expired", "token_revoked",
}  # fmt: skip
"""Refusals that end when somebody mends the app's token, scopes or membership: no answer ends by them."""
_MEND_EVERY = 30.0  # seconds

Hold = Callable[[], Awaitable[None]]


class Outbox:
    """One workspace app's calls. A method that Slack told to rest is not called before it may be."""

    def __init__(
        self, client: AsyncWebClient, us: str, *,
        clock: Callable[[], float] = time.monotonic, chance: random.Random | None = None,
    ) -> None:  # fmt: skip
        self.us = us  # the bot's user id
        self._client: Any = client
        self._chance = chance or random.Random()  # noqa: S311 - jitter
        self._clock = clock
        self.streams = True  # until Slack says that this workspace has no streaming
        self._rests: dict[tuple[str, str, str], float] = {}  # budget -> when it may be used again

    async def call(self, method: str, team: str = "", **args: Any) -> dict[str, Any]:
        """Make one call, once; SlackBusy, SlackRefused or SlackUnsure where it did not go through."""
        budget = (team, method, str(args.get("channel", "")) if method == "chat.postMessage" else "")
        wait = self._rests.get(budget, 0.0) - self._clock()
        if wait > 0:
            raise SlackBusy(method, wait)
        try:
            response: Any = await self._client.api_call(method, **_sent(method, args))
        except SlackApiError as error:
            raise self._read(method, budget, read_failure(error)) from None
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackUnsure(method, type(error).__name__) from None
        return response.data

    async def insist(
        self, method: str, team: str = "", *, hold: Hold | None = None, once: bool = False, **args: Any
    ) -> dict[str, Any]:
        """Make a call until it stands; RetryLater after PATIENCE, or where an operator must act first.

        `hold` is asked before each try whether we may still speak. With `once`, a call that may
        have taken effect is not repeated: SlackUnsure comes out.
        """
        until = self._clock() + PATIENCE
        pause = 0.25
        while True:
            try:
                if hold:
                    await hold()
                return await self.call(method, team, **args)
            except SlackRefused as refused:
                raise _mendable(refused) from None
            except SlackBusy as busy:
                wait = busy.retry_after * (1 + self._chance.random() / 2)  # not all at once again
            except SlackUnsure as unsure:
                if once:
                    raise
                log.warning("Slack unsure", extra={"method": method, "error": unsure.error})
                wait = pause = min(8.0, pause * 2)
            if self._clock() + wait > until:
                raise RetryLater(f"Slack does not take {method}", wait, counts=False)
            await asyncio.sleep(wait)

    def _read(self, method: str, budget: tuple[str, str, str], failure: Failure) -> Exception:
        if failure.status == 429 or failure.word in _BUSY:
            self._rests[budget] = self._clock() + failure.retry_after
            return SlackBusy(method, failure.retry_after)
        if failure.status >= 500 or failure.word in _PASSING or not failure.word:
            return SlackUnsure(method, failure.word or f"HTTP {failure.status}")
        return SlackRefused(method, failure.word)


def _mendable(refused: SlackRefused) -> Exception:
    """The refusal itself, or a later try where somebody can put an end to it."""
    if refused.error not in _MENDABLE:
        return refused
    log.error("Slack refuses us", extra={"error": str(refused)})
    return RetryLater(str(refused), _MEND_EVERY, counts=False)


def _sent(method: str, args: dict[str, Any]) -> dict[str, Any]:
    """How slack_sdk sends this method: Slack reads JSON only where its page says so."""
    if method.startswith(("chat.", "views.", "agents.", "assistant.")) and method not in _NOT_JSON:
        return {"json": args}
    return {"params": args}
