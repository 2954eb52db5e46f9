"""Takes answers away: makes the file somebody asked for and puts it into the thread, once.

It goes where the answer stands: it holds nothing that the thread does not, everybody who reads one can
have the other, and no further permission is asked of Slack.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence

from bot.errors import SlackRefused
from bot.labs import Labs
from bot.prompting import plain
from bot.records import About, Question, ThreadKey, micros
from bot.running import Running, insist
from bot.slack.events import Click
from bot.slack.uploads import Uploads
from bot.store.answers import Asked, answer_of, answers_of
from bot.store.jobs import Close, Jobs
from bot.store.questions import Draft, answer_job_of
from bot.takeaway.document import Document, Exchange
from bot.takeaway.latex import latex
from bot.takeaway.markdown import markdown
from bot.takeaway.notebook import notebook
from bot.typeset import keeps_links

log = logging.getLogger(__name__)

FORMATS: dict[str, tuple[Callable[[Document], str], str]] = {
    "md": (markdown, "Markdown"),
    "tex": (latex, "LaTeX"),
    "ipynb": (notebook, "a notebook"),
}
ALL = "all"
"""Every format at once, of the whole thread."""

_DOUBLE_CLICK = 5
"""Seconds; a second wish for the same file within them is the first one."""


class Takeaways:
    """Queues the wishes, and runs the jobs that fulfil them."""

    def __init__(self, labs: Labs, jobs: Jobs, uploads: Uploads) -> None:
        self._labs = labs
        self._jobs = jobs
        self._uploads = uploads

    async def ask(self, about: About, kind: str, click: Click) -> bool:
        """Queue one answer as a file of this kind; False where it is gone, or on its way."""
        if not await answer_of(self._jobs, about.thread, answer_job_of(about)):
            return False
        return await self._queue(about.lab, about.thread, answer_job_of(about), kind, click)

    async def ask_all(self, thread: ThreadKey, click: Click) -> bool:
        """Queue a whole thread in every format; False where none of it is an answer of ours."""
        answers = await answers_of(self._jobs, thread)
        if answers:
            await self._queue(answers[0][0].lab, thread, "", ALL, click)
        return bool(answers)

    async def run(self, running: Running) -> Close:
        """Make the files, and share them."""
        job = running.job
        thread, kind = ThreadKey.parse(job.fields["thread"]), job.fields["format"]
        answers = await insist(lambda: self._answers(thread, job.fields["about"]))
        if not answers:
            return Close({})  # deleted meanwhile
        try:
            sent = json.loads(job.fields.get("files", "{}")) or await self._send(running, answers, kind)
            for name, file in sent.items():
                if not (job.resumed and await self._uploads.is_shared(thread.team, file)):
                    await self._uploads.complete(
                        thread.team, file, name, channel=thread.channel, thread_ts=thread.ts,
                        words=_words(kind, name), hold=running.hold,
                    )  # fmt: skip
        except SlackRefused as refused:
            log.error("file can't be shared", extra={"job": job.id, "error": str(refused)})
        return Close({})

    async def _send(self, running: Running, answers: Sequence[Asked], kind: str) -> dict[str, str]:
        """Bring the files to Slack, where nobody sees them yet; gives and records their ids by name."""
        document = self._document(answers)
        # Aside: a long thread takes a while to typeset, and answers go on streaming here.
        made = await asyncio.to_thread(_made, document, list(FORMATS) if kind == ALL else [kind])
        team = answers[0][0].thread.team
        sent = {
            name: await self._uploads.send(team, name, content, hold=running.hold)
            for name, content in made.items()
        }
        await running.note({"files": json.dumps(sent)})
        return sent

    async def _queue(self, lab: str, thread: ThreadKey, about: str, kind: str, click: Click) -> bool:
        order = micros(click.ts)
        window = order // (_DOUBLE_CLICK * 1_000_000)
        what = about.rpartition("answer:")[2] or thread
        wishes = [f"takeaway:{what}:{kind}:{each}" for each in (window - 1, window)]
        mailbox = f"{thread}:takeaway"
        if await self._jobs.fields(mailbox, wishes[0]):
            return False
        fields = {"thread": str(thread), "about": about, "format": kind, "user": click.user}
        return await self._jobs.enqueue(lab, mailbox, wishes[1], order, fields) == "queued"

    async def _answers(self, thread: ThreadKey, about: str) -> list[Asked]:
        if not about:
            return await answers_of(self._jobs, thread)
        found = await answer_of(self._jobs, thread, about)
        return [found] if found else []

    def _document(self, answers: Sequence[Asked]) -> Document:
        lab = self._labs[answers[0][0].lab]
        exchanges = tuple(self._exchange(question, draft) for question, draft in answers)
        return Document(lab.title, lab.key, lab.timezone, exchanges, keeps_links(lab))

    def _exchange(self, question: Question, draft: Draft) -> Exchange:
        spec = self._labs[question.lab].model(draft.model or question.model)
        text = (draft.shown if question.side else "") or draft.text
        # Of two answers that are compared nobody is to know yet whose they are.
        model = "a model" if question.side else f"{draft.model_returned or spec.id} at {spec.endpoint.name}"
        return Exchange(
            plain(question.text), text, model, micros(question.ts) / 1e6, draft.note,
            again=bool(question.repeats),
        )  # fmt: skip


def _made(document: Document, kinds: Sequence[str]) -> dict[str, bytes]:
    """Each file by its name."""
    return {document.file_name(kind): FORMATS[kind][0](document).encode("utf-8", "replace") for kind in kinds}


def _words(kind: str, name: str) -> str:
    what = "This thread" if kind == ALL else "An answer of this thread"
    return f"{what} as {FORMATS[name.rpartition('.')[2]][1]}."
