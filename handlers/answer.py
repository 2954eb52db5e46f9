"""Questions: each event is taken in before Bolt acknowledges it, so that none is lost."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.intake import Intake
from bot.slack.events import read_place, read_streaming


def register(app: Any, intake: Intake) -> None:
    """Bolt acknowledges an event after its middleware and before its listener: so intake is middleware.

    Where it raises, Slack gets no acknowledgement and delivers the event again.
    """

    async def take(
        body: dict[str, Any], context: dict[str, Any], ack: Callable[[], Awaitable[Any]],
        next: Callable[[], Awaitable[None]],
    ) -> Any:  # fmt: skip
        team: Any = context.get("team_id") or body.get("team_id")
        if body.get("type") == "event_callback" and isinstance(team, str) and await intake.take(body, team):
            return await ack()  # no other listener is for messages, and asking each costs more than this
        return await next()

    async def stop(event: dict[str, Any], context: dict[str, Any]) -> None:
        await intake.stop(context.get("team_id", ""), *read_place(event), read_streaming(event))

    async def look_again(event: dict[str, Any], context: dict[str, Any]) -> None:
        if event.get("type") != "member_joined_channel" or event.get("user") == context.get("bot_user_id"):
            intake.forget_channel(context.get("team_id", ""), read_place(event)[0])

    app.middleware(take)
    app.event("agent_session_stopped")(stop)
    for event in ("member_joined_channel", "channel_rename", "group_rename"):
        app.event(event)(look_again)
