"""What a model makes of threads: a note of each, and claims over many that name the threads they rest on."""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

LONGEST = 400
"""Characters of one field of a note, and of one claim; what is longer is cut at a word."""

MOST_CLAIMS = 6
"""In each part of a summary."""


QUOTE = 6
"""Words in a row that make a quotation."""


class Note(BaseModel):
    """One thread in short; empty where the thread says nothing of it."""

    model_config = ConfigDict(frozen=True)

    problem: str = Field(default="", description="what was asked, in one sentence")
    approach: str = Field(default="", description="how the model went about it")
    result: str = Field(default="", description="what came out")
    verified: str = Field(default="", description="what the person checked, and how; empty if nothing")
    open: str = Field(default="", description="what is still open")
    well: str = Field(default="", description="what the model did well; empty if nothing stands out")
    badly: str = Field(default="", description="what it did badly; empty if nothing stands out")

    @classmethod
    def together(cls, notes: Sequence["Note"]) -> "Note":
        """Several notes as one, without a model: one after the other, as far as there is room."""
        said = {
            name: " ".join(filter(None, (getattr(note, name) for note in notes))) for name in cls.model_fields
        }
        return cls(**said).shortened()

    def without_quotes(self, unquotable: Iterable[str]) -> Self:
        """The same without the fields that repeat what somebody did not allow to be quoted."""
        runs = {run for text in unquotable for run in _runs(text)}
        empty = {name: "" for name, text in self.model_dump().items() if not runs.isdisjoint(_runs(text))}
        return self.model_copy(update=empty)

    def shortened(self) -> Self:
        """The same with every field within LONGEST."""
        return self.model_copy(update={name: shortened(value) for name, value in self.model_dump().items()})


class Claim(BaseModel):
    """One sentence, and the numbers of the notes it rests on."""

    model_config = ConfigDict(frozen=True)

    text: str
    sources: tuple[int, ...] = ()


class Claims(BaseModel):
    """What many threads say together."""

    model_config = ConfigDict(frozen=True)

    tried: tuple[Claim, ...] = Field(default=(), description="what people tried, by skill and domain")
    well: tuple[Claim, ...] = Field(default=(), description="what the models did well")
    badly: tuple[Claim, ...] = Field(default=(), description="what they did badly")
    open: tuple[Claim, ...] = Field(default=(), description="problems that stay open")
    next: tuple[Claim, ...] = Field(default=(), description="what to try next")

    def kept(self, known: Iterable[int]) -> Self:
        """The claims that rest on notes there are; a claim without one is dropped."""
        numbers = frozenset(known)
        parts = {name: _kept(getattr(self, name), numbers) for name in type(self).model_fields}
        return self.model_copy(update=parts)

    @classmethod
    def together(cls, found: Sequence["Claims"]) -> "Claims":
        """Several as one, without a model: the first claims of each, then the second, as many as stand."""
        parts = {
            name: [
                claim for row in zip_longest(*(getattr(one, name) for one in found)) for claim in row if claim
            ]
            for name in cls.model_fields
        }
        return cls(**{name: tuple(claims[:MOST_CLAIMS]) for name, claims in parts.items()})

    @property
    def sources(self) -> list[int]:
        """Every number that a claim names, rising."""
        return sorted({number for part in self.parts() for claim in part for number in claim.sources})

    def parts(self) -> list[tuple[Claim, ...]]:
        """The parts in the order of a summary."""
        return [getattr(self, name) for name in type(self).model_fields]


def shortened(text: str) -> str:
    """At most LONGEST characters in one line, cut at a word."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rsplit(' ', 1)[0]}…"


def schema_of(form: type[BaseModel]) -> str:
    """A form's JSON schema, for a prompt."""
    return json.dumps(form.model_json_schema(), separators=(",", ":"))


def as_data(number: int, note: Note) -> str:
    """A note as one line of JSON: text in it can't end the line, nor look like another note."""
    return json.dumps({"note": number} | {key: value for key, value in note.model_dump().items() if value})


def batches(lines: Sequence[str], room: int) -> list[list[str]]:
    """Split lines so that each batch has at most `room` characters; a longer line is alone."""
    found: list[list[str]] = []
    size = room + 1
    for line in lines:
        if size + len(line) + 1 > room:
            found.append([])
            size = 0
        found[-1].append(line)
        size += len(line) + 1
    return found


def pieces(text: str, room: int) -> list[str]:
    """Split a long text into pieces of at most `room` characters, at line ends where there are some."""
    if len(text) <= room:
        return [text]
    cut = text.rfind("\n", room // 2, room)
    cut = cut + 1 if cut > 0 else room
    return [text[:cut], *pieces(text[cut:], room)]


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[at : at + QUOTE]) for at in range(len(words) - QUOTE + 1)}


def _kept(claims: Sequence[Claim], known: frozenset[int]) -> tuple[Claim, ...]:
    found = [
        Claim(
            text=shortened(claim.text), sources=tuple(dict.fromkeys(n for n in claim.sources if n in known))
        )
        for claim in claims
    ]
    return tuple(claim for claim in found if claim.text and claim.sources)[:MOST_CLAIMS]
