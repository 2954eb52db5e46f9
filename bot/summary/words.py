"""A summary and a wrap-up as Slack shows them: claims with links to threads, numbers from the record."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.phrases import many, people
from bot.recount import Figures
from bot.recount.themes import themes
from bot.slack.blocks import Block, header, section
from bot.summary.building import Built
from bot.summary.gathering import Gathered, Thread
from bot.summary.notes import Claim, Note, batches

Link = Callable[[str], str]

_PARTS = {
    "tried": "What was tried",
    "well": "What the models did well",
    "badly": "What they did badly",
    "open": "Still open",
    "next": "What to try next",
}
_FIELDS = {
    "problem": "Problem",
    "approach": "Approach",
    "result": "Result",
    "verified": "Verified",
    "open": "Open",
}
SECTION = 3000
"""Characters: https://docs.slack.dev/reference/block-kit/blocks/section-block"""
MOST_LINKS = 8
"""Threads linked after one claim."""

MADE = "Written by {model} from the threads it links to; the numbers are counted, not written."
COUNTED = "The numbers are counted from the record."

NO_CLAIMS = "The model's summary held no claim that rests on a thread, so there is none here."
NOTHING = (
    "There is nothing to sum up yet: no answered thread in this session "
    "(flagged, withheld and unlisted threads are left out)."
)
FAILED = "The model gave no summary that could be used. `/jam summary now` tries again."


def summary_blocks(title: str, built: Built, figures: Figures, link: Link) -> list[Block]:
    """The whole summary, but for its small print."""
    blocks = [header(title), section(_numbers(figures))]
    for name, heading in _PARTS.items():
        claims: Sequence[Claim] = getattr(built.claims, name)
        if claims:
            lines = [f"*{heading}*", *(f"• {_claim(one, built.threads, link)}" for one in claims)]
            blocks += [section("\n".join(some), verbatim=True) for some in batches(lines, SECTION)]
    if not built.claims.sources:
        blocks.append(section(FAILED if built.failed else NO_CLAIMS))
    return blocks


def made_by(model: str, built: Built, gathered: Gathered) -> str:
    """A summary's small print: who wrote it, and what was left out."""
    made = MADE.format(model=model) if built.claims.sources else COUNTED
    return " ".join([made, *_left_out(built, gathered)])


def wrapped_by(model: str, quiet: str = "") -> str:
    """A wrap-up's small print; `quiet` says for how many minutes nobody wrote, where nobody asked for it."""
    came = f", which was quiet for {quiet} minutes" if quiet else ""
    return f"Written by {model} from this thread{came}."


def wrap_up_blocks(note: Note) -> list[Block]:
    """One thread's wrap-up, but for its small print."""
    said = {heading: getattr(note, name) for name, heading in _FIELDS.items()}
    lines = [f"*{heading}*: {_safe(text)}" for heading, text in said.items() if text]
    told = "\n".join(lines) or "The model found nothing to sum up here."
    return [section(f"*Wrap-up*\n{told}", verbatim=True)]


def progress(done: int, threads: int, estimate: str) -> str:
    """What stands in the channel while a summary is made."""
    return f"Summing up the session: {done} of {many(threads, 'thread')} read{estimate}."


def session_title(short: str, title: str, since: float, until: float, zone: ZoneInfo) -> str:
    """A session's name and time."""
    first, last = datetime.fromtimestamp(since, zone), datetime.fromtimestamp(until, zone)
    one_day = first.date() == last.date()
    day = f"{first.day} {first:%B}" if one_day else f"{first.day} {first:%b} to {last.day} {last:%b}"
    named = f" · {title}" if title else ""
    return f"{short}{named} · {day}, {first:%H:%M} to {last:%H:%M}"


def _numbers(figures: Figures) -> str:
    """What was counted; by model, skill and field only where enough people stand behind it."""
    models = f" by {figures.models_asked} models" if figures.models_asked > 1 else ""
    liked = f", {figures.liked.words} thumbs up" if figures.liked.of else ""
    asked = f"*{many(figures.questions, 'question')}* from {people(figures.people)}"
    answered = f"{many(figures.answered, 'answer')}{models}; {figures.judged.words} answers judged{liked}"
    by_model = [f"{_safe(one.name)} {one.liked.words}" for one in figures.models if one.liked.of]
    lines = [f"Thumbs up by model: {', '.join(by_model)}."] if by_model else []
    return "\n".join(filter(None, (f"{asked}, {answered}.", *lines, themes(figures))))


def _claim(claim: Claim, threads: Sequence[Thread], link: Link) -> str:
    links = [f"<{link(threads[number - 1].key)}|[{number}]>" for number in claim.sources[:MOST_LINKS]]
    more = len(claim.sources) - MOST_LINKS
    return " ".join([_safe(claim.text), *links, *([f"and {more} more"] if more > 0 else [])])


def _safe(text: str) -> str:
    """A model's words, in which Slack finds no mention and no link: nothing is parsed but our own links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _left_out(built: Built, gathered: Gathered) -> list[str]:
    counts = {
        "withheld": gathered.withheld,
        "flagged": gathered.flagged,
        "of people who want to be left out": gathered.unlisted,
        "the model could not read": built.unread,
    }
    said = [f"{many(count, 'thread')} {why}" for why, count in counts.items() if count]
    return [f"Left out: {', '.join(said)}."] if said else []
