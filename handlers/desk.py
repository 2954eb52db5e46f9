"""App Home: opening it and pressing its buttons; and hello to who joins a jam channel."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from bot.desk.buttons import ACTIONS, DISMISS, DO, pressed
from bot.desk.home import Desk
from bot.slack.commands import read_click
from bot.slack.events import read_joined
from handlers.moderation import ACK_WITHIN


def register(app: Any, desk: Desk) -> None:
    """A button's act is done first and acknowledged then; that somebody joined is kept before the ack."""

    async def take(
        body: dict[str, Any], context: dict[str, Any], next: Callable[[], Awaitable[None]]
    ) -> None:
        joined = read_joined(body, str(context.get("team_id") or body.get("team_id")))
        if joined and joined.user != context.get("bot_user_id"):
            await desk.welcome(joined)
        await next()

    async def opened(event: dict[str, Any], context: dict[str, Any]) -> None:
        team, user = context.get("team_id", ""), str(event.get("user"))
        if event.get("tab") == "messages":
            await desk.greet(team, user, str(event.get("channel") or ""))
        else:
            await desk.opened(team, user)

    async def press(ack: Callable[[], Awaitable[None]], body: dict[str, Any], action: dict[str, Any]) -> None:
        button, lab = pressed(action["action_id"], str(action.get("value")))
        doing = asyncio.ensure_future(desk.press(read_click(body, action), button, lab))
        await asyncio.wait({doing}, timeout=ACK_WITHIN)
        await ack()
        await doing

    async def put_away(ack: Callable[[], Awaitable[None]], body: dict[str, Any]) -> None:
        await ack()
        said = read_click(body, {})
        await desk.put_away(said.team, said.user)

    app.middleware(take)
    app.event("app_home_opened")(opened)
    app.action(re.compile(f"^{DO}"), matchers=[_ours])(press)
    app.action(DISMISS)(put_away)


async def _ours(action: dict[str, Any]) -> bool:
    """Whether this is a button that we make; any other goes to `rest`."""
    return action["action_id"] in ACTIONS
