"""The app manifest: what Slack would refuse, or take and then leave us without."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.__main__ import main
from bot.slack.manifest import EVENTS, SCOPES, as_yaml, manifest, scopes

ROOT = Path(__file__).parent.parent
URL = "https://jam.example.gov/slack/events"
VARIANTS = [
    pytest.param(["manifest"], id="socket"),
    pytest.param(["manifest", "--http", URL], id="http"),
    pytest.param(["manifest", "--gov"], id="gov"),
    pytest.param(["manifest", "--gov", "--http", URL], id="gov-http"),
]

SCOPE_OF = {
    "agent_session_stopped": "chat:write",
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "channel_rename": "channels:read",
    "group_rename": "groups:read",
    "member_joined_channel": "channels:read",  # and groups:read for private channels
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
}
"""The scope without which Slack never sends an event: https://docs.slack.dev/reference/events"""


def table(*needed: str, **properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(needed),
        "additionalProperties": False,
    }


def text(most: int, least: int = 1, pattern: str = "") -> dict[str, object]:
    return {"type": "string", "minLength": least, "maxLength": most, "pattern": pattern}


def some(most: int, item: object) -> dict[str, object]:
    return {"type": "array", "minItems": 1, "maxItems": most, "uniqueItems": True, "items": item}


YES_NO = {"type": "boolean"}
WEB = text(3000, pattern="^https?://")
SCHEMA = table(
    "display_information",
    _metadata=table(major_version={"const": 2}, minor_version={"type": "integer"}),
    display_information=table(
        "name",
        name=text(35),
        description=text(140),
        long_description=text(4000, least=175),
        background_color=text(7, least=4, pattern="^#([0-9a-fA-F]{3}){1,2}$"),
    ),
    features=table(
        app_home=table(
            home_tab_enabled=YES_NO, messages_tab_enabled=YES_NO, messages_tab_read_only_enabled=YES_NO
        ),
        bot_user=table("display_name", display_name=text(80, pattern="^[a-z0-9._-]+$"), always_online=YES_NO),
        shortcuts=some(
            10,
            table(
                "name", "type", "callback_id", "description",
                name=text(24), description=text(150), callback_id=text(255),
                type={"enum": ["message", "global"]},
            ),
        ),
        slash_commands=some(
            50,
            table(
                "command", "description",
                command=text(32, least=2, pattern="^/"), description=text(2000), usage_hint=text(1000),
                url=WEB, should_escape=YES_NO,
            ),
        ),
        agent_view=table("agent_description", agent_description=text(300)),
    ),
    oauth_config=table("scopes", scopes=table("bot", bot=some(255, text(50)))),
    settings=table(
        event_subscriptions=table(request_url=WEB, bot_events=some(100, text(50))),
        interactivity=table("is_enabled", is_enabled=YES_NO, request_url=WEB),
        org_deploy_enabled=YES_NO,
        socket_mode_enabled=YES_NO,
        token_rotation_enabled=YES_NO,
        is_hosted=YES_NO,
    ),
)  # fmt: skip
"""What Slack's own schema says of the keys we use, and of two a little more, from its pages:
https://github.com/slackapi/manifest-schema, schemas/manifest.schema.2.0.0.json"""


def printed(argv: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(argv) == 0
    return yaml.safe_load(capsys.readouterr().out)


@pytest.mark.parametrize("argv", VARIANTS)
def test_slack_takes_what_is_printed(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    schema: Any = jsonschema
    schema.validate(printed(argv, capsys), SCHEMA)


@pytest.mark.parametrize("argv", VARIANTS)
def test_every_event_comes_with_the_scope_it_needs(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    app = printed(argv, capsys)
    asked = app["oauth_config"]["scopes"]["bot"]
    events = app["settings"]["event_subscriptions"]["bot_events"]
    assert {SCOPE_OF[event] for event in events} - {""} <= set(asked)
    assert asked == sorted(scopes(gov="--gov" in argv))
    assert all(use for use in SCOPES.values()), "a scope that nothing needs is not asked for"


def test_socket_mode_needs_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    app = printed(["manifest"], capsys)
    assert app["settings"]["socket_mode_enabled"] is True
    assert "url:" not in as_yaml(app)


def test_http_mode_has_the_address_wherever_slack_looks_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    app = printed(["manifest", "--http", URL], capsys)
    assert app["settings"]["socket_mode_enabled"] is False
    assert app["settings"]["event_subscriptions"]["request_url"] == URL
    assert app["settings"]["interactivity"]["request_url"] == URL
    assert [command["url"] for command in app["features"]["slash_commands"]] == [URL]


@pytest.mark.parametrize("url", ["jam.example.gov/slack/events", "http://jam.example.gov/slack/events"])
def test_an_address_that_slack_would_refuse_is_refused(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "--http", url]) == 2
    assert capsys.readouterr().err.startswith("labjam: --http: ")


def test_what_govslack_may_lack_is_left_out_there() -> None:
    here, gov = manifest(), manifest(gov=True)
    assert set(here["features"]) - set(gov["features"]) == {"agent_view"}
    lost = set(here["oauth_config"]["scopes"]["bot"]) - set(gov["oauth_config"]["scopes"]["bot"])
    assert lost == {"assistant:write"}, "Slack takes this scope only with an agent view"
    assert set(EVENTS) - set(gov["settings"]["event_subscriptions"]["bot_events"]) == {
        "agent_session_stopped"
    }


def test_what_people_rely_on_is_there() -> None:
    app = manifest()
    features, settings = app["features"], app["settings"]
    assert [one["callback_id"] for one in features["shortcuts"]] == [
        "jam_summary",
        "jam_problem",
        "jam_flag",
        "jam_export",
    ]
    assert {one["type"] for one in features["shortcuts"]} == {"message"}
    assert [one["command"] for one in features["slash_commands"]] == ["/jam"]
    assert features["app_home"]["home_tab_enabled"]
    assert features["app_home"]["messages_tab_enabled"]
    assert settings["interactivity"]["is_enabled"], "buttons"
    assert settings["org_deploy_enabled"], "nine workspaces of one organisation"
    assert not settings["token_rotation_enabled"], "it can never be switched off again"


def test_text_of_any_kind_survives_the_yaml() -> None:
    odd = {"a": ['"quoted"', "on\ntwo: lines", "yes", "1.0", "# no comment", "née", "🔬", ""], "b": {"c": 1}}
    assert yaml.safe_load(as_yaml(odd)) == odd


def test_the_file_to_paste_is_what_the_command_prints() -> None:
    kept = (ROOT / "deploy" / "slack-manifest.yaml").read_text()
    assert kept == as_yaml(manifest()), "run: labjam manifest > deploy/slack-manifest.yaml"
