"""What people say of summaries and wrap-ups: thumbs and details, kept apart from those on answers."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from bot.details import CONSENT, THUMBS, marked, show
from bot.errors import RetryLater, SlackError, SlackRefused
from bot.forms import SUMMARY_FLAWS, TEXT_LIMIT, SummaryDetails
from bot.gate import Gates
from bot.labs import Labs
from bot.records import About, SummaryVote, ThreadKey
from bot.running import Running, insist
from bot.slack import modals
from bot.slack.blocks import Block, actions, button, words
from bot.slack.modals import Given
from bot.slack.outbox import Outbox
from bot.slack.pacer import Who
from bot.store import forms, votes
from bot.store.jobs import Close, Jobs
from bot.summary.standing import DETAILS, NOUNS, Standing, mailbox_of, read_about_summary, standing_of
from bot.tally import SHOW_EVERY

CALLBACK = "labjam_summary_form"

THANKS = (
    "Thank you. Your {thumb} on this {noun} is kept. Your last thumb counts; the details can take it back."
)
GONE = "This is no longer kept here, so your {what} could not be. Nothing else was lost."

_EARLY = 4
"""Looks for the message that a thumb is on: where it stands may not be written down yet."""

_GIVEN: dict[str, Literal[1, -1] | None] = {"1": 1, "-1": -1}


@dataclass(frozen=True, slots=True)
class _Judged:
    """One summary that somebody judges, and the ts of its message."""

    job: str
    standing: Standing
    ts: str

    @property
    def mailbox(self) -> str:
        return mailbox_of(self.job)

    @property
    def place(self) -> ThreadKey:
        return self.standing.place(self.ts)

    @property
    def value(self) -> str:
        """What a button must carry to find it again from anywhere."""
        return f"{self.standing.lab} {self.job} {self.ts}"

    @property
    def about(self) -> About:
        """Where it stands, for what is guarded and said as it is about an answer."""
        return About(self.standing.lab, self.place, self.ts)


class SummaryOpinions:
    """Keeps what people think of summaries, and shows how many thumbs they have."""

    def __init__(
        self, labs: Labs, jobs: Jobs, outbox: Outbox, gates: Gates, clock: Callable[[], float] = time.time
    ) -> None:
        self._labs = labs
        self._jobs = jobs
        self._votes = votes.Votes(jobs)
        self._forms = forms.Forms(jobs)
        self._outbox = outbox
        self._gates = gates
        self._clock = clock

    async def vote(self, value: str, ts: str, user: str) -> votes.Kept:
        """Keep a click on the thumbs of the message `ts`."""
        sign, _, about = value.partition(" ")
        judged = await self._judged(about, ts)
        return await self._keep(judged, user, 1 if sign == "+1" else -1) if judged else "gone"

    async def thank(self, value: str, place: ThreadKey, user: str, kept: votes.Kept) -> None:
        """Say what a click came to, once; `place` is that of the message."""
        if kept not in {"first", "gone"}:
            return
        sign, _, about = value.partition(" ")
        judged = await self._judged(about, place.ts)
        said, offers = GONE.format(what="thumb"), list[Block]()
        if judged and kept == "first":
            noun = NOUNS[judged.standing.sums]
            said = THANKS.format(thumb="👍" if sign == "+1" else "👎", noun=noun)
            offers = [actions([button(DETAILS, "Add details", judged.value)])]
        inside: dict[str, Any] = (
            {"thread_ts": judged.place.ts} if judged and judged.standing.thread_ts else {}
        )
        with suppress(SlackError):  # the vote is kept; a busy Slack is not asked for thanks
            await self._outbox.call(
                "chat.postEphemeral", place.team, channel=place.channel, user=user, text=said,
                blocks=[words(said), *offers], **inside,
            )  # fmt: skip

    async def open(self, value: str, place: ThreadKey, user: str, trigger_id: str) -> None:
        """Show the form with what this person said before; nothing is written."""
        judged = await self._judged(value, place.ts)
        if not judged:
            said = modals.message("Not kept", GONE.format(what="words about it"))
            await show(self._outbox, About("", place, place.ts), user, trigger_id, said)
            return
        standing = await self._forms.standing(SummaryDetails, judged.mailbox, judged.job, user)
        thumb = await self._votes.of_at(user, judged.mailbox, judged.job)
        await show(self._outbox, judged.about, user, trigger_id, _view(judged, standing, thumb))

    async def keep(self, value: str, given: Given, user: str) -> forms.Kept | dict[str, str]:
        """Keep a submitted form and its thumb; gives what is wrong with which inputs, where anything is."""
        judged = await self._judged(value)
        if not judged:
            return "gone"
        if wrong := await marked(self._labs, self._gates, judged.about, given, user):
            return wrong
        old = await self._forms.standing(SummaryDetails, judged.mailbox, judged.job, user)
        form = self._form(judged, given, user, old)
        kept = await self._forms.keep(form, judged.job, judged.job, mailbox=judged.mailbox)
        if kept != "gone":
            await self._keep(judged, user, form.thumb or 0)
        return kept

    async def show_count(self, running: Running) -> Close:
        """Show how many thumbs a summary has; the runner of `applause` jobs, which a vote makes due."""
        job, now = running.job.fields["about"], self._clock()
        rest = float(running.job.fields.get("shown_at", 0)) + SHOW_EVERY - now
        if rest > 0:
            raise RetryLater("shown just now", rest, counts=False)
        fields = await running.about()
        standing = standing_of(fields)
        if standing and not fields.get("ts") and running.job.tries < _EARLY:
            raise RetryLater("its message is about to stand", counts=True)
        if not standing or not fields.get("ts"):
            return Close({})  # purged meanwhile
        tally = await insist(lambda: self._votes.tally_at(mailbox_of(job), job))
        counted = f"{fields['ts']} {tally.good} {tally.bad}"
        if counted == running.job.fields.get("counted", f"{fields['ts']} 0 0"):
            return Close({})
        with suppress(SlackRefused):  # deleted since
            await self._outbox.insist(
                "chat.update", standing.team, hold=running.hold, who=Who(lab=standing.channel, low=True),
                channel=standing.channel, ts=fields["ts"], text=standing.title,
                blocks=standing.shown(job, tally),
            )  # fmt: skip
        return Close({"shown_at": f"{now:.3f}", "counted": counted})

    async def _judged(self, value: str, ts: str = "") -> _Judged | None:
        """What a value names, in the message `ts` where it does not say; None where it is gone."""
        job, named = read_about_summary(value)
        standing = standing_of(await self._jobs.fields(mailbox_of(job), job))
        return _Judged(job, standing, named or ts) if standing else None

    async def _keep(self, judged: _Judged, user: str, thumb: Literal[1, 0, -1]) -> votes.Kept:
        standing = judged.standing
        vote = SummaryVote(
            standing.lab, judged.place, judged.ts, standing.sums, standing.model, user, thumb, self._clock()
        )
        return await self._votes.keep_on_summary(vote, judged.job, judged.mailbox)

    def _form(self, judged: _Judged, given: Given, user: str, old: SummaryDetails | None) -> SummaryDetails:
        consent, standing = given.choices("consent"), judged.standing
        return SummaryDetails(
            lab=standing.lab, thread=judged.place, user=user, at=self._clock(), summary_ts=judged.ts,
            sums=standing.sums, model=standing.model, thumb=_GIVEN.get(given.choice("thumb")),
            flaws=tuple(flaw for flaw in given.choices("flaws") if flaw in SUMMARY_FLAWS),
            left_out=given.text("left_out", old.left_out if old else ""),
            comment=given.text("comment", old.comment if old else ""),
            may_quote="may_quote" in consent, may_share="may_share" in consent,
        )  # fmt: skip


def _view(judged: _Judged, standing: SummaryDetails | None, thumb: Literal[1, -1] | None) -> Block:
    """The form as a modal, filled with what stands."""
    noun = NOUNS[judged.standing.sums]
    labels = {key: label.replace("answer", noun) for key, label in THUMBS.items()}
    allowed = [name for name in CONSENT if standing and getattr(standing, name)]
    blocks = [
        modals.choice("thumb", "Your thumb", labels, str(thumb or 0)),
        modals.choices("flaws", "What was wrong", SUMMARY_FLAWS, standing.flaws if standing else ()),
        modals.text("left_out", "What it leaves out", standing.left_out if standing else "", most=TEXT_LIMIT),
        modals.text("comment", "Comment", standing.comment if standing else "", most=TEXT_LIMIT),
        modals.ticks("consent", "You allow", CONSENT, allowed),
    ]
    return modals.modal(CALLBACK, f"Details of a {noun}", blocks, judged.value)
