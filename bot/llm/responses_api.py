"""OpenAI's Responses API: a request's body, and what the events of its stream mean."""

from typing import Any

from bot.errors import ModelCut
from bot.llm.failures import error_code, from_event
from bot.llm.model import Finish, FinishReason, ModelRequest
from bot.records import Usage


def responses_body(request: ModelRequest, *, hosted: bool) -> dict[str, Any]:
    """The JSON of a request; `hosted` says that OpenAI itself serves it, which knows more fields."""
    spec = request.model
    body: dict[str, Any] = {
        "model": spec.id,
        "input": request.wire_messages("responses"),
        "stream": True,
        "store": False,  # the default would keep every conversation at the provider for 30 days
    }
    if spec.reasoning_effort:
        body["reasoning"] = {"effort": spec.reasoning_effort}
    if spec.limit_output:
        body["max_output_tokens"] = spec.max_output
    if hosted and request.person:
        body["safety_identifier"] = request.person
    return body


class ResponsesReader:
    """Reads the events of one stream, or a whole response."""

    def __init__(self, endpoint: str, model: str) -> None:
        self._endpoint = endpoint
        self._model = model
        self._reason: FinishReason | None = None
        self._usage: Usage | None = None
        self._refusal = ""
        self._texts = False

    @property
    def ended(self) -> bool:
        """Whether the closing event has come."""
        return self._reason is not None

    @property
    def spoke(self) -> bool:
        """Whether the model has begun to refuse, which counts as its first words."""
        return bool(self._refusal)

    def read(self, event: dict[str, Any]) -> str:
        """The text that an event adds; raises the ModelError that it carries."""
        match event.get("type"):
            case "response.output_text.delta":
                self._texts = True
                return event.get("delta") or ""
            case "response.refusal.delta":
                self._refusal += event.get("delta") or ""
            case "response.completed" | "response.incomplete" | "response.failed" as kind:
                return self._close(kind.removeprefix("response."), event.get("response") or {})
            case None if event.get("object") == "response":
                return self._close(event.get("status"), event)
            case "error":
                return self._fail(event.get("error") or event)
            case None if event.get("error"):
                return self._fail(event["error"])
            case _:  # reasoning, tool and bookkeeping events: a sign of life, no text
                return ""
        return ""

    def _close(self, status: str | None, response: dict[str, Any]) -> str:
        self._model = response.get("model") or self._model
        if usage := response.get("usage"):
            self._usage = _usage(usage)
        if status == "failed":
            return self._fail(response.get("error") or {})
        if status == "completed":
            self._reason = "stop"
        elif status == "incomplete":
            details: dict[str, Any] = response.get("incomplete_details") or {}
            self._reason = "filtered" if details.get("reason") == "content_filter" else "length"
        return self._output(response)

    def _output(self, response: dict[str, Any]) -> str:
        """The refusal in full, and the text where the stream brought none (some proxies send no deltas)."""
        items: list[dict[str, Any]] = response.get("output") or []
        contents: list[list[dict[str, Any]]] = [item.get("content") or [] for item in items]
        parts = [part for content in contents for part in content]
        refusals = [part.get("refusal") or "" for part in parts if part.get("type") == "refusal"]
        self._refusal = "".join(refusals) or self._refusal
        if self._texts:
            return ""
        return "".join(part.get("text") or "" for part in parts if part.get("type") == "output_text")

    def _fail(self, error: dict[str, Any]) -> str:
        # "bio_policy", "image_content_policy_violation"…: the provider's filter withheld the rest.
        if "policy" in error_code(error):
            self._reason = "filtered"
            return ""
        raise from_event(self._endpoint, error)

    def finish(self) -> Finish:
        """How the stream ended; ModelCut where it never said so."""
        if self._reason is None:
            raise ModelCut(f"{self._endpoint}: the stream ended without response.completed")
        reason = "refused" if self._refusal else self._reason
        return Finish(reason, self._model, self._usage, self._refusal)


def _usage(usage: dict[str, Any]) -> Usage:
    inputs: dict[str, Any] = usage.get("input_tokens_details") or {}
    outputs: dict[str, Any] = usage.get("output_tokens_details") or {}
    return Usage(
        input=usage.get("input_tokens") or 0,
        output=usage.get("output_tokens") or 0,
        reasoning=outputs.get("reasoning_tokens") or 0,
        cached=inputs.get("cached_tokens") or 0,
    )
