"""Structured logs: one line an event, with ids, and never a person's words."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

_OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

# These write whole payloads, questions included, at DEBUG, and Bolt a badly signed body at INFO.
_TALKATIVE = ("slack_bolt", "slack_sdk", "openai", "httpx2", "httpcore", "aiohttp", "asyncio", "labjam.bolt")


class _Line(logging.Formatter):
    """`time level module message key=value …`"""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        extra = {key: value for key, value in vars(record).items() if key not in _OWN}
        pairs = "".join(f" {key}={_shown(value)}" for key, value in extra.items())
        line = f"{at} {record.levelname.lower()} {record.name} {record.getMessage()}{pairs}"
        return f"{line}\n{_where(record.exc_info)}" if record.exc_info else line


def _where(exc_info: tuple[Any, ...]) -> str:
    """Where an exception came from, without its text: that may quote what a person wrote."""
    frames = "".join(traceback.format_tb(exc_info[2])).rstrip()
    return f"{frames}\n  {getattr(exc_info[0], '__name__', 'an exception')}"


def start_logging(level: str) -> None:
    """Log to standard error from `level` on; libraries only from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _shown(value: object) -> str:
    text = str(value)
    return text if text and text.isprintable() and " " not in text and '"' not in text else json.dumps(text)
