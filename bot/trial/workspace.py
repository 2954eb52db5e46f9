"""The state of the local Slack workspace: teams, people, channels, messages, files, views and sessions."""

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.trial.messages import Message
from bot.trial.people import App, Channel, File, Person, Team, View

STATUS_LIFE = 120.0
"""Seconds. Slack: https://docs.slack.dev/reference/methods/assistant.threads.setStatus"""


@dataclass(slots=True)
class Status:
    """The "is thinking…" line under a thread; `until` is a clock time."""

    text: str
    until: float
    loading_messages: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Session:
    """An agent session, which Slack shows in the app's list of conversations."""

    status: str = "active"
    title: str = ""


@dataclass(slots=True)
class Workspace:
    """Everything the local Slack remembers, and the only place it remembers it."""

    clock: Callable[[], float]
    app: App
    teams: dict[str, Team] = field(default_factory=dict[str, Team])
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])
    files: dict[str, File] = field(default_factory=dict[str, File])
    views: dict[str, View] = field(default_factory=dict[str, View])
    homes: dict[str, View] = field(default_factory=dict[str, View])
    statuses: dict[tuple[str, str], Status] = field(default_factory=dict[tuple[str, str], Status])
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict[tuple[str, str], Session])
    prompts: dict[tuple[str, str], list[dict[str, Any]]] = field(
        default_factory=dict[tuple[str, str], list[dict[str, Any]]]
    )
    live_streams: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    groups: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    file_fields: dict[str, Any] = field(default_factory=dict[str, Any])  # laid over every file's JSON
    last_micros: int = 0
    last_id: int = 0
    on_touch: Callable[[str, str], None] | None = None  # told (channel, ts) of each change to a message

    @property
    def team(self) -> Team:
        """The workspace the app was installed in first."""
        return next(iter(self.teams.values()))

    @property
    def bot(self) -> str:
        """The user id of the app's bot user."""
        return self.app.bot_user

    def mint_ts(self) -> str:
        """A new `"seconds.micro"`, later than every other one even while the clock stands still."""
        self.last_micros = max(int(self.clock() * 1_000_000), self.last_micros + 1)
        seconds, micros = divmod(self.last_micros, 1_000_000)
        return f"{seconds}.{micros:06d}"

    def mint_id(self, prefix: str) -> str:
        """A new id such as `C0LOCAL0007`."""
        self.last_id += 1
        return f"{prefix}0LOCAL{self.last_id:04d}"

    def channel(self, reference: str) -> Channel | None:
        """Find a channel by id, `#name` or bare name, or the direct messages with a user id."""
        if found := self.channels.get(reference):
            return found
        if reference in self.people:
            return self.direct(reference)
        name = reference.removeprefix("#")
        return next((each for each in self.channels.values() if each.name == name), None)

    def direct(self, user: str) -> Channel:
        """The direct messages between the bot and `user`, opened when there are none yet."""
        if found := self.channels.get(self.people[user].direct):
            return found
        team = self.people[user].team
        channel = Channel(
            id=self.mint_id("D"),
            name="",
            team=team if team in self.teams else self.team.id,
            kind="im",
            members={user: None, self.bot: None},
            partner=user,
            created=int(self.clock()),
        )
        self.channels[channel.id] = channel
        self.people[user].direct = channel.id
        return channel

    def touch(self, channel: str, ts: str) -> None:
        """Tell whoever watches that a message is new, or not what it was."""
        if self.on_touch:
            self.on_touch(channel, ts)

    def find(self, channel: str, ts: str) -> Message | None:
        """The message at `ts`, ephemeral and deleted ones included."""
        place = self.channels.get(channel)
        return place.messages.get(ts) if place else None

    def add(self, message: Message) -> None:
        """Store a message under its channel and thread."""
        channel = self.channels[message.channel]
        channel.messages[message.ts] = message
        self.touch(channel.id, message.ts)
        if message.ephemeral_to:
            return
        if message.thread_ts and message.thread_ts != message.ts:
            insort(channel.threads.setdefault(message.thread_ts, []), message.ts)
        else:
            insort(channel.roots, message.ts)

    def replies(self, channel: Channel, root: str) -> list[Message]:
        """The visible replies under `root`, oldest first, without the root itself."""
        found = (channel.messages[ts] for ts in channel.threads.get(root, ()))
        return [message for message in found if not message.deleted]

    def status(self, channel: str, thread_ts: str) -> Status | None:
        """The status line of a thread, or None after its two minutes."""
        found = self.statuses.get((channel, thread_ts))
        return found if found and found.until > self.clock() else None

    def expire_streams(self) -> None:
        """Break the streams whose life is over; the oldest come first, so this is cheap."""
        now = self.clock()
        while self.live_streams:
            (channel, ts), until = next(iter(self.live_streams.items()))
            if until > now:
                return
            self.end_stream(channel, ts, "expired")

    def end_stream(self, channel: str, ts: str, state: str) -> None:
        """Take a stream out of the living, as `stopped`, `expired` or `stopped_by_user`."""
        self.live_streams.pop((channel, ts), None)
        message = self.find(channel, ts)
        if message and message.stream:
            message.stream.state = state
        self.touch(channel, ts)
