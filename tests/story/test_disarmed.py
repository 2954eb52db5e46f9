"""P5: whatever a model writes, it pings nobody, unfurls nothing, shows no picture and hides no link."""

import json
import re
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot.slack.blocks import DETAILS, MORE
from bot.trial.messages import Message
from bot.trial.model_script import Reply, SeenRequest
from bot.trial.visible import pings
from tests.jam import Jam, until
from tests.scribe import Scribe, command, summaries, summing, wish
from tests.test_reply_links import live_links

HOSTILE = (
    "<!channel> <@U0LOCALBOT> <!subteam^S1|@staff> <https://evil.example/t|Log in> "
    "[here](https://evil.example/l) ![plot](https://evil.example/p.png) [x][r] "
    "<img src='https://evil.example/i'> "
    "$\\href{https://evil.example}{<!here>}$\n\n| a | b |\n|---|---|\n| <!here> | [c](//evil.example/c) |\n\n"
    "$$\\sum <!channel>$$\n\n[r]: https://evil.example/r\n"
)
LIVE = re.compile(r"<(?:https?:)?//evil|<[^<>]*\|[^<>]*Log in|<!|<@U0LOCALBOT")


class Hostile(Scribe):
    """Says it wherever it is asked to write."""

    def __call__(self, seen: SeenRequest) -> Reply:
        written = super().__call__(seen)
        if written.text.startswith("An answer"):
            size = 400 if "all of it" in seen.question else 1
            return Reply(HOSTILE + ("And so on, at length. " * 20 + "\n\n") * size, pieces=20, seconds=0.3)
        if "take notes" in str(seen.body["messages"][0]["content"]):
            return Reply(json.dumps(dict.fromkeys(("problem", "approach", "result", "open"), HOSTILE)))
        claim = {"text": HOSTILE, "sources": [1]}
        return Reply(json.dumps({part: [claim] for part in ("tried", "well", "badly", "open", "next")}))


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    async with summing(tmp_path) as jam:
        jam.model.script = Hostile()
        yield jam


def texts(value: Any, kind: str = "") -> Iterator[tuple[str, str]]:
    """Every text that a call sends, with the type of what it stands in."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        for name, each in fields.items():
            yield from texts(each, str(fields.get("type", kind)) if name == "text" else kind)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from texts(each, kind)
    elif isinstance(value, str):
        yield kind, value


def is_disarmed(jam: Jam) -> None:
    """In all that the bot ever sent."""
    for call in jam.slack.calls:
        args = {name: _read(value) for name, value in call.args.items()}
        if call.method == "chat.postMessage":
            assert (args["unfurl_links"], args["unfurl_media"]) == (False, False)
        for kind, text in texts(args):
            if kind == "plain_text":
                continue  # nothing in it is parsed
            assert not pings([text]), (call.method, text)
            assert not LIVE.search(text), (call.method, text)
            if kind in {"markdown", "markdown_text"}:
                assert not live_links(text), (call.method, text)
    channels = jam.slack.workspace.channels.values()
    said = [message for channel in channels for message in channel.messages.values() if message.bot_id]
    me = f"@{jam.people['argonne']}"  # named to themselves
    assert not [ping for message in said for ping in message.pings if ping != me]


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in {"[", "{"} else value


async def take_away(jam: Jam, ts: str, answer: Message) -> None:
    [menu] = [element for _, element in answer.elements if element["action_id"] == MORE]
    for option in menu["options"][1:]:
        await jam.slack.click(
            jam.people["argonne"], jam.channels["argonne"], answer.ts, MORE, selected_option=option
        )
    await until(lambda: sum(len(message.files) for message in jam.replies("argonne", ts)) == 3, 20)


async def test_in_streams_edits_posts_and_files(jam: Jam) -> None:
    """An answer with its pictures, what people take away of it, and a long one with its file."""
    ts = await jam.ask("argonne", "well?")
    await jam.answer("argonne", ts)
    await until(lambda: "image" in str(jam.replies("argonne", ts)[0].raw))
    [answer] = jam.replies("argonne", ts)
    assert "here (https://evil.example/l)" in answer.written
    await take_away(jam, ts, answer)
    jam.slack.faults.no_streaming()
    long = await jam.ask("argonne", "all of it")
    await until(lambda: any(message.files for message in jam.replies("argonne", long)), 20)
    direct, dm = await jam.slack.dm(jam.people["argonne"], "and here?")
    await until(lambda: "evil.example" in str([m.raw for m in jam.slack.replies_of_bot(direct, dm)]))
    is_disarmed(jam)
    kept = [file for file in jam.slack.workspace.files.values() if file.name.endswith(".md")]
    assert len(kept) == 2
    for file in kept:
        assert not live_links(file.content.decode().replace("<", "&lt;"))


async def test_in_summaries_modals_digests_and_home(jam: Jam) -> None:
    """What is written from answers, and what shows them again."""
    ts = await jam.ask("argonne", "well <!channel>?")
    [answer] = await jam.answer("argonne", ts)
    await command(jam, "summary now")
    await until(lambda: bool(summaries(jam)), 30)
    assert "evil.example" in summaries(jam)[0].visible_text
    await wish(jam, "argonne", ts)
    await until(lambda: any("Result" in message.visible_text for message in jam.replies("argonne", ts)), 20)
    await jam.slack.click(jam.people["argonne"], jam.channels["argonne"], answer.ts, DETAILS)
    await until(lambda: bool(jam.slack.modals(jam.people["argonne"])))
    for text in ("digest now", "prompt try", "status", "audit"):
        await command(jam, text)
    await jam.slack.open_home(jam.people["argonne"])
    await until(lambda: jam.slack.home(jam.people["argonne"]) is not None)
    await until(
        lambda: any(
            "digest" in str(m.raw) or "judged" in m.visible_text
            for m in jam.slack.channel_messages(jam.channels["argonne"])
        ),
        20,
    )
    await jam.slack.settled()
    is_disarmed(jam)
