"""Buttons under an answer: thumbs, and asking once more."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.feedback import Feedback
from bot.slack.blocks import AGAIN, THUMB


def register(app: Any, feedback: Feedback) -> None:
    """A click is kept first and acknowledged then: one that can't be kept shows as failed."""

    async def thumb(ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any]) -> None:
        await feedback.vote(action["value"], body["user"]["id"])
        await ack()

    async def again(ack: Callable[[], Awaitable[None]], action: dict[str, Any]) -> None:
        await feedback.again(action["value"])
        await ack()

    app.action(THUMB)(thumb)
    app.action(AGAIN)(again)
