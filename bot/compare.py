"""Blind comparison: two models answer one question, people choose, and only then learn which is which."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, cast

from bot.blind import Pair, draw, is_drawn, pair_key
from bot.details import marked, show
from bot.errors import SlackError
from bot.forms import CHOICES, TEXT_LIMIT, Choice, Comparison
from bot.gate import Gates
from bot.labs import Lab, Labs
from bot.records import About, Question, ThreadKey
from bot.slack import modals
from bot.slack.blocks import WHY, actions, button, read_about, words
from bot.slack.modals import Given
from bot.slack.outbox import Outbox
from bot.store.forms import Forms, Kept
from bot.store.jobs import Claim, Jobs
from bot.store.pairs import Pairs
from bot.store.questions import Questions, answer_job_of, question_of
from bot.store.states import States

CALLBACK = "labjam_why_form"

CHOSEN = "Kept: {choice}. {names}"
CHANGED = (
    "Kept: {choice}. {names} Your first choice counts in the ranking, since it was made without knowing that."
)
GONE = "These answers are no longer kept, so your choice could not be. Nothing else was lost."
REVEALED = "Answer A was {a}, answer B was {b}."


class Draws:
    """Whether two models answer a question, and which; from a lab's own models only (P7)."""

    def __init__(self, states: States, pairs: Pairs) -> None:
        self._states = states
        self._pairs = pairs

    async def pair(self, question: Question, lab: Lab, *, wanted: bool) -> Pair | None:
        """The two models, or None where one answers as ever."""
        if len(lab.models) < 2 or not (wanted or is_drawn(question, await self._share(lab))):
            return None
        return draw(question, [spec.name for spec in lab.models], await self._pairs.drawn(lab.key))

    async def ask(self, question: Question, pair: Pair) -> Claim:
        """Claim a question and queue both of its answers."""
        return await self._pairs.ask(question, pair, pair_key(pair))

    async def _share(self, lab: Lab) -> int:
        """Percent of the questions; what moderators set counts before lab.toml."""
        state = await self._states.of(lab.key)
        return state.compare if "compare" in state.fields else lab.compare_share


@dataclass(frozen=True, slots=True)
class Voted:
    """What became of a choice, and what its voter may know now."""

    kept: Kept
    says: str


class Comparisons:
    """Keeps people's choices; tells each who chose, and the thread when a moderator says so."""

    def __init__(
        self,
        labs: Labs,
        jobs: Jobs,
        outbox: Outbox,
        gates: Gates,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._labs = labs
        self._forms = Forms(jobs)
        self._pairs = Pairs(jobs)
        self._questions = Questions(jobs)
        self._outbox = outbox
        self._gates = gates
        self._clock = clock

    async def choose(self, value: str, choice: Choice, user: str) -> Voted:
        """Keep a choice, with what stands of its reason."""
        about = read_about(value)
        old = await self._standing(about, user)
        return await self._keep(about, user, choice, old.reason if old else "")

    async def tell(self, value: str, user: str, voted: Voted) -> None:
        """Show the voter, and nobody else, what became of it, and which models these were."""
        if voted.kept == "same":
            return
        about = read_about(value)
        offer = [] if voted.kept == "gone" else [actions([button(WHY, "Say why", value)])]
        with suppress(SlackError):
            await self._outbox.call(
                "chat.postEphemeral", about.thread.team, channel=about.thread.channel, user=user,
                thread_ts=about.thread.ts, text=voted.says, blocks=[words(voted.says), *offer],
            )  # fmt: skip

    async def open_why(self, value: str, user: str, trigger_id: str) -> None:
        """Show the form for the reason of a choice."""
        about = read_about(value)
        old = await self._standing(about, user)
        blocks = [
            modals.choice("choice", "Your choice", CHOICES, old.choice if old else ""),
            modals.text("reason", "Why", old.reason if old else "", most=TEXT_LIMIT),
        ]
        await show(self._outbox, about, user, trigger_id, modals.modal(CALLBACK, "Why?", blocks, value))

    async def keep_why(self, value: str, given: Given, user: str) -> Voted | dict[str, str]:
        """Keep a choice with its reason; or say why that can't be kept."""
        about = read_about(value)
        if wrong := await marked(self._labs, self._gates, about, given, user):
            return wrong
        old = await self._standing(about, user)
        choice = given.choice("choice") or (old.choice if old else "tie")
        return await self._keep(about, user, cast("Choice", choice), given.text("reason"))

    async def reveal_in(self, thread: ThreadKey, lab: str) -> list[str]:
        """Reveal every comparison of a thread in this lab; gives the words of each."""
        found = [About(lab, thread, ts, "a") for ts in await self._pairs.compared_in(thread, lab)]
        return [words for about in found if (words := await self.reveal(about))]

    async def reveal(self, about: About) -> str:
        """Show all which models these were, for good; gives the words, empty where there is nothing."""
        sides = await self._pairs.sides(about)
        if not all("body" in side for side in sides):
            return ""
        at = int(self._clock() * 1_000_000)
        thread = str(about.thread)
        for job in (answer_job_of(replace(about, side="a")), answer_job_of(replace(about, side="b"))):
            await self._questions.extend(thread, job, at, {"revealed": "1"})
        return self._names(about, *sides)

    async def _keep(self, about: About, user: str, choice: Choice, reason: str) -> Voted:
        sides = await self._pairs.sides(about)
        if not all("body" in side for side in sides):
            return Voted("gone", GONE)
        old = await self._standing(about, user)
        first = question_of(sides[0])
        knows = bool(old) or "revealed" in sides[0]
        model_a, model_b = (self._model(about, side) for side in sides)
        form = Comparison(
            lab=about.lab, thread=about.thread, user=user, at=self._clock(), question_ts=about.question_ts,
            choice=choice, reason=reason, model_a=model_a, model_b=model_b,
            blind=old.blind and old.choice == choice if old else not knows,
        )  # fmt: skip
        job = answer_job_of(replace(about, side="a"))
        kept = await self._forms.keep(form, job, job)
        if kept == "kept" and user == first.user and choice in {"a", "b"}:
            await self._pairs.choose(about.thread, about.question_ts, cast("Literal['a', 'b']", choice))
        says = CHANGED if old and not form.blind else CHOSEN
        names = self._names(about, *sides)
        return Voted(kept, GONE if kept == "gone" else says.format(choice=CHOICES[choice], names=names))

    async def _standing(self, about: About, user: str) -> Comparison | None:
        job = answer_job_of(replace(about, side="a"))
        return await self._forms.standing(Comparison, about.thread, job, user)

    def _names(self, about: About, a: Mapping[str, str], b: Mapping[str, str]) -> str:
        return REVEALED.format(a=self._model(about, a), b=self._model(about, b))

    def _model(self, about: About, fields: Mapping[str, str]) -> str:
        spec = self._labs[about.lab].model(question_of(fields).model)
        return spec.id
