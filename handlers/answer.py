"""Questions: each event is taken in before Bolt acknowledges it, so that none is lost."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.intake import Intake


def register(app: Any, intake: Intake) -> None:
    """Bolt acknowledges an event after its middleware and before its listener: so intake is middleware.

    Where it raises, Slack gets no acknowledgement and delivers the event again.
    """

    async def take(
        body: dict[str, Any], context: dict[str, Any], next: Callable[[], Awaitable[None]]
    ) -> None:
        if body.get("type") == "event_callback":
            await intake.take(body, context.get("team_id") or body.get("team_id") or "")
        await next()

    async def stop(event: dict[str, Any], context: dict[str, Any]) -> None:
        await intake.stop(context["team_id"], event["channel"], event["thread_ts"])

    async def look_again(event: dict[str, Any], context: dict[str, Any]) -> None:
        channel: Any = event.get("channel")
        intake.forget_channel(context["team_id"], channel if isinstance(channel, str) else channel["id"])

    app.middleware(take)
    app.event("agent_session_stopped")(stop)
    for event in ("member_joined_channel", "channel_rename", "group_rename"):
        app.event(event)(look_again)
