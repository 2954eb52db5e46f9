"""The scripted model's notes and summaries: what was asked, and words that say it is a demonstration."""

import json
import re
from collections.abc import Sequence
from typing import Any

from bot.summary.notes import MOST_CLAIMS, Claim, Claims, Note, schema_of, shortened
from bot.trial.model_script import SeenRequest

UNREAD = "This is labjam's scripted model: it repeats what was asked, and nobody read the thread."
UNREAD_ALL = "This is labjam's scripted model: it repeats what was asked, and nobody read these threads."
REAL = "Set LABJAM_MODEL, and a real model sums up what was asked here."

_ASKED = re.compile(r'"(?:question|problem)": ("(?:[^"\\]|\\.)*")')
"""A question in a thread as JSON, or a problem in notes of its pieces; a piece may begin anywhere."""


def form_of(seen: SeenRequest) -> str:
    """The form that a request wants, as JSON; empty where it wants none."""
    told = _instructions(seen)
    if schema_of(Note) in told:
        return _note(seen.question).model_dump_json(exclude_defaults=True)
    return _claims(seen.question.splitlines()).model_dump_json() if schema_of(Claims) in told else ""


def _instructions(seen: SeenRequest) -> str:
    """What a request's `system` or `developer` says, on either of OpenAI's APIs."""
    turns: Any = seen.body.get("messages") or seen.body.get("input") or ()
    said = [] if isinstance(turns, str) else [turn["content"] for turn in turns if turn.get("role") != "user"]
    return "\n".join(map(str, (seen.body.get("instructions") or "", *said)))


def _note(data: str) -> Note:
    asked = [json.loads(one) for one in _ASKED.findall(data)]
    return Note(problem=shortened(asked[0]) if asked else "", approach=UNREAD, open=REAL)


def _claims(lines: Sequence[str]) -> Claims:
    """Over notes: what their threads asked. Over claims of several batches of notes: these."""
    told = [json.loads(line) for line in lines]
    if any("note" not in one for one in told):
        return Claims.together([Claims.model_validate(one) for one in told])
    numbers = tuple(one["note"] for one in told)
    asked = [Claim(text=one["problem"], sources=(one["note"],)) for one in told if one.get("problem")]
    first = Claim(text=UNREAD_ALL, sources=numbers)
    return Claims(tried=(first, *asked[: MOST_CLAIMS - 1]), next=(Claim(text=REAL, sources=numbers),))
