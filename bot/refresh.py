"""Shows what became known of an answer after it stood: an edited question, looked-up references.

What is known is fields of the answer's job. Whoever learns something writes its field with
`Questions.extend`, which queues one `refresh` job; that builds the answer anew from all of the
fields and edits the messages that changed. There is one such job at a time for an answer, so no
edit undoes another.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.ending import blocks_of, extras_of
from bot.errors import LabjamError, RetryLater, SlackRefused
from bot.labs import Labs
from bot.reply import preview
from bot.running import Running
from bot.slack.blocks import Block
from bot.slack.outbox import Outbox
from bot.slack.pacer import Who
from bot.store.jobs import Close
from bot.store.questions import draft_of, messages_of, question_of

log = logging.getLogger(__name__)

NOT_YET = 0.5
"""Seconds until an answer that has its text but not its end is looked at again."""


class _Overtaken(LabjamError):
    """The answer is being written anew: what we know of the old one is of no use."""


class Refreshes:
    """The runner of `refresh` jobs."""

    def __init__(self, labs: Labs, outbox: Outbox) -> None:
        self._labs = labs
        self._outbox = outbox

    async def run(self, running: Running) -> Close:
        """Edit the messages of an answer in which something changed."""
        fields = await running.about()
        draft, messages = draft_of(fields), messages_of(fields)
        if not draft:
            return Close({})
        if fields.get("state") != "done":
            raise RetryLater("the answer is about to end", NOT_YET, counts=False)
        question = question_of(fields)
        lab = self._labs[question.lab]
        plain = [_digest(blocks) for blocks in blocks_of(draft, lab, question)]
        stood = _shown(running.job.fields, fields) or plain
        extras = extras_of(fields)
        shown = blocks_of(draft, lab, question, extras)
        bare = blocks_of(draft, lab, question, replace(extras, pictures={}))
        for ts, blocks, without, before in zip(messages, shown, bare, stood, strict=False):
            if _digest(blocks) != before:
                with suppress(SlackRefused, _Overtaken):  # deleted since, or answered anew
                    await self._show(running, fields, ts, blocks, without)
        digests = [_digest(blocks) for blocks in shown]
        return Close({"shown": json.dumps({_of_draft(fields): digests})})

    async def _show(
        self, running: Running, fields: Mapping[str, str], ts: str,
        blocks: Sequence[Block], without: Sequence[Block],
    ) -> None:  # fmt: skip
        """Edit one message; where Slack refuses its pictures, the formulas stand as source instead."""
        try:
            await self._edit(running, fields, ts, blocks)
        except SlackRefused as refused:
            if refused.error != "invalid_blocks" or blocks == without:
                raise
            log.warning("an answer without its pictures", extra={"error": str(refused), "ts": ts})
            await self._edit(running, fields, ts, without)

    async def _edit(
        self, running: Running, fields: Mapping[str, str], ts: str, blocks: Sequence[Block]
    ) -> None:
        async def hold() -> None:
            await running.hold()
            now = await running.about()
            if now.get("draft") != fields["draft"] or now.get("state") != "done":
                raise _Overtaken("answered anew")

        thread = question_of(fields).thread
        await self._outbox.insist(
            "chat.update", thread.team, hold=hold, who=Who(lab=thread.channel, low=True),
            channel=thread.channel, ts=ts,
            text=preview(_words(blocks)), blocks=list(blocks),
        )  # fmt: skip


def _words(blocks: Sequence[Block]) -> str:
    return next((str(block["text"]) for block in blocks if block["type"] == "markdown"), "")


def _shown(own: Mapping[str, str], answer: Mapping[str, str]) -> list[str]:
    """What this job made of the same answer before, as digests; nothing where it is another one."""
    return json.loads(own.get("shown", "{}")).get(_of_draft(answer), [])


def _of_draft(answer: Mapping[str, str]) -> str:
    return hashlib.sha256(answer["draft"].encode()).hexdigest()[:16]


def _digest(blocks: Sequence[Block]) -> str:
    return hashlib.sha256(json.dumps(blocks, sort_keys=True).encode()).hexdigest()[:16]
