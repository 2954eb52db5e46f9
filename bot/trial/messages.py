"""A Slack message as the local workspace keeps it, and its life as a stream."""

from dataclasses import dataclass, field
from typing import Any

from bot.trial.visible import block_text, decode, pings


@dataclass(slots=True)
class Stream:
    """A message being written; `state` is live, stopped, expired or stopped_by_user."""

    started: float
    state: str = "live"
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    appends: int = 0


@dataclass(slots=True)
class Message:
    """One message; `text` and `raw` (its blocks) are as Slack stores them, still escaped."""

    channel: str
    ts: str
    user: str
    team: str
    text: str = ""
    raw: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    thread_ts: str | None = None
    bot_id: str | None = None
    subtype: str | None = None
    username: str | None = None
    parent_user: str | None = None
    attachments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    metadata: dict[str, Any] | None = None
    files: list[str] = field(default_factory=list[str])
    reactions: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    extra: dict[str, Any] = field(default_factory=dict[str, Any])
    edits: int = 0
    edited: dict[str, str] | None = None
    deleted: bool = False
    ephemeral_to: str | None = None
    stream: Stream | None = None

    @property
    def streaming(self) -> bool:
        """Still being written: neither stopped, nor expired, nor repaired by chat.update."""
        return self.stream is not None and self.stream.state == "live"

    @property
    def expired(self) -> bool:
        """A broken stream: its life ran out before chat.stopStream, and no chat.update repaired it."""
        return self.stream is not None and self.stream.state == "expired"

    @property
    def visible_text(self) -> str:
        """All words a person sees, decoded; blocks are joined by a newline, and hide `text` as in Slack."""
        shown = [words for block in self.raw if (words := block_text(block))]
        return decode("\n".join(shown) if shown else self.text)

    @property
    def written(self) -> str:
        """Only the markdown a model wrote (markdown blocks, markdown_text, streamed text), decoded."""
        return decode("\n".join(str(block["text"]) for block in self.raw if block.get("type") == "markdown"))

    @property
    def pings(self) -> list[str]:
        """The mentions Slack would act on, such as `!channel` or `@U123`; escaped ones are not listed."""
        return pings([self.text, *(block_text(block) for block in self.raw)])

    @property
    def elements(self) -> list[tuple[str, dict[str, Any]]]:
        """Every interactive element as (block_id, element), section accessories included."""
        return interactive(self.raw)


def interactive(blocks: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Every element of `blocks` that has an action_id, as (block_id, element)."""
    found: list[tuple[str, dict[str, Any]]] = []
    for block in blocks:
        candidates = [*(block.get("elements") or ()), block.get("accessory"), block.get("element")]
        found += [
            (str(block.get("block_id", "")), each) for each in candidates if each and "action_id" in each
        ]
    return found
