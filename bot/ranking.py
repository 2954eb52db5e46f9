"""Which models people prefer, by blind comparisons: Bradley-Terry strengths with bootstrap intervals.

A tie, and both being bad, is half a win for each. A strength is in points: 400 more means to be
preferred ten times as often; the models of one ranking are at 1000 on average.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from bot.forms import Choice, Comparison
from bot.recount import SMALL

LEAST = 100
"""Votes below which there is no ranking: the intervals would be wider than any difference."""
LEAST_OF_A_MODEL = 20
"""Votes below which a model is left out of a ranking."""
RESAMPLES = 1000
MEAN = 1000.0
POINTS = 400 / math.log(10)

_WINNER = {"a": 1, "b": 2, "tie": 0, "bad": 0}  # evalica's numbers for the first, the second, and a draw


@dataclass(frozen=True, slots=True)
class Match:
    """One person's blind choice between two models' answers to one question."""

    model_a: str
    model_b: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class Standing:
    """One model's strength, and between which points it lies with 95 percent confidence."""

    model: str
    points: float
    low: float
    high: float
    votes: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The models of one lab, or of one field within it; no standings where too few votes or people are."""

    lab: str
    domain: str  # empty: all fields
    votes: int
    ties: int  # of the votes: equally good, or both bad
    people: int  # who voted
    standings: tuple[Standing, ...]  # the best first

    def place(self, standing: Standing) -> int:
        """One more than the models that are surely better; whose intervals overlap may share a place."""
        return 1 + sum(other.low > standing.high for other in self.standings)


def rank(
    matches: Iterable[Match], *, seed: int, least: int = LEAST, resamples: int = RESAMPLES
) -> tuple[Standing, ...]:
    """The strengths, the best first; nothing with fewer than `least` votes, or where they say nothing.

    Votes that connect no two groups of models can't rank these against each other: the largest
    connected group is ranked.
    """
    counts, models = _countable(Counter(matches))
    votes = counts.total()
    if votes < least or len(models) < 2:
        return ()
    numpy: Any = __import__("numpy")
    chance = numpy.random.default_rng(seed)
    kinds = sorted(counts, key=lambda kind: (kind.model_a, kind.model_b, kind.choice))
    weights = numpy.array([counts[kind] for kind in kinds], dtype=float)
    fit = _Fit(kinds, models)
    points = fit.points(weights)
    drawn = chance.multinomial(votes, weights / votes, size=resamples)
    low, high = numpy.percentile([fit.points(one.astype(float)) for one in drawn], [2.5, 97.5], axis=0)
    of = Counter[str]()
    for kind, count in counts.items():
        of.update({kind.model_a: count, kind.model_b: count})
    found = [
        Standing(model, float(points[i]), float(low[i]), float(high[i]), of[model])
        for i, model in enumerate(models)
    ]
    return tuple(sorted(found, key=lambda standing: -standing.points))


def rankings(records: Iterable[Mapping[str, Any]], *, seed: int, least: int = LEAST) -> list[Ranking]:
    """Every lab's ranking, and those of its fields, from the lines of the journals in their order."""
    read = _Reading()
    for record in records:
        read.take(record)
    return [
        Ranking(
            lab, domain, len(cell.matches), sum(not _WINNER[one.choice] for one in cell.matches),
            len(cell.people),
            rank(cell.matches, seed=seed, least=least) if len(cell.people) >= SMALL else (),
        )
        for (lab, domain), cell in sorted(read.cells().items())
    ]  # fmt: skip


@dataclass(slots=True)
class _Cell:
    """The votes of one lab, or of one field within it, and who gave them."""

    matches: list[Match] = field(default_factory=list[Match])
    people: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class _Reading:
    """What counts of a journal: each person's last blind choice, and each thread's field."""

    choices: dict[tuple[str, str, str], Comparison] = field(
        default_factory=dict[tuple[str, str, str], Comparison]
    )
    domains: dict[str, str] = field(default_factory=dict[str, str])
    gone: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def take(self, record: Mapping[str, Any]) -> None:
        thread = json.dumps(record.get("thread"), sort_keys=True)
        match record["kind"]:
            case "comparison" if record.get("blind", True):
                self.choices[thread, record["question_ts"], record["user"]] = Comparison.model_validate(
                    {name: value for name, value in record.items() if name != "kind"}
                )
            case "problem" if record.get("domain"):
                self.domains[thread] = record["domain"]
            case "withdrawal":
                self.gone.add((thread, str(record.get("question_ts") or record.get("question"))))
            case _:
                pass

    def cells(self) -> dict[tuple[str, str], _Cell]:
        found: dict[tuple[str, str], _Cell] = {}
        for (thread, question_ts, user), said in self.choices.items():
            if (thread, question_ts) in self.gone:
                continue
            match = Match(said.model_a, said.model_b, said.choice)
            for domain in {"", self.domains.get(thread, "")}:
                cell = found.setdefault((said.lab, domain), _Cell())
                cell.matches.append(match)
                cell.people.add(user)
        return found


@dataclass(slots=True)
class _Fit:
    """The same kinds of matches, fitted again and again with other weights."""

    kinds: Sequence[Match]
    models: Sequence[str]

    def points(self, weights: Any) -> Any:
        """Points of each model, 1000 on average."""
        numpy: Any = __import__("numpy")
        number = {model: i for i, model in enumerate(self.models)}
        scores, _ = _bradley_terry()(
            [number[kind.model_a] for kind in self.kinds],
            [number[kind.model_b] for kind in self.kinds],
            [_WINNER[kind.choice] for kind in self.kinds],
            weights.tolist(),
            len(self.models), 1.0, 0.5, 1e-8, 500,
        )  # fmt: skip
        logs = numpy.log(numpy.clip(scores, 1e-6, 1e6))
        return MEAN + POINTS * (logs - logs.mean())


@cache
def _bradley_terry() -> Any:
    # The public function makes two pandas frames for each fit, and is fifty times slower for it. It is
    # imported late: only whoever ranks needs the hundred megabytes.
    return __import__("evalica._brzo", fromlist=["bradley_terry"]).bradley_terry


def _countable(counts: Counter[Match]) -> tuple[Counter[Match], list[str]]:
    """The matches among models with enough votes each that are connected, and those models."""
    while True:
        of, near = Counter[str](), dict[str, set[str]]()
        for kind, count in counts.items():
            of.update({kind.model_a: count, kind.model_b: count})
            near.setdefault(kind.model_a, set()).add(kind.model_b)
            near.setdefault(kind.model_b, set()).add(kind.model_a)
        enough = {model for model in of if of[model] >= LEAST_OF_A_MODEL}
        group = max(_groups(near), key=lambda one: sum(of[model] for model in one), default=set[str]())
        kept = Counter(
            {kind: n for kind, n in counts.items() if {kind.model_a, kind.model_b} <= group & enough}
        )
        if kept == counts:
            return counts, sorted(of)
        counts = kept


def _groups(near: Mapping[str, set[str]]) -> Iterable[set[str]]:
    left = set(near)
    while left:
        group, edge = set[str](), {left.pop()}
        while edge:
            group |= edge
            edge = {other for model in edge for other in near[model]} - group
        left -= group
        yield group


def main() -> None:
    """Read a journal's lines, and write their rankings as JSON: the work of a process of its own."""
    found = rankings(map(json.loads, sys.stdin.buffer), seed=int(sys.argv[1]))
    sys.stdout.write(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main()
