"""Everything no other listener takes: acknowledged, so that Slack does not send it again and again."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

NOT_HERE = "This jam does not offer that."

_MATCHED = {
    "block_actions", "block_suggestion", "event_callback", "interactive_message", "message_action",
    "shortcut", "view_closed", "view_submission",
}  # fmt: skip

log = logging.getLogger(__name__)


def register(app: Any) -> None:
    """Bolt acknowledges only what a listener matched."""
    anything = re.compile(".*")

    async def strange(
        body: dict[str, Any], ack: Callable[[], Awaitable[Any]], next: Callable[[], Awaitable[None]]
    ) -> Any:
        """What Bolt has no kind of listener for, such as app_rate_limited."""
        if "command" in body or _kind(body) in _MATCHED:
            return await next()
        if _kind(body) == "app_rate_limited":
            log.error("Slack leaves out events of this hour: there were more than it delivers")
        return await ack()

    async def seen() -> None:
        """An event that is nobody's."""

    async def acknowledge(ack: Callable[[], Awaitable[None]]) -> None:
        await ack()

    async def tell(ack: Callable[[str], Awaitable[None]]) -> None:
        await ack(NOT_HERE)

    app.middleware(strange)
    app.event(anything)(seen)
    app.action(anything)(acknowledge)
    app.shortcut(anything)(acknowledge)
    app.view(anything)(acknowledge)
    app.view_closed(anything)(acknowledge)
    app.options(anything)(acknowledge)
    app.command(anything)(tell)


def _kind(body: dict[str, Any]) -> str:
    event: Any = body.get("event")
    named = body.get("type") != "event_callback" or isinstance(event.get("type"), str)
    return str(body.get("type")) if named else ""
