"""Flags: a person or the guard points moderators to an answer; they claim it, and say how it ended."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.errors import Declined, RetryLater, SlackError, SlackRefused, SlackUnsure
from bot.labs import Labs
from bot.records import About, ThreadKey
from bot.roles import Roster
from bot.running import Running
from bot.scopes import question_key
from bot.slack.addresses import message_address
from bot.slack.blocks import section
from bot.slack.delivery import NOTICE
from bot.slack.outbox import Outbox
from bot.store.flags import Flag, Flags, Reason
from bot.store.jobs import Close, Jobs

log = logging.getLogger(__name__)

NOTE = 500
"""Characters of the note with which a flag is resolved."""

_LOOK_AGAIN = 2.0
"""Seconds until Slack is asked once more who moderates."""

REASONS: dict[Reason, str] = {
    "person": "flagged by a reader",
    "unsafe": "said to be unsafe advice",
    "guard": "taken back by the guard",
}
TOLD = "An answer in <#{channel}> was {reason}: <{link}|the question>. `/jam flag list` shows what is open."


@dataclass(frozen=True, slots=True)
class FlagQueue:
    """How many flags of a lab wait, and since when the oldest does; 0 where none."""

    unclaimed: int
    claimed: int
    oldest: float


class Flagging:
    """Raises, claims and resolves flags; runs the jobs that tell moderators, once for each flag."""

    def __init__(
        self, labs: Labs, jobs: Jobs, outbox: Outbox, roster: Roster, url: str, *,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._roster = roster
        self._jobs = jobs
        self._flags = Flags(jobs.store)
        self._outbox = outbox
        self._url = url.rstrip("/")
        self._clock = clock

    async def raise_(self, about: About, by: str, reason: Reason) -> bool:
        """Flag an answer; False where its flag waits already. One that was resolved opens again."""
        now = self._clock()

        def opened(old: Flag | None) -> Flag | None:
            if old and old.state != "resolved":
                return None
            revision = old.revision + 1 if old else 1
            return Flag(about.lab, about.thread, about.question_ts, reason, "open", now, now, revision)

        question = question_key(str(about.thread), about.question_ts)
        flag = await self._flags.revise(about.lab, question, by, opened)
        if flag is None:
            return False
        job = f"flagged:{flag.question}:{flag.revision}"
        fields = {"thread": str(about.thread), "question_ts": about.question_ts, "reason": reason}
        await self._jobs.enqueue(about.lab, f"{about.thread}:flagged", job, int(now * 1e6), fields)
        return True

    async def waiting(self, lab: str) -> list[Flag]:
        """What is not resolved, the oldest first."""
        return [flag for flag in await self._flags.of(lab) if flag.state != "resolved"]

    async def queue(self, lab: str) -> FlagQueue:
        """The same in numbers, for a status or a board."""
        flags = await self.waiting(lab)
        claimed = sum(flag.state == "claimed" for flag in flags)
        return FlagQueue(len(flags) - claimed, claimed, flags[0].opened_at if flags else 0.0)

    async def claim(self, lab: str, flag_id: str, who: str) -> Flag:
        """Take a flag in hand; Declined where somebody has it."""

        def claimed(old: Flag | None) -> Flag:
            flag = _waiting(old)
            if flag.holder:
                raise Declined(f"<@{flag.holder}> has it in hand already.")
            return replace(
                flag, state="claimed", claimed_by=who, at=self._clock(), revision=flag.revision + 1
            )

        return await self._revised(lab, flag_id, who, claimed)

    async def resolve(self, lab: str, flag_id: str, who: str, note: str) -> Flag:
        """End a flag, with a note on what came of it."""

        def resolved(old: Flag | None) -> Flag:
            flag = _waiting(old)
            revision = flag.revision + 1
            return replace(flag, state="resolved", note=note[:NOTE], at=self._clock(), revision=revision)

        return await self._revised(lab, flag_id, who, resolved)

    def link(self, thread: ThreadKey, ts: str) -> str:
        """A message's address in Slack."""
        return message_address(self._url, thread.channel, ts, thread.ts)

    async def tell(self, running: Running) -> Close:
        """Tell a lab's moderators of one flag: where and why, and nobody's words."""
        fields = running.job.fields
        thread, told = ThreadKey.parse(fields["thread"]), set(fields.get("told", "").split())
        reason = next(words for name, words in REASONS.items() if name == fields["reason"])
        link = self.link(thread, fields["question_ts"])
        words = TOLD.format(channel=thread.channel, reason=reason, link=link)
        for reader in await self.readers(thread.team, fields["lab"]):
            if reader in told:
                continue
            with suppress(SlackUnsure):  # better not said than said twice
                await self._post(running, thread.team, reader, words)
            told.add(reader)
            await running.note({"told": " ".join(sorted(told))})
        return Close({})

    async def _post(self, running: Running, team: str, reader: str, words: str) -> None:
        try:
            await self._outbox.insist(
                "chat.postMessage", team, hold=running.hold, once=True, channel=reader,
                text="An answer was flagged.", blocks=[section(words)],
                metadata={"event_type": NOTICE, "event_payload": {"about": running.job.id}},
                unfurl_links=False, unfurl_media=False,
            )  # fmt: skip
        except SlackRefused as refused:
            log.error("a moderator can't be told", extra={"error": str(refused), "reader": reader})

    async def readers(self, team: str, lab: str) -> list[str]:
        """A lab's moderators, or else the channel of what crosses labs; RetryLater where Slack is busy."""
        try:
            return await self._roster.moderators(team, lab) or [self._labs.hq]
        except SlackError as error:
            raise RetryLater(str(error), _LOOK_AGAIN, counts=False) from None

    async def _revised(self, lab: str, flag_id: str, who: str, decide: Callable[[Flag | None], Flag]) -> Flag:
        found = [flag for flag in await self._flags.of(lab) if flag.id == flag_id.strip("`").casefold()]
        if not found:
            raise Declined(f"There is no flag “{flag_id[:20]}” here. `/jam flag list` shows them.")
        flag = await self._flags.revise(lab, found[0].question, who, decide)
        return flag or found[0]


def _waiting(flag: Flag | None) -> Flag:
    if flag is None:
        raise Declined("This flag is gone: its thread was purged.")
    if flag.state == "resolved":
        raise Declined(f"It is resolved already: {flag.note}")
    return flag
