"""Slack's size limits for messages and blocks, with the error names Slack answers."""

import json
from collections.abc import Callable
from typing import Any, cast

from bot.trial.errors import MethodError
from bot.trial.tables import check_tables
from bot.trial.visible import block_text

Dict = dict[str, Any]

TEXT_CUT = 40_000
"""Characters. Slack cuts longer text: https://docs.slack.dev/reference/methods/chat.postMessage"""
UPDATE_TEXT = 4_000
"""Characters. Slack: https://docs.slack.dev/reference/methods/chat.update"""
MARKDOWN = 12_000
"""Characters a call, and of all markdown blocks together.
Slack: https://docs.slack.dev/reference/block-kit/blocks/markdown-block"""
BLOCKS = 50
BLOCKS_TEXT = 13_200
"""Characters of all blocks of a message; not documented, as measured in https://github.com/slackapi/bolt-js/issues/2509"""
VIEW_BLOCKS = 100
VIEW_BYTES = 250_000
"""Slack: https://docs.slack.dev/reference/methods/views.open"""
CHUNK_TEXT = 256
"""Characters of a task_update's or plan_update's texts.
Slack: https://docs.slack.dev/reference/methods/chat.appendStream"""


def check_blocks(blocks: list[Dict], most: int = BLOCKS) -> None:
    """Refuse blocks Slack would refuse: too many, too long, unknown, or wrongly built."""
    if len(blocks) > most:
        raise MethodError("invalid_blocks", detail=f"more than {most} blocks")
    for index, block in enumerate(blocks):
        wrong = _wrong(block)
        if not wrong and len(str(block.get("block_id", ""))) > 255:
            wrong = "block_id over 255"
        if wrong:
            raise MethodError("invalid_blocks", detail=f"{wrong} [json-pointer:/blocks/{index}]")
    if most == BLOCKS:
        _check_totals(blocks)


def _wrong(block: Dict) -> str:
    rule = _RULES.get(str(block.get("type")))
    if not rule:
        return f"unsupported type: {block.get('type')}"
    try:
        return rule(block)
    except (AttributeError, KeyError, TypeError):
        return "malformed block"


def _check_totals(blocks: list[Dict]) -> None:
    written = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if written > MARKDOWN or sum(len(block_text(block)) for block in blocks) > BLOCKS_TEXT:
        raise MethodError("msg_blocks_too_long")
    check_tables(blocks)


def check_view(view: Dict) -> None:
    """Refuse a modal or App Home Slack would refuse."""
    if len(json.dumps(view)) > VIEW_BYTES:
        raise MethodError("view_too_large")
    if view.get("type") not in {"modal", "home"} or not isinstance(view.get("blocks"), list):
        raise MethodError("invalid_arguments", detail="view needs a type and blocks")
    check_blocks(view["blocks"], VIEW_BLOCKS)
    if view["type"] == "modal" and not _text(view.get("title"), 24):
        raise MethodError("invalid_arguments", detail="title must be 1 to 24 characters")
    for name, most in (("submit", 24), ("close", 24)):
        if name in view and not _text(view[name], most):
            raise MethodError("invalid_arguments", detail=f"{name} must be 1 to {most} characters")
    for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(view.get(name) or "") > most:
            raise MethodError("invalid_arguments", detail=f"{name} over {most}")


def check_chunk(chunk: Dict) -> None:
    """Refuse a streaming chunk Slack would refuse.

    Slack: https://docs.slack.dev/reference/methods/chat.appendStream
    """
    match chunk.get("type"):
        case "markdown_text":
            fine = isinstance(chunk.get("text"), str)
        case "plan_update":
            fine = len(str(chunk.get("title", ""))) <= CHUNK_TEXT
        case "task_update":
            texts = (chunk.get("title"), chunk.get("details"), chunk.get("output"))
            fine = bool(chunk.get("id")) and all(len(text or "") <= CHUNK_TEXT for text in texts)
        case "blocks":
            fine = isinstance(chunk.get("blocks"), list)
        case _:
            fine = False
    if not fine:
        raise MethodError("invalid_chunks")


def _text(value: Any, most: int, *, plain: bool = True) -> bool:
    """Whether `value` is a text object of 1 to `most` characters."""
    if not isinstance(value, dict):
        return False
    text = cast("Dict", value)
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    body = text.get("text")
    return text.get("type") in kinds and isinstance(body, str) and 0 < len(body) <= most


def _markdown(block: Dict) -> str:
    text = block.get("text")
    return "" if isinstance(text, str) and text else "markdown needs text"


