"""Slack's building blocks for an answer: its text, its small print, its buttons."""

from typing import Any

from bot.records import ThreadKey

Block = dict[str, Any]

THUMB = "labjam_thumb"
AGAIN = "labjam_again"


def markdown(text: str) -> Block:
    """At most 12,000 characters, over all of a message's markdown blocks together:
    https://docs.slack.dev/reference/block-kit/blocks/markdown-block"""
    return {"type": "markdown", "text": text}


def small_print(text: str) -> Block:
    """A grey line; plain text, so nothing in it is parsed."""
    return {"type": "context", "elements": [{"type": "plain_text", "text": text[:2000], "emoji": False}]}


def thumbs(about: str) -> Block:
    """Slack's own thumbs; `about` comes back with the click."""
    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": THUMB,
                "positive_button": _thumb("Good answer", "This answer is good", f"+1 {about}"),
                "negative_button": _thumb("Bad answer", "This answer is bad", f"-1 {about}"),
            }
        ],
    }


def again(label: str, about: str) -> Block:
    """One button that asks for the answer once more."""
    button = {"type": "button", "action_id": AGAIN, "text": _plain(label), "value": about}
    return {"type": "actions", "elements": [button]}


def about_answer(lab: str, thread: ThreadKey, question_ts: str) -> str:
    """What a button must carry to find its answer again."""
    return f"{lab} {thread} {question_ts}"


def read_about(value: str) -> tuple[str, ThreadKey, str]:
    """Lab, thread and question ts of a button's value; ValueError where it is not ours."""
    lab, thread, ts = value.split(" ")
    return lab, ThreadKey.parse(thread), ts


def _thumb(text: str, label: str, value: str) -> Block:
    return {"text": _plain(text), "accessibility_label": label, "value": value}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}
