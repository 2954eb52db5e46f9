"""Whether a question is let in: is the lab open, may this person ask, and what are they told."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.labs import Lab
from bot.labs.lab import Outsiders
from bot.labs.live import LiveLabs
from bot.records import Question
from bot.slack.people import People, Person
from bot.store.questions import Questions
from bot.store.states import LabState, States

CLOSED = "The jam at {lab} is closed. I did not keep your question; nothing waits to be answered."
PAUSED = "Answers at {lab} are paused by its moderators. Your question waits until they go on."
MUTED = "The moderators of {lab} have muted you here, so I don't take your questions. Please talk to them."
GUEST = (
    "Guests can't ask here unless a moderator of {lab} allows it (`/jam allow` with your name). "
    "Until then I keep nothing that you write here."
)
STRANGER = (
    "People of other organisations can't ask here unless a moderator of {lab} allows it (`/jam allow` with "
    "your name). Until then I keep nothing that you write here."
)
NO_OUTSIDERS = "Only members of this workspace can ask at {lab}. I keep nothing that you write here."


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a question is let in, and what its asker is told: once for each `once`, if there is one."""

    lets_in: bool = True
    words: str = ""
    once: str = ""
    private: bool = False  # only the asker sees it


def judge(state: LabState, question: Question, now: float, *, addressed: bool) -> Verdict:
    """Say what becomes of a question, as far as its lab's state decides it.

    Who speaks to us is told of a closed lab each time, others once: people go on talking there.
    """
    if since := state.muted(question.user):
        return Verdict(False, MUTED, f"muted:{since}", private=True)
    if not state.is_open(now):
        return Verdict(False, CLOSED, "" if addressed else f"closed:{state.session}")
    if state.held:
        return Verdict(True, PAUSED, f"held:{state.held_since}")
    return Verdict()


def judge_outsider(rules: Lab, state: LabState, person: Person, question: Question) -> Verdict:
    """Say whether a guest or a stranger may ask."""
    cases: list[tuple[bool, Outsiders, str]] = [
        (person.stranger, rules.strangers, STRANGER),
        (person.guest, rules.guests, GUEST),
    ]
    for applies, rule, words in cases:
        if applies and not _may(rule, state, question):
            return Verdict(False, NO_OUTSIDERS if rule == "none" else words, "outsider", private=True)
    return Verdict()


def _may(rule: Outsiders, state: LabState, question: Question) -> bool:
    return rule == "all" or (rule == "allowed" and state.allowed(question.user))


class Door:
    """Lets questions in, and tells those who asked the others why not."""

    def __init__(
        self, live: LiveLabs, states: States, people: People, questions: Questions, *,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._live = live
        self._states = states
        self._people = people
        self._questions = questions
        self._clock = clock

    async def verdict(self, question: Question, *, addressed: bool = True) -> Verdict:
        """What becomes of a question, or of whatever else would ask a model for somebody.

        Raises SlackError where it depends on who asks, and Slack can't say that now.
        """
        state = await self._states.of(question.lab)
        verdict = judge(state, question, self._clock(), addressed=addressed)
        if verdict.lets_in:
            outside = await self._outside(question, state)
            verdict = verdict if outside.lets_in else outside
        return verdict

    async def welcomes(self, newcomer: Question) -> bool:
        """Whether whoever came may ask here; an outsider who may not is told so now, and not again."""
        verdict = await self._outside(newcomer, await self._states.of(newcomer.lab))
        if not verdict.lets_in:
            await self._tell(newcomer, verdict)
        return verdict.lets_in

    async def _outside(self, question: Question, state: LabState) -> Verdict:
        rules = (await self._live.now()).get(question.lab)
        if not rules or (rules.guests, rules.strangers) == ("all", "all"):
            return Verdict()
        team, user = question.thread.team, question.user
        person = await self._people.person(team, user, question.user_team, sure=True)
        return judge_outsider(rules, state, person, question)

    async def admits(self, question: Question, *, addressed: bool = True) -> bool:
        """Whether a question may be kept and answered; its asker is told what they need to know."""
        verdict = await self.verdict(question, addressed=addressed)
        if not verdict.lets_in and await self._questions.knows(question):
            return True  # delivered again: it was let in when it was asked
        if verdict.words:
            await self._tell(question, verdict)
        return verdict.lets_in

    async def _tell(self, question: Question, verdict: Verdict) -> None:
        rules = (await self._live.now()).get(question.lab)
        words = verdict.words.format(lab=rules.short if rules else question.lab)
        await self._questions.tell(question, words, once=verdict.once, private=verdict.private)
