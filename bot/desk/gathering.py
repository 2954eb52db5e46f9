"""Gathers what one person's App Home shows: their threads and caps, and the boards of labs they moderate."""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from bot.burn import Burning, burn_lines
from bot.desk.board import Board
from bot.desk.record import OwnThread, Records
from bot.desk.titles import title_of
from bot.desk.view import Home, Mine, Told
from bot.flagging import Flagging
from bot.labs import Lab, Labs
from bot.moderation.times import shown_time
from bot.prompting import house_text
from bot.roles import Role
from bot.slack.directory import Directory
from bot.store.confirmations import Confirmations
from bot.store.jobs import Jobs, Queue
from bot.store.questions import question_of
from bot.store.states import LabState, States
from bot.store.unlisted import Unlisted

FRESH = 5.0
"""Seconds for which one board serves all who look at it."""
LOOKED_AT = 50
"""Threads at the head of a lab's queue in which a person's own are looked for."""
_KNOWN = 5_000

_GOING = {"running": "being answered", "waiting": "waiting", "held": "waiting until the lab goes on"}


@dataclass(slots=True)
class _Kept:
    board: Board | None = None
    queue: Queue | None = None
    at: float = -1e12
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Gathering:
    """Reads, and changes nothing."""

    labs: Labs
    jobs: Jobs
    states: States
    directory: Directory
    burning: Burning
    flagging: Flagging
    site: str
    clock: Callable[[], float] = time.time
    _boards: dict[str, _Kept] = field(default_factory=dict[str, _Kept])
    _asked: dict[str, tuple[str, OwnThread]] = field(default_factory=dict[str, tuple[str, OwnThread]])
    _records: Records = field(init=False)
    _confirmations: Confirmations = field(init=False)

    def __post_init__(self) -> None:
        self._records = Records(self.jobs.store, self.labs)
        self._confirmations = Confirmations(self.jobs)

    async def labs_of(self, team: str, user: str) -> list[Lab]:
        """The labs whose channels a person is in."""
        names = await self.directory.channels_of(team, user)
        return [lab for lab in self.labs.values() if lab.channel in names]

    async def lab_of_channel(self, team: str, channel: str) -> Lab | None:
        """The lab whose jam channel this is."""
        return self.labs.by_channel_name(channel) or self.labs.by_channel_name(
            await self.directory.channel_name(team, channel)
        )

    async def home(self, team: str, user: str, role: Role, told: Told | None) -> Home:
        """All that a person's Home shows."""
        own = await self.labs_of(team, user)
        moderated = [key for key in self.labs if role.may_moderate(key)]
        lab = own[0] if own else None
        return Home(
            await self._mine(team, user, lab, [one.key for one in own]),
            lab.timezone if lab else next(iter(self.labs.values())).timezone,
            tuple([await self.board(key) for key in moderated]),
            told,
            tuple(one.channel for one in self.labs.values()),
            self.site,
        )

    async def board(self, key: str, *, fresh: bool = False) -> Board:
        """A lab's board; `fresh` where somebody has just changed something."""
        kept = self._boards.setdefault(key, _Kept())
        async with kept.lock:
            if kept.board is None or fresh or self.clock() - kept.at >= FRESH:
                kept.board, kept.queue = await self._board(self.labs[key])
                kept.at = self.clock()
            return kept.board

    async def _board(self, lab: Lab) -> tuple[Board, Queue]:
        state, now = await self.states.of(lab.key), self.clock()
        queue = await self.jobs.queue(lab.key, LOOKED_AT)
        record, figures = await self._records.of(lab.key)
        board = Board(
            lab, self._session(lab, state, now), state.is_open(now), state.held, queue.running,
            queue.waiting + queue.parked,
            min((one.at for one in queue.first if one.state != "running"), default=0.0),
            await self.flagging.queue(lab.key), figures, tuple(record.health(now)),
            tuple(burn_lines(await self.burning.of(lab))),
        )  # fmt: skip
        return board, queue

    async def _mine(self, team: str, user: str, lab: Lab | None, own: Collection[str]) -> Mine:
        threads: list[OwnThread] = []
        going: list[OwnThread] = []
        for key in own:
            record, _ = await self._records.of(key)
            threads += record.threads_of(user)
            going += await self._going(key, user)
        left = tuple(await self.burning.left(lab, user)) if lab else ()
        certified = await self._certified(lab, team, user) if lab else ""
        unlisted = user in await Unlisted(self.jobs.store).people()
        threads.sort(key=lambda one: -one.at)
        return Mine(lab, certified, left, tuple(threads), tuple(going), unlisted)

    async def _going(self, key: str, user: str) -> list[OwnThread]:
        """A person's threads that are answered now, or wait."""
        await self.board(key)
        found: list[OwnThread] = []
        for one in (self._boards[key].queue or Queue(0, 0, 0, 0, ())).first:
            asker, thread = await self._whose(one.job)
            if asker == user:
                found.append(OwnThread(thread.key, thread.title, thread.at, _GOING[one.state]))
        return found

    async def _whose(self, job: str) -> tuple[str, OwnThread]:
        """Who asked, and in which thread; on a cluster only where the question began it."""
        nobody = "", OwnThread("", "", 0.0, "")
        kind, *place = job.split(":")
        if kind != "answer" or len(place) < 3:
            return nobody
        if job not in self._asked:
            fields = await self.jobs.fields(":".join(place[:3]), job)
            if "body" not in fields or fields["body"] == "{}":
                return nobody
            asked = question_of(fields)
            if len(self._asked) >= _KNOWN:
                self._asked.clear()
            thread = OwnThread(str(asked.thread), title_of(asked.text), asked.order / 1e6, "")
            self._asked[job] = asked.user, thread
        return self._asked[job]

    async def _certified(self, lab: Lab, team: str, user: str) -> str:
        if lab.certify == "off":
            return ""
        if lab.certify == "thread":
            return "For each thread you certify once that nothing in it is controlled; labjam asks you then."
        scope = f"session:{(await self.states.of(lab.key)).session}"
        wording = house_text(self.labs, lab, "certify").version
        if await self._confirmations.has_certified(lab.key, team, user, scope, wording):
            return "You certified for this session that nothing you ask is controlled."
        return (
            "You have yet to certify that nothing you ask is controlled; labjam asks at your next question."
        )

    def _session(self, lab: Lab, state: LabState, now: float) -> str:
        if not state.is_open(now):
            return "closed"
        until = f" until {shown_time(state.until, lab.timezone)}" if state.until else ""
        return f"open{until}" + (f", and {state.held}" if state.held else "")
