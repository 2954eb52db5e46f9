"""What a thread is called in a list: the beginning of its first question, in which nothing is parsed."""

import re
from html import escape, unescape

LONGEST = 60
"""Characters of a title."""
UNTITLED = "A question"

_TOKEN = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")


def title_of(text: str) -> str:
    """The first words of a question as Slack sent it, good as the label of a link in mrkdwn."""
    plain = _TOKEN.sub(lambda found: found[3] or ("" if found[1] else found[2]), text)
    words = " ".join(re.sub(r"[*_~`|<>]", "", unescape(plain)).split())
    if not words:
        return UNTITLED
    cut = words if len(words) <= LONGEST else f"{words[: LONGEST - 1].rstrip()}…"
    return escape(cut, quote=False)
