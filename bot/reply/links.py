"""Disarms text: no token of Slack's is left in it, and every link shows where it leads."""

import re
from collections.abc import Callable

Keeps = Callable[[str], bool]
"""Whether links to a host stay live."""

_ENTITY = re.compile(r"&(?=(?:[a-zA-Z][a-zA-Z0-9]*|#\d+|#[xX][0-9a-fA-F]+);)")
_QUOTE = re.compile(r"(?:\s{0,3}>)+")
LINK = re.compile(
    r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*((?:[^\s()]|\([^\s()]*\))+)(?:\s+\"[^\"]*\")?\s*\)"
)
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?=\S)|//|www\.")
_LIVE = re.compile(  # a bracket that may begin the target of a link, or of a definition far below its link
    rf"\](?=[(:]\s*(?:$|&lt;|[^\s)]{{0,40}}\\|(?:[\w-]{{1,63}}\.){{1,8}}[^\W\d_]{{2,}}(?:[/:?#)\s]|$)|{_ADDRESS.pattern}))"
)
_SPELT = re.compile(r"\](?=[(:]\s*[^\s)]{0,200}&#?\w{1,40};)")  # a target with characters by their names
_KEPT = re.compile(r"https://([a-zA-Z0-9.-]+)(?::\d+)?(?:[/?#][^\\]*)?")


def none(host: str) -> bool:
    """No host is trusted."""
    return False


def prose(line: str, keeps: Keeps) -> str:
    """A line outside of fences, with its links shown; those to hosts that are kept stay live."""
    quote = _QUOTE.match(line) if ">" in line else None
    marks = quote[0] if quote else ""
    text = escaped(line[len(marks) :])
    if "]" not in text:
        return marks + text
    pieces: list[str] = []
    at = 0
    for link in LINK.finditer(text):
        pieces += disarmed(text[at : link.start()]), _link(link, keeps)
        at = link.end()
    return "".join([marks, *pieces, disarmed(text[at:])])


def _link(link: re.Match[str], keeps: Keeps) -> str:
    image, label, target = link[1], link[2], link[3]
    host = _KEPT.fullmatch(target)
    if host and not image and keeps(host[1].lower()):
        return f"[{disarmed(label).strip()}]({target})"
    in_code = link.string.count("`", 0, link.start()) % 2
    if in_code or not _ADDRESS.match(target):
        return disarmed(link[0])  # mathematics, code, a path
    shown = disarmed(label).strip()
    return target if shown in {"", target} else f"{shown} ({target})"


def disarmed(text: str) -> str:
    """Text in which no bracket begins the target of a link."""
    return _LIVE.sub("] ", text) if "]" in text else text


def escaped(text: str) -> str:
    """Text without Slack's tokens: it reads <@U…>, <!channel> and <url|label> even in a markdown block.

    An escaped bracket is never read again.
    """
    if "&" in text:
        text = _ENTITY.sub("&amp;", text)
    return text.replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    """What `escaped` was given, where no name of a character may make a link again."""
    text = re.sub(r"&(lt|gt|amp);", lambda entity: {"lt": "<", "gt": ">", "amp": "&"}[entity[1]], text)
    return _SPELT.sub("] ", text) if "&" in text else text
