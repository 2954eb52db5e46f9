"""Follows an answer up: what its references are, looked up where that is allowed, shown under it and kept."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pydantic import TypeAdapter

from bot.errors import RetryLater
from bot.records import Question, Reference, References
from bot.references.find import Found, may_hold_references, references
from bot.references.lookups import NoAnswer, Registries
from bot.references.titles import is_named
from bot.running import Runner, Running, insist
from bot.store.answers import edition_of
from bot.store.jobs import Close
from bot.store.questions import Draft, Questions, draft_of, question_of
from bot.store.references import noted_references

log = logging.getLogger(__name__)

LIMIT = 90.0
"""Seconds for all references of one answer; what was not reached by then is not checked."""
TRIES = 2
"""How often what a registry did not answer is asked again."""
AGAIN_AFTER = 60.0
NOT_YET = 0.5
"""Seconds until an answer that has its text but not its end is looked at again."""

_RECORD = TypeAdapter(References)


class Checks:
    """The runner of `references` jobs, and what queues them; without `registries` nothing is looked up."""

    def __init__(
        self, questions: Questions, registries: Registries | None, clock: Callable[[], float] = time.time
    ) -> None:
        self._questions = questions
        self._registries = registries
        self._clock = clock

    def following(self, answers: Runner) -> Runner:
        """A runner of answers that has the references of each looked at, once it stands."""

        async def run(running: Running) -> Close:
            close = await answers(running)
            if may_hold_references(close.record):
                await self._follow(running)
            return close

        return run

    async def run(self, running: Running) -> Close:
        """Check one answer's references: one line in the journal, and small print under the answer."""
        fields = await running.about()
        draft = draft_of(fields)
        if not draft or _digest(fields) != running.job.fields["draft"]:
            return Close({})  # asked again since, or taken back
        if fields.get("state") != "done":
            raise RetryLater("the answer is about to end", NOT_YET, counts=False)
        found = references(draft.text)
        if not found or not draft.text:
            return Close({})
        checked = await self._check(found)
        waits = self._registries and any(each.status == "unchecked" for each in checked)
        if waits and running.job.tries < TRIES:
            raise RetryLater("a registry did not answer", AGAIN_AFTER)
        question, job = question_of(fields), running.job.fields["about"]
        if self._registries:
            noted, at = noted_references(checked), int(self._clock() * 1_000_000)
            edition = edition_of(fields)
            extend = self._questions.extend
            if not await insist(lambda: extend(str(question.thread), job, at, noted, edition)):
                return Close({})  # answered again meanwhile
        return Close({}, record=self._record(question, checked))

    async def _follow(self, running: Running) -> None:
        fields = await running.fields()
        draft, job, thread = draft_of(fields), running.job, running.job.entry.mailbox
        if draft and _has_references(draft):
            digest = _digest(fields)
            follow_up = f"{job.id.replace('answer:', 'references:', 1)}:{digest}"
            order, about = int(self._clock() * 1_000_000), {"about": job.id, "draft": digest}
            jobs = self._questions.jobs
            await insist(lambda: jobs.enqueue(_lab(fields), f"{thread}:references", follow_up, order, about))

    async def _check(self, found: Sequence[Found]) -> list[Reference]:
        checked = [Reference(each.kind, each.id) for each in found]
        if not self._registries:
            return checked
        try:
            async with asyncio.timeout(LIMIT):
                for at, each in enumerate(found):
                    checked[at] = await self._look_up(each, self._registries)
        except TimeoutError:
            log.warning("references left unchecked", extra={"of": len(found)})
        return checked

    async def _look_up(self, found: Found, registries: Registries) -> Reference:
        reference = Reference(found.kind, found.id)
        try:
            title = await registries.title(found.kind, found.id)
        except NoAnswer as error:
            log.info("not looked up", extra={"kind": found.kind, "why": str(error)})
            return reference
        if title is None:
            return replace(reference, status="missing")
        differs = is_named(title, found.around) is False
        return replace(reference, status="differs" if differs else "found", title=title)

    def _record(self, question: Question, checked: Sequence[Reference]) -> str:
        record = References(
            question.lab, question.thread, question.ts, tuple(checked), self._registries is not None,
            self._clock(), question.side,
        )  # fmt: skip
        return json.dumps({"kind": "references"} | json.loads(_RECORD.dump_json(record)))


def _has_references(draft: Draft) -> bool:
    return draft.outcome in {"answered", "stopped", "failed"} and bool(references(draft.text))


def _digest(fields: Mapping[str, str]) -> str:
    return hashlib.sha256(fields.get("draft", "").encode()).hexdigest()[:12]


def _lab(fields: Mapping[str, str]) -> str:
    return question_of(fields).lab
