"""How App Home looks: blocks of what was gathered, within Slack's limits. Nothing here asks anybody."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.desk.board import Board, boards_blocks, clock, fitting
from bot.desk.buttons import BUTTONS, DISMISS, own_buttons, press
from bot.desk.record import OwnThread
from bot.labs import Lab
from bot.phrases import many
from bot.slack.addresses import thread_address
from bot.slack.blocks import Block, actions, button, header, section, small_print
from bot.slack.modals import VIEW_BYTES

VIEW_BLOCKS = 100
"""https://docs.slack.dev/surfaces/app-home"""
MOST_THREADS = 30
SAID_BLOCKS = 20

OUTCOMES = {
    "refused": "declined by the model",
    "failed": "no answer; *Retry* is in the thread",
    "capped": "over a cap, not answered",
    "": "waiting",
}

_JUDGED = {"answered", "stopped"}  # outcomes that left something to judge


@dataclass(frozen=True, slots=True)
class Mine:
    """What a person's Home says of themselves; without a lab, which channels to join."""

    lab: Lab | None
    certified: str = ""  # a sentence; empty where nothing is to be certified
    left: tuple[str, ...] = ()  # of their caps
    threads: tuple[OwnThread, ...] = ()
    going: tuple[OwnThread, ...] = ()  # answered now, or waiting
    unlisted: bool = False  # in summaries and digests


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to somebody's last button."""

    head: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """All that one person's Home shows."""

    mine: Mine
    zone: ZoneInfo
    boards: tuple[Board, ...] = ()
    told: Told | None = None
    channels: tuple[str, ...] = ()  # where people ask
    site: str = ""


def home_blocks(home: Home) -> list[Block]:
    """The blocks of a person's Home, within Slack's limits."""
    blocks = [*_told(home.told)]
    blocks += boards_blocks(home.boards, home.site)
    blocks += [*_threads(home), *_asking(home)]
    return _within(blocks, _own(home.mine))


def home_view(blocks: Sequence[Block], at: float, zone: ZoneInfo) -> Block:
    """What is published: with the time of its newest word, which alone makes no view a new one."""
    said = f"As of {clock(at, zone)}. While you look, it is renewed within ten seconds of a change."
    return {"type": "home", "blocks": [*blocks, small_print(said)]}


def _within(blocks: Iterable[Block], last: Sequence[Block]) -> list[Block]:
    """As many of them as Slack takes, and what always comes last; one place is kept for the small print."""
    room, kept = VIEW_BYTES - len(json.dumps(last)), list[Block]()
    for block in blocks:
        room -= len(json.dumps(block)) + 2
        if room < 0 or len(kept) + len(last) >= VIEW_BLOCKS - 1:
            break
        kept.append(block)
    return [*kept, *last]


def _told(told: Told | None) -> list[Block]:
    if told is None:
        return []
    return [
        section(f"*{told.head}*"),
        *told.blocks[:SAID_BLOCKS],
        actions([button(DISMISS, "Put away", "-")]),
        {"type": "divider"},
    ]


def _asking(home: Home) -> list[Block]:
    lab = home.mine.lab
    if lab is None:
        named = ", ".join(f"#{channel}" for channel in home.channels)
        return [header("Ask a question"), section(f"Join your lab's channel, and ask there: {named}.")]
    where = f"Ask in #{lab.channel}, or here under Messages; each question opens a thread. To begin with:"
    return [
        header(f"Ask well at {lab.short}"[:150]),
        section(where),
        *(
            section(f"*{_escape(one.title)}*\n{_escape(one.message)}", verbatim=True)
            for one in lab.suggestions
        ),
        small_print(
            "Say what you tried, what an answer must satisfy, and how you would check it. "
            "Then judge the answer: a thumb takes one click."
        ),
    ]


def _threads(home: Home) -> list[Block]:
    mine = home.mine
    going = {one.key for one in mine.going}
    listed = [*mine.going, *(one for one in mine.threads if one.key not in going)]
    if not listed:
        return []
    unjudged = sum(one.outcome in _JUDGED and not one.up + one.down for one in listed if one.key not in going)
    head = [f"{many(unjudged, 'thread')} without a thumb of yours yet."] if unjudged else []
    lines = head + [_thread(one, home, going=one.key in going) for one in listed[:MOST_THREADS]]
    more = len(listed) - MOST_THREADS
    lines += [f"and {more:,} earlier ones; *Send me my data* has them all"] if more > 0 else []
    texts = fitting(lines)
    return [header("Your threads"), *(section(text, verbatim=True) for text in texts)]


def _thread(one: OwnThread, home: Home, *, going: bool) -> str:
    at, link = clock(one.at, home.zone), _link(home.site, one.key, one.title)
    if going or one.outcome not in _JUDGED:
        return f"• {at} {link} · {one.outcome if going else OUTCOMES.get(one.outcome, one.outcome)}"
    votes = [words for words in (f"{one.up} up" * bool(one.up), f"{one.down} down" * bool(one.down)) if words]
    judged = f"your thumbs: {', '.join(votes)}" if votes else "*not judged yet*"
    return f"• {at} {link} · {'stopped · ' * (one.outcome == 'stopped')}{judged}"


def _own(mine: Mine) -> list[Block]:
    lines = list(mine.left)
    lines += [mine.certified] if mine.certified else []
    lines += ["Your threads are left out of summaries and digests."] if mine.unlisted else []
    lines.append("What labjam keeps about you is yours to read, and to take out of the record.")
    return [
        header("You"),
        section("\n".join(lines)),
        actions([press(BUTTONS[name], "") for name in own_buttons(mine.unlisted)]),
    ]


def _link(site: str, thread: str, label: str) -> str:
    return f"<{thread_address(site, thread)}|{label}>"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
