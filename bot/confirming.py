"""Asks a person's word before their question goes on: a certification, and where a text looks marked."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from bot.errors import RetryLater, SlackRefused
from bot.gate import whisper
from bot.guard import name_as_text
from bot.guard.rules import fingerprint
from bot.labs import Lab, Labs
from bot.prompting import house_text
from bot.records import About, Certification, Question, ThreadKey
from bot.resuming import Resuming
from bot.routing import Ask
from bot.running import Running, insist
from bot.slack.blocks import about_answer, confirm, markdown, read_about
from bot.slack.events import Click
from bot.slack.outbox import Outbox
from bot.store.confirmations import WAITS, Confirmations, Pending, close_pending, pending_of
from bot.store.jobs import Close, Jobs, State
from bot.store.questions import Questions
from bot.store.states import States

_KNOWN_LIMIT = 20_000

CERTIFY = "**Please confirm before your question is answered.** Only you see this."
LOOKS_MARKED = (
    "**Your {what} looks like it could be controlled:** it contains {titles}. Only you see this; the {what} "
    "was not kept, and waits in Slack alone.\n\n"
    "If it is controlled, delete your message and tell {contact}. "
    "If it is not, send it on, and this is kept: when, by which rule, and that you confirmed it."
)
EXPIRED = (
    "I did not answer this question: for two hours it waited for a button that I showed only to the person "
    "who asked. Ask it again, and the button comes again."
)
EDIT_EXPIRED = (
    "I did not take your edit in: for two hours it waited for a button that I showed only to you. The answer "
    "here is to your question as it was."
)
AGAIN_EXPIRED = (
    "I did not ask again: for two hours it waited for a button that I showed only to you. "
    "Press once more, and the button comes again."
)
CHANGED = "Your question has changed since I asked. Please look at what I ask now."
DONE = "Thank you. Your question is on its way."
TOO_LATE = "This question does not wait any more. If it was not answered, ask it again."


class Confirming:
    """Holds questions back, takes clicks, and runs the `confirm` jobs that wait in between."""

    def __init__(
        self, labs: Labs, jobs: Jobs, outbox: Outbox, *, states: States, resuming: Resuming,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._outbox = outbox
        self._states = states
        self._resuming = resuming
        self._questions = Questions(jobs)
        self._store = jobs.store
        self._confirmations = Confirmations(jobs)
        self._clock = clock
        self._known: set[tuple[str, ...]] = set()  # who certified for what: asked of the store once

    async def holds(self, ask: Ask, lab: Lab) -> bool:
        """Whether a question must wait for its asker's word; if so it does, once."""
        pending = await self._pending(ask, lab)
        if pending.scope or pending.rules:
            await self._confirmations.wait(pending)
            return True
        return False

    async def holds_again(self, question: Question, lab: Lab, *, anew: str = "", edition: str = "") -> bool:
        """The same for one that was asked before: its text was looked at then, and whoever presses certifies.

        `anew` is the job of an answer that is to be replaced, if it is this `edition` of it still; else
        there will be a further one.
        """
        scope = await self._uncertified(question, lab, wait=True)
        if scope:
            until = self._clock() + WAITS
            jobs = (anew,) if anew else ()
            await self._confirmations.wait(Pending(question, scope, until=until, anew=jobs, edition=edition))
        return bool(scope)

    async def edit(self, ask: Ask, lab: Lab) -> bool:
        """Take an edit of a waiting question in; False where it does not wait."""
        waiting = await self._confirmations.find(ask.question.thread, ask.question.ts)
        if waiting is None:
            return False
        pending = await self._pending(ask, lab)
        return await self._confirmations.amend(replace(pending, scope=waiting.scope, until=waiting.until))

    async def holds_edit(self, asked: Question, text: str, at: int) -> bool:
        """Whether a later text of a question that is asked already must wait for its asker's word.

        It is asked as it was. A text that need not wait ends the wait of the one before it.
        """
        waiting = await self._confirmations.find(asked.thread, asked.ts)
        if waiting and at < waiting.edited:
            return True  # delivered late: there is a newer text
        lab = self._labs.get(asked.lab)
        if lab is None or text == asked.text or not lab.guard.soft(text):
            if waiting and waiting.edited:
                await self._confirmations.end(asked.thread, asked.ts, "withdrawn")
            return False
        if await self._questions.is_withdrawn(asked):
            return True  # nothing comes of it any more
        pending = await self._pending(Ask(replace(asked, text=text, files=(), file_ids=())), lab)
        pending = replace(pending, edited=at)
        if not (waiting and await self._confirmations.amend(replace(pending, until=waiting.until))):
            await self._confirmations.wait_again(pending, at)
        return True

    async def withdraw(self, thread: ThreadKey, ts: str) -> State:
        """Drop a waiting question, with its files: it was deleted, or is not to be asked any more."""
        await self._confirmations.end(thread, ts, "withdrawn", files=True)
        return await self._confirmations.end(thread, ts, "withdrawn")

    async def confirm(self, value: str, click: Click) -> str:
        """Keep that an asker gave their word, and let the question go on; says what to show them."""
        about, shown = _read(value)
        found = [
            await self._confirmations.find(about.thread, about.question_ts, files=files)
            for files in (False, True)
        ]
        waits = [each for each in found if each and each.question.user == click.user]
        waiting = next((each for each in waits if _mark(each.needs) == shown), None)
        if waiting is None:
            for each in waits:  # an edit came in between: what is asked now stands below
                await self._confirmations.amend(each)
            return CHANGED if waits else TOO_LATE
        if waiting.scope:
            lab = self._labs[waiting.question.lab]
            wording = house_text(self._labs, lab, "certify").version
            given = Certification(lab.key, click.user, click.user_team, waiting.scope, wording, self._clock())
            await self._confirmations.certify(about.thread.team, given)
        files = waiting.kind == "file"
        await self._confirmations.end(about.thread, about.question_ts, "confirmed", files=files)
        return DONE

    async def run(self, running: Running) -> Close:
        """Ask for a person's word, wait for it, and then put the question into the queue."""
        while True:
            heard, fields = running.stopped, await running.fields()
            pending = pending_of(fields)
            if pending is None or fields.get("cancel") == "withdrawn":
                return close_pending(pending, "dropped", self._clock()) if pending else Close({})
            if await self._may_go_on(pending, fields.get("cancel", "")):
                return await self._resuming.go_on(running, pending)
            if self._clock() >= pending.until:
                await insist(lambda: self._expired(pending))  # noqa: B023 - awaited
                return close_pending(pending, "dropped", self._clock())
            if fields.get("shown") != pending.needs:
                await self._show(running, pending)
                await running.note({"shown": pending.needs})
            if running.stopped == heard:
                running.recorded = True
                raise RetryLater("it waits for its asker", pending.until - self._clock(), counts=False)

    async def _pending(self, ask: Ask, lab: Lab) -> Pending:
        question = ask.question
        hits = lab.guard.soft(question.text, *map(name_as_text, question.files))
        scope = await self._uncertified(question, lab, wait=not hits)
        hashed = fingerprint(question.text, await self._store.pseudonym_key()) if hits else ""
        return Pending(
            question, scope, tuple(hit.rule for hit in hits), tuple(hit.title for hit in hits), hashed,
            self._clock() + WAITS, ask.compare,
        )  # fmt: skip

    async def _uncertified(self, question: Question, lab: Lab, *, wait: bool) -> str:
        """What the asker has yet to certify; with `wait`, the question goes on once they do."""
        if lab.certify == "off":
            return ""
        session = (await self._states.of(lab.key)).session if lab.certify == "session" else 0
        scope = f"session:{session}" if lab.certify == "session" else str(question.thread)
        wording = house_text(self._labs, lab, "certify").version
        known = (lab.key, question.thread.team, question.user, scope, wording)
        if known in self._known:
            return ""
        if not await self._confirmations.certified(question, scope, wording, wait=wait):
            return scope
        if len(self._known) >= _KNOWN_LIMIT:
            self._known.clear()
        self._known.add(known)
        return ""

    async def _may_go_on(self, pending: Pending, reason: str) -> bool:
        if pending.rules and reason != "confirmed":
            return False
        if not pending.scope:
            return True
        wording = house_text(self._labs, self._labs[pending.question.lab], "certify").version
        return await insist(lambda: self._confirmations.certified(pending.question, pending.scope, wording))

    async def _expired(self, pending: Pending) -> None:
        if pending.kind == "file":
            return  # its answer says what it waits for, and has a Retry button
        if pending.anew or pending.question.repeats:
            await self._questions.tell(pending.question, AGAIN_EXPIRED, private=True)
        else:
            await self._questions.tell(pending.question, EDIT_EXPIRED if pending.edited else EXPIRED)

    async def _show(self, running: Running, pending: Pending) -> None:
        question, lab = pending.question, self._labs[pending.question.lab]
        said: list[str] = []
        if pending.rules:
            titles = " and ".join(pending.titles)
            said.append(LOOKS_MARKED.format(what=pending.kind, titles=titles, contact=lab.contact))
        if pending.scope:
            said += [*([] if said else [CERTIFY]), house_text(self._labs, lab, "certify").text]
        label = "I certify this: answer" if pending.scope else "It is not controlled: answer"
        about = About(lab.key, question.thread, question.ts)
        button = confirm(label, f"{about_answer(about)} {_mark(pending.needs)}")
        with suppress(SlackRefused):  # they left the channel; then it runs out
            await whisper(
                self._outbox, running.hold, question, "Your question waits for you.",
                [markdown("\n\n".join(said)), button],
            )  # fmt: skip


def _mark(needs: str) -> str:
    return sha256(needs.encode()).hexdigest()[:8]


def _read(value: str) -> tuple[About, str]:
    """What a button is about, and the mark of what it asked; ValueError where it is not ours."""
    about, _, shown = value.rpartition(" ")
    return read_about(about), shown


def is_ours(value: str) -> bool:
    """Whether a button's value is one that we gave it."""
    try:
        _read(value)
    except ValueError:
        return False
    return True
