"""How a question ends when it doesn't end well, in a plain sentence: what happened and what to do."""

from dataclasses import replace

from bot.errors import (
    ModelAway,
    ModelBusy,
    ModelCut,
    ModelError,
    ModelFlagged,
    ModelRejected,
    ModelTooLong,
    RetryLater,
)
from bot.llm.model import Finish
from bot.records import Usage
from bot.store.questions import Draft

TRIES: dict[type[ModelError], int] = {
    ModelBusy: 8,
    ModelAway: 4,
    ModelCut: 4,
    ModelRejected: 0,
    ModelTooLong: 3,
}
"""How often a model is asked again, by what went wrong."""

LONGEST_WAIT = 120.0
"""Seconds an endpoint may ask us to wait; beyond that the asker is told instead."""

BUSY = "The model is at its rate limit and stayed there. Press Retry in a few minutes."
AWAY = (
    "The model can't be reached: its endpoint {endpoint} is down or overloaded. Press Retry in a few minutes."
)
CUT = "The model's answer broke off each time it was asked. Press Retry to ask once more."
CUT_SHORT = "The model's answer broke off here. Press Retry to ask once more."
REJECTED = (
    "The endpoint {endpoint} does not take this question. Your lab's moderators can see why in the log; "
    "then press Retry."
)
FILTERED = "The model provider's content filter stopped this answer. Rephrase the question, or press Retry."
EMPTY = "The model ended without saying anything. Press Retry to ask once more."
REFUSED = "The model declined to answer."
LENGTH = "The model stopped at its length limit. Ask it to go on."
STOPPED = "Stopped before the end."
HALTED = "A moderator stopped all answers here before the end."
HALTED_EARLY = "A moderator stopped all answers here before this one began."
STOPPED_EARLY = "Stopped before the answer began."
TOO_LONG = (
    "This question has {length:,} characters; the model takes at most {allowed:,}. "
    "Shorten it, or ask in parts."
)
TOO_LONG_HERE = (
    "This thread is longer than the model takes, by its endpoint's own count. "
    "Ask in a new thread, or shorten the question."
)


MARKED_QUESTION = (
    "This question carries what looks like a marking, so it was not sent to a model. "
    "Delete it, and tell {contact}."
)
LOOKS_MARKED = (
    "What a file of this question holds may be controlled, so I asked in private whether I may read it. "
    "The answer comes here once I may; press Retry to be asked again."
)
MARKED_ANSWER = (
    "What the model wrote carried what looks like a marking, so I took it back; nothing of it is kept. "
    "If controlled text came up here, tell {contact}. Press Retry to ask once more."
)
FLAGGED = (
    "Your lab's moderation check flags this question or its answer ({categories}), so there is none. "
    "Rephrase the question, or press Retry; your lab's moderators can help."
)
UNCHECKED = (
    "Your lab wants each answer checked by a moderation model, and that can't be reached. "
    "Press Retry in a few minutes."
)
NOT_TAKEN = "Slack did not take this answer. The record holds all of it; press Retry to ask once more."
BROKEN = "Something in labjam broke over this question, and the log says what. Press Retry to try again."


def broken() -> Draft:
    """A fault of ours."""
    return Draft("", "failed", BROKEN, retry=True)


def not_taken() -> Draft:
    """Where Slack refuses an answer, however it is put."""
    return Draft("", "failed", NOT_TAKEN, retry=True)


def too_long(length: int, allowed: int) -> Draft:
    """A question that no history can be left out for."""
    return Draft("", "failed", TOO_LONG.format(length=length, allowed=allowed))


def capped(words: str) -> Draft:
    """What the lab's caps don't allow now."""
    return Draft("", "capped", words, retry=True)


def stopped(text: str, why: str = "stopped") -> Draft:
    """What stood when somebody pressed stop, or a moderator `halted` the lab."""
    early, late = (HALTED_EARLY, HALTED) if why == "halted" else (STOPPED_EARLY, STOPPED)
    return Draft(text, "stopped", late if text else early, retry=True)


def marked_question(contact: str) -> Draft:
    """A question that the guard stopped after it was taken in."""
    return Draft("", "failed", MARKED_QUESTION.format(contact=contact))


def waits_for_word() -> Draft:
    """A question whose files wait for a private word of whoever asked it."""
    return Draft("", "failed", LOOKS_MARKED, retry=True)


def marked_answer(draft: Draft, contact: str) -> Draft:
    """An answer that the guard took back; nothing of its text is left."""
    note = MARKED_ANSWER.format(contact=contact)
    return replace(draft, text="", outcome="failed", note=note, retry=True)


def finished(text: str, finish: Finish) -> Draft:
    """What a whole stream gave, with a sentence where it is no plain answer."""
    usage = finish.usage or Usage()
    if finish.reason == "refused":
        said = text + finish.refusal
        return Draft(said, "refused", REFUSED, retry=True, model_returned=finish.model_returned, usage=usage)
    if finish.reason == "filtered":
        return Draft(text, "refused", FILTERED, retry=True, model_returned=finish.model_returned, usage=usage)
    if not text.strip():
        return Draft("", "failed", EMPTY, retry=True, model_returned=finish.model_returned, usage=usage)
    note = LENGTH if finish.reason == "length" else ""
    return Draft(text, "answered", note, model_returned=finish.model_returned, usage=usage)


def failed(error: ModelError, tries: int, text: str, endpoint: str) -> Draft:
    """The end after the last try; before it, RetryLater with the endpoint's own delay if it gave one."""
    if tries < TRIES.get(type(error), 0) and (_delay(error) or 0.0) <= LONGEST_WAIT:
        raise RetryLater(str(error), _delay(error))
    if isinstance(error, ModelCut):
        return Draft(text, "failed", CUT_SHORT if text else CUT, retry=True)
    if isinstance(error, ModelFlagged):
        said = FLAGGED.format(categories=error) if str(error) else UNCHECKED
        return Draft("", "refused" if str(error) else "failed", said, retry=True)
    if isinstance(error, ModelBusy):
        return Draft(text, "failed", BUSY, retry=True)
    if isinstance(error, ModelTooLong):
        return Draft(text, "failed", TOO_LONG_HERE)
    words = REJECTED if isinstance(error, ModelRejected) else AWAY
    return Draft(text, "failed", words.format(endpoint=endpoint), retry=True)


def _delay(error: ModelError) -> float | None:
    if isinstance(error, ModelBusy):
        return error.retry_after
    return 0.0 if isinstance(error, ModelTooLong) else None
