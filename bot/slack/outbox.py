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
from bot.slack.pacer import Line, Pacer, Who
from bot.slack.rates import POSTS, STOP, UPDATE

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

NOBODY = Who()


class Outbox:
    """One workspace app's calls: each waits for its turn, and what Slack told to rest is not called."""

    def __init__(
        self, client: AsyncWebClient, us: str, pacer: Pacer | None = None, *,
        clock: Callable[[], float] = time.monotonic, chance: random.Random | None = None,
    ) -> None:  # fmt: skip
        self.us = us  # the bot's user id
        self.streams = pacer is None or pacer.rates.streaming  # until Slack says that it has none here
        self.pacer = pacer
        self._client: Any = client
        self._chance = chance or random.Random()  # noqa: S311 - jitter
        self._clock = clock
        self._rests: dict[tuple[str, str, str], float] = {}  # budget -> when it may be used again
        self._kept: dict[tuple[str, str], str] = {}  # channel and ts -> the call its end is kept back by

    async def call(
        self, method: str, team: str = "", *, who: Who = NOBODY, spare: float = 0.0, keeps: str = "",
        **args: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Make one call, now and once; SlackBusy, SlackRefused or SlackUnsure where it did not go through.

        `spare` and `keeps` are the pacer's: a part of the budget to leave, and the method that will end
        what this call makes.
        """
        channel = _channel(args)
        self._check_rest(method, team, channel)
        if not self.pacer:
            return await self._make(method, team, channel, args)
        if not keeps:
            await self.pacer.soon(method, team, channel, who, spare=spare)
            return await self._make(method, team, channel, args)
        kept = await self.pacer.soon(method, team, channel, who, spare=spare, keeps=keeps)
        try:
            made = await self._make(method, team, channel, args)
        except (SlackBusy, SlackRefused):
            self.pacer.free(team, kept)
            raise
        self._kept[channel, str(made["ts"])] = kept
        return made

    async def insist(
        self, method: str, team: str = "", *, hold: Hold | None = None, once: bool = False,
        line: Line | None = None, who: Who = NOBODY, **args: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Make a call until it stands; RetryLater after PATIENCE, or where an operator must act first.

        Waiting for a turn, in `line` or in one of our own, is no part of PATIENCE. `hold` is asked
        before each try whether we may still speak. With `once`, a call that may have taken effect is
        not repeated: SlackUnsure comes out.
        """
        channel = _channel(args)
        line = line or (self.pacer.line(method, team, channel, who) if self.pacer else None)
        until = self._clock() + PATIENCE
        pause = 0.25
        while True:
            try:
                until += await self._turn(line)
                if hold:
                    await hold()
                self._check_rest(method, team, channel)
                return await self._make(method, team, channel, args, last=True)
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

    async def _turn(self, line: Line | None) -> float:
        """Wait for our turn; gives the seconds that took."""
        if line is None:
            return 0.0
        began = self._clock()
        await line.turn()
        return self._clock() - began

    def _check_rest(self, method: str, team: str, channel: str) -> None:
        wait = self._rests.get(_budget(method, team, channel), 0.0) - self._clock()
        if self.pacer:
            wait = max(wait, self.pacer.resting(method, team, channel))
        if wait > 0:
            raise SlackBusy(method, wait)

    async def _make(
        self, method: str, team: str, channel: str, args: dict[str, Any], *, last: bool = False
    ) -> dict[str, Any]:
        if method == STOP or (last and method == UPDATE):
            self._end(team, channel, str(args["ts"]))
        try:
            response: Any = await self._client.api_call(method, **_sent(method, args))
        except SlackApiError as error:
            raise self._read(method, team, channel, read_failure(error)) from None
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackUnsure(method, type(error).__name__) from None
        return response.data

    def _end(self, team: str, channel: str, ts: str) -> None:
        """The call is made that was kept back for this message's end."""
        kept = self._kept.pop((channel, ts), None)
        if kept and self.pacer:
            self.pacer.free(team, kept)

    def _read(self, method: str, team: str, channel: str, failure: Failure) -> Exception:
        if failure.status == 429 or failure.word in _BUSY:
            self._rests[_budget(method, team, channel)] = self._clock() + failure.retry_after
            if self.pacer:
                self.pacer.refused(method, team, channel, failure.retry_after)
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


def _channel(args: dict[str, Any]) -> str:
    return str(args.get("channel") or args.get("channel_id") or "")


def _budget(method: str, team: str, channel: str) -> tuple[str, str, str]:
    """What a 429 speaks of, as far as it is known without a pacer."""
    return team, method, channel if method in POSTS else ""


def _sent(method: str, args: dict[str, Any]) -> dict[str, Any]:
    """How slack_sdk sends this method: Slack reads JSON only where its page says so."""
    if method.startswith(("chat.", "views.", "agents.", "assistant.")) and method not in _NOT_JSON:
        return {"json": args}
    return {"params": args}
