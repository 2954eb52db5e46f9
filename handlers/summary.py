"""Summing a thread up: the message shortcut *Sum up this thread*."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.slack.events import read_message_shortcut
from bot.summary.posting import Summaries

NOTHING_HERE = "I know of no answers in this thread."


def register(app: Any, summaries: Summaries) -> None:
    """A wish is kept first and acknowledged then."""

    async def thread(ack: Callable[[], Awaitable[None]], body: dict[str, Any], respond: Any) -> None:
        place, click = read_message_shortcut(body)
        known = await summaries.ask_wrap_up(place, click.ts)
        await ack()
        if not known:
            await respond(NOTHING_HERE, replace_original=False)

    app.message_shortcut("jam_summary")(thread)
