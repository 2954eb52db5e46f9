"""Summing a thread up: the message shortcut *Sum up this thread*."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.admission import Door
from bot.slack.events import read_message_shortcut
from bot.summary.posting import Summaries
from bot.summary.wishing import ask_wrap_up


def register(app: Any, summaries: Summaries, door: Door) -> None:
    """A wish is kept first and acknowledged then."""

    async def thread(ack: Callable[[], Awaitable[None]], body: dict[str, Any], respond: Any) -> None:
        words = await ask_wrap_up(summaries, door, *read_message_shortcut(body))
        await ack()
        if words:
            await respond(words, replace_original=False)

    app.message_shortcut("jam_summary")(thread)
