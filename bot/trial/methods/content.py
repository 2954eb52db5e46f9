"""Reads what a message call wants to say: text or markdown_text or blocks, attachments and metadata."""

from dataclasses import dataclass, field

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError
from bot.trial.limits import MARKDOWN, TEXT_CUT, check_blocks
from bot.trial.site import Dict
from bot.trial.visible import block_text

MOST_ATTACHMENTS = 100


@dataclass(slots=True)
class Content:
    """A checked message body; markdown_text has become a markdown block."""

    text: str = ""
    blocks: list[Dict] = field(default_factory=list[Dict])
    attachments: list[Dict] = field(default_factory=list[Dict])
    metadata: Dict | None = None


def read_content(arguments: Arguments, *, update: bool = False) -> Content:
    """Check and normalise the body of a post or (with looser needs) an update."""
    text = arguments.text("text")
    markdown = arguments.text("markdown_text")
    blocks = arguments.objects("blocks", "invalid_blocks_format") or []
    attachments = arguments.objects("attachments", "invalid_attachments") or []
    metadata = read_metadata(arguments)
    if markdown and (text or blocks):
        raise MethodError("markdown_text_conflict")
    if not (text or markdown or blocks or attachments) and not (update and metadata):
        raise MethodError("no_text")
    if len(markdown or "") > MARKDOWN:
        raise MethodError("msg_too_long")
    if len(attachments) > MOST_ATTACHMENTS:
        raise MethodError("too_many_attachments")
    check_blocks(blocks)
    stored = [{"type": "markdown", "text": markdown}] if markdown else with_ids(blocks)
    fallback = text or "\n".join(words for block in stored if (words := block_text(block)))
    return Content(fallback[:TEXT_CUT], stored, attachments, metadata)


def read_metadata(arguments: Arguments) -> Dict | None:
    """Message metadata: `{"event_type": …, "event_payload": {…}}`."""
    metadata = arguments.object("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise MethodError("invalid_metadata_schema")
    return metadata


def with_ids(blocks: list[Dict]) -> list[Dict]:
    """Give blocks the ids Slack gives them; a markdown block keeps none."""
    return [
        {name: value for name, value in block.items() if name != "block_id"}
        if block.get("type") == "markdown"
        else _with_id(block, index)
        for index, block in enumerate(blocks)
    ]


def _with_id(block: Dict, index: int) -> Dict:
    named: Dict = block if block.get("block_id") else {**block, "block_id": f"block{index}"}
    elements: list[Dict] = named.get("elements") or []
    if named["type"] not in {"actions", "context_actions"} or not elements:
        return named
    fixed = [
        each if each.get("action_id") else {**each, "action_id": f"action{number}"}
        for number, each in enumerate(elements)
    ]
    return {**named, "elements": fixed}
