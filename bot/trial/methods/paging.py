"""Cursor pagination of Web API lists."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError


def page(name: str, items: Sequence[Any], arguments: Arguments, default: int = 100) -> dict[str, Any]:
    """One page of `items` under `name`, with the next cursor, empty on the last page.

    Slack: https://docs.slack.dev/apis/web-api/pagination
    """
    start = int(read_cursor(arguments) or 0)
    limit = limit_of(arguments, default)
    following = start + limit
    cursor = write_cursor(str(following)) if following < len(items) else ""
    return {name: list(items[start:following]), "response_metadata": {"next_cursor": cursor}}


def limit_of(arguments: Arguments, default: int) -> int:
    """The page size asked for, 1 to 1000."""
    limit = arguments.number("limit", default)
    if not 0 <= limit <= 1000:
        raise MethodError("invalid_limit")
    return limit or default


def read_cursor(arguments: Arguments) -> str:
    """What a cursor of `write_cursor` stands for; empty without one."""
    cursor = arguments.text("cursor")
    if not cursor:
        return ""
    try:
        kind, _, value = b64decode(cursor, validate=True).decode().partition(":")
    except ValueError:
        raise MethodError("invalid_cursor") from None
    if kind != "next" or not value.replace(".", "").isdigit():
        raise MethodError("invalid_cursor")
    return value


def write_cursor(value: str) -> str:
    """An opaque cursor."""
    return b64encode(f"next:{value}".encode()).decode()
