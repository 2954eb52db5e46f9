"""My data: what is kept of a person, sent to them alone, and taken out of the record at their wish."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.errors import Declined, Held
from bot.labs import Labs
from bot.moderation.table import Act, Reply, Subcommand
from bot.phrases import many
from bot.private_files import PrivateFiles
from bot.purge import Purges
from bot.running import Running, insist
from bot.scopes import Scope
from bot.store.forms import Forms
from bot.store.jobs import CROSS_LAB, Close, Jobs
from bot.store.journal import read
from bot.store.unlisted import Unlisted

COMES = "I am collecting what labjam keeps about you. It comes as a direct message in a moment, with a file."
SURE = (
    "Take everything that labjam keeps about you out of the record, in every lab: your questions with "
    "their answers, thumbs, details, problems and choices? Files that `/jam mydata` sent you go, too. "
    "It can't be brought back."
)
DECIDED = "What you decided as a moderator stays without your name; the audit trail stays as it is."
DELETING = (
    "It is being taken out of the record, the archive and all later exports. What you wrote in Slack stays."
)
KEPT_BY_HOLD = "A legal hold keeps your records, so nothing was deleted. Ask your lab's moderators about it."

PARTLY_HELD = "A legal hold keeps {records} of these, and they stay: ask your lab's moderators about it."

UNLISTED = (
    "Done. Threads in which you asked are left out of summaries, wrap-ups by others and digests from now on; "
    "they are only counted. What was posted before stays. `/jam mydata listed` takes them in again."
)
LISTED = "Done. Your threads may stand in summaries and digests again."

KINDS = {
    "answer": "questions with their answers",
    "vote": "thumbs, each change counted",
    "details": "details of answers",
    "problem": "descriptions of problems",
    "closing": "closing words",
    "comparison": "choices between two answers",
    "summary_vote": "thumbs on summaries, each change counted",
    "summary_details": "details of summaries",
}


class MyData:
    """Shows, sends and deletes what is kept of a person; nobody else can ask for it here."""

    def __init__(
        self, labs: Labs, jobs: Jobs, files: PrivateFiles, purges: Purges, *,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._jobs = jobs
        self._forms = Forms(jobs)
        self._unlisted = Unlisted(jobs.store)
        self._files = files
        self._purges = purges
        self._clock = clock

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table of `/jam`."""
        return [
            Subcommand("mydata", "", "sends you what labjam keeps about you, in private", "anyone", self.ask,
                       of_a_lab=False),
            Subcommand("mydata delete", "", "takes what labjam keeps about you out of the record", "anyone",
                       self.delete, of_a_lab=False, changes=True, asks=_sure),
            Subcommand("mydata unlisted", "", "leaves your threads out of summaries and digests", "anyone",
                       self.unlist, of_a_lab=False),
            Subcommand("mydata listed", "", "takes them in again", "anyone", self.relist, of_a_lab=False),
        ]  # fmt: skip

    async def ask(self, act: Act) -> Reply:
        """Queue collecting it: a long record takes a while to read."""
        team, user = act.actor.team, act.actor.user
        job = f"mydata:{team}:{user}:{act.id}"
        fields = {"team": team, "user": user}
        await self._jobs.enqueue(CROSS_LAB, f"{team}:{user}:mydata", job, int(act.at * 1_000_000), fields)
        return Reply(COMES)

    async def delete(self, act: Act) -> Reply:
        """Order a purge of the person, who does not get more questions by it."""
        scope = Scope(person=act.actor.user)
        try:
            held = (await self._purges.look(scope)).held
            purge = await self._purges.order(scope, "the person", counts=False)
        except Held:
            raise Declined(KEPT_BY_HOLD) from None
        await self._forms.forget(act.actor.team, act.actor.user)
        kept = f" {PARTLY_HELD.format(records=many(held, 'record'))}" if held else ""
        return Reply(f"{DELETING}{kept} Receipt: {purge}.", after=f"purge {purge} of a person by themselves")

    async def unlist(self, act: Act) -> Reply:
        """Leave a person's threads out of what is summed up, from now on."""
        await self._unlisted.add(act.actor.user, act.at)
        return Reply(UNLISTED)

    async def relist(self, act: Act) -> Reply:
        """Take them in again."""
        await self._unlisted.remove(act.actor.user)
        return Reply(LISTED)

    async def run(self, running: Running) -> Close:
        """Collect it, and send it; the runner of `mydata` jobs."""
        fields = await running.fields()
        team, user = fields["team"], fields["user"]
        kept = await self._collect(team, user)
        name = f"labjam-my-data-{datetime.fromtimestamp(self._clock(), UTC):%Y-%m-%d}.json"
        content = json.dumps(kept, ensure_ascii=False, indent=1).encode()
        await self._files.hand(running, summary(kept), name, content)
        return Close({})

    async def _collect(self, team: str, user: str) -> dict[str, Any]:
        records: list[dict[str, Any]] = []
        for lab in [*self._labs, CROSS_LAB]:
            async for record in read(self._jobs.store, lab):
                if _is_of(record, user):
                    records.append(record)  # noqa: PERF401 - an async comprehension would hide the filter
        asked_once = await insist(lambda: self._forms.remembered(team, user))
        unlisted = user in await insist(self._unlisted.people)
        return {
            "person": user, "made_at": self._clock(), "asked_once": asked_once, "unlisted": unlisted,
            "records": records,
        }  # fmt: skip


async def _sure(act: Act) -> str:
    return f"{SURE} {DECIDED}" if act.role.words != "scientist" else SURE


def summary(kept: Mapping[str, Any]) -> str:
    """What is kept of a person, in a few lines."""
    records: list[dict[str, Any]] = kept["records"]
    counts = {words: sum(record["kind"] == kind for record in records) for kind, words in KINDS.items()}
    lines = [f"• {count:,} {words}" for words, count in counts.items() if count]
    lines += ["• how often you use AI, which you were asked once"] if kept["asked_once"] else []
    lines += ["• that your threads are left out of summaries and digests"] if kept["unlisted"] else []
    head = "labjam keeps nothing about you."
    if lines:
        head = "This is what labjam keeps about you; the file below has every word of it."
    return "\n".join([head, *lines, "`/jam mydata delete` takes it out of the record."])


def _is_of(record: Mapping[str, Any], user: str) -> bool:
    question: Mapping[str, Any] = record.get("question") or {} if record["kind"] == "answer" else {}
    return user in (record.get("user"), question.get("user"))
