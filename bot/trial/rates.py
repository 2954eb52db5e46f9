"""Slack's rate limits: calls a minute per method and team, and posts a second per channel."""

import math
from collections import deque
from dataclasses import dataclass, field

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute. Slack: https://docs.slack.dev/apis/web-api/rate-limits"""

PER_MINUTE = {
    "chat.postMessage": 600,
    "chat.postEphemeral": TIERS[4],
    "chat.startStream": TIERS[2],
    "chat.appendStream": TIERS[4],
    "chat.stopStream": TIERS[2],
    "chat.getPermalink": 600,
    "api.test": TIERS[4],
    "auth.test": 600,
    "assistant.threads.setStatus": 600,
    "assistant.threads.setTitle": TIERS[4],
    "assistant.threads.setSuggestedPrompts": TIERS[4],
    "conversations.list": TIERS[2],
    "conversations.members": TIERS[4],
    "files.getUploadURLExternal": TIERS[4],
    "files.completeUploadExternal": TIERS[4],
    "files.info": TIERS[4],
    "reactions.remove": TIERS[2],
    "reactions.list": TIERS[2],
    "users.info": TIERS[4],
    "users.list": TIERS[2],
    "usergroups.list": TIERS[2],
    "usergroups.users.list": TIERS[2],
    "views.open": TIERS[4],
    "views.update": TIERS[4],
    "views.push": TIERS[4],
    "views.publish": TIERS[4],
}
"""Where Slack's reference differs from Tier 3; "several hundred" is taken as 600, like Slack's Java SDK."""

POSTS = frozenset({"chat.postMessage", "chat.postEphemeral", "chat.startStream"})
WINDOW = 60.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class RateLimits:
    """The budgets of one app; `factor` multiplies them, `burst` is the posts a channel takes at once.

    Above 1, the same calls fit into a shorter window: time runs that much faster, and no more calls
    fit into one burst than in a real minute.
    """

    factor: float = 1.0
    burst: int = 5
    windows: dict[tuple[str, str], deque[float]] = field(default_factory=dict[tuple[str, str], deque[float]])
    channels: dict[str, _Bucket] = field(default_factory=dict[str, _Bucket])

    def wait(self, method: str, team: str, channel: str | None, now: float) -> int:
        """Whole seconds until this call is allowed; 0 counts it as made."""
        window = self.windows.setdefault((method, team), deque())
        while window and window[0] <= now - self.length:
            window.popleft()
        if len(window) >= self._allowed(method):
            return max(1, math.ceil(window[0] + self.length - now))
        if method in POSTS and channel and not self._take(channel, now):
            return 1
        window.append(now)
        return 0

    def spent(self, team: str, now: float) -> list[tuple[str, int, int]]:
        """What each method has used of its budget in the last minute, as (method, used, allowed)."""
        return [
            (method, used, self._allowed(method))
            for (method, whose), window in self.windows.items()
            if whose == team and (used := sum(at > now - self.length for at in window))
        ]

    @property
    def length(self) -> float:
        """Seconds of a window."""
        return WINDOW / max(1.0, self.factor)

    def _allowed(self, method: str) -> int:
        return max(1, int(PER_MINUTE.get(method, TIERS[3]) * min(1.0, self.factor)))

    def _take(self, channel: str, now: float) -> bool:
        """One message a second per channel, with a small burst."""
        bucket = self.channels.setdefault(channel, _Bucket(float(self.burst), now))
        bucket.tokens = min(float(self.burst), bucket.tokens + (now - bucket.at) * self.factor)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
