"""The names of people, for exports to replace: from Slack, or from a file."""

from pathlib import Path
from typing import Any

from bot.errors import SlackError, UsageError, WorldError
from bot.slack.client import identify, open_session, web_client
from bot.slack.outbox import Outbox

_PAGE = 200
_FIELDS = ("real_name", "real_name_normalized", "display_name", "display_name_normalized")


def names_in_file(path: Path) -> dict[str, str]:
    """One name a line, by itself or before a comma and the person's Slack id."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"--names: {path}: {error}") from None
    parts = [line.partition(",") for line in lines if line.strip() and not line.startswith("#")]
    return {name.strip(): user.strip() for name, _, user in parts}


async def names_in_slack(token: str, api_url: str) -> dict[str, str]:
    """Every member's names, with their ids; WorldError where Slack does not tell."""
    try:
        async with open_session() as session:
            client = web_client(token, api_url, session)
            identity = await identify(client)
            outbox = Outbox(client, identity.user)
            return await _members(outbox, identity.team)
    except SlackError as error:
        raise WorldError(
            f"--names: Slack does not give the members' names ({error}). Try again, name a file, or say none."
        ) from None


async def _members(outbox: Outbox, team: str) -> dict[str, str]:
    names: dict[str, str] = {}
    cursor = ""
    while True:
        page = await outbox.insist("users.list", team, team_id=team, limit=_PAGE, cursor=cursor)
        for member in page["members"]:
            profile: dict[str, Any] = member.get("profile") or {}
            said = (profile.get(field) for field in _FIELDS)
            names |= {str(name): str(member["id"]) for name in said if name}
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            return names
