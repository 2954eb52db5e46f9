"""What a digest says: a lab's day, or all labs', as Slack's blocks; numbers with what they are of."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.caps import dollars
from bot.digest.days import Day
from bot.digest.times import Due
from bot.forms import FAILURE_TAGS
from bot.labs import Lab
from bot.phrases import many, people
from bot.ranking import Ranking
from bot.recount import SMALL, Figures, Share, ThreadFigures, share_of
from bot.recount.themes import themes
from bot.slack.blocks import Block, header, section, small_print

MOST_THREADS = 5
MOST_MODELS = 5

Link = Callable[[str], str]
"""The address of a thread ("team:channel:ts") in Slack."""


@dataclass(frozen=True, slots=True)
class Told:
    """A digest as it is posted: its short form for notifications, and its blocks."""

    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class LabDay:
    """All that a lab's digest tells of."""

    lab: Lab
    due: Due
    now: Figures
    before: Figures  # of the digest before
    caps: Sequence[str] = ()  # "$3.10 of $50.00"
    ranking: Ranking | None = None  # of the models, by blind choices


def lab_digest(day: LabDay, link: Link) -> Told:
    """One lab's day; a quiet one is one line."""
    lab, now = day.lab, day.now
    title = f"{lab.short} · {day_of(day.due.until, lab.timezone)}"
    if not now.questions:
        quiet = f"{title}: a quiet day, no questions."
        return Told(quiet, (section(quiet), *_shadows(now)))
    lines = [_asked(now, day.before.questions), _judged(now)]
    lines += [line for line in (themes(now), _reasons(now), _spent(day)) if line]
    blocks = [header(title), section("\n".join(lines), verbatim=True)]
    lists = (("Still without an answer", now.unanswered), ("Flagged, not resolved yet", now.flagged))
    blocks += [section(_best(now.best, lab.timezone, link), verbatim=True)] if now.best else []
    blocks += [section(_row(*one, lab.timezone, link), verbatim=True) for one in lists if one[1]]
    if day.ranking:
        blocks.append(section(_standings(day.ranking), verbatim=True))
    return Told(f"{title}: {many(now.questions, 'question')}", (*blocks, *_shadows(now)))


def all_digest(title: str, days: Sequence[tuple[Lab, Day]], before: int) -> Told:
    """All labs' day for their leads; labs without a question are named together."""
    busy = [(lab, day) for lab, day in days if day.figures.questions]
    if not busy:
        return Told(f"{title}: a quiet day.", (section(f"{title}: a quiet day, no questions at any lab."),))
    figures = [day.figures for _, day in busy]
    questions, answered = (
        sum(each) for each in zip(*((f.questions, f.answered) for f in figures), strict=True)
    )
    asked = f"*{many(questions, 'question')}*{_trend(questions, before)} at {many(len(busy), 'lab')}"
    judged, liked = share_of(f.judged for f in figures), share_of(f.liked for f in figures)
    sums = [f"{asked}, {many(answered, 'answer')}.", f"*{judged.words} answers judged*{_liked(liked)}."]
    sums += [_used(sum(f.tokens for f in figures), sum(f.cost for f in figures))]
    lines = [_lab_line(lab, day) for lab, day in busy]
    quiet = [lab.short for lab, day in days if not day.figures.questions]
    lines += [f"No questions: {', '.join(quiet)}."] if quiet else []
    blocks = (header(title), section("\n".join(filter(None, sums))), section("\n".join(lines), verbatim=True))
    return Told(f"{title}: {many(questions, 'question')}", (*blocks, *_left_out(*figures)))


def _asked(now: Figures, before: int) -> str:
    none = now.questions - sum(now.outcomes.get(how, 0) for how in ("answered", "refused", "stopped"))
    rest = f" {none} ended without one." if none else ""
    asked = f"*{many(now.questions, 'question')}*{_trend(now.questions, before)} from {people(now.people)}"
    return f"{asked}, {many(now.answered, 'answer')}.{rest}"


def _trend(now: int, before: int) -> str:
    if not before:
        return ""
    word = "up from" if now > before else "down from" if now < before else "as many as"
    return f" ({word} {before:,} in the digest before)"


def _judged(now: Figures) -> str:
    if not now.judged.part:
        return "No answer was judged yet: a thumb takes one click."
    return f"*{now.judged.words} answers judged*, by {people(now.judges)}{_liked(now.liked)}."


def _liked(liked: Share) -> str:
    return f"; {liked.words} thumbs up" if liked.of else ""


