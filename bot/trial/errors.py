"""The error a Web API method answers with."""

from typing import Any


class MethodError(Exception):
    """Becomes `{"ok": false, "error": error}`; `detail` goes into response_metadata.messages."""

    def __init__(self, error: str, *, detail: str = "", **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields
        if detail:
            self.fields["response_metadata"] = {"messages": [f"[ERROR] {detail}"]}
