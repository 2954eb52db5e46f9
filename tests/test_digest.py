"""The daily digest: once a lab and day through restarts, right in its numbers, short on quiet days."""

import asyncio
import json
import os
import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.current import CurrentLabs
from bot.digest.posting import Digests
from bot.labs import Labs, read_labs
from bot.settings import Settings
from bot.slack.client import open_session, web_client
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.uploads import Uploads
from bot.store import keys
from bot.store.embedded import EmbeddedServer
from bot.store.jobs import CROSS_LAB, Jobs
from bot.store.journal import Journal
from bot.store.redis import Store
from bot.store.states import States
from bot.summary.posting import Summaries
from bot.trial.messages import Message
from bot.trial.server import LocalSlack
from bot.worker import Worker
from tests.jam import until
from tests.test_recount import answer, vote

HOUR = 3600.0


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@dataclass
class Office:
    """Nine labs, their leads' channel, any number of processes that post digests; time is moved by hand."""

    slack: LocalSlack
    store: Store
    labs: Labs
    session: aiohttp.ClientSession
    now: list[float]
    started: int = 0
    channels: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def team(self) -> str:
        return self.slack.workspace.team.id

    def digests(self) -> Digests:
        """What one process posts digests with."""
        self.started += 1
        jobs = Jobs(self.store, [*self.labs, CROSS_LAB], f"process-{self.started}")
        client = web_client(self.slack.bot_token, self.slack.api_url, self.session)
        outbox = Outbox(client, self.slack.workspace.bot)
        uploads = Uploads(outbox, self.session)
        return Digests(
            self.labs, jobs, States(self.store), Directory(outbox), outbox, uploads,
            "https://jam.example.org/", clock=lambda: self.now[0],
        )  # fmt: skip

    def posted(self, channel: str) -> list[Message]:
        """What the bot said in a channel."""
        bot = self.slack.workspace.bot
        return [
            message for message in self.slack.channel_messages(self.channels[channel]) if message.user == bot
        ]

    async def asked(self, lab: str, at: float, judges: int = 0) -> None:
        """Write a question, its answer and its thumbs into the record."""
        place = {"team": self.team, "channel": self.channels[lab], "ts": f"{at:.6f}"}
        asked = answer(0, ts=place["ts"])
        asked["question"]["thread"] = place
        votes = [vote(0, f"U{n}", 1, thread=place, question_ts=place["ts"]) for n in range(judges)]
        for line in (asked, *votes):
            await Journal(self.store).append(lab, ":".join(place.values()), json.dumps(line))

    async def done(self, digests: Digests) -> bool:
        """Whether nothing waits or runs."""
        return not await self.store.client.hlen("labjam:{0}:active")


@asynccontextmanager
async def working(office: Office, digests: Digests) -> AsyncGenerator[asyncio.Task[None], None]:
    """One process at work."""
    stop = asyncio.Event()
    worker = Worker(digests.jobs, {"digest": digests.run}, lease=1.0)
    task = asyncio.create_task(worker.run(stop))
    yield task
    stop.set()
    await asyncio.wait([task])


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office, None]:
    now = [utc("2026-10-30T13:00")]
    settings = Settings(labjam_model="scripted", openai_base_url="http://127.0.0.1:1/v1")
    labs = read_labs(settings, os.environ)
    server = EmbeddedServer(tmp_path / "store")
    await server.start()
    store = await Store.connect(server.url)
    begun = time.monotonic()
    async with (
        LocalSlack(clock=lambda: now[0] + time.monotonic() - begun) as slack,
        open_session() as session,
    ):
        slack.workspace.app.scopes |= {"files:read", "files:write"}
        found = Office(slack, store, labs, session, now)
        for key, channel in [*((key, lab.channel) for key, lab in labs.items()), (CROSS_LAB, labs.hq)]:
            found.channels[key] = slack.add_channel(channel)
        yield found
    await store.close()
    await server.stop()


@pytest.mark.timeout(120)
async def test_a_week_of_digests_each_once_whatever_dies(office: Office) -> None:
    """Over the end of summer time, with two clocks, and processes that die while they post."""
    chance = random.Random(11)  # noqa: S311
    clocks = [office.digests(), office.digests()]
    for lab in office.labs:
        await office.asked(lab, utc("2026-11-02T15:00"))
    while office.now[0] < utc("2026-11-06T13:00"):
        for clock in clocks:
            await clock.tick(office.team)
        if not await office.done(clocks[0]):
            if chance.random() < 0.5:  # the reply to a post is lost, or the post itself
                office.slack.faults.drop("chat.postMessage", applied=chance.random() < 0.5)
            await _with_a_death(office, chance)
        office.now[0] += HOUR
    for key in (*office.labs, CROSS_LAB):
        days = [message.text.partition(" · ")[2].partition(":")[0] for message in office.posted(key)]
        assert [day.split()[0] for day in days] == ["Friday", "Monday", "Tuesday", "Wednesday", "Thursday"], (
            key
        )


