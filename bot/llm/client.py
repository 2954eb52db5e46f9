"""OpenAI's own client, one per endpoint: connections, tokens, and what a refused request becomes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Protocol, cast

import aiohttp
import httpx2
import openai

from bot.errors import ModelAway, ModelError, ModelRejected
from bot.llm.auth import Token, Tokens, source
from bot.llm.failures import error_code, from_status, retry_after
from bot.llm.model import Endpoint, ModelSpec

CONNECT_TIMEOUT = 10.0
MODERATION_TIMEOUT = 20.0
LIST_TIMEOUT = 20.0
_NO_LIST = frozenset({400, 403, 404, 405, 501})
"""Statuses of endpoints that have no list of models, or don't show it to this token."""
_PATHS = {"chat": "/chat/completions", "responses": "/responses"}

LOST = (openai.APIConnectionError, httpx2.HTTPError, httpx2.StreamError, aiohttp.ClientError, OSError)
"""What a broken connection can raise: the aiohttp transport leaves some of its own errors untranslated."""


class Response(Protocol):
    """The part of the client's streaming response that is used."""

    @property
    def status_code(self) -> int:
        """HTTP's."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in any case."""
        ...

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        """The body as it arrives, unpacked."""
        ...


class _Client(openai.AsyncOpenAI):
    """The stock client, less the headers that it takes from the environment.

    OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS would otherwise go to every lab's endpoint.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._own_headers = dict(endpoint.headers)
        super().__init__(
            # A placeholder keeps OPENAI_API_KEY from being picked up: each request brings its Authorization.
            api_key="unused",
            base_url=endpoint.base_url,
            max_retries=0,  # retries are the job engine's
            timeout=openai.Timeout(None, connect=CONNECT_TIMEOUT),
            # The aiohttp transport needs half the CPU of httpx's own for a stream of small events.
            http_client=openai.DefaultAioHttpClient(
                follow_redirects=False,  # a redirect could carry a prompt to another host
                limits=httpx2.Limits(max_connections=10_000, keepalive_expiry=30),
            ),
        )

    @property
    def default_headers(self) -> dict[str, str | openai.Omit]:
        """What each request carries besides Authorization."""
        kind = "application/json"
        plain = {"Accept": kind, "Content-Type": kind, "User-Agent": self.user_agent}
        return {**plain, **self._own_headers}


class Clients:
    """All endpoints' clients, made when first needed; `now` gives seconds since the epoch."""

    def __init__(self, env: Mapping[str, str], now: Callable[[], float] = time.time) -> None:
        self._tokens = Tokens(env)
        self._now = now
        self._clients: dict[Endpoint, _Client] = {}

    async def close(self) -> None:
        """Close every connection; a stream that still runs would hear of it only at its time-out."""
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            await client.close()

    async def post(self, stack: AsyncExitStack, spec: ModelSpec, body: dict[str, Any]) -> Response:
        """Send a request; `stack` closes the response, whose body is still to come. Raises a ModelError."""
        endpoint = spec.endpoint
        token = await self._tokens.get(endpoint)
        try:
            try:
                response = await self._send(stack, spec, body, token)
            except openai.AuthenticationError as refusal:
                renewed = await self._renew(endpoint, token, refusal)
                response = await self._send(stack, spec, body, renewed)
        except openai.APIStatusError as error:
            raise self._refused(endpoint, error) from None
        except LOST as error:
            raise _unreachable(endpoint, error) from None
        if response.status_code != 200:
            wait = retry_after(response.headers, self._now())
            raise from_status(endpoint.name, response.status_code, "", wait)
        return response

    async def models(self, endpoint: Endpoint) -> list[dict[str, Any]]:
        """The endpoint's list of models, empty where it has none; raises a ModelError."""
        token = await self._tokens.get(endpoint)
        options: Any = {"headers": _authorization(endpoint, token)}
        try:
            async with asyncio.timeout(LIST_TIMEOUT):
                body: Any = await self._client(endpoint).get("/models", cast_to=object, options=options)
        except openai.APIStatusError as error:
            if error.status_code in _NO_LIST:
                return []
            raise self._refused(endpoint, error) from None
        except TimeoutError:
            raise ModelAway(f"{endpoint.name}: no answer within {LIST_TIMEOUT:.0f} s") from None
        except LOST as error:
            raise _unreachable(endpoint, error) from None
        return _entries(body)

    async def moderate(self, endpoint: Endpoint, model: str, texts: Sequence[str]) -> list[str]:
        """The categories that a moderation model flags in any of the texts; raises a ModelError."""
        token = await self._tokens.get(endpoint)
        options: Any = {"headers": _authorization(endpoint, token)}
        body = {"model": model, "input": list(texts)}
        try:
            async with asyncio.timeout(MODERATION_TIMEOUT):
                found: Any = await self._client(endpoint).post(
                    "/moderations", body=body, cast_to=object, options=options
                )
            return _flagged(found)
        except openai.APIStatusError as error:
            raise self._refused(endpoint, error) from None
        except TimeoutError:
            raise ModelAway(f"{endpoint.name}: no moderation within {MODERATION_TIMEOUT:.0f} s") from None
        except LOST as error:
            raise _unreachable(endpoint, error) from None

    def _client(self, endpoint: Endpoint) -> _Client:
        client = self._clients.get(endpoint)
        if client is None:
            client = self._clients[endpoint] = _Client(endpoint)
        return client

    async def _send(
        self, stack: AsyncExitStack, spec: ModelSpec, body: dict[str, Any], token: Token
    ) -> Response:
        # Through the client's own methods for each API, which look at the type of every field, a request
        # costs a quarter more.
        response = await self._client(spec.endpoint).post(
            _PATHS[spec.api], cast_to=httpx2.Response, body=body, stream=True,
            options={"headers": _authorization(spec.endpoint, token)},
        )  # fmt: skip
        stack.push_async_callback(response.aclose)
        return response

    async def _renew(self, endpoint: Endpoint, token: Token, refusal: openai.AuthenticationError) -> Token:
        """A token that differs from the refused one; where there is none, the refusal stands."""
        if endpoint.auth.scheme == "none":
            raise refusal
        renewed = await self._tokens.renew(endpoint, token)
        if renewed.value == token.value:
            raise refusal
        return renewed

    def _refused(self, endpoint: Endpoint, error: openai.APIStatusError) -> ModelError:
        wait = retry_after(error.response.headers, self._now())
        refused = from_status(endpoint.name, error.status_code, error_code(error.body), wait)
        if error.status_code != 401:
            return refused
        where = "auth is none here" if endpoint.auth.scheme == "none" else f"from {source(endpoint.auth)}"
        return ModelRejected(f"{refused}; {where}")


