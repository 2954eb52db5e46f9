"""What a digest says: a lab's day, or all labs', as Slack's blocks; numbers with what they are of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.digest.times import Due
from bot.forms import FAILURE_TAGS, Skills
from bot.labs import Lab
from bot.recount import SMALL, Figures, Share, ThreadFigures
from bot.slack.blocks import Block, header, section, small_print

MOST_THREADS = 5

Link = Callable[[str], str]
"""The address of a thread ("team:channel:ts") in Slack."""


@dataclass(frozen=True, slots=True)
class Told:
    """A digest as it is posted: its short form for notifications, and its blocks."""

    text: str
    blocks: tuple[Block, ...]


def lab_digest(lab: Lab, due: Due, now: Figures, before: Figures, link: Link) -> Told:
    """One lab's day; a quiet one is one line."""
    title = f"{lab.short} · {day_of(due.until, lab.timezone)}"
    if not now.questions:
        quiet = f"{title}: a quiet day, no questions."
        return Told(quiet, (section(quiet), *_shadows(now)))
    lines = [_asked(now, before), _judged(now)]
    lines += [line for line in (_themes(now), _reasons(now), _spent(now)) if line]
    blocks = [header(title), section("\n".join(lines))]
    lists = (
        ("Judged best", now.best, _thumbs),
        ("Still without an answer", now.unanswered, _questions),
        ("Flagged, not resolved yet", now.flagged, _questions),
    )
    for name, threads, says in lists:
        if threads:
            blocks.append(section(_list(name, threads, says, lab.timezone, link)))
    return Told(f"{title}: {_plural(now.questions, 'question')}", (*blocks, *_shadows(now)))


def all_digest(day: str, labs: Mapping[str, Lab], figures: Mapping[str, Figures]) -> Told:
    """All labs' day for their leads; labs without a question are named together."""
    busy = [key for key in labs if figures[key].questions]
    total = sum(figures[key].questions for key in busy)
    title = f"All labs · {day}"
    if not busy:
        return Told(f"{title}: a quiet day.", (section(f"{title}: a quiet day, no questions at any lab."),))
    lines = [_lab_line(labs[key], figures[key]) for key in busy]
    quiet = [labs[key].short for key in labs if key not in busy]
    if quiet:
        lines.append(f"No questions: {', '.join(quiet)}.")
    answered, judged = (
        sum(part) for part in zip(*((f.answered, f.judged.part) for f in figures.values()), strict=True)
    )
    spent = sum(one.cost for one in figures.values())
    sums = f"*{_plural(total, 'question')}*, {answered} answers, {judged} of them judged."
    money = f" {spent:,.2f} USD." if spent else ""
    blocks = (header(title), section(sums + money), section("\n".join(lines)))
    withheld = sum(one.withheld for one in figures.values())
    return Told(f"{title}: {_plural(total, 'question')}", (*blocks, *_withheld(withheld)))


def _asked(now: Figures, before: Figures) -> str:
    trend = ""
    if before.questions:
        trend = f" ({before.questions} in the digest before)"
    none = now.questions - sum(now.outcomes.get(how, 0) for how in ("answered", "refused", "stopped"))
    rest = f" {none} ended without one." if none else ""
    asked = f"*{_plural(now.questions, 'question')}*{trend} from {_people(now.people)}"
    return f"{asked}, {_plural(now.answered, 'answer')}.{rest}"


def _judged(now: Figures) -> str:
    if not now.judged.part:
        return f"None of the {now.judged.of} answers was judged: a thumb takes one click."
    judged = (
        f"{_of(now.judged)} answers judged, by {'1 person' if now.judges == 1 else f'{now.judges} people'}"
    )
    return f"{judged}; {_of(now.liked)} thumbs up." if now.liked.of else f"{judged}."


def _themes(now: Figures) -> str:
    titles = {name: str(field.title).lower() for name, field in Skills.model_fields.items()} | {
        "other": "other tasks"
    }
    skills = [f"{titles.get(name, name)} {count}" for name, count in now.skills.items()]
    domains = [f"{name} {count}" for name, count in now.domains.items()]
    said = [f"Skills assessed: {', '.join(skills)}."] if skills else []
    return " ".join([*said, f"Domains: {', '.join(domains)}."] if domains else said)


def _reasons(now: Figures) -> str:
    named = [f"{FAILURE_TAGS.get(tag, tag).lower()} {count}" for tag, count in list(now.reasons.items())[:5]]
    return f"What fell short: {', '.join(named)}." if named else ""


def _spent(now: Figures) -> str:
    return f"{now.tokens:,} tokens" + (f", {now.cost:,.2f} USD." if now.cost else ".") if now.tokens else ""


def _lab_line(lab: Lab, now: Figures) -> str:
    judged = f"{now.judged.part} judged" + (f", {_of(now.liked)} thumbs up" if now.liked.of else "")
    waiting = f" · {len(now.unanswered)} without an answer" if now.unanswered else ""
    flagged = f" · {len(now.flagged)} flagged" if now.flagged else ""
    asked = f"*{lab.short}* {_plural(now.questions, 'question')}"
    return f"{asked} · {_plural(now.answered, 'answer')}, {judged}{waiting}{flagged}"


def _list(
    name: str,
    threads: Sequence[ThreadFigures],
    says: Callable[[ThreadFigures], str],
    zone: ZoneInfo,
    link: Link,
) -> str:
    lines = [f"*{name}*"]
    for one in threads[:MOST_THREADS]:
        began = datetime.fromtimestamp(one.began, zone).strftime("%a %H:%M")
        lines.append(f"• <{link(one.key)}|Thread of {began}>: {says(one)}")
    more = len(threads) - MOST_THREADS
    return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)


def _thumbs(one: ThreadFigures) -> str:
    return f"{one.up} up, {one.down} down" if one.down else f"{one.up} up"


def _questions(one: ThreadFigures) -> str:
    return _plural(one.questions, "question")


def _shadows(now: Figures) -> tuple[Block, ...]:
    """The small print: what is not broken down, and what is left out."""
    if now.questions and now.judges < SMALL:
        few = f"Fewer than {SMALL} people judged, so nothing is broken down by model, skill or domain."
        return (small_print(few), *_withheld(now.withheld))
    return _withheld(now.withheld)


def _withheld(count: int) -> tuple[Block, ...]:
    return (small_print(f"{_plural(count, 'thread')} withheld: counted, but not listed."),) if count else ()


def day_of(at: float, zone: ZoneInfo) -> str:
    """A day as people write it: "Friday 20 November 2026"."""
    day = datetime.fromtimestamp(at, zone)
    return f"{day:%A} {day.day} {day:%B %Y}"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _of(share: Share) -> str:
    return f"{share.part} of {share.of}"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count:,} {word}s"
