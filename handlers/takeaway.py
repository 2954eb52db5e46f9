"""Files to take away: one answer by the dots under it, a whole thread by a message's shortcut."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.slack.blocks import MORE, read_choice
from bot.slack.events import read_click, read_message_shortcut
from bot.takeaway.running import FORMATS, Takeaways

NOTHING_HERE = "I know of no answers in this thread."


def register(app: Any, takeaways: Takeaways) -> None:
    """A wish is kept first and acknowledged then."""

    async def one(ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any]) -> None:
        about, kind = read_choice(action["selected_option"]["value"])
        await takeaways.ask(about, kind, read_click(body, action))
        await ack()

    async def thread(ack: Callable[[], Awaitable[None]], body: dict[str, Any], respond: Any) -> None:
        known = await takeaways.ask_all(*read_message_shortcut(body))
        await ack()
        if not known:
            await respond(NOTHING_HERE, replace_original=False)

    app.action(MORE, matchers=[_a_format])(one)
    app.message_shortcut("jam_export")(thread)


async def _a_format(action: dict[str, Any]) -> bool:
    chosen: Any = action.get("selected_option")
    try:
        return read_choice(str(chosen["value"]))[1] in FORMATS
    except (ValueError, TypeError, KeyError):
        return False
