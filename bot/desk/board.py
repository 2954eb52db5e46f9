"""The moderators' live board of each lab, as Slack's blocks; of several labs also all at a glance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.desk.buttons import BUTTONS, board_buttons, press
from bot.desk.record import Health
from bot.flagging import FlagQueue
from bot.forms import Skills
from bot.labs import Lab
from bot.phrases import many, people
from bot.recount import SMALL, Figures
from bot.slack.addresses import thread_address
from bot.slack.blocks import Block, actions, fields, header, section

NONE = "none"

_TEXT = 2900


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


def boards_blocks(boards: Sequence[Board], site: str) -> list[Block]:
    """All boards of one person."""
    alone = len(boards) == 1
    return [*_overview(boards), *(block for board in boards for block in _board(board, site, alone=alone))]


def fitting(lines: Iterable[str]) -> list[str]:
    """Lines as texts of sections, none of which Slack would refuse."""
    texts = [""]
    for line in lines:
        if len(texts[-1]) + len(line) + 1 > _TEXT:
            texts.append("")
        texts[-1] = f"{texts[-1]}\n{line[:_TEXT]}".lstrip("\n")
    return [text for text in texts if text]


def clock(at: float, zone: ZoneInfo) -> str:
    """A time of this week: "Mon 17:00"."""
    return datetime.fromtimestamp(at, zone).strftime("%a %H:%M")


def _overview(boards: Sequence[Board]) -> list[Block]:
    """A line for each lab; what may need somebody stands out."""
    if len(boards) < 2:
        return []
    lines = [_line(board) for board in boards]
    texts = [section(text, verbatim=True) for text in fitting(lines)]
    return [header("All your labs"), *texts, {"type": "divider"}]


def _line(board: Board) -> str:
    flags = board.flags.unclaimed + board.flags.claimed
    parts = [
        "open" if board.session == "open" else f"*{board.session}*" if board.held else board.session,
        f"{board.running:,} answering" if board.running else "",
        f"{board.waiting:,} waiting{_since(board.oldest, board.lab.timezone)}" if board.waiting else "",
        f"*{many(len(board.figures.unanswered), 'thread')} without an answer*"
        if board.figures.unanswered
        else "",
        f"*{flags:,} flagged*" if flags else "",
        f"{board.figures.judged.words} judged" if board.figures.judged.of else "no answers yet",
    ]
    return f"*{board.lab.short}* " + " · ".join(filter(None, parts))


def _board(board: Board, site: str, *, alone: bool) -> list[Block]:
    """One lab's; among several, what the overview says of it is left out."""
    buttons = [press(BUTTONS[name], board.lab.key) for name in board_buttons(board.is_open, board.held)]
    waits = {"Without an answer": _unanswered(board, site), "Flagged": _flagged(board)}
    details = [_skills(board.figures), _models(board.health), "\n".join(board.burn)]
    if alone:
        now = [fields([f"*{name}*\n{said}" for name, said in (_now(board) | waits).items()])]
    else:
        now = list[Block]()
        details = [f"*{name}*: {said}" for name, said in waits.items() if said != NONE] + details
    parts = details if alone else ["\n".join(filter(None, details))]
    return [
        header(f"{board.lab.short} now"),
        *now,
        *(section(text, verbatim=True) for part in parts for text in fitting(part.split("\n"))),
        actions(buttons),
        {"type": "divider"},
    ]


def _now(board: Board) -> dict[str, str]:
    figures = board.figures
    judged = f"{figures.judged.words} answers, by {people(figures.judges)}"
    return {
        "The jam": f"is {board.session}",
        "Judged": judged if figures.judged.of else "no answers yet",
        "Answering": f"{board.running:,}",
        "Waiting": f"{board.waiting:,}{_since(board.oldest, board.lab.timezone)}",
    }


def _unanswered(board: Board, site: str) -> str:
    if not board.figures.unanswered:
        return NONE
    first = board.figures.unanswered[0]
    link = f"<{thread_address(site, first.key)}|{clock(first.began, board.lab.timezone)}>"
    return f"{many(len(board.figures.unanswered), 'thread')}, the oldest of {link}"


def _flagged(board: Board) -> str:
    flags = board.flags
    if not flags.unclaimed and not flags.claimed:
        return NONE
    oldest = clock(flags.oldest, board.lab.timezone)
    return f"{flags.unclaimed:,} unclaimed, {flags.claimed:,} in hand, the oldest of {oldest}"


def _since(oldest: float, zone: ZoneInfo) -> str:
    return f", the oldest since {clock(oldest, zone)}" if oldest else ""


def _skills(figures: Figures) -> str:
    """Judged answers by skill; thin cells named, so that moderators can ask for more of these."""
    if not figures.judged.of:
        return ""
    titles = {name: str(field.title).lower() for name, field in Skills.model_fields.items()}
    cells = [f"{titles.get(name, name)} {share.words}" for name, share in figures.assessed.items()]
    thin = [title for name, title in titles.items() if name not in figures.assessed]
    said = [f"*Judged by skill*: {', '.join(cells)}."] if cells else []
    if not cells:
        return f"*Judged by skill*: fewer than {SMALL} people so far."
    few = [f"By fewer than {SMALL} people: {', '.join(thin)}."] if thin else []
    return "\n".join([*said, *few])


def _models(health: Iterable[Health]) -> str:
    lines = [
        f"• `{one.model}`: {many(one.answers, 'answer')}, {one.failed:,} failed"
        + (f"; first words after {one.first_words:.1f} s" if one.first_words else "")
        + f", the whole after {one.whole:.1f} s"
        for one in health
    ]
    return "\n".join(["*Models in the last hour* (median times)", *lines]) if lines else ""
