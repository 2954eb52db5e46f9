"""Add details: what was wrong with an answer, how it was checked, what it should have been."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, cast

from bot.errors import SlackError
from bot.flagging import Flagging
from bot.forms import DIFFICULTIES, FAILURE_TAGS, TEXT_LIMIT, VERIFICATIONS, Details, Scores, Skills
from bot.gate import Gates
from bot.labs import Labs
from bot.labs.reading import CONTACT
from bot.records import About, Vote
from bot.slack import modals
from bot.slack.blocks import Block, about_answer, read_about
from bot.slack.modals import Given
from bot.slack.outbox import Outbox
from bot.store.forms import Forms, Kept
from bot.store.questions import answer_job_of
from bot.store.votes import Votes

CALLBACK = "labjam_details"
UNSAFE = "unsafe_advice"
"""The failure tag that also calls the lab's moderators."""
THUMBS = {"1": "Good answer", "-1": "Bad answer", "0": "No thumb"}
GRADES = {str(grade): str(grade) for grade in range(1, 6)}
CONSENT = {
    "may_quote": "My words may be quoted in the jam's reports",
    "may_share": "My words may go to the makers of the model",
}
MINUTES = 100_000

LATE = "Slack gave too little time to open the form. Press the button once more; nothing is lost."
GONE = "This answer is no longer kept here, so your words about it could not be. Copy them if you need them."
MARKED = "This carries {title}, so nothing was kept. Take it out, and tell {contact}."
NOT_WHOLE = "A whole number of minutes, please, from {least:,} to {most:,}."


