"""The button with which a person gives their word, so that their question goes on."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.confirming import Confirming, is_ours
from bot.slack.blocks import CONFIRM
from bot.slack.events import read_click


def register(app: Any, confirming: Confirming) -> None:
    """A click is kept first and acknowledged then: one that can't be kept shows as failed."""

    async def confirm(
        ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any], respond: Any
    ) -> None:
        said = await confirming.confirm(action["value"], read_click(body, action))
        await ack()
        await respond(said, replace_original=True, unfurl_links=False, unfurl_media=False)

    app.action(CONFIRM, matchers=[_about_a_question])(confirm)


async def _about_a_question(action: dict[str, Any]) -> bool:
    """Whether a button's value is one that we gave it; any other goes to `rest`."""
    return is_ours(str(action.get("value")))
