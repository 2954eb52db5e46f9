"""What happens when the guard stops a text: its author is told in private, moderators learn where and why."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

from bot import outcome
from bot.errors import SlackRefused, SlackUnsure
from bot.flagging import Flagging
from bot.guard import Guard, Hit, name_as_text
from bot.guard.rules import fingerprint
from bot.labs import Lab, Labs
from bot.records import About, Gate, Question, Turn
from bot.running import Running
from bot.slack.blocks import Block, markdown
from bot.slack.outbox import Hold, Outbox
from bot.store.jobs import Close, Jobs
from bot.store.questions import Draft, Questions, close_gate, gate_of, question_of

STOPPED = (
    "**I did not take {what} in.** It carries {title}, so it was not stored, not logged, and not sent to a "
    "model.\n\n"
    "What to do now:\n"
    "1. Delete your message. I can't do that for you, and until then others can read it here.\n"
    "2. Tell {contact}, and don't copy or forward the text.\n\n"
    "If nothing in it is controlled and you only wrote about markings, ask again without quoting one."
)
"""Only its author sees this."""
OURS = (
    "**I took an answer back.** {what} carried {title}, so it was not stored or shown any further.\n\n"
    "If text that is controlled came up in this thread, tell {contact}, and don't copy or forward it."
)
WARNED = (
    "**The guard stopped {what}** in <#{channel}> at {at}: {title} (rule `{rule}`). "
    "It was not stored, logged or sent to a model, and its author was told what to do.\n"
    "Check whether it is still in Slack: {link}"
)
"""For moderators: time, place and rule, never the text, and nobody's name."""
TAKEN_BACK = (
    "**The guard took back an answer** in <#{channel}> at {at}: {title} (rule `{rule}`). "
    "Nothing of it was kept, and whoever asked was told.\n"
    "The question: {link}"
)
"""The same of what a model wrote."""
IN_FORM = (
    "**The guard stopped a text** in <#{channel}> at {at}: {title} (rule `{rule}`), typed into "
    "a form about {link}. "
    "It was not stored, logged or sent on, nor posted in Slack, and its author was told what to do."
)
"""The same of what was typed into a modal."""

Where = Literal["message", "edit", "file", "answer", "form"]
_WHAT = {
    "message": "your message",
    "edit": "your edited message",
    "file": "your file",
    "answer": "What the model wrote",
    "form": "your form",
}
_STOPPED = {"message": "a message", "edit": "an edited message", "file": "a file"}
"""The same as moderators read it."""
_WARNINGS = {"form": IN_FORM, "answer": TAKEN_BACK}


def unmarked(turns: Sequence[Turn], guard: Guard) -> list[Turn]:
    """A thread's turns without the exchanges that a rule stops now: it may be younger than they are."""
    marked = {turn.ts for turn in turns if guard.hard(turn.text, turn.attached)}
    return [turn for turn in turns if turn.ts not in marked]


async def whisper(
    outbox: Outbox, hold: Hold, question: Question, preview: str, blocks: Sequence[Block]
) -> None:
    """Say something to a question's author alone, beside it; SlackRefused where they are not there."""
    thread = question.thread
    # Slack shows an ephemeral message in a thread only where that thread is there already.
    args: dict[str, Any] = {"thread_ts": thread.ts} if question.ts != thread.ts or question.direct else {}
    if not question.direct:
        args["user"] = question.user
    await outbox.insist(
        "chat.postMessage" if question.direct else "chat.postEphemeral", thread.team,
        hold=hold, channel=thread.channel, text=preview, blocks=list(blocks), **args,
    )  # fmt: skip


