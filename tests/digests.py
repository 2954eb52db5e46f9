"""Nine labs with their journals, a local Slack, and processes that post digests, for the tests of these."""

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.burn import Burning
from bot.digest.days import Days, job_of, mailbox_of
from bot.digest.posting import Digests
from bot.errors import StoreAway
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
from bot.store.spending import Spending
from bot.store.states import States
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
    server: EmbeddedServer
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
        return Digests.of(
            Days(self.labs, jobs, States(self.store)), Directory(outbox), outbox, uploads,
            burning=Burning(Spending(self.store)), site="https://jam.example.org/", clock=lambda: self.now[0],
        )  # fmt: skip

    def posted(self, channel: str) -> list[Message]:
        """What the bot said in a channel."""
        bot = self.slack.workspace.bot
        return [
            message for message in self.slack.channel_messages(self.channels[channel]) if message.user == bot
        ]

    async def asked(self, lab: str, at: float, judges: int = 0, **more: Any) -> None:
        """Write a question, its answer and its thumbs into the record."""
        place = {"team": self.team, "channel": self.channels[lab], "ts": f"{at:.6f}"}
        asked = answer(0, ts=place["ts"], **more)
        asked["question"]["thread"] = place
        votes = [vote(0, f"U{n}", 1, thread=place, question_ts=place["ts"]) for n in range(judges)]
        for line in (asked, *votes):
            await Journal(self.store).append(lab, ":".join(place.values()), json.dumps(line))

    async def write(self, lab: str, *lines: Mapping[str, Any]) -> None:
        """Write lines into a lab's journal."""
        for line in lines:
            await Journal(self.store).append(lab, "here", json.dumps(line))

    async def done(self) -> bool:
        """Whether nothing waits or runs."""
        return not await self.store.client.hlen(keys.active(0))

    async def post_due(self, digests: Digests) -> None:
        """Queue all digests whose hour has come, and post them."""
        await digests.tick(self.team)
        await self.post(digests)

    async def post(self, digests: Digests) -> None:
        """Post all that are queued."""
        async with working(digests):
            await until(self.done, 30)

    async def fields(self, lab: str, day: str) -> dict[str, str]:
        """What the job of a lab's digest holds; empty while Redis is away."""
        try:
            return await Jobs(self.store, (), "test").fields(mailbox_of(lab), job_of(lab, day))
        except StoreAway:
            return {}


@asynccontextmanager
async def working(digests: Digests) -> AsyncGenerator[asyncio.Task[None], None]:
    """One process at work; it may be cancelled, as if it died."""
    stop = asyncio.Event()
    worker = Worker(digests.jobs, {"digest": digests.run}, lease=1.0)
    task = asyncio.create_task(worker.run(stop))
    yield task
    stop.set()
    await asyncio.wait([task])


@asynccontextmanager
async def open_office(folder: Path) -> AsyncGenerator[Office, None]:
    """Friday 30 October 2026, 13:00 UTC: two days before summer time ends."""
    now = [utc("2026-10-30T13:00")]
    settings = Settings(labjam_model="scripted", openai_base_url="http://127.0.0.1:1/v1")
    labs = read_labs(settings, os.environ)
    server = EmbeddedServer(folder / "store")
    await server.start()
    store = await Store.connect(server.url)
    begun = time.monotonic()
    async with (
        LocalSlack(clock=lambda: now[0] + time.monotonic() - begun) as slack,
        open_session() as session,
    ):
        slack.workspace.app.scopes |= {"files:read", "files:write"}
        found = Office(slack, store, labs, session, now, server)
        for key, channel in [*((key, lab.channel) for key, lab in labs.items()), (CROSS_LAB, labs.hq)]:
            found.channels[key] = slack.add_channel(channel)
        yield found
    await store.close()
    await server.stop()
