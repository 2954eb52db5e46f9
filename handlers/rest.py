"""Everything no other listener takes: acknowledged, so that Slack does not send it again and again."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

NOT_HERE = "This jam does not offer that."


def register(app: Any) -> None:
    """Bolt acknowledges only what a listener matched."""
    anything = re.compile(".*")

    async def seen() -> None:
        """An event that is nobody's."""

    async def acknowledge(ack: Callable[[], Awaitable[None]]) -> None:
        await ack()

    async def tell(ack: Callable[[str], Awaitable[None]]) -> None:
        await ack(NOT_HERE)

    app.event(anything)(seen)
    app.action(anything)(acknowledge)
    app.shortcut(anything)(acknowledge)
    app.view(anything)(acknowledge)
    app.view_closed(anything)(acknowledge)
    app.options(anything)(acknowledge)
    app.command(anything)(tell)