def _reasons(now: Figures) -> str:
    named = [f"{FAILURE_TAGS.get(tag, tag).lower()} {count}" for tag, count in list(now.reasons.items())[:5]]
    return f"What fell short: {', '.join(named)}." if named else ""


def _spent(day: LabDay) -> str:
    weekday = datetime.fromtimestamp(day.due.until - 1, day.lab.timezone).strftime("%A")
    caps = f"Of {weekday}'s caps: {', '.join(day.caps)}." if day.caps else ""
    return " ".join(filter(None, [_used(day.now.tokens, day.now.cost), caps]))


def _used(tokens: int, cost: float) -> str:
    return many(tokens, "token") + (f", {dollars(round(cost * 1e6))}." if cost else ".") if tokens else ""


def _standings(ranking: Ranking) -> str:
    chosen = f"{ranking.votes:,} choices of {people(ranking.people)} so far"
    lines = [f"*Preferred in blind comparisons* ({chosen})"]
    for one in ranking.standings[:MOST_MODELS]:
        between = f"95 % between {one.low:,.0f} and {one.high:,.0f}"
        lines.append(f"{ranking.place(one)}. {_name(one.model)} {one.points:,.0f} points, {between}")
    more = len(ranking.standings) - MOST_MODELS
    return "\n".join([*lines, f"and {more} more; `/jam standings` has all"] if more > 0 else lines)


def leader(ranking: Ranking | None) -> str:
    """The one model that is surely preferred to all others; empty where there is none."""
    first = [one for one in ranking.standings if ranking.place(one) == 1] if ranking else []
    return first[0].model if len(first) == 1 else ""


def _lab_line(lab: Lab, day: Day) -> str:
    now = day.figures
    liked = f", {now.liked.words} thumbs up" if now.judges >= SMALL else ""
    asked = f"*{lab.short}* {many(now.questions, 'question')}, {many(now.answered, 'answer')}"
    parts = [
        f"{asked}, {now.judged.part:,} judged{liked}",
        f"{many(day.unanswered, 'thread')} without an answer" if day.unanswered else "",
        f"{day.flagged:,} flagged" if day.flagged else "",
        f"{_name(day.preferred)} preferred blind" if day.preferred else "",
        ", ".join(day.caps),
    ]
    return " · ".join(filter(None, parts))


def _name(model: str) -> str:
    return f"`{re.sub('[`<>&]', '', model)}`"


def _best(threads: Sequence[ThreadFigures], zone: ZoneInfo, link: Link) -> str:
    """Some threads with their thumbs, a line each."""
    lines = [f"• {_linked(one, 'Thread of ', zone, link)}: {_thumbs(one)}" for one in threads[:MOST_THREADS]]
    return "\n".join(["*Judged best*", *lines])


def _row(name: str, threads: Sequence[ThreadFigures], zone: ZoneInfo, link: Link) -> str:
    """Some threads in one line, by when they began."""
    links = [_linked(one, "", zone, link) for one in threads[:MOST_THREADS]]
    more = len(threads) - MOST_THREADS
    return f"*{name}* (threads of): " + ", ".join([*links, *([f"and {more:,} more"] if more > 0 else [])])


def _linked(one: ThreadFigures, before: str, zone: ZoneInfo, link: Link) -> str:
    began = datetime.fromtimestamp(one.began, zone).strftime("%a %H:%M")
    return f"<{link(one.key)}|{before}{began}>"


def _thumbs(one: ThreadFigures) -> str:
    return f"{one.up} up, {one.down} down" if one.down else f"{one.up} up"


def _shadows(now: Figures) -> tuple[Block, ...]:
    """The small print: what is not broken down, and what is left out."""
    if now.questions and now.judges < SMALL:
        few = f"Fewer than {SMALL} people judged, so nothing is broken down by model, skill or field."
        return (small_print(few), *_left_out(now))
    return _left_out(now)


def _left_out(*figures: Figures) -> tuple[Block, ...]:
    counts = {
        "withheld": sum(one.withheld for one in figures),
        "of people who want to be left out": sum(one.unlisted for one in figures),
    }
    said = [f"{many(count, 'thread')} {what}" for what, count in counts.items() if count]
    return (small_print(f"{', '.join(said)}: counted, but not listed."),) if said else ()


def day_of(at: float, zone: ZoneInfo) -> str:
    """A day as people write it: "Friday 20 November 2026"."""
    day = datetime.fromtimestamp(at, zone)
    return f"{day:%A} {day.day} {day:%B %Y}"
