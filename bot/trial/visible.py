"""What a person sees of a Slack message: escaping, tokens and the text inside blocks."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

Block = Mapping[str, Any]

_TOKEN = re.compile(
    r"<(?:@[UW][A-Z0-9]+(?:\|[^<>]*)?|#C[A-Z0-9]+(?:\|[^<>]*)?|![a-z]+[^<>]*|(?:https?|mailto):[^<>\s][^<>]*)>"
)
_PING = re.compile(r"<(@[UW][A-Z0-9]+|![a-z]+)[^<>]*>")


def escape(text: str) -> str:
    """Escape what a person typed, leaving well-formed `<@U…>`, `<#C…>`, `<!…>` and `<http…>` tokens alone.

    Slack: https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    parts: list[str] = []
    end = 0
    for token in _TOKEN.finditer(text):
        parts += [_escape_all(text[end : token.start()]), token.group()]
        end = token.end()
    return "".join([*parts, _escape_all(text[end:])])


def decode(text: str) -> str:
    """Turn the three entities Slack knows back into `<`, `>` and `&`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def pings(texts: Iterable[str]) -> list[str]:
    """The live mention tokens Slack would act on, such as `@U123`, `!channel` or `!subteam`."""
    return [found for text in texts for found in _PING.findall(text)]


def block_text(block: Block) -> str:
    """The words one block shows, still escaped; an empty string for blocks without words."""
    reader = _READERS.get(str(block.get("type")))
    return reader(block) if reader else ""


def _escape_all(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(value: Any) -> str:
    return str(cast("Block", value).get("text", "")) if isinstance(value, Mapping) else str(value or "")


def _markdown(block: Block) -> str:
    return str(block.get("text", ""))


def _titled(block: Block) -> str:
    return _plain(block.get("text"))


def _section(block: Block) -> str:
    words = [_plain(block.get("text")), *(_plain(field) for field in block.get("fields") or ())]
    return "\n".join(word for word in words if word)


def _context(block: Block) -> str:
    shown = (element for element in block.get("elements") or () if element.get("type") != "image")
    return " ".join(_plain(element) for element in shown)


def _rich(block: Block) -> str:
    if "elements" in block:
        between = "\n" if block.get("type") in {"rich_text", "rich_text_list"} else ""
        return between.join(_rich(element) for element in block["elements"])
    if block.get("type") == "user":
        return f"<@{block.get('user_id', '')}>"
    return str(block.get("text") or block.get("url") or "")


def _table(block: Block) -> str:
    return "\n".join(" | ".join(_cell(cell) for cell in row) for row in block.get("rows") or ())


def _cell(cell: Any) -> str:
    return _rich(cell) if cell.get("type") == "rich_text" else _plain(cell)


_READERS = {
    "markdown": _markdown,
    "header": _titled,
    "section": _section,
    "context": _context,
    "rich_text": _rich,
    "table": _table,
}
