"""Which presses are ours: a value that we never gave goes to `rest`."""

from typing import Any

from bot.slack.blocks import read_about


async def about_an_answer(action: dict[str, Any]) -> bool:
    """Whether a button's value names an answer."""
    try:
        read_about(str(action.get("value")))
    except ValueError:
        return False
    return True
