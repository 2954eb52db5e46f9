"""Thumbs: the buttons under an answer, the same as emoji, and taking one back."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.feedback import TAKEN_BACK, Feedback
from bot.slack.blocks import THUMB, UNVOTE, read_about


def register(app: Any, feedback: Feedback) -> None:
    """A click is kept first and acknowledged then: one that can't be kept shows as failed."""

    async def take(
        body: dict[str, Any], context: dict[str, Any], next: Callable[[], Awaitable[None]]
    ) -> None:
        team: Any = context.get("team_id") or body.get("team_id")
        if body.get("type") == "event_callback" and isinstance(team, str):
            await feedback.react(body, team)
        await next()

    async def thumb(ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any]) -> None:
        user = body["user"]["id"]
        kept = await feedback.vote(action["value"], user)
        await ack()
        await feedback.thank(action["value"], user, kept)

    async def unvote(
        ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any], respond: Any
    ) -> None:
        await feedback.take_back(action["value"], body["user"]["id"])
        await ack()
        await respond(TAKEN_BACK, replace_original=True, unfurl_links=False, unfurl_media=False)

    app.middleware(take)
    app.action(THUMB, matchers=[_about_an_answer])(thumb)
    app.action(UNVOTE, matchers=[_about_an_answer])(unvote)


async def _about_an_answer(action: dict[str, Any]) -> bool:
    """Whether a button's value is one that we gave it; any other goes to `rest`."""
    value = str(action.get("value"))
    try:
        read_about(value[3:] if action["action_id"] == THUMB else value)
    except ValueError:
        return False
    return action["action_id"] != THUMB or value[:3] in {"+1 ", "-1 "}
