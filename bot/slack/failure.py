"""What a failed Web API call says: its status, Slack's word for it, and how long to wait."""

from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError


@dataclass(frozen=True, slots=True)
class Failure:
    """`word` is Slack's own error name, empty where the reply was not Slack's JSON."""

    status: int
    word: str
    retry_after: float  # seconds


def read_failure(error: SlackApiError) -> Failure:
    """Read what slack_sdk raised."""
    response: Any = error.response
    data: Any = response.data
    word = data.get("error") if hasattr(data, "get") else ""
    return Failure(response.status_code, str(word or ""), _seconds(response.headers.get("Retry-After")))


def _seconds(retry_after: Any) -> float:
    try:
        return max(0.1, float(retry_after))
    except (TypeError, ValueError):
        return 1.0  # Slack sends whole seconds; where it sends none, its general advice is one call a second
