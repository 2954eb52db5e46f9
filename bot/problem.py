"""Describe this problem: what a thread's experiment is about, and at its end what came of it."""

import time
from collections.abc import Callable

from bot.details import marked, show
from bot.errors import SlackRefused
from bot.forms import DOMAINS, EXPERIENCES, TEXT_LIMIT, Closing, Form, Problem
from bot.gate import Gates
from bot.labs import Labs
from bot.records import About, ThreadKey
from bot.slack import modals
from bot.slack.blocks import Block, about_answer, read_about
from bot.slack.directory import Directory
from bot.slack.modals import LINE, Given
from bot.slack.outbox import Outbox
from bot.store.forms import Forms, Kept

CALLBACK = "labjam_problem_form"

NOT_OURS = "There is no answer of mine in this thread. Ask a question first, then describe its problem."
GONE = "This thread is no longer kept here, so your words about it could not be. Copy them if you need them."

EXPERIENCE = {
    "ai_experience": "How often you use advanced AI",
    "reasoning_experience": "How often you use reasoning models",
}
SAID = "What you said of yourself, should it have changed"
AS_A_TEAM = "For a team, the most experienced person. You are asked this once."

Words = tuple[tuple[str, str, str], ...]

PROBLEM: Words = (
    ("goal", "Overall goal", ""),
    ("description", "The problem", "A paragraph or more, for somebody who does not know your field."),
    ("difficulty_explanation", "How difficult it is, and why", ""),
    ("realism", "How realistic it is", "Is this what you would do in your own work?"),
    ("comments", "Anything else", ""),
)
CLOSING: Words = (
    ("main_strength", "Main strengths", ""),
    ("main_weakness", "Main weaknesses", ""),
    ("daily_use", "What daily use would need", "What would have to be true for you to use this every day?"),
    ("productivity_improvement", "What it did for your productivity", ""),
    ("event_improvement", "How this jam could be better", ""),
)


class Problems:
    """Opens the form of a thread's problem, and keeps what is submitted."""

    def __init__(
        self, labs: Labs, forms: Forms, directory: Directory, outbox: Outbox, *, gates: Gates,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._forms = forms
        self._directory = directory
        self._outbox = outbox
        self._gates = gates
        self._clock = clock

    async def open(self, value: str, user: str, trigger_id: str) -> None:
        """Show the form with what this person said of the thread before; nothing is written."""
        about = read_about(value)
        thread = about.thread
        problem = await self._forms.standing(Problem, thread, str(thread), user)
        closing = await self._forms.standing(Closing, thread, str(thread), user)
        known = await self._forms.remembered(thread.team, user)
        await show(self._outbox, about, user, trigger_id, view(about, problem, closing, known))

    async def open_at(self, thread: ThreadKey, user: str, trigger_id: str) -> None:
        """The same, from a message's menu: for the thread that the message is in, if it is a jam's."""
        job = await self._forms.an_answer_in(thread)
        lab = await self._lab(thread) if job else ""
        if lab:
            about = About(lab, thread, job.split(":", 3)[3])
            await self.open(about_answer(about), user, trigger_id)
            return
        refusal = modals.message("Not a jam's thread", NOT_OURS)
        await show(self._outbox, About("", thread, thread.ts), user, trigger_id, refusal)

    async def keep(self, value: str, given: Given, user: str) -> Kept | dict[str, str]:
        """Keep the problem and, where anything was said of it, the end; or say what can't be kept."""
        about, at = read_about(value), self._clock()
        if wrong := await marked(self._labs, self._gates, about, given, user):
            return wrong
        thread, team = about.thread, about.thread.team
        job = await self._forms.an_answer_in(thread)
        if not job:
            return "gone"
        known = await self._forms.remembered(team, user)
        old = await self._forms.standing(Problem, thread, str(thread), user)
        once = {name: given.choice(name) or known.get(name, "") for name in EXPERIENCE}
        who = {"lab": about.lab, "thread": thread, "user": user, "at": at}
        said = _said(PROBLEM, given, old) | once | {"domain": given.choice("domain")}
        said["title"] = given.text("title", old.title if old else "")
        problem = Problem.model_validate(who | said)
        kept = await self._forms.keep(problem, str(thread), job)
        ended = await self._forms.standing(Closing, thread, str(thread), user)
        closing = Closing.model_validate(who | _said(CLOSING, given, ended))
        if kept != "gone" and (ended or any(getattr(closing, name) for name, _, _ in CLOSING)):
            kept = await self._forms.keep(closing, str(thread), job)
        await self._forms.remember(team, user, {name: value for name, value in once.items() if value})
        return kept

    async def _lab(self, thread: ThreadKey) -> str:
        """The lab of a thread's channel; that of its first question in a direct message."""
        try:
            name = await self._directory.channel_name(thread.team, thread.channel)
        except SlackRefused:
            name = ""
        lab = self._labs.by_channel_name(thread.channel) or self._labs.by_channel_name(name)
        return lab.key if lab else await self._forms.lab_of(thread)


def view(
    about: About, problem: Problem | None, closing: Closing | None, known: dict[str, str] | None = None
) -> Block:
    """The form as a modal; what is asked once comes last where it is known, as it was said."""
    said = known or {}
    once = [
        modals.choice(name, label, EXPERIENCES, said.get(name, ""), hint="" if said.get(name) else AS_A_TEAM)
        for name, label in EXPERIENCE.items()
    ]
    told = all(said.get(name) for name in EXPERIENCE)
    blocks = [
        modals.text("title", "Title", problem.title if problem else "", lines=False, most=LINE),
        *_inputs(PROBLEM[:4], problem),
        modals.choice("domain", "Field", DOMAINS, problem.domain if problem else ""),
        *([] if told else once),
        *_inputs(PROBLEM[4:], problem),
        modals.heading("When you are done"),
        *_inputs(CLOSING, closing),
        *([modals.heading(SAID), *once] if told else []),
    ]
    return modals.modal(CALLBACK, "Describe this problem", blocks, about_answer(about))


def _inputs(words: Words, standing: Form | None) -> list[Block]:
    return [
        modals.text(name, label, getattr(standing, name) if standing else "", hint=hint, most=TEXT_LIMIT)
        for name, label, hint in words
    ]


def _said(words: Words, given: Given, standing: Form | None) -> dict[str, str]:
    return {name: given.text(name, getattr(standing, name) if standing else "") for name, _, _ in words}
