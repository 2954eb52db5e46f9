"""Which ModelError an endpoint's refusal becomes, and how long it asks us to wait.

No text here carries an endpoint's message: it may echo the prompt. Status and error code suffice.
"""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, cast

from bot.errors import ModelAway, ModelBusy, ModelError, ModelRejected, ModelTooLong

TOO_LONG = "context_length_exceeded"
"""OpenAI's code for a conversation beyond the context; other servers' words for it become this one."""

_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
# vLLM, llama.cpp, LiteLLM and TGI say it in the message or the type, with no code of its own.
_SAYS_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|exceeds? the (available|maximum) context|prompt is too long"
    r"|must have less than \d+ tokens|inputs? tokens?\b.{0,40}\bmust be <=",
    re.IGNORECASE,
)
_OUT_OF_MONEY = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "budget_exceeded"}
)
_BUSY = frozenset({"rate_limit_exceeded", "rate_limit_error", "too_many_requests", "slow_down"})
_REFUSED = frozenset(
    {
        "authentication_error",
        "content_filter",
        "data_residency_mismatch",
        "invalid_api_key",
        "invalid_prompt",
        "invalid_request_error",
        "model_not_found",
        "permission_error",
    }
)
_AWAY_STATUS = frozenset({202, 408, 409, 425})
_REMEDIES = {
    202: "the model is starting",
    400: "the request does not suit this model: check its api, developer_role and reasoning_effort",
    401: "the token is refused: renew it",
    403: "the token may not use this model: ask the endpoint's operator",
    404: "no such model or address: check id and base_url",
    405: "no such address: check api and base_url",
    413: "the conversation is too large for this endpoint",
    422: "the request does not suit this model: check its api, developer_role and reasoning_effort",
}


def error_code(body: Any) -> str:
    """The short machine-readable code in an error body, or "" where there is none worth a log line."""
    error: Any = cast("dict[str, Any]", body).get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return TOO_LONG if isinstance(error, str) and _SAYS_TOO_LONG.search(error) else ""
    fields = cast("dict[str, Any]", error)
    if any(_SAYS_TOO_LONG.search(str(fields.get(name) or "")) for name in ("code", "type", "message")):
        return TOO_LONG
    words = (str(fields.get(name) or "") for name in ("code", "type"))
    return next((word for word in words if _CODE.fullmatch(word)), "")


def from_status(endpoint: str, status: int, code: str, retry_after: float | None = None) -> ModelError:
    """The error for an HTTP status other than 200; `retry_after` in seconds."""
    text = f"{endpoint}: HTTP {status}" + (f" {code}" if code else "")
    if remedy := _REMEDIES.get(status):
        text += f" ({remedy})"
    if code in _OUT_OF_MONEY:
        return ModelRejected(text)  # OpenAI sends it as 429, but waiting brings no money
    if code == TOO_LONG:
        return ModelTooLong(text)
    if status == 429:
        return ModelBusy(text, retry_after)
    if status >= 500 or 200 <= status < 300 or status in _AWAY_STATUS:
        return ModelAway(text)
    if 300 <= status < 400:
        return ModelRejected(
            f"{text} (it redirects; prompts go to base_url only: write the final address there)"
        )
    return ModelRejected(text)


def from_event(endpoint: str, error: Any) -> ModelError:
    """The error for one that arrives inside a stream, where the HTTP status was 200 already."""
    code = error_code(error)
    text = f"{endpoint}: the stream failed" + (f" with {code}" if code else "")
    if code.isdigit() and int(code) >= 400:
        return from_status(endpoint, int(code), "")  # vLLM puts the status it would have sent here
    if code in _BUSY:
        return ModelBusy(text)
    if code == TOO_LONG:
        return ModelTooLong(text)
    if code in _REFUSED or code in _OUT_OF_MONEY or "policy" in code:
        return ModelRejected(text)
    return ModelAway(text)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds an endpoint asks us to wait, from `retry-after-ms` or `Retry-After`; `now` since the epoch."""
    exact = _seconds(headers.get("retry-after-ms", ""))
    if exact is not None:
        return exact / 1000
    text = headers.get("retry-after", "")
    seconds = _seconds(text)
    if seconds is not None or not text:
        return seconds
    try:
        due = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, due.replace(tzinfo=due.tzinfo or UTC).timestamp() - now)


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text.strip()) else None
