"""The line under a thread that says what we are doing; where Slack has none, nothing is lost."""

from bot.errors import SlackError, SlackRefused
from bot.slack.outbox import Outbox

LIFE = 100.0
"""Seconds until a status must be set again; Slack drops it after two minutes:
https://docs.slack.dev/reference/methods/assistant.threads.setStatus"""


_NOT_FOR_US = {"unknown_method", "missing_scope", "not_allowed_token_type", "feature_not_enabled"}


class Status:
    """Sets thread statuses by whichever of Slack's two methods this app may call."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._method = "assistant.threads.setStatus"

    async def show(self, team: str, channel: str, thread_ts: str, words: str) -> None:
        """Say it until the next message of ours, or for two minutes; no words end it. Failing is no harm."""
        if not self._method:
            return
        # The newer method has no words of its own: https://docs.slack.dev/ai/agent-sessions
        says = words if self._method.startswith("assistant") else "processing" if words else "active"
        try:
            await self._call(team, channel, thread_ts, says)
        except SlackRefused as refused:
            if refused.error in _NOT_FOR_US:
                older = self._method.startswith("assistant")
                self._method = "agents.sessions.setStatus" if older else ""
        except SlackError:
            return

    async def _call(self, team: str, channel: str, thread_ts: str, says: str) -> None:
        await self._outbox.call(self._method, team, channel_id=channel, thread_ts=thread_ts, status=says)
