"""Counts the journal's lines: questions, answers, judgements, and which threads to look at."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.records import micros, thread_text
from bot.recount.figures import SMALL, Figures, ModelFigures, Share, ThreadFigures

Place = tuple[str, str]
"""A question: its thread as "team:channel:ts", and its ts; an answer: the same, `answer_mark` for the ts."""

Judged = tuple[str, str, str]
"""One person's judgement of an answer: its two, and the person."""


@dataclass(slots=True)
class _Asked:
    """One question with its answers so far; answering it again adds one."""

    user: str
    at: float
    last: str = ""  # the ts of the last answer, or of both where two models gave one
    ends: dict[str, str] = field(default_factory=dict[str, str])  # the outcome of that, or of each of both
    models: dict[str, str] = field(default_factory=dict[str, str])  # by answer_mark

    @property
    def outcome(self) -> str:
        """How the last answer ended: well where either of two did."""
        return "answered" if "answered" in self.ends.values() else next(iter(self.ends.values()))


class Recount:
    """Takes the journal's lines in any order that keeps each person's own; then gives the figures.

    Counts what was asked from `since` until before `until`, both in seconds since the epoch. Threads in
    which somebody of `unlisted` asked, then or before, are counted, but not listed.
    """

    def __init__(self, zone: ZoneInfo, since: float, until: float, unlisted: Collection[str] = ()) -> None:
        self._unlisted = unlisted
        self._zone = zone
        self._since = since
        self._until = until
        self._asked: dict[Place, _Asked] = {}
        self._left_out: set[Place] = set()  # what somebody of `unlisted` asked, also before `since`
        self._gone: set[Place] = set()
        self._thumbs: dict[Place, dict[str, int]] = defaultdict(dict)  # of an answer, by person
        self._details: dict[Judged, Mapping[str, Any]] = {}
        self._choices: set[Judged] = set()
        self._domains: dict[tuple[str, str], str] = {}
        self._flags: dict[Place, str] = {}
        self._releases: dict[Place, str] = {}
        self._money: Counter[str] = Counter()

    def add(self, line: Mapping[str, Any]) -> None:
        """Take one line of the journal, whatever its kind."""
        take = _TAKES.get(line.get("kind", ""))
        if take:
            take(self, line)

    def add_all(self, lines: Iterable[Mapping[str, Any]]) -> "Recount":
        """Take many lines."""
        for line in lines:
            self.add(line)
        return self

    def figures(self) -> Figures:
        """What was counted so far."""
        asked = {place: one for place, one in self._asked.items() if place not in self._gone}
        answers = {
            (thread, ts): model for (thread, _), one in asked.items() for ts, model in one.models.items()
        }
        thumbs = {
            (*place, user): thumb
            for place, of in self._thumbs.items()
            for user, thumb in of.items()
            if thumb and place in answers
        }
        details = {key: line for key, line in self._details.items() if key[:2] in answers}
        judgements = {*thumbs, *details, *(key for key in self._choices if key[:2] in answers)}
        judged = {key[:2] for key in judgements}
        judges = {key[2] for key in judgements}
        ups = sum(thumb > 0 for thumb in thumbs.values())
        threads = _threads(asked, thumbs)
        withheld = {key for (key, _), state in self._releases.items() if state == "withheld"}
        flagged = {key for (key, _), state in self._flags.items() if state != "resolved"}
        unlisted = {key for key, _ in self._left_out - self._gone if key in threads} - withheld
        shown = {key: one for key, one in threads.items() if key not in withheld | unlisted}
        skills = _cells((name, key[2]) for key, line in details.items() for name in _skills(line))
        return Figures(
            questions=len(asked),
            answered=len(answers),
            people=len({one.user for one in asked.values()}),
            judges=len(judges),
            judged=Share(len(judged), len(answers)),
            liked=Share(ups, len(thumbs)),
            by_hour=self._hours(asked.values()),
            outcomes=Counter(one.outcome for one in asked.values()),
            models_asked=len(set(answers.values())),
            models=_models(answers, thumbs, judgements),
            skills=skills,
            assessed={name: Share(_assessed(details, name), len(answers)) for name in skills},
            domains=_cells(
                (domain, user) for (thread, user), domain in self._domains.items() if thread in threads
            ),
            reasons=_cells((tag, key[2]) for key, line in details.items() for tag in line.get("reasons", ())),
            best=_best({key: one for key, one in shown.items() if key not in flagged}),
            unanswered=_listed(shown, _open_threads(asked)),
            flagged=_listed(shown, flagged),
            withheld=len(withheld & threads.keys()),
            unlisted=len(unlisted),
            cost=self._money["micros"] / 1e6,
            tokens=self._money["tokens"],
        )

    def _hours(self, asked: Iterable[_Asked]) -> tuple[int, ...]:
        found = Counter(datetime.fromtimestamp(one.at, self._zone).hour for one in asked)
        return tuple(found[hour] for hour in range(24))

    def _answer(self, line: Mapping[str, Any]) -> None:
        question = line["question"]
        root = question.get("repeats") or question["ts"]
        at = micros(root) / 1e6
        thread = thread_text(question["thread"])
        if question["user"] in self._unlisted and root == question["ts"]:
            self._left_out.add((thread, root))
        if not self._since <= at < self._until:
            return
        asked, mark = (
            self._asked.setdefault((thread, root), _Asked(question["user"], at)),
            answer_mark(question),
        )
        asked.ends = (asked.ends if asked.last == question["ts"] else {}) | {mark: line["outcome"]}
        asked.last = question["ts"]
        self._thumbs.pop((thread, mark), None)  # they were of an older text
        if line["outcome"] == "withdrawn":
            self._gone.add((thread, root))
        elif line["text"].strip():
            asked.models[mark] = line["model_requested"]
        usage = line["usage"]
        self._money["tokens"] += usage["input"] + usage["output"]
        self._money["micros"] += round((line.get("cost") or 0.0) * 1e6)

    def _withdrawal(self, line: Mapping[str, Any]) -> None:
        self._gone.add((thread_text(line["thread"]), line["question_ts"]))

    def _vote(self, line: Mapping[str, Any]) -> None:
        self._thumbs[thread_text(line["thread"]), answer_mark(line)][line["user"]] = line["thumb"] or 0

    def _comparison(self, line: Mapping[str, Any]) -> None:
        thread = thread_text(line["thread"])
        self._choices |= {(thread, f"{line['question_ts']}{side}", line["user"]) for side in "ab"}

    def _detail(self, line: Mapping[str, Any]) -> None:
        key = (thread_text(line["thread"]), answer_mark(line), line["user"])
        if key not in self._details or line["revision"] >= self._details[key]["revision"]:
            self._details[key] = line

    def _problem(self, line: Mapping[str, Any]) -> None:
        if line["domain"]:
            self._domains[thread_text(line["thread"]), line["user"]] = str(line["domain"]).strip().lower()

    def _flag(self, line: Mapping[str, Any]) -> None:
        self._flags[thread_text(line["thread"]), line.get("question_ts", "")] = line["state"]

    def _release(self, line: Mapping[str, Any]) -> None:
        self._releases[thread_text(line["thread"]), line.get("question_ts", "")] = line["state"]


