"""What labjam knows of a model: where it is, what it can do, and what streaming from it yields."""

import base64
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bot.records import Picture, Usage

Api = Literal["responses", "chat"]
Scheme = Literal["bearer", "raw", "none"]
FinishReason = Literal["stop", "length", "filtered", "refused"]


@dataclass(frozen=True, slots=True)
class Auth:
    """How to prove ourselves to an endpoint; exactly one source is set unless the scheme is `none`."""

    scheme: Scheme = "bearer"
    env: str = ""  # name of an environment variable
    file: str = ""  # a path, read again after a 401
    command: str = ""  # a shell command that prints the token, run again after a 401


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One OpenAI-compatible service; one client and one connection pool each."""

    name: str
    base_url: str
    auth: Auth = Auth()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # may carry secrets


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens; `cached` is the price of input that the prefix cache served."""

    input: float
    output: float  # reasoning is part of it
    cached: float

    def cost(self, usage: Usage) -> float:
        """What a call cost, in US dollars."""
        fresh = max(0, usage.input - usage.cached)
        dear = fresh * self.input + usage.cached * self.cached + usage.output * self.output
        return dear / 1_000_000


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model on one endpoint, with what it supports; sizes in tokens, times in seconds."""

    name: str  # ours, unique
    id: str  # the endpoint's
    endpoint: Endpoint
    api: Api = "chat"
    context: int = 128_000
    max_output: int = 16_000
    developer_role: bool = False
    reasoning_effort: str = ""  # sent where not empty
    images: bool = False
    first_token_timeout: float = 300.0
    stall_timeout: float = 120.0
    limit_output: bool = False  # also send max_output; at some endpoints reasoning counts towards it
    stream_usage: bool = True  # chat: ask for usage at the end of the stream
    prices: Prices | None = None


@dataclass(frozen=True, slots=True)
class Moderation:
    """A moderation model at the endpoint of the model that answers, and what holds while it fails."""

    model: str
    failure: Literal["open", "closed"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation as a model gets it."""

    role: Literal["system", "user", "assistant"]
    text: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call: `person` is the keyed hash sent as `safety_identifier`."""

    model: ModelSpec
    messages: tuple[Message, ...]
    person: str
    moderation: Moderation | None = None  # question and answer are to pass it

    def wire_messages(self, api: Api = "chat") -> list[dict[str, Any]]:
        """The messages as this API takes them, instructions under the role that this model knows."""
        system = "developer" if self.model.developer_role else "system"
        return [
            {"role": system if message.role == "system" else message.role, "content": _content(message, api)}
            for message in self.messages
        ]


def _content(message: Message, api: Api) -> str | list[dict[str, Any]]:
    """A message's text, or where it has pictures its parts: text first, pictures as data."""
    if not message.pictures:
        return message.text
    urls = [
        f"data:{each.media_type};base64,{base64.b64encode(each.data).decode()}" for each in message.pictures
    ]
    if api == "responses":
        shown = [{"type": "input_image", "image_url": url} for url in urls]
        return [{"type": "input_text", "text": message.text}, *shown]
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"type": "text", "text": message.text}, *parts]


@dataclass(frozen=True, slots=True)
class Finish:
    """The last thing a whole stream yields; a stream without it was cut."""

    reason: FinishReason
    model_returned: str
    usage: Usage | None
    refusal: str = ""  # the model's own words, for `refused`


class Model(Protocol):
    """Anything that streams an answer."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[str | Finish]:
        """Yield pieces of text, then one `Finish`; raises a ModelError of `bot.errors`."""
        ...
