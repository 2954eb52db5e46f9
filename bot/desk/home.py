"""App Home: published when opened, renewed while looked at, its buttons pressed; hello to newcomers."""

import asyncio
import hashlib
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from bot.admission import Door
from bot.desk.buttons import Button
from bot.desk.gathering import Gathering
from bot.desk.view import Told, home_blocks, home_view
from bot.errors import LabjamError, SlackBusy, SlackRefused
from bot.moderation.command import Commands
from bot.moderation.table import Reply
from bot.moderation.wording import shown
from bot.records import Question, ThreadKey
from bot.roles import Roster
from bot.slack.commands import Said
from bot.slack.events import Joined
from bot.slack.outbox import Outbox
from bot.store.homes import Homes, Open
from bot.store.questions import Questions

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two views of one Home, where nobody opens it or presses anything."""
SPARE = 0.3
"""The part of Slack's budget of views that renewing leaves to opening."""
GREETED = 3600.0
"""Seconds for which Slack's Messages tab keeps the suggestions we gave."""

HELLO = (
    "Hello! Here you put reasoning models to the test on your own problems. Write a question as a message of "
    "its own: it opens a thread, and labjam answers there. A message that begins with `//` is left alone. "
    "Judge each answer with the thumbs under it. Nothing controlled belongs here; {contact} helps where you "
    "are in doubt. labjam's *Home* tab has questions to begin with. Only you see this, once."
)
PROMPTS = "Questions to begin with at {short}"

Viewer = tuple[str, str]
"""A workspace and a person."""


class Desk:
    """Everybody's Homes, as far as they were opened through this process."""

    def __init__(
        self, gathering: Gathering, commands: Commands, roster: Roster, outbox: Outbox, questions: Questions,
        *, door: Door, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._gathering = gathering
        self._commands = commands
        self._roster = roster
        self._outbox = outbox
        self._questions = questions
        self._door = door
        self._homes = Homes(questions.jobs.store)
        self._clock = clock
        self._open: dict[Viewer, float] = {}  # when it was last looked after
        self._locks: defaultdict[Viewer, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._greeted: dict[Viewer, float] = {}

    async def opened(self, team: str, user: str) -> None:
        """Somebody opened their Home: publish it, and renew it while they look."""
        before = await self._homes.look(team, user)
        await self._homes.keep(team, user, Open(said=before.said if before else ""), opened=True)
        await self._look_after((team, user))

    async def press(self, said: Said, button: Button, lab: str) -> None:
        """Do what a button says, as `/jam` would, and show the answer on the Home."""
        typed = Said(said.team, said.user, "", button.typed(lab), said.trigger_id)
        reply = await self._commands.pressed(typed)
        if lab in self._gathering.labs:
            await self._gathering.board(lab, fresh=True)
        await self._say(said.team, said.user, self._told(button, lab, reply))

    async def put_away(self, team: str, user: str) -> None:
        """Take the answer to the last button off the Home."""
        await self._say(team, user, "")

    async def greet(self, team: str, user: str, channel: str) -> None:
        """Offer questions to begin with to who opens the Messages tab, by their lab."""
        now, viewer = self._clock(), (team, user)
        if now - self._greeted.get(viewer, 0.0) < GREETED or not channel:
            return
        lab = next(iter(await self._gathering.labs_of(team, user)), None)
        if lab is None or not lab.suggestions:
            return
        self._greeted[viewer] = now
        try:
            await self._outbox.call(
                "assistant.threads.setSuggestedPrompts", team, channel_id=channel,
                title=PROMPTS.format(short=lab.short),
                prompts=[{"title": one.title, "message": one.message} for one in lab.suggestions],
            )  # fmt: skip
        except LabjamError as error:  # a workspace without agents has no such panel
            self._greeted.pop(viewer, None)
            log.info("no suggestions", extra={"why": str(error)})

    async def welcome(self, joined: Joined) -> None:
        """Queue one private hello to who joined a jam channel and may ask there: once for each of both."""
        lab = await self._gathering.lab_of_channel(joined.team, joined.channel)
        if lab is None:
            return
        words, thread = HELLO.format(contact=lab.contact), ThreadKey(joined.team, joined.channel, joined.ts)
        newcomer = Question(thread, joined.ts, joined.user, joined.team, lab.key, "")
        if await self._door.welcomes(newcomer):
            await self._questions.tell(newcomer, words, once="hello", private=True)

    async def run(self) -> None:
        """Renew the open Homes, until cancelled; who waited longest comes first."""
        while True:
            began = self._clock()
            for viewer, at in sorted(self._open.items(), key=lambda pair: pair[1]):
                if began - at >= EVERY / 2:
                    await self._look_after(viewer, spare=SPARE)
            await asyncio.sleep(max(0.5, EVERY - (self._clock() - began)))

    async def _say(self, team: str, user: str, words: str) -> None:
        await self._homes.keep(team, user, Open(said=words), opened=True)
        await self._look_after((team, user))

    async def _look_after(self, viewer: Viewer, *, spare: float = 0.0) -> None:
        self._open[viewer] = self._clock()
        try:
            async with self._locks[viewer]:
                still = await self._publish(*viewer, spare)
        except SlackBusy:
            return  # the next round tries again
        except SlackRefused as refused:
            log.warning("no Home", extra={"why": str(refused)})
            still = False
        except LabjamError as error:
            log.warning("Home not renewed", extra={"why": str(error)})
            return
        if not still:
            self._open.pop(viewer, None)
            self._locks.pop(viewer, None)

    async def _publish(self, team: str, user: str, spare: float) -> bool:
        """Publish a Home if it would look different; False where nobody looks at it any more."""
        known = await self._homes.look(team, user)
        if known is None:
            return False
        now = self._clock()
        if known.view and now - known.at < EVERY - 0.5:
            return True  # another process did
        role = await self._roster.of(team, user)
        told = Told(*json.loads(known.said)) if known.said else None
        home = await self._gathering.home(team, user, role, told)
        blocks = home_blocks(home)
        mark = hashlib.sha256(json.dumps(blocks).encode()).hexdigest()[:16]
        if mark != known.view:
            await self._outbox.call(
                "views.publish", team, spare=0.0 if not known.view else spare, user_id=user,
                view=home_view(blocks, now, home.zone),
            )  # fmt: skip
            await self._homes.keep(team, user, Open(mark, now, known.said))
        return True

    def _told(self, button: Button, lab: str, reply: Reply) -> str:
        of = self._gathering.labs.get(lab)
        zone = (of or next(iter(self._gathering.labs.values()))).timezone
        at = datetime.fromtimestamp(self._clock(), zone).strftime("%H:%M")
        head = f"{button.label}{f' · {of.short}' if of else ''} · {at}"
        return json.dumps([head, shown(reply).get("blocks", [])])
