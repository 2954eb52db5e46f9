"""What an interaction leaves behind for a while: trigger ids and response URLs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.trial.errors import MethodError
from bot.trial.messages import Message

TRIGGER_LIFE = 3.0
"""Seconds. Slack: https://docs.slack.dev/interactivity/handling-user-interaction#composing_responses"""
RESPONSE_LIFE = 1800.0
RESPONSES = 5
"""A response_url takes 5 posts in 30 minutes.
Slack: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""


@dataclass(slots=True, eq=False)
class Interaction:
    """What came of a click, command, shortcut or view: the ack, and all the app did with its handles."""

    user: str
    channel: str | None
    source: Message | None
    trigger_id: str
    response_url: str
    started: float
    acked: bool = False
    ack: dict[str, Any] | None = None
    messages: list[Message] = field(default_factory=list[Message])
    views: list[str] = field(default_factory=list[str])
    responses: int = 0
    view: str | None = None

    @property
    def timed_out(self) -> bool:
        """The app did not ack in time: the person sees an error."""
        return not self.acked

    @property
    def text(self) -> str:
        """All words the person got back, through the ack or the response_url."""
        return "\n".join(message.visible_text for message in self.messages)


@dataclass(slots=True, eq=False)
class Triggers:
    """The interactions whose trigger_id or response_url may still be used."""

    clock: Callable[[], float]
    by_trigger: dict[str, Interaction] = field(default_factory=dict[str, Interaction])
    by_url: dict[str, Interaction] = field(default_factory=dict[str, Interaction])
    used: set[str] = field(default_factory=set[str])
    count: int = 0

    def open(
        self, site: str, user: str, channel: str | None = None, source: Message | None = None
    ) -> Interaction:
        """A new interaction with its trigger_id and response_url."""
        self._forget()
        self.count += 1
        now = self.clock()
        key = f"{self.count}.{int(now * 1000)}"
        interaction = Interaction(user, channel, source, f"{key}.local", f"{site}hooks/{key}", now)
        self.by_trigger[interaction.trigger_id] = interaction
        self.by_url[key] = interaction
        return interaction

    def exchange(self, trigger_id: str) -> Interaction:
        """Use a trigger_id, once and within its three seconds."""
        interaction = self.by_trigger.get(trigger_id)
        if not interaction:
            raise MethodError("invalid_trigger_id")
        if trigger_id in self.used:
            raise MethodError("exchanged_trigger_id")
        if self.clock() - interaction.started > TRIGGER_LIFE:
            raise MethodError("expired_trigger_id")
        self.used.add(trigger_id)
        return interaction

    def respond(self, key: str) -> Interaction:
        """Use a response_url."""
        interaction = self.by_url.get(key)
        if not interaction or self.clock() - interaction.started > RESPONSE_LIFE:
            raise MethodError("expired_url")
        if interaction.responses >= RESPONSES:
            raise MethodError("used_url")
        interaction.responses += 1
        return interaction

    def _forget(self) -> None:
        horizon = self.clock() - RESPONSE_LIFE
        while self.by_url:
            key, oldest = next(iter(self.by_url.items()))
            if oldest.started > horizon:
                return
            del self.by_url[key]
            self.by_trigger.pop(oldest.trigger_id, None)
            self.used.discard(oldest.trigger_id)
