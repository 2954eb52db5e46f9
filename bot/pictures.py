"""What comes after an answer stands: its formulas as pictures, and the file that holds all of a long one.

It is a job of its own, in a mailbox of its own, so that no answer waits for a picture. Each file is
written down before its bytes are sent: whoever takes the job over goes on with the same files. The
pictures come into the messages through `Questions.extend`, like all that is learned later.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from bot.announcing import say_once
from bot.errors import RetryLater, SlackRefused
from bot.labs import Labs
from bot.maths.drawing import Drawing, NoPicture
from bot.records import ThreadKey
from bot.reply import preview, whole
from bot.running import Runner, Running, insist
from bot.slack.blocks import markdown
from bot.slack.outbox import Outbox
from bot.slack.uploads import Uploads
from bot.store.answers import edition_of, files_of, is_withdrawn
from bot.store.jobs import Close
from bot.store.questions import (
    Questions,
    draft_of,
    messages_of,
    noted_messages,
    pictures_of,
    question_of,
)
from bot.typeset import FILE, LOST, REFUSED, formulas, keeps_links, key_of, overflows, rest, said

log = logging.getLogger(__name__)

NOT_YET = 0.3
"""Seconds until an answer that has its text but not its end is looked at again."""
LOOKS = (0.0, 0.3, 0.7, 1.5, 3.0)
"""Seconds between asking whether Slack has looked at a picture, which it does after it took it."""
TRIES = 1
"""How often a part that Slack refuses is sent again."""
AGAIN_AFTER = 3.0
TOO_LATE = 24 * 3600
"""Seconds after which nobody waits for a picture any more."""

_ALL = "file"  # the key of what holds all of it
_OVERTAKEN = "the question was deleted, or is answered again"
_MARKS = ("$", "\\\\", "|")  # in JSON a backslash is two: formulas have one of these, and tables
_LONG = 20_000


class Pictures:
    """The runner of `pictures` jobs."""

    def __init__(
        self, labs: Labs, outbox: Outbox, uploads: Uploads, questions: Questions, drawing: Drawing,
        *, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._outbox = outbox
        self._uploads = uploads
        self._questions = questions
        self._drawing = drawing
        self._clock = clock

    def after(self, answers: Runner) -> Runner:
        """The runner of answers, which also queues this job for those that need it.

        It does so when an answer stands and its end is not written yet: so no kill loses it.
        """

        async def both(running: Running) -> Close:
            close = await answers(running)
            long = len(close.record) > _LONG or "outdated" in running.job.fields
            if long or any(mark in close.record for mark in _MARKS):
                await self._follow(running)
            return close

        return both

    async def _follow(self, running: Running) -> None:
        fields = await running.fields()
        draft, job = draft_of(fields), running.job
        if not draft:
            return
        lab, text = self._labs[question_of(fields).lab], said(draft)
        if overflows(text, lab) or formulas(text, lab) or "outdated" in fields:
            at = int(self._clock() * 1_000_000)
            await insist(lambda: self._questions.follow(job.entry.mailbox, job.id, "pictures", at))

    async def run(self, running: Running) -> Close:
        """Post the file and show the pictures of an answer that has ended."""
        fields = await running.about()
        edition = edition_of(fields)
        files = _Files(self._uploads, running, edition)
        if is_withdrawn(fields):
            await self._take_back(running, files)
            return Close({"sent": "{}", "stand": "[]", "reply": "[]"})
        draft = draft_of(fields)
        if not draft or self._clock() - int(fields.get("at", 0)) / 1000 > TOO_LATE:
            return Close({})
        if fields.get("state") != "done":
            raise RetryLater("the answer is about to end", NOT_YET, counts=False)
        learned = await self._learned(running, files, fields, said(draft))
        if any(fields.get(name) != value for name, value in learned.items()):
            at, thread = int(self._clock() * 1_000_000), str(_thread(running))
            about = running.job.fields["about"]
            if not await insist(lambda: self._questions.extend(thread, about, at, learned, edition)):
                raise RetryLater(_OVERTAKEN, 0.0, counts=False)
        return Close({})

    async def _learned(
        self, running: Running, files: "_Files", fields: Mapping[str, str], text: str
    ) -> dict[str, str]:
        """Have all files of an answer in Slack; gives the fields that say so."""
        lab, learned = self._labs[question_of(fields).lab], dict[str, str]()
        wanted, is_long = formulas(text, lab), overflows(text, lab)
        await files.keep({*map(key_of, wanted), *([files.whole] if is_long else ())})
        if is_long:
            try:
                learned["file"] = await files.post(FILE, whole(text, keeps_links(lab)))
            except SlackRefused as refused:
                log.error("long answers go into messages", extra={"error": str(refused)})
                learned |= await self._post(running, files.edition, rest(text, lab))
        pictures = await self._pictures(files, wanted)
        if pictures != pictures_of(fields):
            learned["pictures"] = json.dumps(pictures)
        return learned

    async def _take_back(self, running: Running, files: "_Files") -> None:
        """Take away what reached Slack after the question was deleted."""
        thread = _thread(running)
        for file in files_of(running.job.fields):
            await files.delete(file)
        for ts in messages_of(running.job.fields):
            with suppress(SlackRefused):  # gone already
                await self._outbox.insist(
                    "chat.delete", thread.team, hold=running.hold, channel=thread.channel, ts=ts
                )

    async def _post(self, running: Running, edition: str, texts: list[str]) -> dict[str, str]:
        """Post what no file may hold; gives the fields for it, with the answer's messages and these."""
        thread = _thread(running)
        own = messages_of(await running.about())
        posted = list(messages_of(running.job.fields)) if running.job.fields.get("of") == edition else []
        for number, text in enumerate(texts[len(posted) :], len(posted)):
            await _still_stands(running, edition)
            ts = await say_once(
                self._outbox, running, thread.team, thread.channel, thread_ts=thread.ts,
                text=preview(text), blocks=[markdown(text)], about=f"{running.job.id}:{edition[:8]}:{number}",
            )  # fmt: skip
            if not ts and running.job.tries < TRIES:
                raise RetryLater("Slack refuses the rest of an answer", AGAIN_AFTER)
            if not ts:
                break
            posted.append(ts)
            await running.note(noted_messages(posted) | {"of": edition})
        file = REFUSED if len(posted) == len(texts) else LOST
        return {"file": file} | noted_messages([*own, *(ts for ts in posted if ts not in own)])

    async def _pictures(self, files: "_Files", wanted: list[str]) -> dict[str, str]:
        """The formulas' files, by their keys; of those that can be drawn."""
        pngs: dict[str, bytes] = {}
        for tex in wanted:
            try:
                pngs[key_of(tex)] = await self._drawing.png(tex)
            except NoPicture:
                log.info("formula stays as source", extra={"formula": key_of(tex)})
        try:
            return await files.put(pngs)
        except SlackRefused as refused:
            log.error("pictures can't be put into Slack", extra={"error": str(refused)})
            return {}