def _section(block: Dict) -> str:
    fields: list[Any] = block.get("fields") or []
    if not block.get("text") and not fields:
        return "section needs text or fields"
    if block.get("text") and not _text(block["text"], 3000, plain=False):
        return "section text must be 1 to 3000 characters"
    if len(fields) > 10 or not all(_text(each, 2000, plain=False) for each in fields):
        return "at most 10 fields of 1 to 2000 characters"
    return _element(block["accessory"]) if block.get("accessory") else ""


def _header(block: Dict) -> str:
    return "" if _text(block.get("text"), 150) else "header text must be 1 to 150 characters"


def _context(block: Dict) -> str:
    elements: list[Dict] = block.get("elements") or []
    if not 1 <= len(elements) <= 10:
        return "context needs 1 to 10 elements"
    fine = all(each.get("type") == "image" or _text(each, 3000, plain=False) for each in elements)
    return "" if fine else "context holds text and images only"


def _actions(block: Dict) -> str:
    elements: list[Dict] = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        return "actions needs 1 to 25 elements"
    ids = [each["action_id"] for each in elements if "action_id" in each]
    if len(set(ids)) < len(ids):
        return "action_id already exists"
    return next((wrong for each in elements if (wrong := _element(each))), "")


def _context_actions(block: Dict) -> str:
    elements: list[Dict] = block.get("elements") or []
    if not 1 <= len(elements) <= 5:
        return "context_actions needs 1 to 5 elements"
    if not all(each.get("type") in {"feedback_buttons", "icon_button"} for each in elements):
        return "context_actions holds feedback_buttons and icon_button only"
    return next((wrong for each in elements if (wrong := _element(each))), "")


def _element(element: Dict) -> str:
    if len(str(element.get("action_id", ""))) > 255:
        return "action_id over 255"
    match element.get("type"):
        case "button":
            return _button(element, text=75)
        case "feedback_buttons":
            pair = (element.get("positive_button"), element.get("negative_button"))
            return "" if all(each and not _button(each, text=75) for each in pair) else "bad feedback_buttons"
        case "icon_button":
            too_many = len(element.get("visible_to_user_ids") or ()) > 10
            return "bad icon_button" if too_many or not element.get("icon") else _button(element, text=75)
        case None:
            return "element without type"
        case _:
            return _options(element)


def _button(element: Dict, text: int) -> str:
    if not _text(element.get("text"), text):
        return f"button text must be 1 to {text} characters"
    for name, most in (("value", 2000), ("url", 3000), ("accessibility_label", 75), ("agent_prompt", 4000)):
        if len(element.get(name) or "") > most:
            return f"{name} over {most}"
    return ""


def _options(element: Dict) -> str:
    options: list[Dict] = element.get("options") or []
    most = 5 if element["type"] == "overflow" else 100
    fine = len(options) <= most and all(
        _text(each.get("text"), 75, plain=False) and 0 < len(each.get("value", "")) <= 150 for each in options
    )
    return "" if fine else f"at most {most} options, text 1 to 75, value 1 to 150"


def _image(block: Dict) -> str:
    if not block.get("alt_text") or len(block["alt_text"]) > 2000:
        return "image needs alt_text of 1 to 2000 characters"
    if not block.get("image_url") and not block.get("slack_file"):
        return "image needs image_url or slack_file"
    return "image_url over 3000" if len(block.get("image_url") or "") > 3000 else ""


def _input(block: Dict) -> str:
    if not _text(block.get("label"), 2000):
        return "input label must be 1 to 2000 characters"
    if block.get("hint") and not _text(block["hint"], 2000):
        return "input hint must be 1 to 2000 characters"
    element: Dict = block.get("element") or {}
    if not element:
        return "input needs an element"
    if element.get("placeholder") and not _text(element["placeholder"], 150):
        return "placeholder over 150"
    return "max_length over 3000" if element.get("max_length", 0) > 3000 else _element(element)


def _table(block: Dict) -> str:
    rows: list[list[Dict]] = block.get("rows") or []
    if not 1 <= len(rows) <= 100 or any(not 1 <= len(row) <= 20 for row in rows):
        return "table needs 1 to 100 rows of 1 to 20 cells"
    if any(cell.get("type") not in {"raw_text", "raw_number", "rich_text"} for row in rows for cell in row):
        return "table cells are raw_text, raw_number or rich_text"
    return "table over 10000 characters" if len(block_text(block)) > 10_000 else ""


def _rich_text(block: Dict) -> str:
    return "" if isinstance(block.get("elements"), list) else "rich_text needs elements"


def _anything(_: Dict) -> str:
    return ""


_RULES: dict[str, Callable[[Dict], str]] = {
    "markdown": _markdown,
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "image": _image,
    "input": _input,
    "table": _table,
    "rich_text": _rich_text,
    "divider": _anything,
}
