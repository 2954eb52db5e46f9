"""Changes to the local workspace, each told to the app with the events Slack would send."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from bot.trial import events
from bot.trial.delivery import Delivery
from bot.trial.messages import Message
from bot.trial.payloads import root_json
from bot.trial.people import Channel
from bot.trial.workspace import Workspace

Dict = dict[str, Any]


@dataclass(slots=True)
class Changes:
    """Writes the workspace and delivers each change; `muted` event types are not subscribed to."""

    workspace: Workspace
    delivery: Delivery
    muted: set[str] = field(default_factory=set[str])

    def tell(self, event: Dict, team: str, *, copies: int = 1, shared: bool = False) -> None:
        """Deliver an event, unless its scope is missing, in `copies` envelopes with one event_id."""
        scope = events.scope_of(event)
        if event.get("type") in self.muted or (scope and scope not in self.workspace.app.scopes):
            return
        body = self.outer(event, team, shared=shared)
        for _ in range(copies):
            self.delivery.event(body)

    def outer(self, event: Dict, team: str, *, shared: bool = False) -> Dict:
        """Wrap an event the way the Events API does.

        Slack: https://docs.slack.dev/apis/events-api#event-type-structure
        """
        ws = self.workspace
        return {
            "token": "local-verification-token",
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": None,
            "api_app_id": ws.app.id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{uuid.uuid4().hex[:10].upper()}",
            "event_time": int(ws.clock()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team,
                    "user_id": ws.bot,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": shared,
            "event_context": f"4-{ws.app.id}-{team}",
        }

    def post(self, channel: Channel, message: Message) -> Message:
        """Store a new message and tell the app: `message`, and `app_mention` when it mentions the bot."""
        ws = self.workspace
        root = channel.messages.get(message.thread_ts or "")
        if root:
            message.parent_user = root.user
        ws.add(message)
        if message.user == ws.bot and message.thread_ts:
            ws.statuses.pop((channel.id, message.thread_ts), None)
        if ws.bot not in channel.members or message.ephemeral_to:
            return message
        self._tell(channel, events.posted(ws, channel, message))
        mention = f"<@{ws.bot}>" in message.text or f"<@{ws.bot}|" in message.text
        if mention and channel.kind != "im" and message.user != ws.bot:
            self._tell(channel, events.mentioned(ws, channel, message))
        return message

    def before(self, channel: Channel, message: Message) -> Dict:
        """The message as it is now, for the `previous_message` of the change to come."""
        return root_json(self.workspace, channel, message)

    def changed(self, channel: Channel, message: Message, before: Dict) -> None:
        """Tell the app that a message is not what it was."""
        self.workspace.touch(channel.id, message.ts)
        if self.workspace.bot in channel.members and not message.ephemeral_to:
            self._tell(channel, events.changed(self.workspace, channel, message, before))

    def delete(self, channel: Channel, message: Message) -> None:
        """Delete a message; one with replies stays as a tombstone, as in Slack."""
        ws = self.workspace
        before = self.before(channel, message)
        has_replies = bool(ws.replies(channel, message.ts))
        if message.streaming:
            ws.end_stream(channel.id, message.ts, "stopped")
        message.deleted = True
        ws.touch(channel.id, message.ts)
        if ws.bot in channel.members and not message.ephemeral_to:
            tell = events.tombstone if has_replies else events.deleted
            self._tell(channel, tell(ws, channel, message, before))

    def react(self, message: Message, user: str, name: str) -> bool:
        """Add a reaction; False if it was there."""
        users = message.reactions.setdefault(name, [])
        if user in users:
            return False
        users.append(user)
        self._tell_reaction("reaction_added", message, user, name)
        return True

    def unreact(self, message: Message, user: str, name: str) -> bool:
        """Remove a reaction; False if there was none."""
        users = message.reactions.get(name, [])
        if user not in users:
            return False
        users.remove(user)
        if not users:
            del message.reactions[name]
        self._tell_reaction("reaction_removed", message, user, name)
        return True

    def join(self, channel: Channel, user: str, inviter: str | None = None) -> None:
        """Make somebody a member; the app hears of it if its bot is in the channel by then."""
        ws = self.workspace
        if user in channel.members:
            return
        channel.members[user] = None
        if ws.bot not in channel.members:
            return
        self._tell(channel, events.membership(ws, "member_joined_channel", user, channel, inviter))
        text = f"<@{user}> has joined the channel"
        bot_id = ws.app.bot_id if user == ws.bot else None
        self.post(
            channel,
            Message(
                channel.id, ws.mint_ts(), user, channel.team, text, bot_id=bot_id, subtype="channel_join"
            ),
        )

    def leave(self, channel: Channel, user: str) -> None:
        """Take somebody out of a channel."""
        ws = self.workspace
        was_in = ws.bot in channel.members
        channel.members.pop(user, None)
        if was_in:
            self._tell(channel, events.membership(ws, "member_left_channel", user, channel, None))

    def _tell_reaction(self, kind: str, message: Message, user: str, name: str) -> None:
        channel = self.workspace.channels[message.channel]
        self.workspace.touch(channel.id, message.ts)
        if self.workspace.bot in channel.members:
            self._tell(channel, events.reacted(self.workspace, kind, user, message, name))

    def _tell(self, channel: Channel, event: Dict) -> None:
        self.tell(event, channel.team, shared=channel.ext_shared)
