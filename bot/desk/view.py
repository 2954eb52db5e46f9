"""How App Home looks: blocks of what was gathered, within Slack's limits. Nothing here asks anybody."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.desk.buttons import BUTTONS, DISMISS, board_buttons, own_buttons, press
from bot.desk.record import Health, OwnThread
from bot.flagging import FlagQueue
from bot.forms import Skills
from bot.labs import Lab
from bot.recount import SMALL, Figures, Share
from bot.slack.addresses import thread_address
from bot.slack.blocks import Block, actions, button, header, section, small_print
from bot.slack.modals import VIEW_BYTES

VIEW_BLOCKS = 100
"""https://docs.slack.dev/surfaces/app-home"""
MOST_THREADS = 50
SAID_BLOCKS = 20
_TEXT = 2900

OUTCOMES = {
    "answered": "answered",
    "refused": "declined by the model",
    "failed": "no answer: it can be tried again in the thread",
    "stopped": "stopped",
    "capped": "over a cap, not answered",
    "": "waiting",
}


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
class Board:
    """One lab as its moderators watch it."""

    lab: Lab
    session: str
    is_open: bool
    held: str
    running: int
    waiting: int
    oldest: float  # since when the oldest waits; 0 where none does
    flags: FlagQueue
    figures: Figures
    health: tuple[Health, ...]
    burn: tuple[str, ...]


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
    for board in home.boards:
        blocks += _board(board, home)
    blocks += _asking(home)
    blocks += _threads(home)
    blocks += _own(home.mine)
    return _within(blocks)


def home_view(blocks: Sequence[Block], at: float, zone: ZoneInfo) -> Block:
    """What is published: with the time of its newest word, which alone makes no view a new one."""
    said = f"As of {_clock(at, zone)}. While you look, it is renewed within ten seconds of a change."
    return {"type": "home", "blocks": [*blocks, small_print(said)]}


def _within(blocks: Iterable[Block]) -> list[Block]:
    """As many of them as Slack takes; one place is kept for the small print."""
    room, kept = VIEW_BYTES, list[Block]()
    for block in blocks:
        room -= len(json.dumps(block)) + 2
        if room < 0 or len(kept) >= VIEW_BLOCKS - 1:
            break
        kept.append(block)
    return kept


def _told(told: Told | None) -> list[Block]:
    if told is None:
        return []
    return [
        section(f"*{told.head}*"),
        *told.blocks[:SAID_BLOCKS],
        actions([button(DISMISS, "Put away", "-")]),
        {"type": "divider"},
    ]


def _board(board: Board, home: Home) -> list[Block]:
    shown = actions(
        [press(BUTTONS[name], board.lab.key) for name in board_buttons(board.is_open, board.held)]
    )
    parts = [_now(board, home), _judged(board.figures), _models(board.health), "\n".join(board.burn)]
    return [
        header(f"{board.lab.short} now"),
        *(section(text, verbatim=True) for part in parts for text in _fitting(part.split("\n")) if text),
        shown,
        {"type": "divider"},
    ]


def _now(board: Board, home: Home) -> str:
    zone = board.lab.timezone
    since = f", the oldest since {_clock(board.oldest, zone)}" if board.oldest else ""
    lines = [f"*The jam is {board.session}.* {board.running} answering, {board.waiting} waiting{since}."]
    if unanswered := board.figures.unanswered:
        link = _link(home.site, unanswered[0].key, _clock(unanswered[0].began, zone))
        lines.append(f"Without an answer: {_threads_of(len(unanswered))}, the oldest of {link}.")
    if board.flags.unclaimed or board.flags.claimed:
        lines.append(
            f"Flagged: *{board.flags.unclaimed} unclaimed*, {board.flags.claimed} in hand, "
            f"the oldest since {_clock(board.flags.oldest, zone)}."
        )
    return "\n".join(lines)


def _judged(figures: Figures) -> str:
    if not figures.judged.of:
        return "No answers yet."
    head = f"*Judged*: {_of(figures.judged)} answers, by {_people(figures.judges)}."
    titles = _skill_titles()
    cells = [f"{titles.get(name, name)} {_of(share)}" for name, share in figures.assessed.items()]
    thin = [title for name, title in titles.items() if name not in figures.assessed]
    by_skill = [f"By skill: {', '.join(cells)}."] if cells else []
    few = [f"Fewer than {SMALL} people judged: {', '.join(thin)}."] if thin else []
    return "\n".join([head, *by_skill, *few])


def _models(health: Iterable[Health]) -> str:
    lines = [
        f"• `{one.model}`: {one.answers} asked, {one.failed} failed"
        + (f", first words after {one.first_words:.1f} s" if one.first_words else "")
        + f", all of it after {one.whole:.1f} s"
        for one in health
    ]
    return "\n".join(["*Models in the last hour* (middle times)", *lines]) if lines else ""


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
    lines = [_thread(one, home, going=one.key in going) for one in listed[:MOST_THREADS]]
    if more := len(listed) - MOST_THREADS:
        lines += [f"and {more:,} earlier ones; *Send me my data* has them all"] if more > 0 else []
    texts = _fitting(lines)
    return [header("Your threads"), *(section(text, verbatim=True) for text in texts)]


def _thread(one: OwnThread, home: Home, *, going: bool) -> str:
    at = datetime.fromtimestamp(one.at, home.zone).strftime("%a %H:%M")
    state = one.outcome if going else OUTCOMES.get(one.outcome, one.outcome)
    votes = [words for words in (f"{one.up} up" * bool(one.up), f"{one.down} down" * bool(one.down)) if words]
    judged = f"your thumbs: {', '.join(votes)}" if votes else "not judged by you"
    tail = f" · {judged}" if not going and one.outcome in {"answered", "stopped"} else ""
    return f"• {_link(home.site, one.key, one.title)} · {at} · {state}{tail}"


def _own(mine: Mine) -> list[Block]:
    lines = [f"You have {line}." for line in mine.left]
    lines += [mine.certified] if mine.certified else []
    lines += ["Your threads are left out of summaries and digests."] if mine.unlisted else []
    lines.append("What is kept of you is yours to read, and to take out of the record.")
    return [
        header("You"),
        section("\n".join(lines)),
        actions([press(BUTTONS[name], "") for name in own_buttons(mine.unlisted)]),
    ]


def _fitting(lines: Iterable[str]) -> list[str]:
    """Lines as texts of sections, none of which Slack would refuse."""
    texts = [""]
    for line in lines:
        if len(texts[-1]) + len(line) + 1 > _TEXT:
            texts.append("")
        texts[-1] = f"{texts[-1]}\n{line[:_TEXT]}".lstrip("\n")
    return [text for text in texts if text]


def _skill_titles() -> dict[str, str]:
    return {name: str(field.title).lower() for name, field in Skills.model_fields.items()}


def _link(site: str, thread: str, label: str) -> str:
    return f"<{thread_address(site, thread)}|{label}>"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(at: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%a %H:%M")


def _of(share: Share) -> str:
    return f"{share.part:,} of {share.of:,}"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _threads_of(count: int) -> str:
    return "1 thread" if count == 1 else f"{count:,} threads"
