"""Slack's building blocks for an answer: its text, its small print, its buttons and menus."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote, unquote

from bot.records import About, Side, ThreadKey

Block = dict[str, Any]

THUMB = "labjam_thumb"
UNVOTE = "labjam_unvote"
AGAIN = "labjam_again"
STOP = "labjam_stop"
ASK = "labjam_ask"
MORE = "labjam_more"
DETAILS = "labjam_details"
PROBLEM = "labjam_problem"
CONFIRM = "labjam_confirm"
WHY = "labjam_why"
CHOOSE = {choice: f"labjam_choose_{choice}" for choice in ("a", "b", "tie", "bad")}
"""The action of each choice between two answers."""

_VALUE_LIMIT = 150
"""Characters of an option's value: https://docs.slack.dev/reference/block-kit/composition-objects/option-object"""


def markdown(text: str) -> Block:
    """At most 12,000 characters, over all of a message's markdown blocks together:
    https://docs.slack.dev/reference/block-kit/blocks/markdown-block"""
    return {"type": "markdown", "text": text}


def image(file: str, alt: str) -> Block:
    """A file of ours as a picture; `alt` is what people hear who can't see it, at most 2,000 characters:
    https://docs.slack.dev/reference/block-kit/blocks/image-block"""
    return {"type": "image", "slack_file": {"id": file}, "alt_text": alt[:2000]}


def small_print(text: str, link: str = "", label: str = "") -> Block:
    """A grey line; plain text, so nothing in it is parsed, but for one link of our own behind it."""
    said: list[Block] = [{"type": "plain_text", "text": text[:2000], "emoji": False}]
    if link.startswith("http") and not re.search(r"[<>|\s]", link):
        said.append({"type": "mrkdwn", "text": f"<{link}|{label}>", "verbatim": True})
    return {"type": "context", "elements": said}


def header(text: str) -> Block:
    """A heading of at most 150 characters."""
    return {"type": "header", "text": plain(text[:150])}


def section(text: str, *, verbatim: bool = False) -> Block:
    """Slack's own mrkdwn, at most 3,000 characters; what is longer is cut. Verbatim: only our own links."""
    said = {"type": "mrkdwn", "text": text[:3000]} | ({"verbatim": True} if verbatim else {})
    return {"type": "section", "text": said}


def fields(texts: Sequence[str]) -> Block:
    """At most ten short texts in two columns, of at most 2,000 characters each; only our own links."""
    said = [{"type": "mrkdwn", "text": text[:2000], "verbatim": True} for text in texts[:10]]
    return {"type": "section", "fields": said}


def thumbs(about: str, action: str = THUMB, noun: str = "answer") -> Block:
    """Slack's own thumbs; `about` comes back with the click."""
    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": action,
                "positive_button": _thumb(f"Good {noun}", f"This {noun} is good", f"+1 {about}"),
                "negative_button": _thumb(f"Bad {noun}", f"This {noun} is bad", f"-1 {about}"),
            }
        ],
    }


def button(action_id: str, label: str, about: str) -> Block:
    """A button; `about` comes back with the click."""
    return {"type": "button", "action_id": action_id, "text": plain(label), "value": about}


def words(text: str) -> Block:
    """A paragraph; plain text, so nothing in it is parsed."""
    return {"type": "section", "text": plain(text[:3000])}


def confirm(label: str, value: str) -> Block:
    """The one button with which an asker gives their word."""
    button = {
        "type": "button",
        "action_id": CONFIRM,
        "style": "primary",
        "text": plain(label),
        "value": value,
    }
    return actions([button])


def ask_model(about: str, models: Mapping[str, str]) -> Block | None:
    """A menu of other models to ask, by our name with what people know it by; None where there is none."""
    options = _options((label, f"{about} {quote(name, safe='')}") for name, label in models.items())
    if not options:
        return None
    return {
        "type": "static_select",
        "action_id": ASK,
        "placeholder": plain("Ask another model"),
        "options": options,
    }


def more(about: str, verbs: Mapping[str, str]) -> Block:
    """The dots behind which an answer's rarer verbs are: at most five, each with its label."""
    options = _options((label, f"{about} {verb}") for verb, label in verbs.items())
    return {"type": "overflow", "action_id": MORE, "options": options}


def actions(elements: Sequence[Block]) -> Block:
    """One row of buttons and menus."""
    return {"type": "actions", "elements": list(elements)}


def about_answer(about: About) -> str:
    """What a button must carry to find its answer again."""
    return f"{about.lab} {about.thread} {about.question_ts}" + (f" {about.side}" if about.side else "")


def read_about(value: str) -> About:
    """The answer that a button's value names; ValueError where it is not ours."""
    lab, thread, ts, *side = value.split(" ")
    if side not in ([], ["a"], ["b"]):
        raise ValueError(value)
    return About(lab, ThreadKey.parse(thread), ts, cast("Side", "".join(side)))


def read_choice(value: str) -> tuple[About, str]:
    """What an option is about, and what was chosen; ValueError where it is not ours."""
    about, _, chosen = value.rpartition(" ")
    return read_about(about), unquote(chosen)


def _options(shown: Iterable[tuple[str, str]]) -> list[Block]:
    return [
        {"text": plain(label[:75]), "value": value}
        for label, value in shown
        if len(value) <= _VALUE_LIMIT  # a model with a longer name can't be offered
    ][:100]


def _thumb(text: str, label: str, value: str) -> Block:
    return {"text": plain(text), "accessibility_label": label, "value": value}


def plain(text: str) -> Block:
    """Text in which nothing is parsed."""
    return {"type": "plain_text", "text": text}
