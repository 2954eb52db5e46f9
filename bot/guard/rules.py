"""What a marking looks like, as rules of four kinds of place, and the search for them in a text.

Patterns are RE2's, which has no backtracking: the time is linear in the text, whatever a lab writes.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import re2

from bot.guard.normal import normal, unlinked

Level = Literal["hard", "soft"]
"""`hard` stops a text before it is stored, logged or sent on; `soft` asks its author."""

_BEFORE = r"^[ \t>_#|•-]*"  # decoration of a line in Slack and Markdown
_AFTER = r"[ \t_.|]*$"
_PLACES = {
    "alone": rf"{_BEFORE}(?:%s){_AFTER}",
    "begins": rf"{_BEFORE}(?:\d{{1,4}}[.)] ?)?(?:%s)",
    "first": rf"\A\s*{_BEFORE}(?:%s)",
    "anywhere": r"(?:%s)",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One marking; patterns by the place where they count, in upper and lower case as given.

    `alone`: a line of its own, `begins`: how a line begins, `first`: how the text begins.
    """

    name: str
    kind: str  # the file it stands in
    level: Level
    title: str  # for people: "a classification marking"
    alone: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()

    def pattern(self, *, within: bool = False) -> str:
        """All of it as one expression; `within` leaves out what counts at the beginning of a text only."""
        places = {"alone": self.alone, "begins": self.begins, "anywhere": self.anywhere}
        if not within:
            places["first"] = self.first
        found = [_PLACES[place] % each for place, given in places.items() for each in given]
        return "(?m)" + "|".join(found) if found else ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that a text meets; it holds nothing of the text."""

    rule: str
    kind: str
    level: Level
    title: str


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of one lab."""

    rules: tuple[Rule, ...] = ()
    _any: tuple[str, str] = field(init=False, repr=False, compare=False)  # all as one, by `within`

    def __post_init__(self) -> None:
        object.__setattr__(self, "_any", (self._all_of(within=False), self._all_of(within=True)))

    def _all_of(self, *, within: bool) -> str:
        return "|".join(f"(?:{each})" for rule in self.rules if (each := rule.pattern(within=within)))

    def over(self, more: Iterable[Rule]) -> "Guard":
        """These rules with others laid over them, by name."""
        return Guard(tuple({rule.name: rule for rule in (*self.rules, *more)}.values()))

    def scan(self, text: str, *, within: bool = False) -> tuple[Hit, ...]:
        """Every rule that a text meets; `within` says that it is not the beginning of one."""
        views = [normal(view).encode("utf-8", "replace") for view in dict.fromkeys((text, unlinked(text)))]
        views = [view for view in views if meets(self._any[within], view)]
        if not views:  # nearly every text, in one pass for all rules
            return ()
        return tuple(
            Hit(rule.name, rule.kind, rule.level, rule.title)
            for rule in self.rules
            if any(meets(rule.pattern(within=within), view) for view in views)
        )

    def hard(self, *texts: str) -> Hit | None:
        """The first hard hit in any of the texts."""
        hits = (hit for text in texts if text for hit in self.scan(text) if hit.level == "hard")
        return next(hits, None)

    def soft(self, *texts: str) -> tuple[Hit, ...]:
        """All soft hits, each rule once."""
        hits = {hit for text in texts if text for hit in self.scan(text) if hit.level == "soft"}
        return tuple(sorted(hits, key=lambda hit: hit.rule))


NO_RULES = Guard()


def meets(pattern: str, encoded: bytes) -> bool:
    """Whether a normal text, in UTF-8, meets a pattern; ValueError where that is none."""
    return bool(pattern) and compiled(pattern).search(encoded) is not None


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """An RE2 expression, made once."""
    engine: Any = re2
    options = engine.Options()
    options.log_errors = False  # it would write the pattern to stderr
    options.never_capture = True
    options.max_mem = 64 << 20  # for all rules of a lab as one; it is taken as it is needed
    try:
        return engine.compile(pattern.encode(), options)
    except engine.error as error:
        raise ValueError(_why(error)) from None


def _why(error: Any) -> str:
    told = error.args[0] if error.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)


def fingerprint(text: str, key: bytes) -> str:
    """A keyed hash of a text, to recognise it by; it can't be guessed back without the deployment's key."""
    return hmac.digest(key, normal(text).encode("utf-8", "replace"), "sha256").hex()[:32]
