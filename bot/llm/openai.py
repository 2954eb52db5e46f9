"""Streams answers from OpenAI-compatible endpoints, through Chat Completions or the Responses API.

OpenAI's client builds, authorises and sends each request; the answer's bytes are read here. Iterating over
the client's typed events costs three times the CPU, and ends in silence when a stream is cut.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic_core import from_json

from bot.errors import ModelAway, ModelCut, ModelError, ModelFlagged, ModelRejected
from bot.llm.chat_api import ChatReader, chat_body
from bot.llm.client import LOST, Clients, Response
from bot.llm.model import Endpoint, Finish, Message, ModelRequest, ModelSpec
from bot.llm.responses_api import ResponsesReader, responses_body
from bot.llm.sse import EventDecoder, WholeBody

USAGE_TIMEOUT = 5.0
"""Seconds to wait for the usage after the model has ended."""

CLOSING_TIMEOUT = 0.2
"""Seconds to wait for the end of the body after its last event: only then is the connection used again."""

MODERATED = 20_000
"""Characters a moderation model gets at once."""

log = logging.getLogger(__name__)

PROBE_TIMEOUT = 60.0


class OpenAIModels:
    """A `Model` for every endpoint: one client and one connection pool each, made when first needed.

    `env` is where the names in `Auth.env` are looked up. Whoever stops early closes the generator
    (`contextlib.aclosing`): that closes the connection, and the endpoint stops generating.
    """

    def __init__(self, env: Mapping[str, str] = os.environ, now: Callable[[], float] = time.time) -> None:
        self._clients = Clients(env, now)

    async def close(self) -> None:
        """Close every connection; close the streams first."""
        await self._clients.close()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[str | Finish]:
        """As `_stream`, with the lab's moderation before the question goes out and before the end counts.

        Raises ModelFlagged; where the moderation can't be asked, only in a lab that wants no answer then.
        """
        if request.moderation is None:
            async with aclosing(self._stream(request)) as stream:
                async for piece in stream:
                    yield piece
            return
        await self._moderate(request, request.messages[-1].text)
        said: list[str] = []
        async with aclosing(self._stream(request)) as stream:
            async for piece in stream:
                if isinstance(piece, Finish):
                    await self._moderate(request, "".join(said))
                else:
                    said.append(piece)
                yield piece

    async def _moderate(self, request: ModelRequest, text: str) -> None:
        moderation = request.moderation
        texts = [text[at : at + MODERATED] for at in range(0, len(text), MODERATED)]
        if moderation is None or not text.strip():
            return
        try:
            flagged = await self._clients.moderate(request.model.endpoint, moderation.model, texts)
        except ModelError as error:
            log.warning("moderation failed", extra={"error": str(error), "holds": moderation.failure})
            if moderation.failure == "closed":
                raise ModelFlagged("") from None
            return
        if flagged:
            raise ModelFlagged(", ".join(flagged))

    async def _stream(self, request: ModelRequest) -> AsyncGenerator[str | Finish]:
        """Yield pieces of text, then one `Finish`; raises a ModelError.

        Until the first word, `first_token_timeout` is the only limit: many endpoints send nothing while a
        model reasons. After it any byte is a sign of life, and `stall_timeout` is the longest silence.
        """
        progress = _Progress(request.model, asyncio.get_running_loop().time)
        async with AsyncExitStack() as stack:
            response = await self._open(stack, request, progress)
            decoder = _decoder(response)
            chunks = response.aiter_bytes()
            while (chunk := await _next(chunks, progress)) is not None:
                if text := progress.take(decoder.feed(chunk)):
                    yield text
            if not progress.ended and (text := progress.take(decoder.close())):
                yield text
        yield progress.reader.finish()

    async def check(self, spec: ModelSpec) -> str:
        """Ask an endpoint for a model: a few plain words, or a ModelError whose text says what to do.

        Where the endpoint has no list of models, or the list lacks this one, one tiny question decides.
        """
        listed = await self._clients.models(spec.endpoint)
        for entry in listed:
            if entry.get("id") == spec.id:
                end = entry.get("shutdown_date")
                return "listed by its endpoint" + (
                    f", which will shut it down on {str(end)[:40]}" if end else ""
                )
        try:
            await self._probe(spec)
        except ModelRejected as refusal:
            others = ", ".join(str(entry.get("id")) for entry in listed[:8])
            raise ModelRejected(f"{refusal}" + (f"; its list has {others}" if others else "")) from None
        return "answers" + (", though its endpoint doesn't list it" if listed else "")

    async def _probe(self, spec: ModelSpec) -> None:
        brief = replace(spec, first_token_timeout=min(spec.first_token_timeout, PROBE_TIMEOUT))
        question = ModelRequest(brief, (Message("user", "Reply with the word OK."),), person="")
        async with aclosing(self.stream(question)) as items:
            await anext(items)

    async def _open(self, stack: AsyncExitStack, request: ModelRequest, progress: "_Progress") -> Response:
        spec = request.model
        body = responses_body if spec.api == "responses" else chat_body
        try:
            async with asyncio.timeout_at(progress.limit):
                return await self._clients.post(stack, spec, body(request, hosted=_hosted(spec.endpoint)))
        except TimeoutError:
            raise progress.silence() from None


class _Progress:
    """How far one stream has come, and until when it may be silent (`limit`, by the event loop's clock)."""

    def __init__(self, spec: ModelSpec, clock: Callable[[], float]) -> None:
        reader = ResponsesReader if spec.api == "responses" else ChatReader
        self.reader = reader(spec.endpoint.name, spec.id)
        self.limit = clock() + spec.first_token_timeout
        self._spec = spec
        self._clock = clock
        self._spoken = False
        self._closed = False

    @property
    def ended(self) -> bool:
        """Whether the model has ended, so that a silent or broken connection loses nothing."""
        return self.reader.ended

    def take(self, events: list[bytes]) -> str:
        """The text that these events add."""
        text = ""
        for event in events:
            if event == b"[DONE]":
                self._closed = True
            else:
                text += self.reader.read(self._parsed(event))
        self._spoken = self._spoken or bool(text) or self.reader.spoke
        self._extend()
        return text

    def _extend(self) -> None:
        if self.ended:
            closed = self._closed or self._spec.api == "responses"
            self.limit = self._clock() + (CLOSING_TIMEOUT if closed else USAGE_TIMEOUT)
        elif self._spoken:
            self.limit = self._clock() + self._spec.stall_timeout

    def _parsed(self, event: bytes) -> dict[str, Any]:
        try:
            value: Any = from_json(event)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            # Reading on would lose words without a trace.
            raise ModelCut(
                f"{self._spec.endpoint.name}: the stream holds an event that is no JSON object"
            ) from None
        return cast("dict[str, Any]", value)

    def broken(self, lost: Exception) -> ModelCut:
        """The error for a connection that broke after the answer had begun."""
        return ModelCut(f"{self._spec.endpoint.name}: the connection broke ({type(lost).__name__})")

    def silence(self) -> ModelAway:
        """The error for a limit that passed."""
        spec = self._spec
        if self._spoken:
            return ModelAway(f"{spec.endpoint.name}: {spec.id} was silent for {spec.stall_timeout:g} s")
        return ModelAway(f"{spec.endpoint.name}: no word from {spec.id} in {spec.first_token_timeout:g} s")


async def _next(chunks: AsyncIterator[bytes], progress: _Progress) -> bytes | None:
    """The next bytes of a body; None at its end, or where what follows the model's end doesn't come."""
    try:
        async with asyncio.timeout_at(progress.limit):
            return await anext(chunks, None)
    except TimeoutError:
        error = progress.silence()
    except LOST as lost:
        error = progress.broken(lost)
    if progress.ended:
        return None
    raise error


def _decoder(response: Response) -> EventDecoder | WholeBody:
    """Some endpoints answer with one JSON object although a stream was asked for."""
    kind = response.headers.get("content-type", "")
    return WholeBody() if kind.startswith("application/json") else EventDecoder()


def _hosted(endpoint: Endpoint) -> bool:
    """Whether OpenAI itself serves it: other servers may refuse fields that they don't know."""
    host = urlsplit(endpoint.base_url).hostname or ""
    return host == "openai.com" or host.endswith(".openai.com")