_TAKES = {
    "answer": Recount._answer,  # noqa: SLF001
    "withdrawal": Recount._withdrawal,  # noqa: SLF001
    "vote": Recount._vote,  # noqa: SLF001
    "comparison": Recount._comparison,  # noqa: SLF001
    "details": Recount._detail,  # noqa: SLF001
    "problem": Recount._problem,  # noqa: SLF001
    "flag": Recount._flag,  # noqa: SLF001
    "release": Recount._release,  # noqa: SLF001
}


def answer_mark(about: Mapping[str, Any]) -> str:
    """What tells a thread's answers apart: the question's ts, with the side where two models answered."""
    return f"{about.get('question_ts') or about['ts']}{about.get('side', '')}"


def _threads(asked: Mapping[Place, _Asked], thumbs: Mapping[Judged, int]) -> dict[str, ThreadFigures]:
    ups, downs = Counter[str](), Counter[str]()
    for (thread, _, _), thumb in thumbs.items():
        (ups if thumb > 0 else downs)[thread] += 1
    grouped: dict[str, list[float]] = defaultdict(list)
    for (thread, _), one in asked.items():
        grouped[thread].append(one.at)
    return {
        thread: ThreadFigures(thread, min(at), len(at), ups[thread], downs[thread])
        for thread, at in grouped.items()
    }


def _models(
    answers: Mapping[Place, str], thumbs: Mapping[Judged, int], judgements: Iterable[Judged]
) -> tuple[ModelFigures, ...]:
    given = Counter(answers.values())
    judges = defaultdict[str, set[str]](set)
    for thread, mark, user in judgements:
        judges[answers[thread, mark]].add(user)
    votes = Counter((answers[thread, ts], thumb > 0) for (thread, ts, _), thumb in thumbs.items())
    return tuple(
        ModelFigures(name, count, Share(votes[name, True], votes[name, True] + votes[name, False]))
        for name, count in given.most_common()
        if len(judges[name]) >= SMALL
    )


def _skills(line: Mapping[str, Any]) -> list[str]:
    named = [name for name, text in line.get("skills", {}).items() if text]
    return [*named, "other"] if line.get("other_task_assessment") else named


def _assessed(details: Mapping[Judged, Mapping[str, Any]], skill: str) -> int:
    return len({key[:2] for key, line in details.items() if skill in _skills(line)})


def _cells(found: Iterable[tuple[str, str]]) -> dict[str, int]:
    """How often each group was named, the most frequent first; those of fewer than SMALL people left out."""
    counts, people = Counter[str](), defaultdict[str, set[str]](set)
    for name, user in found:
        counts[name] += 1
        people[name].add(user)
    return {name: count for name, count in counts.most_common() if len(people[name]) >= SMALL}


def _best(threads: Mapping[str, ThreadFigures], most: int = 5) -> tuple[ThreadFigures, ...]:
    liked = [one for one in threads.values() if one.up > one.down]
    return tuple(sorted(liked, key=lambda one: (one.down - one.up, one.began))[:most])


def _open_threads(asked: Mapping[Place, _Asked]) -> set[str]:
    last: dict[str, _Asked] = {}
    for (thread, _), one in sorted(asked.items(), key=lambda pair: pair[1].at):
        last[thread] = one
    return {thread for thread, one in last.items() if not one.models}


def _listed(threads: Mapping[str, ThreadFigures], keys: Iterable[str]) -> tuple[ThreadFigures, ...]:
    return tuple(sorted((threads[key] for key in keys if key in threads), key=lambda one: one.began))
