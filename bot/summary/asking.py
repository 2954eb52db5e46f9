"""Asks a model for one form as JSON: checked, asked once more where it is not one, within its context."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bot.errors import LabjamError, ModelAway, ModelBusy, ModelCut
from bot.llm.model import Finish, Message, Model, ModelRequest, ModelSpec
from bot.records import Usage
from bot.summary.notes import schema_of

log = logging.getLogger(__name__)

T = TypeVar("T", bound=BaseModel)

TRIES = 4
"""How often a model that is busy or away is asked before the form is given up."""

_LONGEST_WAIT = 60.0
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


class NoForm(LabjamError):
    """A model gave no such form, also not when it was asked again."""


@dataclass(slots=True)
class Spent:
    """What asking cost so far; None until it is known that the endpoint counts."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0

    def add(self, spec: ModelSpec, usage: Usage | None) -> None:
        """Count one call."""
        self.calls += 1
        if usage:
            self.tokens += usage.input + usage.output
            self.cost += spec.prices.cost(usage) if spec.prices else 0.0


@dataclass(frozen=True, slots=True)
class Asker:
    """One model, asked for forms on behalf of one lab."""

    model: Model
    spec: ModelSpec
    person: str  # the keyed hash that the endpoint is told
    spent: Spent
    marked: Callable[[str], bool] = lambda _: False  # whether a rule of the guard stops a text

    async def form(self, wanted: type[T], task: str, data: str) -> T:
        """Ask for a form about `data`, which is JSON; NoForm or a ModelError where there is none."""
        system = (
            f"{task}\n\nAnswer with one JSON object of this schema and nothing else:\n{schema_of(wanted)}"
        )
        messages = (Message("system", system), Message("user", data))
        said = await self._patiently(messages)
        try:
            return _read(wanted, said)
        except NoForm as error:
            if self.marked(said):
                raise  # it is sent nowhere, not back to the model either
            wrong = f"That is no such object: {error}. Answer with the JSON object alone."
        again = (*messages, Message("assistant", said or "…"), Message("user", wrong))
        return _read(wanted, await self._patiently(again))

    async def _patiently(self, messages: tuple[Message, ...]) -> str:
        """What a model says, within twice the time for its first word; a ModelError where it says nothing."""
        try:
            async with asyncio.timeout(2 * self.spec.first_token_timeout):
                return await self._tried(messages)
        except TimeoutError:
            raise ModelAway("no form within the time of two first words") from None

    async def _tried(self, messages: tuple[Message, ...]) -> str:
        pause = 1.0
        for _ in range(TRIES - 1):
            try:
                return await self._said(messages)
            except (ModelBusy, ModelAway, ModelCut) as error:
                log.warning("model asked again", extra={"error": type(error).__name__})
                asked: float | None = getattr(error, "retry_after", None)
                await asyncio.sleep(min(_LONGEST_WAIT, pause if asked is None else asked))
                pause *= 2
        return await self._said(messages)

    async def _said(self, messages: tuple[Message, ...]) -> str:
        written: list[str] = []
        stream: AsyncGenerator[str | Finish] = self.model.stream(
            ModelRequest(self.spec, messages, self.person)
        )
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                if isinstance(piece, Finish):
                    self.spent.add(self.spec, piece.usage)
                    return "".join(written)
                written.append(piece)
        raise ModelCut("the stream ended without a finish")


def _read(wanted: type[T], said: str) -> T:
    """The object in what a model said, whatever it wrote around it; NoForm where there is none."""
    found = _OBJECT.search(said)
    try:
        form = wanted.model_validate_json(found[0] if found else said)
    except ValidationError as error:
        raise NoForm(_first(error)) from None
    if not form.model_fields_set:
        raise NoForm("it has none of the fields")
    return form


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, without the words that were given."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:200]
