"""What the scripted model server answers, and how OpenAI's two APIs put that on the wire."""

import json
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Ending = Literal[
    "stop",  # whole
    "length",  # the model ran into its token limit
    "filtered",  # a content filter stopped it
    "refused",  # the text is sent as the model's refusal
    "cut",  # the body ends cleanly, but without the closing event
    "drop",  # the TCP connection is closed in the middle
    "torn",  # the connection is closed within the last event
    "stall",  # silence until the client goes away
    "failed",  # an error event inside the stream, with `code`
]


@dataclass(frozen=True, slots=True)
class Reply:
    """How one request is answered; times in seconds."""

    text: str = "Four."
    pieces: int = 8
    seconds: float = 0.0  # from the first piece to the last
    wait: float = 0.0  # of silence before the first piece
    ending: Ending = "stop"
    after: int | None = None  # pieces sent before `cut`, `drop`, `stall`, `failed`; None: all
    status: int = 200
    code: str = ""  # the error's code, for `failed` and for a status that is not 200
    headers: tuple[tuple[str, str], ...] = ()
    reasoning: int = 0  # reasoning events before the text (Responses API)
    closing_gap: float = 0.0  # before each event after the text but the first


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request as it reached the server; `at` is `time.monotonic()`."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]  # names in lower case
    at: float

    @property
    def question(self) -> str:
        """The text of the last message whose role is `user`; empty where there is none."""
        turns: Any = self.body.get("messages") or self.body.get("input") or ()
        if isinstance(turns, str):
            return turns
        return next((_text(turn["content"]) for turn in reversed(turns) if turn.get("role") == "user"), "")


def _text(content: Any) -> str:
    """A message's content: a string, or a list of parts that carry `text`."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


ECHO = "as some endpoints do, this message echoes the prompt"
"""The message of every scripted error: it must not reach a log."""

Script = Callable[[SeenRequest], Reply]
"""Decides per request; exchange `ModelServer.script` at any time."""


def failure(status: int, code: str = "", *, retry_after: str = "") -> Reply:
    """An HTTP error; `retry_after` in seconds or as an HTTP date."""
    headers = (("Retry-After", retry_after),) if retry_after else ()
    return Reply(status=status, code=code, headers=headers)


@dataclass(slots=True)
class Plan:
    """A script by question: the replies of a matching `when` in turn, then `otherwise`."""

    otherwise: Script = lambda seen: Reply(essay(seen.question))
    _planned: dict[str, list[Reply]] = field(default_factory=dict[str, list[Reply]])

    def when(self, part: str, *replies: Reply) -> "Plan":
        """Answer questions that contain `part` with these, once each."""
        self._planned.setdefault(part, []).extend(replies)
        return self

    def __call__(self, seen: SeenRequest) -> Reply:
        """The next reply for this request."""
        question = seen.question
        for part, replies in self._planned.items():
            if replies and part in question:
                return replies.pop(0)
        return self.otherwise(seen)


_SENTENCES = (
    "No model has thought about this text.",
    "It has paragraphs so that splitting and streaming can be seen at work.",
    "A real answer would weigh the evidence here.",
    "It would then say what would change its mind.",
    "Set OPENAI_BASE_URL and LABJAM_MODEL to ask a real model.",
)
_LENGTH = re.compile(r"(\d{1,5})\s+words")


def essay(question: str, words: int = 80) -> str:
    """A deterministic answer that says what it is; "300 words" in the question asks for that many."""
    asked = _LENGTH.search(question)
    wanted = int(asked[1]) if asked else words
    opening = f"This is labjam's scripted model. You asked: {textwrap.shorten(question, 120)}"
    paragraphs, count = [opening], len(opening.split())
    while count < wanted:
        paragraph = f"Paragraph {len(paragraphs)}. " + " ".join(_SENTENCES)
        short = paragraph.split()[: max(wanted - count, 1)]
        paragraphs.append(" ".join(short))
        count += len(short)
    return "\n\n".join(paragraphs)


def split(text: str, pieces: int) -> list[str]:
    """Cut a text into at most that many parts of nearly equal length."""
    pieces = max(1, min(pieces, len(text)))
    return [text[len(text) * i // pieces : len(text) * (i + 1) // pieces] for i in range(pieces)]


@dataclass(frozen=True, slots=True)
class Frames:
    """One answer as server-sent events: what opens it, its pieces, what closes it."""

    opening: list[bytes]
    pieces: list[bytes]
    closing: list[bytes]
    failed: bytes


def frames(seen: SeenRequest, reply: Reply) -> Frames:
    """The events of an answer, in the API that the request's path names."""
    parts = split(reply.text, reply.pieces)
    model = str(seen.body.get("model", ""))
    if seen.path.endswith("/responses"):
        return _responses_frames(model, reply, parts)
    asked: Any = seen.body.get("stream_options") or {}
    return _chat_frames(model, reply, parts, usage=bool(asked.get("include_usage")))


