"""An answer that comes after the acknowledgement: to the address that Slack gave with a command or click."""

from typing import Any

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import SlackRefused, SlackUnsure

LIFE = 1800.0
"""Seconds in which the address takes up to five posts:
https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""


async def say_later(url: str, body: dict[str, Any]) -> None:
    """Post to a response_url; SlackRefused where it is used up, SlackUnsure where nobody knows."""
    untyped: Any = AsyncWebhookClient(url)
    try:
        response: Any = await untyped.send_dict(body)
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SlackUnsure("response_url", type(error).__name__) from None
    if response.status_code != 200:
        raise SlackRefused("response_url", f"HTTP {response.status_code}")
