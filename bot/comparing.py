"""One of two compared answers on its way to people: its model hidden, and whether both now stand."""

import logging
from dataclasses import replace
from typing import Literal

from bot.blind import scrub
from bot.labs import Lab
from bot.records import About, Question
from bot.running import Running
from bot.store.questions import Draft, answer_job_of, draft_of

log = logging.getLogger(__name__)

READABLE = {"answered", "stopped", "refused"}


async def compared(running: Running, question: Question, lab: Lab, draft: Draft) -> Draft:
    """The draft as people see it where two models answer; ready to choose where the other one stands."""
    if not question.side:
        return draft
    ids = [name for spec in lab.models for name in (spec.id, spec.name)]
    draft = replace(draft, note=unnamed(draft.note, lab))
    if not draft.text.strip():
        return draft
    text, hidden = scrub(draft.text, [*ids, draft.model_returned])
    if hidden:
        log.info("a model named itself", extra={"job": running.job.id, "hidden": hidden})
    other: Literal["a", "b"] = "b" if question.side == "a" else "a"
    about = About(question.lab, question.thread, question.ts, other)
    fields = await running.fields_of(answer_job_of(about))
    theirs = draft_of(fields)
    both = bool(theirs and theirs.text.strip() and fields.get("outcome") in READABLE)
    shown = f"**Answer {question.side.upper()}**\n\n{text}"
    return replace(draft, shown=shown, compared=both and draft.outcome in READABLE)


def unnamed(note: str, lab: Lab) -> str:
    """Words about a failure or a cap, without the model or the endpoint that they are about."""
    for spec in lab.models:
        note = note.replace(f"endpoint {spec.endpoint.name}", "endpoint")
    return scrub(note, [name for spec in lab.models for name in (spec.id, spec.name)])[0]
