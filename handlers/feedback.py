"""Buttons under an answer: thumbs, and asking once more."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.feedback import Feedback
from bot.slack.blocks import AGAIN, THUMB, read_about


def register(app: Any, feedback: Feedback) -> None:
    """A click is kept first and acknowledged then: one that can't be kept shows as failed."""

    async def thumb(ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any]) -> None:
        await feedback.vote(action["value"], body["user"]["id"])
        await ack()

    async def again(ack: Callable[[], Awaitable[None]], action: dict[str, Any]) -> None:
        await feedback.again(action["value"])
        await ack()

    app.action(THUMB, matchers=[_about_an_answer])(thumb)
    app.action(AGAIN, matchers=[_about_an_answer])(again)


async def _about_an_answer(action: dict[str, Any]) -> bool:
    """Whether a button's value is one that we gave it; any other goes to `rest`."""
    value = str(action.get("value"))
    try:
        read_about(value[3:] if action["action_id"] == THUMB else value)
    except ValueError:
        return False
    return action["action_id"] != THUMB or value[:3] in {"+1 ", "-1 "}