def whole(seen: SeenRequest, reply: Reply) -> dict[str, Any]:
    """The same answer where the request did not ask for a stream."""
    model = str(seen.body.get("model", ""))
    if seen.path.endswith("/responses"):
        return _response(model, reply, last=True)
    refused = reply.ending == "refused"
    message = {"role": "assistant", "content": None if refused else reply.text}
    message["refusal"] = reply.text if refused else None
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(reply)}
    return _chat(model, "chat.completion") | {"choices": [choice], "usage": _chat_usage(reply)}


def error_body(code: str) -> dict[str, Any]:
    """An error as OpenAI's endpoints write it."""
    return {"error": {"message": ECHO, "type": "scripted_error", "param": None, "code": code or None}}


def _chat(model: str, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-scripted", "object": kind, "created": 1_767_225_600, "model": model}


def _chat_usage(reply: Reply) -> dict[str, Any]:
    output = len(reply.text.split())
    return {
        "prompt_tokens": 20,
        "completion_tokens": output,
        "total_tokens": 20 + output,
        "prompt_tokens_details": {"cached_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": reply.reasoning},
    }


def _finish_reason(reply: Reply) -> str:
    return {"length": "length", "filtered": "content_filter"}.get(reply.ending, "stop")


def _data(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(event, separators=(",", ":")).encode() + b"\n\n"


def _chat_frames(model: str, reply: Reply, parts: list[str], *, usage: bool) -> Frames:
    head = _chat(model, "chat.completion.chunk")

    def frame(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data(head | {"choices": [choice]} | ({"usage": None} if usage else {}))

    before, _, after = frame({"content": "\0"}).partition(b'"content":"\\u0000"')
    name = b'"refusal":' if reply.ending == "refused" else b'"content":'
    pieces = [before + name + json.dumps(part).encode() + after for part in parts]
    closing = [frame({}, _finish_reason(reply))]
    if usage:
        closing.append(_data(head | {"choices": [], "usage": _chat_usage(reply)}))
    closing.append(b"data: [DONE]\n\n")
    opening = [frame({"role": "assistant", "content": "", "refusal": None})]
    return Frames(opening, pieces, closing, _data(error_body(reply.code)))


def _response(model: str, reply: Reply, *, last: bool) -> dict[str, Any]:
    """A `response` object, as it opens a stream or (`last`) as it ends one."""
    incomplete = {"length": "max_output_tokens", "filtered": "content_filter"}.get(reply.ending)
    status = "incomplete" if incomplete else "completed"
    output = len(reply.text.split())
    return {
        "id": "resp_scripted",
        "object": "response",
        "created_at": 1_767_225_600,
        "status": status if last else "in_progress",
        "error": None,
        "incomplete_details": {"reason": incomplete} if last and incomplete else None,
        "model": model,
        "output": [_item(reply, last=True)] if last else [],
        "usage": {
            "input_tokens": 20,
            "input_tokens_details": {"cached_tokens": 5},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": reply.reasoning},
            "total_tokens": 20 + output,
        }
        if last
        else None,
    }


def _part(reply: Reply, text: str) -> dict[str, Any]:
    if reply.ending == "refused":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _item(reply: Reply, *, last: bool) -> dict[str, Any]:
    status, content = ("completed", [_part(reply, reply.text)]) if last else ("in_progress", [])
    return {
        "id": "msg_scripted",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def _responses_frames(model: str, reply: Reply, parts: list[str]) -> Frames:
    kind = "refusal" if reply.ending == "refused" else "output_text"
    numbers: Iterator[int] = iter(range(1_000_000))
    place = {"item_id": "msg_scripted", "output_index": 0, "content_index": 0}

    def frame(name: str, **fields: Any) -> bytes:
        event = {"type": name, **fields, "sequence_number": next(numbers)}
        return f"event: {name}\n".encode() + _data(event)

    started = _response(model, reply, last=False)
    opening = [frame("response.created", response=started), frame("response.in_progress", response=started)]
    thought = {"item_id": "rs_scripted", "output_index": 0, "summary_index": 0, "delta": "thinking"}
    opening += [frame("response.reasoning_summary_text.delta", **thought) for _ in range(reply.reasoning)]
    opening += [
        frame("response.output_item.added", output_index=0, item=_item(reply, last=False)),
        frame("response.content_part.added", **place, part=_part(reply, "")),
    ]
    extra: dict[str, Any] = {"logprobs": []} if kind == "output_text" else {}
    pieces = [frame(f"response.{kind}.delta", **place, delta=part, **extra) for part in parts]
    said: dict[str, Any] = (
        {"refusal": reply.text} if kind == "refusal" else {"text": reply.text, "logprobs": []}
    )
    done = _response(model, reply, last=True)
    closing = [
        frame(f"response.{kind}.done", **place, **said),
        frame("response.content_part.done", **place, part=_part(reply, reply.text)),
        frame("response.output_item.done", output_index=0, item=_item(reply, last=True)),
        frame(f"response.{done['status']}", response=done),
    ]
    error = {"code": reply.code, "message": ECHO}
    failed = frame("response.failed", response=started | {"status": "failed", "error": error})
    return Frames(opening, pieces, closing, failed)
