"""The line under a thread that says what we are doing; where Slack has none, nothing is lost."""

from bot.errors import SlackError, SlackRefused
from bot.slack.outbox import Outbox
from bot.slack.rates import SESSION, STATUS

LIFE = 100.0
"""Seconds until a status must be set again; Slack drops it after two minutes:
https://docs.slack.dev/reference/methods/assistant.threads.setStatus"""
SESSION_LIFE = 3000.0
"""The same for a session, which Slack takes for ended after an hour: https://docs.slack.dev/ai/agent-sessions"""
ALIVE = 60.0
"""Seconds between two statuses of a model that is silent: each says how long it has been."""

_FOR_FIRST = 0.5  # of the statuses of a minute, which those who have none yet may use
_NOT_FOR_US = {"unknown_method", "missing_scope", "not_allowed_token_type", "feature_not_enabled"}


class Status:
    """Sets thread statuses by whichever of Slack's two methods this app may call."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._method = STATUS

    @property
    def has_words(self) -> bool:
        """Whether a status may say something of its own: sessions only have states."""
        return self._method == STATUS

    def every(self, team: str, *, waiting: bool) -> float:
        """Seconds after which a thread's status is to be set again."""
        if not self.has_words:
            return SESSION_LIFE
        pacer = self._outbox.pacer
        return min(LIFE, pacer.refresh_every(team)) if pacer and waiting else ALIVE

    async def show(self, team: str, channel: str, thread_ts: str, words: str, *, first: bool = True) -> bool:
        """Say it until the next message of ours, or for two minutes; no words end it. Failing is no harm."""
        if not self._method:
            return True
        says = words if self.has_words else "processing" if words else "active"
        try:
            await self._outbox.call(
                self._method, team, spare=0.0 if first else _FOR_FIRST,
                channel_id=channel, thread_ts=thread_ts, status=says,
            )  # fmt: skip
        except SlackRefused as refused:
            if refused.error in _NOT_FOR_US:
                self._method = SESSION if self.has_words else ""
                return False
        except SlackError:
            return False
        return True
