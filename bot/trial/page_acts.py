"""What a person does on the page, as acts in the local Slack: post, react, click, run a command, submit."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.trial.messages import interactive
from bot.trial.server import LocalSlack
from bot.trial.shown import pressed_key
from bot.trial.triggers import Interaction

Dict = dict[str, Any]

LATE = "labjam did not answer within three seconds. Slack shows a warning sign here."
TEXT = 40_000
"""Characters of a message, as Slack takes them."""


class Refused(Exception):
    """An act that can't be done; the text tells the person why."""


@dataclass(slots=True, eq=False)
class Acts:
    """Carries out acts by name; each is told who acts and the act's fields."""

    slack: LocalSlack
    pressed: dict[str, str]

    async def do(self, user: str, act: Dict) -> Dict:
        """Do one act, and give what the page wants to know of it; Refused says why not."""
        name = act.get("act")
        found = _ACTS.get(name) if isinstance(name, str) else None
        if not found:
            raise Refused(f"There is no act {name!r}.")
        try:
            return await found(self, user, act)
        except (LookupError, PermissionError) as error:
            raise Refused(f"That is not there any more, or not yours: {error}") from None
        except (TypeError, ValueError) as error:
            raise Refused(f"That can't be done: {error}") from None

    async def post(self, user: str, act: Dict) -> Dict:
        """Post into a channel or thread, with files as {name, data}, data in base64."""
        text = str(act["text"])
        files = [(str(each["name"]), _bytes(each["data"])) for each in act.get("files") or ()]
        if not text.strip() and not files:
            raise Refused("There is nothing to send.")
        if len(text) > TEXT:
            raise Refused(f"A message has at most {TEXT:,} characters; this one has {len(text):,}.")
        if user not in self.slack.workspace.channels[act["channel"]].members:
            raise Refused("Join the channel first.")
        ts = await self.slack.post(
            user, act["channel"], text, thread_ts=act.get("thread_ts") or None, files=files
        )
        return {"ts": ts}

    async def edit(self, user: str, act: Dict) -> Dict:
        """Edit an own message."""
        await self.slack.edit(user, act["channel"], act["ts"], str(act["text"]))
        return {}

    async def delete(self, user: str, act: Dict) -> Dict:
        """Delete an own message."""
        await self.slack.delete(user, act["channel"], act["ts"])
        return {}

    async def react(self, user: str, act: Dict) -> Dict:
        """Add a reaction, or take it back."""
        message = self.slack.message(act["channel"], act["ts"])
        there = bool(message and user in message.reactions.get(act["name"], []))
        do = self.slack.unreact if there else self.slack.react
        await do(user, act["channel"], act["ts"], act["name"])
        return {}

    async def join(self, user: str, act: Dict) -> Dict:
        """Join a channel."""
        await self.slack.join(user, act["channel"])
        return {}

    async def click(self, user: str, act: Dict) -> Dict:
        """Press a button of a message, or choose in it."""
        channel, ts, action = act["channel"], act["ts"], act["action_id"]
        value = act.get("value")
        interaction = await self.slack.click(user, channel, ts, action, value, **(act.get("extra") or {}))
        answered = _answered(interaction)
        if value and self._is_thumb(channel, ts, action):
            self.pressed[pressed_key(user, channel, ts, action)] = value
            self.slack.workspace.touch(channel, ts)
        return answered

    async def click_view(self, user: str, act: Dict) -> Dict:
        """Press something inside a modal or the App Home."""
        extra: Dict = act.get("extra") or {}
        return _answered(
            await self.slack.click_view(
                user, act["view"], act["action_id"], act.get("value"), act.get("state"), **extra
            )
        )

    async def command(self, user: str, act: Dict) -> Dict:
        """Run a slash command."""
        return _answered(
            await self.slack.command(user, act["channel"], str(act["command"]), str(act.get("text", "")))
        )

    async def message_shortcut(self, user: str, act: Dict) -> Dict:
        """Use a shortcut of a message's menu."""
        return _answered(
            await self.slack.message_shortcut(user, act["channel"], act["ts"], act["callback_id"])
        )

    async def submit_view(self, user: str, act: Dict) -> Dict:
        """Submit a modal; `errors` are by block."""
        interaction = await self.slack.submit_view(user, act["view"], act.get("state"))
        _answered(interaction)
        ack = interaction.ack or {}
        return {"errors": ack.get("errors") or {}} if ack.get("response_action") == "errors" else {}

    async def close_view(self, user: str, act: Dict) -> Dict:
        """Close a modal."""
        await self.slack.close_view(user, act["view"])
        return {}

    async def open_home(self, user: str, act: Dict) -> Dict:
        """Open the app's Home or Messages tab."""
        await self.slack.open_home(user, str(act.get("tab", "home")))
        return {}

    async def stop(self, user: str, act: Dict) -> Dict:
        """Press Stop on the answer that is being written in a thread."""
        await self.slack.stop_button(user, act["channel"], act["thread_ts"])
        return {}

    def _is_thumb(self, channel: str, ts: str, action: str) -> bool:
        message = self.slack.message(channel, ts)
        elements = interactive(message.raw) if message else []
        return any(each["action_id"] == action and each["type"] == "feedback_buttons" for _, each in elements)


def _answered(interaction: Interaction) -> Dict:
    if interaction.timed_out:
        raise Refused(LATE)
    return {}


def _bytes(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise Refused("The file came broken.") from None


_ACTS: dict[str, Callable[[Acts, str, Dict], Awaitable[Dict]]] = {
    "post": Acts.post,
    "edit": Acts.edit,
    "delete": Acts.delete,
    "react": Acts.react,
    "join": Acts.join,
    "click": Acts.click,
    "click_view": Acts.click_view,
    "command": Acts.command,
    "message_shortcut": Acts.message_shortcut,
    "submit_view": Acts.submit_view,
    "close_view": Acts.close_view,
    "open_home": Acts.open_home,
    "stop": Acts.stop,
}