class Gates:
    """Stops texts, and runs the `gate` jobs that tell of it."""

    def __init__(
        self, labs: Labs, jobs: Jobs, outbox: Outbox, flagging: Flagging,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._store = jobs.store
        self._questions = Questions(jobs)
        self._outbox = outbox
        self._flagging = flagging
        self._clock = clock

    async def stop(self, question: Question, hit: Hit, where: Where, text: str) -> None:
        """Queue telling of a hard hit; `text` is hashed here and goes no further."""
        hashed = fingerprint(text, await self._store.pseudonym_key())
        gate = Gate(
            question.lab, question.thread, question.ts, where, "hard", (hit.rule,), hashed, "stopped",
            self._clock(),
        )  # fmt: skip
        await self._questions.gate(question, gate, hit.title)

    async def stops(self, question: Question, lab: Lab | None, where: Where = "message") -> bool:
        """Whether a question is stopped: then nothing of it is kept but that it was (P6)."""
        hit = (lab or self._labs).guard.hard(question.text, *map(name_as_text, question.files))
        if hit:
            await self.stop(question, hit, where, "\n".join((question.text, *question.files)))
        return hit is not None

    async def stops_form(self, about: About, user: str, inputs: Mapping[str, str]) -> dict[str, Hit]:
        """Which inputs of a form carry a marking: nothing of a form that has one is kept (P6)."""
        guard = (self._labs.get(about.lab) or self._labs).guard
        found = {name: hit for name, text in inputs.items() if (hit := guard.hard(text))}
        thread = about.thread
        for name, hit in found.items():
            question = Question(thread, about.question_ts, user, thread.team, about.lab, "")
            await self.stop(question, hit, "form", inputs[name])
        return found

    async def let_out(self, draft: Draft, question: Question, lab: Lab) -> Draft:
        """What a model wrote, or where it carries a marking, that it was taken back."""
        hit = lab.guard.hard(draft.text)
        if not hit:
            return draft
        await self.stop(question, hit, "answer", draft.text)
        about = About(question.lab, question.thread, question.ts, question.side)
        await self._flagging.raise_(about, "guard", "guard")
        return outcome.marked_answer(draft, lab.contact)

    async def tell(self, running: Running) -> Close:
        """Tell the author in private, then the moderators, each at least once; then write it down."""
        gate, question = gate_of(running.job.fields), question_of(running.job.fields)
        told = set(running.job.fields.get("told", "").split())
        for reader in [question.user, *await self._flagging.readers(question.thread.team, question.lab)]:
            if reader in told:
                continue
            if reader == question.user:
                if gate.where != "form":  # it still has its author's words, with what is wrong beside them
                    await self._tell_author(running, question, gate)
            else:
                await self._warn(running, reader, question, gate)
            told.add(reader)
            await running.note({"told": " ".join(told)})
        return close_gate(gate)

    async def _tell_author(self, running: Running, question: Question, gate: Gate) -> None:
        lab = self._labs.get(question.lab)
        words = OURS if gate.where == "answer" else STOPPED
        contact = lab.contact if lab else "your lab's classification or export-control office"
        text = words.format(what=_WHAT[gate.where], title=question.text, contact=contact)
        with suppress(SlackRefused):  # they left the channel, or it is gone
            await whisper(self._outbox, running.hold, question, "A marking was found.", [markdown(text)])

    async def _warn(self, running: Running, reader: str, question: Question, gate: Gate) -> None:
        thread = question.thread
        lab = self._labs.get(question.lab)
        at = datetime.fromtimestamp(gate.at, lab.timezone if lab else UTC).strftime("%Y-%m-%d %H:%M:%S %Z")
        link = await self._permalink(thread.team, thread.channel, gate.question_ts)
        text = _WARNINGS.get(gate.where, WARNED).format(
            channel=thread.channel, at=at, title=question.text, rule=gate.rules[0],
            what=_STOPPED.get(gate.where, ""), link=link,
        )  # fmt: skip
        with suppress(SlackRefused, SlackUnsure):  # gone, or told already as far as we know
            await self._outbox.insist(
                "chat.postMessage", thread.team, hold=running.hold, once=True, channel=reader,
                text="The guard found a marking.", blocks=[markdown(text)],
                unfurl_links=False, unfurl_media=False,
            )  # fmt: skip

    async def _permalink(self, team: str, channel: str, ts: str) -> str:
        try:
            found = await self._outbox.insist("chat.getPermalink", team, channel=channel, message_ts=ts)
        except SlackRefused:
            return "it was deleted."
        return str(found["permalink"])
