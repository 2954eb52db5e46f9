"""Clicks, slash commands, shortcuts and modals: what people start, and what the app answers."""

from typing import Any

from bot.trial.delivery import Delivery, Kind
from bot.trial.mentions import with_ids
from bot.trial.messages import Message, interactive
from bot.trial.methods.views import put, replace
from bot.trial.payloads import message_json, view_json
from bot.trial.people import View
from bot.trial.responses import show
from bot.trial.site import Site
from bot.trial.triggers import Interaction
from bot.trial.workspace import Workspace

Dict = dict[str, Any]


class Interactions:
    """Everything a person can press; each returns the Interaction with the app's ack and later messages."""

    workspace: Workspace
    delivery: Delivery
    site: Site

    async def click(
        self, user: str, channel: str, ts: str, action_id: str, value: str | None = None, **extra: Any
    ) -> Interaction:
        """Press a button of a message, or choose in it (`extra`, as selected_option, joins the action).

        `value` picks between the two feedback buttons, or between elements with one action_id.
        Raises LookupError when the message has no such element.
        """
        message = self.workspace.find(channel, ts)
        if not message or message.deleted:
            raise LookupError(f"no message {ts} in {channel}")
        action = _action(message.elements, action_id, value) | extra
        action["action_ts"] = self.workspace.mint_ts()
        interaction = self.site.triggers.open(self.workspace.app.site, user, channel, message)
        payload: Dict = self._base("block_actions", interaction) | {
            "container": _container(message),
            "channel": self._channel(channel),
            "message": message_json(self.workspace, message),
            "state": {"values": {}},
            "response_url": interaction.response_url,
            "actions": [action],
        }
        return await self._ask("interactive", payload, interaction, accepts=False)

    async def click_view(
        self,
        user: str,
        view_id: str,
        action_id: str,
        value: str | None = None,
        state: Dict | None = None,
        **extra: Any,
    ) -> Interaction:
        """Press something inside a modal or the App Home."""
        view = self._view(user, view_id)
        action = _action(interactive(view.body["blocks"]), action_id, value) | extra
        action["action_ts"] = self.workspace.mint_ts()
        interaction = self._open(user, view)
        payload: Dict = self._base("block_actions", interaction) | {
            "container": {"type": "view", "view_id": view.id},
            "view": view_json(self.workspace, view) | {"state": {"values": state or {}}},
            "actions": [action],
        }
        return await self._ask("interactive", payload, interaction, accepts=False)

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Interaction:
        """Run a slash command; external people and threads have none in Slack."""
        ws = self.workspace
        person = ws.people[user]
        if person.team not in ws.teams:
            raise PermissionError("external people cannot run slash commands")
        interaction = self.site.triggers.open(ws.app.site, user, channel)
        payload = {
            "token": "local-verification-token",
            "team_id": person.team,
            "team_domain": ws.teams[person.team].domain,
            "channel_id": channel,
            "channel_name": ws.channels[channel].name or "directmessage",
            "user_id": user,
            "user_name": person.name,
            "command": command,
            "text": with_ids(ws, text),
            "api_app_id": ws.app.id,
            "is_enterprise_install": "false",
            "response_url": interaction.response_url,
            "trigger_id": interaction.trigger_id,
        }
        await self._ask("slash_commands", payload, interaction, accepts=True)
        if interaction.ack:
            show(self.site, interaction, interaction.ack)
        return interaction

    async def shortcut(self, user: str, callback_id: str) -> Interaction:
        """Use a global shortcut."""
        interaction = self.site.triggers.open(self.workspace.app.site, user)
        payload: Dict = self._base("shortcut", interaction)
        payload |= {"callback_id": callback_id, "action_ts": self.workspace.mint_ts()}
        return await self._ask("interactive", payload, interaction, accepts=False)

    async def message_shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Interaction:
        """Use a shortcut from a message's menu."""
        message = self.workspace.find(channel, ts)
        if not message or message.deleted:
            raise LookupError(f"no message {ts} in {channel}")
        interaction = self.site.triggers.open(self.workspace.app.site, user, channel, message)
        payload: Dict = self._base("message_action", interaction) | {
            "callback_id": callback_id,
            "action_ts": self.workspace.mint_ts(),
            "message_ts": ts,
            "channel": self._channel(channel),
            "message": message_json(self.workspace, message),
            "response_url": interaction.response_url,
        }
        return await self._ask("interactive", payload, interaction, accepts=False)

    async def submit_view(self, user: str, view_id: str, state: Dict | None = None) -> Interaction:
        """Submit a modal; `state` is `{block_id: {action_id: {"type": …, "value": …}}}`."""
        view = self._view(user, view_id)
        interaction = self._open(user, view)
        payload: Dict = self._base("view_submission", interaction) | {
            "view": view_json(self.workspace, view) | {"state": {"values": state or {}}},
            "response_urls": [],
        }
        await self._ask("interactive", payload, interaction, accepts=True)
        if interaction.acked:
            self._act(interaction, view)
        return interaction

    async def close_view(self, user: str, view_id: str) -> Interaction | None:
        """Close a modal; the app hears of it only if the view has `notify_on_close`."""
        view = self._view(user, view_id)
        self.workspace.views.pop(view.id, None)
        if not view.body.get("notify_on_close"):
            return None
        interaction = self._open(user, view)
        payload: Dict = self._base("view_closed", interaction)
        payload |= {"view": view_json(self.workspace, view), "is_cleared": False}
        return await self._ask("interactive", payload, interaction, accepts=False)

    def home(self, user: str) -> View | None:
        """The App Home as published to this person."""
        return self.workspace.homes.get(user)

    def modals(self, user: str) -> list[View]:
        """The modals this person has open, the topmost last."""
        return [view for view in self.workspace.views.values() if view.user == user]

    def _act(self, interaction: Interaction, view: View) -> None:
        """Do what the ack of a submission says.

        Slack: https://docs.slack.dev/surfaces/modals#updating_views
        """
        ws = self.workspace
        ack = interaction.ack or {}
        match ack.get("response_action"):
            case "errors":
                return
            case "update":
                replace(view, ack["view"])
            case "push":
                interaction.views.append(put(self.site, view.user, ack["view"], view).id)
            case "clear":
                for each in [each for each in ws.views.values() if each.stack == view.stack]:
                    del ws.views[each.id]
            case _:
                ws.views.pop(view.id, None)

    def _open(self, user: str, view: View) -> Interaction:
        interaction = self.site.triggers.open(self.workspace.app.site, user)
        interaction.view = view.id
        return interaction

    def _view(self, user: str, view_id: str) -> View:
        home = self.workspace.homes.get(user)
        view = home if home and home.id == view_id else self.workspace.views.get(view_id)
        if not view or view.user != user:
            raise LookupError(f"{user} has no view {view_id} open")
        return view

    async def _ask(
        self, kind: Kind, payload: Dict, interaction: Interaction, *, accepts: bool
    ) -> Interaction:
        interaction.acked, interaction.ack = await self.delivery.ask(kind, payload, accepts=accepts)
        return interaction

    def _base(self, kind: str, interaction: Interaction) -> Dict:
        ws = self.workspace
        person = ws.people[interaction.user]
        team = person.team if person.team in ws.teams else ws.team.id
        if interaction.channel:
            team = ws.channels[interaction.channel].team
        return {
            "type": kind,
            "token": "local-verification-token",
            "api_app_id": ws.app.id,
            "team": {"id": team, "domain": ws.teams[team].domain},
            "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team},
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": interaction.trigger_id,
        }

    def _channel(self, channel: str) -> Dict:
        return {"id": channel, "name": self.workspace.channels[channel].name or "directmessage"}


def _container(message: Message) -> Dict:
    container: Dict = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": bool(message.ephemeral_to),
    }
    return container | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def _action(elements: list[tuple[str, Dict]], action_id: str, value: str | None) -> Dict:
    """The action of the element a person means."""
    for block_id, element in elements:
        if element["action_id"] != action_id:
            continue
        head = {"type": element["type"], "action_id": action_id, "block_id": block_id}
        if element["type"] == "feedback_buttons":
            for button in (element["positive_button"], element["negative_button"]):
                if value in (None, button.get("value")):
                    return head | {"text": button["text"], "value": button.get("value", "")}
        elif value is None or element.get("value", value) == value:
            shown = {name: element[name] for name in ("text", "value") if name in element}
            return head | shown
    raise LookupError(f"no element {action_id!r} with value {value!r}")