class _Files:
    """The files of one answer, each written down when Slack has its bytes and nobody sees it yet."""

    def __init__(self, uploads: Uploads, running: Running, edition: str) -> None:
        self.edition = edition
        self.whole = f"{_ALL}:{edition}"
        self._uploads = uploads
        self._running = running
        self._thread = _thread(running)
        self._sent: dict[str, str] = json.loads(running.job.fields.get("sent", "{}"))  # key -> file
        self._stand: list[str] = json.loads(running.job.fields.get("stand", "[]"))

    async def put(self, contents: Mapping[str, bytes]) -> dict[str, str]:
        """Have these pictures in Slack, ready to be shown; gives their files."""
        team = self._thread.team
        for key, png in contents.items():
            await self._send(key, f"formula-{key[:8]}.png", png)
        missing = [self._sent[key] for key in contents if self._sent[key] not in self._stand]
        for file in missing:
            await self._uploads.complete(team, file, "Formula", hold=self._hold)
        for file in missing:
            await self._known(file)
        await self._stands(missing)
        return {key: self._sent[key] for key in contents}

    async def post(self, name: str, text: str) -> str:
        """Have a file in the thread, once; gives its id."""
        await self._send(self.whole, name, text.encode("utf-8", "replace"))
        file, thread, hold = self._sent[self.whole], self._thread, self._running.hold
        if file not in self._stand:
            if not await self._uploads.is_shared(thread.team, file, hold=hold):
                await self._uploads.complete(
                    thread.team, file, name, channel=thread.channel, thread_ts=thread.ts, hold=self._hold
                )
            await self._stands([file])
        return file

    async def keep(self, wanted: Collection[str]) -> None:
        """Take away what an earlier answer to the same question came with, and this one does not."""
        stale = self._sent.keys() - wanted
        for key in stale:
            await self.delete(self._sent[key])
        if stale:
            self._sent = {key: file for key, file in self._sent.items() if key not in stale}
            await self._running.note({"sent": json.dumps(self._sent)})

    async def delete(self, file: str) -> None:
        """Take a file out of Slack."""
        await self._uploads.delete(self._thread.team, file, hold=self._running.hold)

    async def _hold(self) -> None:
        await self._running.hold()
        await _still_stands(self._running, self.edition)

    async def _send(self, key: str, name: str, content: bytes) -> None:
        if key not in self._sent:
            hold = self._running.hold
            self._sent[key] = await self._uploads.send(self._thread.team, name, content, hold=hold)
            await self._running.note({"sent": json.dumps(self._sent)})

    async def _known(self, file: str) -> None:
        for pause in LOOKS:
            await asyncio.sleep(pause)
            if await self._uploads.is_known(self._thread.team, file, hold=self._running.hold):
                return
        raise RetryLater("Slack still looks at a picture", 5.0)

    async def _stands(self, files: list[str]) -> None:
        if files:
            self._stand += files
            await self._running.note({"stand": json.dumps(self._stand)})


def _thread(running: Running) -> ThreadKey:
    return ThreadKey.parse(running.job.entry.mailbox.rpartition(":")[0])


async def _still_stands(running: Running, edition: str) -> None:
    """Ask just before something of an answer is seen: it may be withdrawn, or another, by now."""
    now = await running.about()
    if is_withdrawn(now) or edition_of(now) != edition:
        raise RetryLater(_OVERTAKEN, 0.0, counts=False)
