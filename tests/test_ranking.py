"""Rankings of models whose strength is known: their order comes back, and the intervals are honest."""

import json
import math
from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from bot.forms import Choice, Comparison, Problem, line_of
from bot.ranking import LEAST, POINTS, Match, Ranking, Standing, rank, rankings
from bot.records import ThreadKey
from bot.standings import field_named, table

STRENGTHS = {"m0": 0.0, "m1": 0.35, "m2": 0.7, "m3": 1.05, "m4": 1.4, "m5": 1.75}


def votes(
    strengths: dict[str, float], count: int, chance: np.random.Generator, ties: float = 0.0
) -> list[Match]:
    """What people would choose between models of these strengths (natural logarithms)."""
    pairs = list(combinations(strengths, 2))
    made: list[Match] = []
    for pair, luck, tie in zip(
        chance.integers(len(pairs), size=count), chance.random(count), chance.random(count), strict=True
    ):
        a, b = pairs[int(pair)]
        wins = 1 / (1 + math.exp(strengths[b] - strengths[a]))
        choice: Choice = "tie" if tie < ties else "a" if luck < wins else "b"
        made.append(Match(a, b, choice))
    return made


def order(standings: tuple[Standing, ...]) -> list[str]:
    return [standing.model for standing in standings]


def kendall_tau(places: list[int]) -> float:
    """How well places agree with their own order: 1 all, -1 reversed."""
    agree = [1 if first < second else -1 for first, second in combinations(places, 2)]
    return sum(agree) / len(agree)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ties", [0.0, 0.25])
def test_the_order_of_known_strengths_is_recovered(seed: int, ties: float) -> None:
    made = votes(STRENGTHS, 2_000, np.random.default_rng(seed), ties)
    found = order(rank(made, seed=seed, resamples=50))
    assert kendall_tau([found.index(model) for model in reversed(STRENGTHS)]) >= 0.9


def test_the_intervals_cover_the_truth_in_95_of_100_runs() -> None:
    strengths = {"m0": 0.0, "m1": 0.4, "m2": 0.8, "m3": 1.2}
    mean = sum(strengths.values()) / len(strengths)
    truth = {model: 1000 + POINTS * (value - mean) for model, value in strengths.items()}
    chance = np.random.default_rng(20250228)
    covered = Counter[bool]()
    for run in range(500):
        for standing in rank(votes(strengths, 600, chance), seed=run, resamples=300):
            covered[standing.low <= truth[standing.model] <= standing.high] += 1
    assert covered.total() == 2_000
    assert 0.92 <= covered[True] / covered.total() <= 0.98


def test_few_votes_rank_nothing_and_what_is_not_connected_is_left_out() -> None:
    chance = np.random.default_rng(1)
    two = {"left": 0.0, "right": 1.0}
    assert rank(votes(two, LEAST - 1, chance), seed=1) == ()
    apart = votes(two, 300, chance) + votes({"x": 0.0, "y": 0.0}, 120, chance)
    rare = [Match("left", "rare", "b")] * 5
    standings = rank(apart + rare, seed=1, resamples=100)
    assert order(standings) == ["right", "left"]
    assert standings[0].low > standings[1].high
    assert {standing.votes for standing in standings} == {300}


def test_a_model_that_always_wins_has_finite_points() -> None:
    standings = rank([Match("best", "worst", "a")] * 200, seed=1, resamples=50)
    assert order(standings) == ["best", "worst"]
    assert all(math.isfinite(value) for one in standings for value in (one.points, one.low, one.high))


def test_the_same_votes_give_the_same_ranking() -> None:
    made = votes(STRENGTHS, 500, np.random.default_rng(3))
    assert rank(made, seed=7, resamples=50) == rank(list(reversed(made)), seed=7, resamples=50)


def _records(lab: str, domain: str, count: int) -> list[dict[str, Any]]:
    chance = np.random.default_rng(len(lab))
    made: list[dict[str, Any]] = []
    for n, match in enumerate(votes({"left": 0.0, "right": 2.0}, count, chance)):
        thread = ThreadKey("T1", lab, f"{n}.1")
        said = Comparison(
            lab=lab, thread=thread, user=f"U{n % 6}", at=float(n), question_ts=thread.ts, choice=match.choice,
            model_a=match.model_a, model_b=match.model_b,
        )  # fmt: skip
        problem = Problem(lab=lab, thread=thread, user="U1", at=float(n), domain=domain)
        made += [_read(said), _read(problem)]
        other: Choice = "b" if match.choice == "a" else "a"
        made.append(_read(said.model_copy(update={"blind": False, "choice": other, "revision": 2})))
    return made


def _read(form: Comparison | Problem) -> dict[str, Any]:
    return json.loads(line_of(form))


def test_each_lab_and_field_has_its_own_ranking_of_blind_choices() -> None:
    records = _records("argonne", "fusion", 150) + _records("idaho", "nuclear", 60)
    gone = {"kind": "withdrawal", "lab": "argonne", "thread": records[0]["thread"], "question_ts": "0.1"}
    found = {(one.lab, one.domain): one for one in rankings([*records, gone], seed=1)}
    assert {where: one.votes for where, one in found.items()} == {
        ("argonne", ""): 149, ("argonne", "fusion"): 149, ("idaho", ""): 60, ("idaho", "nuclear"): 60,
    }  # fmt: skip
    assert order(found["argonne", "fusion"].standings) == ["right", "left"]
    assert found["idaho", ""].standings == (), "too few votes"


def test_models_that_can_not_be_told_apart_share_a_place() -> None:
    found = Ranking("argonne", "", 300, 0, 9, (
        Standing("best", 1100, 1080, 1120, 100),
        Standing("second", 1000, 960, 1040, 100),
        Standing("third", 990, 950, 1030, 100),
    ))  # fmt: skip
    assert [found.place(one) for one in found.standings] == [1, 2, 2]
    assert [line.split()[0] for line in table(found).splitlines()[2:]] == ["1", "2", "2"]


@pytest.mark.parametrize(
    ("said", "found"),
    [("fusion", "fusion"), ("Earth", "earth"), ("", ""), ("x", ""), ("materials and", "materials")],
)
def test_a_field_is_found_by_its_key_or_its_name(said: str, found: str) -> None:
    assert field_named(said) == found
