"""Slash commands, presses of their buttons, and submitted modals, as our own values."""

from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Said:
    """A slash command, or a press of one of its buttons, as Slack told it."""

    team: str
    user: str
    channel: str
    text: str  # behind the command, or the value of the button
    trigger_id: str = ""
    response_url: str = ""


def read_command(command: dict[str, Any]) -> Said:
    """Read https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling"""
    return Said(
        team=_text(command, "team_id"),
        user=_text(command, "user_id"),
        channel=_text(command, "channel_id"),
        text=_text(command, "text").strip(),
        trigger_id=_text(command, "trigger_id"),
        response_url=_text(command, "response_url"),
    )


def read_click(body: dict[str, Any], action: dict[str, Any]) -> Said:
    """Read https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    return Said(
        team=_text(_dict(body, "team"), "id"),
        user=_text(_dict(body, "user"), "id"),
        channel=_text(_dict(body, "channel"), "id"),
        text=_text(action, "value"),
        trigger_id=_text(body, "trigger_id"),
        response_url=_text(body, "response_url"),
    )


def _dict(of: dict[str, Any], key: str) -> dict[str, Any]:
    value = of.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(of: dict[str, Any], key: str) -> str:
    value = of.get(key)
    # Half a surrogate pair is JSON, but no text that could be stored.
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
