"""Brings text to the form that the guard's rules are written for, whatever it was pasted from."""

import html
import re
import unicodedata

_UNSEEN = re.compile(
    "[\u00ad\u0300-\u036f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What shows nothing or is drawn over a letter: zero-width and format characters, combining marks that
belong to no letter of their own after NFKC, variation selectors."""
_LARGE = re.compile("[\ufdfa\ufdfb]")  # NFKC makes a sentence of each

_ZEROS = re.compile(r"&#([xX]?)0+(?=[0-9a-fA-F])")
_NO_CHARACTER = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")  # too large for any, and for Python's int()
_LINE_END = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACE = re.compile(r" [^\S\n]+|[^\S\n ][^\S\n]*")  # a single blank is found nowhere: it stays
_CONTROL = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]|[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f]"
)  # colours of terminals, too
_MARKUP = re.compile(r"[*~`]+")  # Slack's and Markdown's
_ITALIC = re.compile(r"_(?<![^\W_]_)_*|_+(?![^\W_])")  # within a word it stays: SECRET_KEY
_LINK = re.compile(r"<[^<>|\n]*\|([^<>\n]*)>|<[@#!][^<>\n]*>")

_SLASHES = "\u2044\u2215\u29f8\u2571\u27cb\u2afd"  # the last is a double one
_TWINS = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХАΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺ" + _SLASHES,  # noqa: RUF001 - Cyrillic and Greek, that is the point
        [*"ABESIJKMHOPCTYXAABEZHIKMNOPTYXCM", *"/////", "//"],
        strict=True,
    )
)
"""Letters and strokes of other scripts that look like ours."""
_TWIN = re.compile(f"[{''.join(_TWINS)}]")


def normal(text: str) -> str:
    """The text as a reader sees it: entities read, one form of each character, spaces single, no markup.

    Slack escapes `&`, `<` and `>`; people paste zero-width, full-width and stacked characters. Applying it
    twice changes nothing.
    """
    for _ in range(8):
        before = text
        text = _once(text)
        if text == before or (text.isascii() and "&" not in text):  # nothing that another pass would read
            break
    return text


def _once(text: str) -> str:
    if "&" in text:
        text = html.unescape(_NO_CHARACTER.sub(" ", _ZEROS.sub(r"&#\1", text)))
    if not text.isascii():
        text = _UNSEEN.sub("", unicodedata.normalize("NFKC", _LARGE.sub("", text)))
        text = _TWIN.sub(lambda found: _TWINS[found[0]], text)
    text = _MARKUP.sub("", _LINE_END.sub("\n", _CONTROL.sub("", text)))
    if "_" in text:
        text = _ITALIC.sub("", text)
    return _SPACE.sub(" ", text)


def unlinked(text: str) -> str:
    """The text with Slack's links as they read, and without its mentions: half a word may be a link."""
    return _LINK.sub(lambda found: found[1] or "", text) if "<" in text else text


def name_as_text(name: str) -> str:
    """A file's name, and what it says without its ending, where an underscore stands for a blank.

    Said as "file named …" too: there, rules ask about words that are none of their business in a sentence.
    """
    words = re.sub(r"[_.-]+", " ", re.sub(r"(?<=.)\.\w{1,8}$", "", name))
    return f"{name}\n{words}\nfile named {words}"
