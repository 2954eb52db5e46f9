"""Why a message is answered or not: one pure decision, with its reason."""

import re
from dataclasses import dataclass

from bot.labs import Lab
from bot.records import Question, ThreadKey
from bot.slack.events import Incoming

ASIDE = "//"
"""A message that begins so is among people, and never answered."""

COMPARE = re.compile(r"compare:\s*", re.IGNORECASE)
"""What a question begins with that two models are to answer, blind."""

_SAID = {"", "file_share", "thread_broadcast", "me_message"}
"""Subtypes in which a person says something: https://docs.slack.dev/reference/events/message"""

NO_WORDS = (
    "I see no question in this message. Ask it in words; a file goes into the same message as its question."
)
ONE_MODEL = "Your lab has one model only, so there is nothing to compare. Ask again without `compare:`."
NOT_A_JAM = "I answer in the jam channels only. Ask in your lab's: {channels}."
NO_LAB = (
    "I can't tell which lab you belong to, because I see you in none of the jam channels. "
    "Join your lab's channel, then ask here again: {channels}."
)


@dataclass(frozen=True, slots=True)
class Ignore:
    """Not answered; `why` is for the debug log."""

    why: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Answered. With `if_ours`, only in a thread that began with a question to us."""

    question: Question
    if_ours: bool = False
    compare: bool = False  # two models are to answer, blind


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not answered, and the asker is told."""

    question: Question
    words: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A message changed; its question, if it was one, changes with it."""

    incoming: Incoming


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A message was deleted; its question, if it was one, goes with it."""

    incoming: Incoming


Decision = Ignore | Ask | Refuse | Edit | Withdraw


def decide(incoming: Incoming, lab: Lab | None, channels: str = "") -> Decision:
    """Say what becomes of a message; `lab` is its channel's, or the person's in a direct message.

    `channels` names the jam channels, for those who asked elsewhere.
    """
    if incoming.by_program:
        return Ignore("written by a program, or by us")
    if incoming.kind == "deleted":
        return Withdraw(incoming)
    if incoming.subtype not in _SAID:
        return Ignore(f"subtype {incoming.subtype}: nothing a person says")
    if incoming.text.startswith(ASIDE):
        # A question that becomes an aside is taken back.
        return Withdraw(incoming) if incoming.kind == "edited" else Ignore("an aside")
    if incoming.kind == "edited" and not incoming.text:
        return Ignore("edited to no words")
    if incoming.kind == "edited":
        return Edit(incoming)
    if lab is None:
        return _outside(incoming, channels)
    return _in_a_lab(incoming, lab)


def opens_a_jam_thread(root: Incoming, lab: Lab) -> bool:
    """Whether a thread's first message was a question to us: then its asker's later ones are too."""
    decision = decide(root, lab)
    return isinstance(decision, Ask) and not decision.if_ours


def _outside(incoming: Incoming, channels: str) -> Decision:
    if incoming.direct:
        return Refuse(_question(incoming, None), NO_LAB.format(channels=channels))
    if incoming.mentions_us:
        return Refuse(_question(incoming, None), NOT_A_JAM.format(channels=channels))
    return Ignore("not a jam channel")


def _in_a_lab(incoming: Incoming, lab: Lab) -> Decision:
    addressed = incoming.mentions_us or incoming.direct
    if incoming.thread_ts and not addressed and incoming.parent_user != incoming.user:
        return Ignore("another person's thread, and no mention of us")
    if not incoming.thread_ts and not addressed and lab.answer == "mention":
        return Ignore("this lab wants to be mentioned")
    question = _question(incoming, lab)
    if not question.text:
        return Refuse(question, NO_WORDS) if addressed or not incoming.thread_ts else Ignore("no words")
    compare = bool(COMPARE.match(incoming.text))
    if compare and len(lab.models) < 2:
        return Refuse(question, ONE_MODEL)
    return Ask(question, if_ours=bool(incoming.thread_ts) and not addressed, compare=compare)


def words_of(incoming: Incoming) -> str:
    """What a message asks: its text without what only tells us how to answer."""
    return COMPARE.sub("", incoming.text, count=1) if COMPARE.match(incoming.text) else incoming.text


def _question(incoming: Incoming, lab: Lab | None) -> Question:
    return Question(
        thread=ThreadKey(incoming.team, incoming.channel, incoming.thread),
        ts=incoming.ts,
        user=incoming.user,
        user_team=incoming.user_team,
        lab=lab.key if lab else "hq",
        text=words_of(incoming),
        direct=incoming.direct,
        files=incoming.files,
        file_ids=incoming.file_ids,
    )
