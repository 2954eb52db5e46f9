"""Server-sent events: bytes as they arrive from the network in, the data of whole events out."""


class EventDecoder:
    """Decodes one stream by the WHATWG rules; comments, event names, ids and retry times are dropped.

    Each payload of both OpenAI APIs names its own type, so the data is all that is needed.
    """

    __slots__ = ("_data", "_rest")

    def __init__(self) -> None:
        self._rest = b""  # the line that has not ended yet
        self._data: list[bytes] = []  # the data lines of the event that has not ended yet

    def feed(self, chunk: bytes) -> list[bytes]:
        """The events that end within this chunk."""
        text = self._rest + chunk
        held = b""
        if b"\r" in text:
            # A CR at the end may be half of a CRLF: wait for the next byte before ending the line.
            if text.endswith(b"\r"):
                text, held = text[:-1], b"\r"
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = text.split(b"\n")
        self._rest = lines.pop() + held
        return self._events(lines)

    def close(self) -> list[bytes]:
        """The last event, where the endpoint left out the blank line after it."""
        lines = [self._rest.removesuffix(b"\r"), b""]
        self._rest = b""
        return self._events(lines)

    def _events(self, lines: list[bytes]) -> list[bytes]:
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif not line and self._data:
                events.append(b"\n".join(self._data))
                self._data.clear()
        return events


class WholeBody:
    """The same face for an endpoint that answers with one JSON object although a stream was asked for."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """Nothing yet: the object is whole only at the end."""
        self._parts.append(chunk)
        return []

    def close(self) -> list[bytes]:
        """The body."""
        body = b"".join(self._parts)
        return [body] if body else []
