"""OpenAI's Chat Completions API: a request's body, and what the events of its stream mean."""

from typing import Any

from bot.errors import ModelCut
from bot.llm.failures import from_event
from bot.llm.model import Finish, FinishReason, ModelRequest
from bot.records import Usage

_REASONS: dict[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "filtered",
}
"""All other words (`stop`, `eos`, `tool_calls`…) mean that the model ended by itself."""

_NOT_AN_END = frozenset({"abort", "error"})
"""vLLM and SGLang close a generation that they gave up on with these."""


def chat_body(request: ModelRequest, *, hosted: bool) -> dict[str, Any]:
    """The JSON of a request; `hosted` says that OpenAI itself serves it, which knows more fields."""
    spec = request.model
    body: dict[str, Any] = {
        "model": spec.id,
        "messages": request.wire_messages(),
        "stream": True,
    }
    if spec.stream_usage:
        body["stream_options"] = {"include_usage": True}
    if spec.reasoning_effort:
        body["reasoning_effort"] = spec.reasoning_effort
    if spec.limit_output:
        # OpenAI's reasoning models refuse `max_tokens`; most other servers know nothing else.
        body["max_completion_tokens" if hosted else "max_tokens"] = spec.max_output
    if hosted and request.person:
        body["safety_identifier"] = request.person
    return body


class ChatReader:
    """Reads the events of one stream, or a whole completion: a choice holds `delta` or `message`."""

    def __init__(self, endpoint: str, model: str) -> None:
        self._endpoint = endpoint
        self._model = model
        self._reason: FinishReason | None = None
        self._usage: Usage | None = None
        self._refusal = ""

    @property
    def ended(self) -> bool:
        """Whether the model has ended; usage may still follow."""
        return self._reason is not None

    @property
    def spoke(self) -> bool:
        """Whether the model has begun to refuse, which counts as its first words."""
        return bool(self._refusal)

    def read(self, event: dict[str, Any]) -> str:
        """The text that an event adds; raises the ModelError that it carries."""
        if error := event.get("error"):
            raise from_event(self._endpoint, error)
        self._model = event.get("model") or self._model
        if usage := event.get("usage"):
            self._usage = _usage(usage)
        choices = event.get("choices")
        return self._choice(choices[0]) if choices else ""

    def _choice(self, choice: dict[str, Any]) -> str:
        delta: dict[str, Any] = choice.get("delta") or choice.get("message") or {}
        self._refusal += delta.get("refusal") or ""
        if reason := choice.get("finish_reason"):
            if reason in _NOT_AN_END:
                raise ModelCut(f"{self._endpoint}: the endpoint gave up ({reason})")
            self._reason = _REASONS.get(reason, "stop")
        return _text(delta.get("content"))

    def finish(self) -> Finish:
        """How the stream ended; ModelCut where it never said so."""
        if self._reason is None:
            raise ModelCut(f"{self._endpoint}: the stream ended without a finish_reason")
        reason = "refused" if self._refusal else self._reason
        return Finish(reason, self._model, self._usage, self._refusal)


def _text(content: Any) -> str:
    """A delta's content: a string, nothing, or (Mistral) a list of parts."""
    if not content or isinstance(content, str):
        return content or ""
    return "".join(part.get("text") or "" for part in content)


def _usage(usage: dict[str, Any]) -> Usage:
    prompt: dict[str, Any] = usage.get("prompt_tokens_details") or {}
    completion: dict[str, Any] = usage.get("completion_tokens_details") or {}
    return Usage(
        input=usage.get("prompt_tokens") or 0,
        output=usage.get("completion_tokens") or 0,
        reasoning=completion.get("reasoning_tokens") or 0,
        cached=prompt.get("cached_tokens") or 0,
    )