def _flagged(found: Any) -> list[str]:
    """The flagged categories of a moderation; ModelAway where this is none."""
    try:
        results: list[dict[str, Any]] = found["results"]
        named = [name for each in results for name, is_so in each["categories"].items() if is_so]
        return sorted(set(named)) or ["unnamed"] * any(each["flagged"] for each in results)
    except (TypeError, KeyError, AttributeError):
        raise ModelAway("the moderation's answer is none") from None


def _entries(body: Any) -> list[dict[str, Any]]:
    """The models of a list: OpenAI's object with `data`, or (Together and others) a bare array."""
    if isinstance(body, dict):
        body = cast("dict[str, Any]", body).get("data")
    entries = cast("list[Any]", body) if isinstance(body, list) else []
    return [cast("dict[str, Any]", entry) for entry in entries if isinstance(entry, dict)]


def _authorization(endpoint: Endpoint, token: Token) -> dict[str, str | openai.Omit]:
    """The header itself, or word to the client to send none."""
    match endpoint.auth.scheme:
        case "bearer":
            return {"Authorization": f"Bearer {token.value}"}
        case "raw":
            return {"Authorization": token.value}
        case "none":
            own = {name.lower(): value for name, value in endpoint.headers}
            return {"Authorization": own.get("authorization", openai.omit)}


def _unreachable(endpoint: Endpoint, error: Exception) -> ModelAway:
    # Only the kind: an error's text can quote the address with what the operator wrote into it.
    return ModelAway(f"{endpoint.name}: no connection ({type(error.__cause__ or error).__name__})")
