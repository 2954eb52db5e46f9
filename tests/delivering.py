"""A question in a channel of the local Slack, and the deliveries of its answers."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.records import About, ThreadKey
from bot.slack.blocks import STOP, Block, about_answer, actions, button, small_print, thumbs
from bot.slack.client import identify, open_session, web_client
from bot.slack.delivery import Delivery
from bot.slack.making import Address
from bot.slack.outbox import Outbox
from bot.trial.messages import Message
from bot.trial.server import LocalSlack
from tests.trial_fixtures import Clock

TEXT = "Sentence after sentence of an answer, with a &lt; in it. " * 20
ENDING: list[Block] = [
    small_print("ANL"),
    thumbs(about_answer(About("argonne", ThreadKey("T1", "C1", "1.1"), "1.1"))),
]
INTERIM = [actions([button(STOP, "Stop", "about it")])]


@dataclass
class Thread:
    """The thread; its time stands still until it is moved."""

    slack: LocalSlack
    outbox: Outbox
    team: str
    person: str
    channel: str
    ts: str
    clock: Clock
    noted: list[str] = field(default_factory=list[str])

    def delivery(self, standing: Sequence[str] = (), others: Sequence[str] = ()) -> Delivery:
        """One attempt; `standing` is what an earlier one recorded."""

        async def hold() -> None:
            pass

        async def note(messages: Sequence[str]) -> None:
            self.noted[:] = messages

        async def recorded() -> Sequence[str]:
            return self.noted

        address = Address(self.team, self.channel, self.ts, self.person, self.team, self.ts)
        return Delivery(
            self.outbox, address, hold=hold, note=note, recorded=recorded, standing=standing, others=others,
            interim=INTERIM, clock=self.clock,
        )  # fmt: skip

    @property
    def replies(self) -> list[Message]:
        """The bot's messages in the thread."""
        return self.slack.replies_of_bot(self.channel, self.ts)

    @property
    def written(self) -> list[str]:
        """What they say, as Slack stores it."""
        return ["".join(b["text"] for b in m.raw if b["type"] == "markdown") for m in self.replies]

    def calls(self, method: str) -> int:
        """How often a method was called."""
        return len(self.slack.calls_of(method))

    def stands(self, *parts: str) -> None:
        """The thread holds exactly these messages, ended, with thumbs under the last one, and on record."""
        assert self.written == list(parts)
        assert [bool(message.elements) for message in self.replies] == [*[False] * (len(parts) - 1), True]
        assert not any(message.streaming or message.expired for message in self.replies)
        assert self.noted == [message.ts for message in self.replies]


@asynccontextmanager
async def open_thread(slack: LocalSlack, clock: Clock) -> AsyncGenerator[Thread]:
    """Ask a question, and have the client to answer it with."""
    async with open_session() as session:
        person = slack.add_person("scientist")
        channel = slack.add_channel("jam-argonne", [person])
        client = web_client(slack.bot_token, slack.api_url, session)
        us = await identify(client)
        ts = await slack.post(person, channel, "why?")
        yield Thread(slack, Outbox(client, us.user, clock=clock), us.team, person, channel, ts, clock)
