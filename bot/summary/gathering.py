"""Threads as a summary reads them, put together from the journal; what must not be read is left out."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.forms import FAILURE_TAGS
from bot.records import micros, thread_text

Line = Mapping[str, Any]

Marked = Callable[[str], bool]
"""Whether a text carries a marking that must not go on (P6)."""

_SAID = ("comment", "corrected_answer", "expected_answer", "other_task_assessment")


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread: "team:channel:ts", when it began, and its words as JSON."""

    key: str
    began: float
    text: str
    unquotable: tuple[str, ...] = ()  # what people said in it and did not allow to be quoted


@dataclass(frozen=True, slots=True)
class Gathered:
    """The threads of a session in the order in which they began, and how many were left out."""

    threads: tuple[Thread, ...] = ()
    withheld: int = 0
    flagged: int = 0
    unlisted: int = 0  # threads of people who want to be left out


@dataclass(slots=True)
class _Growing:
    began: float
    turns: dict[str, Line] = field(default_factory=dict[str, Line])  # by the answer's own ts
    thumbs: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    forms: dict[tuple[str, str], Line] = field(default_factory=dict[tuple[str, str], Line])
    gone: set[str] = field(default_factory=set[str])


class Gathering:
    """Takes journal lines; gives the threads that began from `since` until before `until`, or only one.

    A turn in which a rule finds a marking now is left out: the rule may be younger than it. So is what
    people who `unlisted` said of others' answers, and each thread in which they asked.
    """

    def __init__(
        self, since: float, until: float, only: str = "", *, marked: Marked, unlisted: Collection[str] = ()
    ) -> None:
        self._only = only
        self._marked = marked
        self._unlisted = unlisted
        self._since = since
        self._until = until
        self._threads: dict[str, _Growing] = {}
        self._flags: dict[tuple[str, str], str] = {}  # (thread, question)
        self._releases: dict[tuple[str, str], str] = {}

    def add(self, line: Line) -> None:
        """Take one line, whatever its kind."""
        kind = line.get("kind", "")
        about: Line = line.get("question") or line
        key = thread_text(about.get("thread") or "")
        if kind == "flag":
            self._flags[key, line.get("question_ts", "")] = line["state"]
        elif kind == "release":
            self._releases[key, line.get("question_ts", "")] = line["state"]
        elif self._only and key != self._only:
            return
        elif kind in _TAKES and self._since <= _began(key) < self._until:
            _TAKES[kind](self._threads.setdefault(key, _Growing(_began(key))), line)

    def gathered(self) -> Gathered:
        """What was taken so far."""
        withheld = {key for (key, _), state in self._releases.items() if state == "withheld"}
        flagged = {key for (key, _), state in self._flags.items() if state != "resolved"} - withheld
        forms = {key: self._forms(one) for key, one in self._threads.items()}
        told = {
            key: text for key, one in self._threads.items() if (text := _told(one, forms[key], self._marked))
        }
        private = {key for key in told if self._is_private(self._threads[key])} - withheld - flagged
        shown = [
            Thread(key, self._threads[key].began, text, _unquotable(forms[key].values()))
            for key, text in told.items()
            if key not in withheld | flagged | private
        ]
        shown.sort(key=lambda thread: thread.began)
        return Gathered(tuple(shown), len(withheld & told.keys()), len(flagged & told.keys()), len(private))

    def _is_private(self, thread: _Growing) -> bool:
        return any(line["question"]["user"] in self._unlisted for line in thread.turns.values())

    def _forms(self, thread: _Growing) -> Mapping[tuple[str, str], Line]:
        return {key: form for key, form in thread.forms.items() if key[1] not in self._unlisted}


def _began(key: str) -> float:
    ts = key.rpartition(":")[2]
    return micros(ts) / 1e6 if ts else 0.0


def _answer(thread: _Growing, line: Line) -> None:
    if line["outcome"] == "withdrawn":
        thread.gone.add(line["question"]["ts"])
    thread.turns[line["question"]["ts"]] = line


def _withdrawal(thread: _Growing, line: Line) -> None:
    thread.gone.add(line["question_ts"])


def _vote(thread: _Growing, line: Line) -> None:
    thread.thumbs[line["question_ts"], line["user"]] = line["thumb"] or 0


def _details(thread: _Growing, line: Line) -> None:
    thread.forms[line["question_ts"], line["user"]] = line


_TAKES = {"answer": _answer, "withdrawal": _withdrawal, "vote": _vote, "details": _details}


def is_all_there(before: Thread, now: Thread) -> bool:
    """Whether all that was read of a thread may still be told; thumbs come and go."""
    return _words(before) <= _words(now)


def _words(thread: Thread) -> set[tuple[str, str, str]]:
    return {
        (turn["question"], turn["answer"], said)
        for turn in json.loads(thread.text)
        for said in ("", *turn["judged"])
        if said not in _THUMBS
    }


_THUMBS = ("thumb up", "thumb down")


def _told(thread: _Growing, forms: Mapping[tuple[str, str], Line], marked: Marked) -> str:
    """A thread's words as JSON; empty where nothing of it is left. People are not named."""
    judged: dict[str, list[str]] = defaultdict(list)
    for (ts, _), thumb in thread.thumbs.items():
        if thumb:
            judged[ts].append(_THUMBS[thumb < 0])
    for (ts, _), form in forms.items():
        judged[ts] += _form(form)
    turns = [
        {
            "question": line["question"]["text"],
            "model": line["model_requested"],
            "answer": line["text"] or line["note"],
            "judged": judged[ts],
        }
        for ts, line in sorted(thread.turns.items())
        if ts not in thread.gone and not marked(f"{line['question']['text']}\n{line['text']}")
    ]
    return json.dumps(turns) if turns else ""


def _unquotable(forms: Iterable[Line]) -> tuple[str, ...]:
    private = [form for form in forms if not form.get("may_quote")]
    said = [text for form in private for text in form.get("skills", {}).values()]
    said += [form[name] for form in private for name in _SAID if form.get(name)]
    return tuple(filter(None, said))


def _form(form: Line) -> list[str]:
    said = [FAILURE_TAGS.get(tag, str(tag)) for tag in form.get("reasons", ())]
    said += [f"{skill}: {text}" for skill, text in form.get("skills", {}).items() if text]
    said += [f"{name.replace('_', ' ')}: {form[name]}" for name in _SAID if form.get(name)]
    if form.get("verified_by"):
        said.append(f"verified: {form['verified_by']}")
    return said
