"""The Slack app manifest: every event, command and scope that labjam uses, and no other."""

import json
from typing import Any, cast

from bot.errors import UsageError

Manifest = dict[str, Any]

SCOPES = {
    "app_mentions:read": "hear mentions",
    "assistant:write": "be an agent: Slack asks it of every app with the agent view",
    "channels:history": "read questions in public channels, and a thread after a crash",
    "channels:read": "find the jam channels by name",
    "chat:write": "answer",
    "commands": "/jam and the message shortcuts",
    "files:read": "read files that come with a question",
    "files:write": "post what is too long for messages",
    "groups:history": "the same as channels:history, in private channels",
    "groups:read": "the same as channels:read, in private channels",
    "im:history": "answer direct messages",
    "reactions:read": "hear the emoji that are thumbs, and the one that stops an answer",
    "usergroups:read": "know moderators whom lab.toml names by user group",
    "users:read": "know moderators: users:read.email asks for it",
    "users:read.email": "know moderators whom lab.toml names by e-mail address",
}
"""What each scope is for; `labjam check` compares them with the token's."""

EVENTS = [
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "channel_rename",
    "group_rename",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "reaction_added",
    "reaction_removed",
]
"""Each needs a scope of the above; Slack drops an event without a word where it is missing."""

_NOT_ON_GOV = {"assistant:write", "agent_session_stopped"}
"""What belongs to the agent view; whether GovSlack has that is not documented, so we do without."""

_ABOUT = (
    "Ask a question in your lab's jam channel, and labjam answers in its thread with a reasoning model: "
    "once, and in full. Judge each answer with the buttons under it. A message that begins with // is left "
    "alone. Questions, answers and judgements are kept as the record of the jam, for your lab's moderators "
    "and the teams behind the models. Do not post classified, export-controlled or otherwise marked "
    "information."
)

_SHORTCUTS = {
    "jam_summary": ("Sum up this thread", "Problem, approach, result, what is open"),
    "jam_problem": ("Describe this problem", "Say what the problem is and how hard it is"),
    "jam_flag": ("Flag this answer", "Ask your lab's moderators to look at it"),
    "jam_export": ("Export this thread", "The whole thread as a file"),
}


def manifest(request_url: str = "", *, gov: bool = False) -> Manifest:
    """The manifest for Socket Mode, or with `request_url` for HTTP; `gov` leaves out what GovSlack lacks.

    UsageError where Slack would not take the URL. Follows https://docs.slack.dev/reference/app-manifest
    """
    if request_url and not request_url.startswith("https://"):
        raise UsageError(
            "--http: Slack delivers to https:// only, such as https://jam.example.gov/slack/events."
        )
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "labjam",
            "description": "Put reasoning models to the test on your own hardest problems.",
            "long_description": _ABOUT,
            "background_color": "#1d3557",
        },
        "features": _features(request_url, gov),
        "oauth_config": {"scopes": {"bot": sorted(scopes(gov=gov))}},
        "settings": _settings(request_url, gov),
    }


def scopes(*, gov: bool = False) -> dict[str, str]:
    """The scopes that the manifest asks for, and what each is for."""
    return {scope: use for scope, use in SCOPES.items() if not (gov and scope in _NOT_ON_GOV)}


def as_yaml(value: Any, indent: str = "") -> str:
    """A manifest as YAML: mappings and lists in blocks, strings as JSON writes them."""
    if isinstance(value, dict):
        pairs = cast("Manifest", value).items()
        return "".join(f"{indent}{key}:{_below(item, indent)}" for key, item in pairs)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return "".join(f"{indent}- {as_yaml(item, indent + '  ').lstrip()}" for item in items)
    return f"{json.dumps(value, ensure_ascii=False)}\n"


def _below(item: Any, indent: str) -> str:
    return f"\n{as_yaml(item, indent + '  ')}" if isinstance(item, dict | list) else f" {as_yaml(item)}"


def _features(request_url: str, gov: bool) -> Manifest:
    command = {
        "command": "/jam",
        "description": "Run your lab's jam",
        "usage_hint": "status",
        "should_escape": True,
    }
    features: Manifest = {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "labjam", "always_online": True},
        "shortcuts": [
            {"name": name, "type": "message", "callback_id": callback, "description": description}
            for callback, (name, description) in _SHORTCUTS.items()
        ],
        "slash_commands": [{**command, **({"url": request_url} if request_url else {})}],
    }
    if not gov:
        features["agent_view"] = {"agent_description": "Answers questions of science in your lab's jam."}
    return features


def _settings(request_url: str, gov: bool) -> Manifest:
    url = {"request_url": request_url} if request_url else {}
    events = [event for event in EVENTS if not (gov and event in _NOT_ON_GOV)]
    return {
        "event_subscriptions": {**url, "bot_events": events},
        "interactivity": {"is_enabled": True, **url},
        "org_deploy_enabled": True,
        "socket_mode_enabled": not request_url,
        "token_rotation_enabled": False,
        "is_hosted": False,
    }