class Opinions:
    """Opens the details form, and keeps what is submitted."""

    def __init__(
        self, labs: Labs, forms: Forms, votes: Votes, outbox: Outbox, flagging: Flagging, *,
        gates: Gates,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._forms = forms
        self._votes = votes
        self._outbox = outbox
        self._flagging = flagging
        self._gates = gates
        self._clock = clock

    async def open(self, value: str, user: str, trigger_id: str) -> None:
        """Show the form with what this person said before; nothing is written."""
        about = read_about(value)
        standing = await self._standing(about, user)
        thumb = await self._votes.of(user, about)
        numeric = self._labs[about.lab].numeric_scores if about.lab in self._labs else False
        await show(self._outbox, about, user, trigger_id, view(about, standing, thumb, numeric=numeric))

    async def keep(self, value: str, given: Given, user: str) -> Kept | dict[str, str]:
        """Keep a submitted form and its thumb; gives what is wrong with which inputs, where anything is."""
        about = read_about(value)
        standing = await self._standing(about, user)
        wrong = await marked(self._labs, self._gates, about, given, user) or _wrong(given)
        if wrong:
            return wrong
        at = self._clock()
        form = _form(about, given, user, at, standing)
        kept = await self._forms.keep(form, answer_job_of(about), answer_job_of(about))
        if kept != "gone" and given.has("thumb") and form.thumb != await self._votes.of(user, about):
            vote = Vote(about.lab, about.thread, about.question_ts, user, form.thumb or 0, at, about.side)
            await self._votes.keep(vote)
        if kept == "kept" and UNSAFE in form.reasons and not (standing and UNSAFE in standing.reasons):
            await self._flagging.raise_(about, user, "unsafe")
        return kept

    async def _standing(self, about: About, user: str) -> Details | None:
        return await self._forms.standing(Details, about.thread, answer_job_of(about), user)


async def marked(labs: Labs, gates: Gates, about: About, given: Given, user: str) -> dict[str, str]:
    """Which inputs carry a marking, and what to do about it; moderators are told where and why."""
    here = labs.get(about.lab)
    contact = here.contact if here else CONTACT
    hits = await gates.stops_form(about, user, given.words())
    return {name: MARKED.format(title=hit.title, contact=contact) for name, hit in hits.items()}


async def show(outbox: Outbox, about: About, user: str, trigger_id: str, view: Block) -> None:
    """Open a modal; say so where Slack gave too little time for it."""
    team = about.thread.team
    try:
        await outbox.call("views.open", team, trigger_id=trigger_id, view=view)
    except SlackError:
        with suppress(SlackError):
            await outbox.call(
                "chat.postEphemeral", team, channel=about.thread.channel, user=user,
                thread_ts=about.thread.ts, text=LATE,
            )  # fmt: skip


def view(
    about: About, standing: Details | None, thumb: Literal[1, -1] | None, *, numeric: bool = False
) -> Block:
    """The form as a modal, filled with what stands."""
    said = standing or Details(
        lab=about.lab, thread=about.thread, user="", at=0.0, question_ts=about.question_ts
    )
    blocks = [
        modals.choice("thumb", "Your thumb", THUMBS, str(thumb or 0)),
        modals.choices("reasons", "What was wrong", FAILURE_TAGS, said.reasons),
        _text("comment", "Comment", said.comment),
        _text("corrected_answer", "The answer, corrected", said.corrected_answer),
        _text("expected_answer", "The answer you expected", said.expected_answer),
        modals.choice("verified_by", "How you checked it", VERIFICATIONS, said.verified_by),
        modals.choice("difficulty", "Who could answer this well", DIFFICULTIES, said.difficulty),
        modals.number("minutes_spent", "Minutes you spent on it", said.minutes_spent, least=0, most=MINUTES),
        modals.number(
            "minutes_saved", "Minutes it saved you", said.minutes_saved, least=-MINUTES, most=MINUTES,
            hint="Below zero if it cost you time.",
        ),
        *(_scores(said.scores) if numeric else []),
        modals.heading("Skills: as many or as few as apply"),
        *(
            _text(f"skills.{name}", field.title or name, getattr(said.skills, name))
            for name, field in Skills.model_fields.items()
        ),
        modals.text("other_task", "Another task", said.other_task, lines=False, most=modals.LINE),
        _text("other_task_assessment", "How it did that", said.other_task_assessment),
        modals.ticks("consent", "You allow", CONSENT, [name for name in CONSENT if getattr(said, name)]),
    ]  # fmt: skip
    return modals.modal(CALLBACK, "Details of an answer", blocks, about_answer(about))


def _scores(scores: Scores) -> list[Block]:
    return [
        modals.heading("Scores: 1 is poor, 5 is excellent"),
        *(
            modals.choice(f"scores.{name}", field.title or name, GRADES, str(getattr(scores, name) or ""))
            for name, field in Scores.model_fields.items()
        ),
    ]


def _text(name: str, label: str, value: str) -> Block:
    return modals.text(name, label, value, most=TEXT_LIMIT)


def _wrong(given: Given) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for name, least in (("minutes_spent", 0), ("minutes_saved", -MINUTES)):
        words = given.text(name)
        try:
            whole = not words or least <= int(words) <= MINUTES
        except ValueError:
            whole = False
        if not whole:
            wrong[name] = NOT_WHOLE.format(least=least, most=MINUTES)
    return wrong


def _form(about: About, given: Given, user: str, at: float, standing: Details | None) -> Details:
    """What was given, over what stands where nothing was asked."""
    old: Any = standing or Details(
        lab=about.lab, thread=about.thread, user=user, at=at, question_ts=about.question_ts
    )
    words = ("comment", "corrected_answer", "expected_answer", "other_task", "other_task_assessment")
    skills = {name: given.text(f"skills.{name}", getattr(old.skills, name)) for name in Skills.model_fields}
    consent = given.choices("consent")
    thumbs: dict[str, Literal[1, -1] | None] = {"1": 1, "-1": -1}
    asked: dict[str, Any] = {
        "at": at,
        "side": about.side,
        "thumb": thumbs.get(given.choice("thumb")),
        "reasons": tuple(tag for tag in given.choices("reasons") if tag in FAILURE_TAGS),
        "skills": skills,
        "scores": _graded(given, old.scores),
        "difficulty": given.choice("difficulty"),
        "verified_by": given.choice("verified_by"),
        "minutes_spent": _whole(given, "minutes_spent"),
        "minutes_saved": _whole(given, "minutes_saved"),
        **{name: given.text(name, getattr(old, name)) for name in words},
        **{name: name in consent for name in CONSENT},
    }
    return Details.model_validate(cast("Details", old).model_dump() | asked)


def _graded(given: Given, old: Scores) -> dict[str, int | None]:
    graded: dict[str, int | None] = {}
    for name in Scores.model_fields:
        grade = given.choice(f"scores.{name}")
        asked = given.has(f"scores.{name}")
        graded[name] = (int(grade) if grade in GRADES else None) if asked else getattr(old, name)
    return graded


def _whole(given: Given, name: str) -> int | None:
    words = given.text(name)
    return int(words) if words else None
