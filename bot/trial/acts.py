"""What people do in the local Slack: join, post, edit, delete, react, open the app's home, press Stop."""

from collections.abc import Iterable
from typing import Any

from bot.trial import events
from bot.trial.changes import Changes
from bot.trial.delivery import Delivery
from bot.trial.messages import Message
from bot.trial.methods.files import new_file
from bot.trial.people import Channel, Kind, Person, Team
from bot.trial.visible import escape
from bot.trial.workspace import Workspace

Upload = tuple[str, bytes]


class PeopleActs:
    """The hands of the people in the workspace; every act delivers the events Slack would."""

    workspace: Workspace
    changes: Changes
    delivery: Delivery

    def add_team(self, name: str) -> str:
        """Add a workspace of the same organisation, where the app is installed too; returns its id."""
        team = Team(self.workspace.mint_id("T"), name, name.lower().replace(" ", "-"))
        self.workspace.teams[team.id] = team
        return team.id

    def add_person(
        self,
        name: str,
        *,
        team: str | None = None,
        is_bot: bool = False,
        email: str | None = None,
        tz: str = "America/Chicago",
        guest: bool = False,
    ) -> str:
        """Add a member and return the user id; a `team` without the app makes an external person."""
        ws = self.workspace
        person = Person(ws.mint_id("U"), name, team or ws.team.id, is_bot, email, tz, guest)
        ws.people[person.id] = person
        return person.id

    def add_channel(
        self,
        name: str,
        members: Iterable[str] = (),
        *,
        private: bool = False,
        bot_is_member: bool = True,
        team: str | None = None,
    ) -> str:
        """Add a channel without events and return its id; external members make it a shared one."""
        ws = self.workspace
        people = dict.fromkeys(members)
        if bot_is_member:
            people[ws.bot] = None
        shared = any(ws.people[user].team not in ws.teams for user in people)
        kind: Kind = "group" if private else "channel"
        channel = Channel(ws.mint_id("C"), name, team or ws.team.id, kind, people, ext_shared=shared)
        channel.created = int(ws.clock())
        ws.channels[channel.id] = channel
        return channel.id

    async def post(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        thread_ts: str | None = None,
        files: Iterable[Upload] = (),
        subtype: str | None = None,
        **extra: Any,
    ) -> str:
        """Post as a person and return the ts; `files` are (name, bytes), `extra` is added to the event."""
        ws = self.workspace
        place = ws.channels[channel]
        uploads = [new_file(ws, name, user, content) for name, content in files]
        for file in uploads:
            file.complete = True
            file.channels.append(channel)
        author = ws.people[user]
        message = Message(
            channel=channel,
            ts=ws.mint_ts(),
            user=user,
            team=author.team,
            text=escape(text),
            thread_ts=thread_ts,
            bot_id=f"B{user[1:]}" if author.is_bot else None,
            subtype=subtype or ("file_share" if uploads else None),
            files=[file.id for file in uploads],
            extra=extra,
        )
        return self.changes.post(place, message).ts

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Edit an own message."""
        place, message = self._own(user, channel, ts)
        before = self.changes.before(place, message)
        message.text, message.raw = escape(text), []
        message.edits += 1
        message.edited = {"user": user, "ts": self.workspace.mint_ts()}
        self.changes.changed(place, message, before)

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete an own message."""
        self.changes.delete(*self._own(user, channel, ts))

    async def dm(self, user: str, text: str, thread_ts: str | None = None) -> tuple[str, str]:
        """Write to the bot directly; returns (channel, ts)."""
        channel = self.workspace.direct(user).id
        return channel, await self.post(user, channel, text, thread_ts=thread_ts)

    async def join(self, user: str, channel: str) -> None:
        """Join a channel."""
        self.changes.join(self.workspace.channels[channel], user)

    async def leave(self, user: str, channel: str) -> None:
        """Leave a channel."""
        self.changes.leave(self.workspace.channels[channel], user)

    async def invite_bot(self, channel: str, inviter: str | None = None) -> None:
        """Bring the bot into a channel: it hears `member_joined_channel` about itself."""
        self.changes.join(self.workspace.channels[channel], self.workspace.bot, inviter)

    async def remove_bot(self, channel: str) -> None:
        """Take the bot out of a channel: it hears `member_left_channel` about itself."""
        self.changes.leave(self.workspace.channels[channel], self.workspace.bot)

    async def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Add a reaction."""
        self.changes.react(self._message(channel, ts), user, name)

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        """Take a reaction back."""
        self.changes.unreact(self._message(channel, ts), user, name)

    async def open_home(self, user: str, tab: str = "home") -> None:
        """Open the app's Home (`home`) or Messages (`messages`) tab."""
        self.changes.tell(events.home_opened(self.workspace, user, tab), self.workspace.team.id)

    async def stop_button(self, user: str, channel: str, thread_ts: str) -> None:
        """Press Stop on the answers streaming in a thread."""
        ws = self.workspace
        place = ws.channels[channel]
        streaming = [message.ts for message in ws.replies(place, thread_ts) if message.streaming]
        for ts in streaming:
            ws.end_stream(channel, ts, "stopped_by_user")
        self.changes.tell(events.session_stopped(ws, place, thread_ts, user, streaming), place.team)

    async def deliver(self, event: dict[str, Any], *, copies: int = 1, raw: bool = False) -> None:
        """Deliver any event, in `copies` envelopes with one event_id; `raw` sends it as the whole payload."""
        if not raw:
            self.changes.tell(event, self.workspace.team.id, copies=copies)
            return
        for _ in range(copies):
            self.delivery.event(event)

    def message(self, channel: str, ts: str) -> Message | None:
        """A message, deleted and ephemeral ones included."""
        self.workspace.expire_streams()
        return self.workspace.find(channel, ts)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A thread as everybody sees it: the root, if not deleted, and its replies."""
        self.workspace.expire_streams()
        place = self.workspace.channels[channel]
        root = place.messages.get(ts)
        return [*([root] if root and not root.deleted else []), *self.workspace.replies(place, ts)]

    def replies_of_bot(self, channel: str, ts: str) -> list[Message]:
        """The bot's messages in a thread, without the root."""
        return [
            each for each in self.thread(channel, ts) if each.user == self.workspace.bot and each.ts != ts
        ]

    def channel_messages(self, channel: str) -> list[Message]:
        """The top-level messages of a channel, oldest first."""
        self.workspace.expire_streams()
        place = self.workspace.channels[channel]
        return [place.messages[ts] for ts in place.roots if not place.messages[ts].deleted]

    def ephemerals(self, channel: str, user: str) -> list[Message]:
        """What only this person sees in a channel."""
        found = self.workspace.channels[channel].messages.values()
        return [each for each in found if each.ephemeral_to == user and not each.deleted]

    def status(self, channel: str, thread_ts: str) -> str:
        """The status line of a thread; empty after its two minutes, or when an answer came."""
        found = self.workspace.status(channel, thread_ts)
        return found.text if found else ""

    def _message(self, channel: str, ts: str) -> Message:
        message = self.workspace.find(channel, ts)
        if not message or message.deleted:
            raise LookupError(f"no message {ts} in {channel}")
        return message

    def _own(self, user: str, channel: str, ts: str) -> tuple[Channel, Message]:
        message = self._message(channel, ts)
        if message.user != user:
            raise PermissionError(f"{user} did not write {ts}")
        return self.workspace.channels[channel], message
