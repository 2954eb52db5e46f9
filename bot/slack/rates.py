"""How often Slack lets each method be called, as Slack documents it, and as this workspace was granted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.pacing import Bucket

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute, of each method in each workspace: https://docs.slack.dev/apis/web-api/rate-limits"""

START, APPEND, STOP = "chat.startStream", "chat.appendStream", "chat.stopStream"
POST, UPDATE = "chat.postMessage", "chat.update"
STATUS, SESSION = "assistant.threads.setStatus", "agents.sessions.setStatus"

PER_MINUTE = {
    START: TIERS[2],
    APPEND: TIERS[4],
    STOP: TIERS[2],
    POST: 600,  # "several hundred", https://docs.slack.dev/reference/methods/chat.postMessage
    STATUS: 600,  # https://docs.slack.dev/reference/methods/assistant.threads.setStatus
    "auth.test": 600,  # "several hundred", like the next one
    "chat.getPermalink": 600,
    "chat.postEphemeral": TIERS[4],
    "conversations.list": TIERS[2],
    "conversations.members": TIERS[4],
    "files.completeUploadExternal": TIERS[4],
    "files.getUploadURLExternal": TIERS[4],
    "files.info": TIERS[4],
    "reactions.list": TIERS[2],
    "reactions.remove": TIERS[2],
    "usergroups.list": TIERS[2],
    "usergroups.users.list": TIERS[2],
    "users.conversations": TIERS[2],  # Tier 3 in its reference, Tier 2 in Slack's Java SDK
    "users.info": TIERS[4],
    "users.list": TIERS[2],
    "views.open": TIERS[4],
    "views.publish": TIERS[4],
    "views.push": TIERS[4],
    "views.update": TIERS[4],
}
"""What differs from Tier 3."""

POSTS = frozenset({POST, START, "chat.postEphemeral", "files.completeUploadExternal"})
"""What makes a message in a channel, which takes one a second."""

_MINUTE = 60.0
_MARGIN = 1.01
"""Longer than Slack's own window: calls granted a minute apart arrive a little less than that apart."""
_JITTER = 0.3  # seconds, of our own process and of the network
_POST_MARGIN = 1.02
_SOON_ENOUGH = 6.0
"""Seconds an answer's end may wait for its call, at the very worst."""
_MATTER_OF_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Rates:
    """The limits of one deployment's workspaces.

    `factor` multiplies all of them: above 1, the same calls fit into shorter windows, so that both
    "twice as many a minute" and "twice as fast" hold; below, fewer calls fit into the same ones.
    """

    factor: float = 1.0
    per_minute: Mapping[str, int] = field(default_factory=dict[str, int])  # what a workspace was granted
    posts_per_second: float = 1.0  # in one channel
    streaming: bool = True  # False: this workspace has none

    def of(self, method: str, channel: str = "") -> tuple[Bucket, ...]:
        """The buckets a call draws on: its method's, then its channel's where it makes a message."""
        own = self.method(method)
        return (own, self.channel(channel)) if channel and method in POSTS else (own,)

    def method(self, method: str) -> Bucket:
        """How often a method may be called in a workspace."""
        calls = self.per_minute.get(method) or PER_MINUTE.get(method, TIERS[3])
        window = _MINUTE / max(1.0, self.factor)
        seconds = window * _MARGIN + min(_JITTER, window / 10)
        return Bucket(method, max(1, int(calls * min(1.0, self.factor))), seconds)

    def kept(self, method: str) -> Bucket:
        """How many calls of a method may be kept back: what it gives soon, where its windows are short."""
        own = self.method(method)
        windows = max(1, int(_SOON_ENOUGH / own.seconds))
        return Bucket(method, own.calls * windows, own.seconds * windows)

    def channel(self, channel: str) -> Bucket:
        """How often a message may be made in a channel."""
        return Bucket(f"post:{channel}", 1, _POST_MARGIN / self.posts_per_second / self.factor)

    def refused(self, method: str, channel: str, retry_after: float) -> Bucket:
        """Which limit a 429 speaks of: a channel's asks for a second's patience, a workspace's for more."""
        buckets = self.of(method, channel)
        return buckets[-1] if retry_after <= _MATTER_OF_SECONDS else buckets[0]
