"""Words to whoever clicked or used a command, sent to the address that came along with that."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import aiohttp


def responding(session: aiohttp.ClientSession) -> Callable[..., Awaitable[None]]:
    """A Bolt middleware that makes `respond` use our session, which knows what NO_PROXY says."""

    async def lay(context: dict[str, Any], next_: Callable[[], Awaitable[None]]) -> None:
        if url := context.get("response_url"):
            context["respond"] = partial(_respond, session, str(url))
        await next_()

    return lay


async def _respond(
    session: aiohttp.ClientSession, url: str, text: str | dict[str, Any] = "", **more: Any
) -> None:
    """Post to a response_url: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""
    body = text if isinstance(text, dict) else {"text": text}
    async with session.post(url, json=body | more) as response:
        await response.read()
