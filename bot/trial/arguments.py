"""The arguments of a Web API call, read with their types checked the way Slack does."""

import json
from typing import Any
from urllib.parse import parse_qsl

from bot.trial.errors import MethodError


def parse(query: str, content_type: str, body: bytes) -> dict[str, Any]:
    """Merge query string, form body or JSON body into one dict of arguments."""
    arguments: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
    if not body:
        return arguments
    if content_type.startswith("application/json"):
        try:
            loaded = json.loads(body)
        except ValueError:
            raise MethodError("invalid_json") from None
        if not isinstance(loaded, dict):
            raise MethodError("json_not_object")
        arguments.update(loaded)  # pyright: ignore[reportUnknownArgumentType]
    elif content_type.startswith("application/x-www-form-urlencoded"):
        arguments.update(parse_qsl(body.decode(), keep_blank_values=True))
    return arguments


class Arguments:
    """Typed access to a call's arguments; a wrong type is `invalid_arguments`."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def text(self, name: str) -> str | None:
        """A string, or None when absent or empty."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value
        raise self._wrong(name, "string")

    def needed(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if value is None:
            raise MethodError("invalid_arguments", detail=f"missing required field: {name}")
        return value

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise self._wrong(name, "number") from None

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean, in any of the spellings Slack takes."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        return value in (True, 1, "1", "true", "True", "t")

    def object(self, name: str, error: str = "invalid_arguments") -> dict[str, Any] | None:
        """A JSON object, itself or as a string."""
        value = self._json(name, error)
        if value is None or isinstance(value, dict):
            return value  # pyright: ignore[reportUnknownVariableType]
        raise MethodError(error, detail=f"{name} must be an object")

    def objects(self, name: str, error: str = "invalid_arguments") -> list[dict[str, Any]] | None:
        """A list of JSON objects, itself or as a string."""
        value = self._json(name, error)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):  # pyright: ignore[reportUnknownVariableType]
            raise MethodError(error, detail=f"{name} must be a list of objects")
        return value  # pyright: ignore[reportUnknownVariableType]

    def _json(self, name: str, error: str) -> Any:
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise MethodError(error, detail=f"{name} is not JSON") from None

    @staticmethod
    def _wrong(name: str, kind: str) -> MethodError:
        return MethodError("invalid_arguments", detail=f"must be a {kind} [json-pointer:/{name}]")