async def _with_a_death(office: Office, chance: random.Random) -> None:
    """Do all that is due; the first process dies somewhere in it, with everything it holds."""
    first = office.digests()
    async with working(office, first) as task:
        await asyncio.sleep(chance.random() * 0.15)
        task.cancel()
    second = office.digests()
    async with working(office, second):
        await until(lambda: office.done(second), 20)
    office.slack.faults.clear()


async def test_a_day_in_words_and_numbers(office: Office) -> None:
    office.now[0] = utc("2026-11-05T23:10")
    at = utc("2026-11-05T16:00")
    await office.asked("brookhaven", utc("2026-11-02T16:00"))
    for n in range(7):
        await office.asked("argonne", at + n * 60, judges=6 if n == 3 else 1)
    digests = office.digests()
    await digests.tick(office.team)
    async with working(office, digests):
        await until(lambda: office.done(digests), 20)
    (argonne,), (quiet,) = office.posted("argonne"), office.posted("brookhaven")
    words = argonne.visible_text
    assert "ANL · Thursday 5 November 2026" in words
    assert "*7 questions* from 1 person, 7 answers." in words
    assert "7 of 7 answers judged, by 6 people; 12 of 12 thumbs up." in words
    link = f"https://jam.example.org/archives/{office.channels['argonne']}/p{at + 180:.0f}000000"
    assert f"<{link}|Thread of Thu 10:03>: 6 up" in words
    picture = next(block for block in argonne.raw if block["type"] == "image")
    assert "large: 12 of 12 thumbs up" in picture["alt_text"]
    assert office.slack.workspace.files[picture["slack_file"]["id"]].content.startswith(b"\x89PNG")
    assert quiet.visible_text == "BNL · Thursday 5 November 2026: a quiet day, no questions."
    office.now[0] = utc("2026-11-06T01:05")
    await digests.tick(office.team)
    async with working(office, digests):
        await until(lambda: office.done(digests), 20)
    (leads,) = office.posted(CROSS_LAB)
    assert "*7 questions*, 7 answers, 7 of them judged." in leads.visible_text
    assert "No questions: LBNL, BNL" in leads.visible_text


async def test_what_was_missed_too_long_ago_is_left_out(office: Office) -> None:
    office.now[0] = utc("2026-11-06T11:30")  # 12.5 hours after Argonne's hour, 10.5 after California's
    await office.asked("argonne", utc("2026-11-05T16:00"))
    await office.asked("berkeley", utc("2026-11-05T16:00"))
    digests = office.digests()
    await digests.tick(office.team)
    async with working(office, digests):
        await until(lambda: office.done(digests), 20)
    assert not office.posted("argonne")
    assert len(office.posted("berkeley")) == 1
    assert not office.posted("livermore"), "a jam that has not begun has no quiet days"


@pytest.mark.parametrize(
    ("method", "error"),
    [("files.getUploadURLExternal", "restricted_action"), ("chat.postMessage", "invalid_blocks")],
)
async def test_a_chart_that_slack_does_not_take_is_left_out(office: Office, method: str, error: str) -> None:
    office.now[0] = utc("2026-11-05T22:50")
    await office.asked("argonne", utc("2026-11-05T16:00"))
    office.slack.faults.error(method, error)
    digests = office.digests()
    await digests.post_now(office.team, "argonne", "1")
    await digests.post_now(office.team, "argonne", "1")
    async with working(office, digests):
        await until(lambda: office.done(digests), 20)
    (only,) = office.posted("argonne")
    assert "*1 question* from 1 person" in only.visible_text
    assert not [block for block in only.raw if block["type"] == "image"]


@pytest.mark.parametrize(("hours", "summed"), [(1, 1), (11, 1), (13, 0)])
async def test_a_session_is_summed_up_soon_after_its_end_or_not(
    office: Office, hours: int, summed: int
) -> None:
    digests = office.digests()
    states, jobs = States(office.store), digests.jobs
    ended = office.now[0] - hours * HOUR
    await office.store.client.hset(
        keys.state(keys.DESK, "argonne"), mapping={"closed": "1", "ended": str(ended)}
    )
    summaries = Summaries(
        office.labs, CurrentLabs(office.labs, states), jobs, states, digests.directory, digests.outbox,
        "https://jam.example.org/", clock=lambda: office.now[0],
    )  # fmt: skip
    await summaries.tick(office.team)
    await summaries.tick(office.team)
    assert len([name async for name in office.store.client.scan_iter("*job:summary:*")]) == summed
