"""The numbers of a day: equal to counting by hand, whatever order the journal's lines come in."""

import random
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.recount import SMALL, Recount, Share

CHICAGO = ZoneInfo("America/Chicago")
DAY = 1_795_000_000
Line = dict[str, Any]


def thread(number: int) -> Line:
    return {"team": "T1", "channel": "C1", "ts": f"{DAY + number * 60}.000100"}


def answer(number: int, user: str = "U1", model: str = "large", **more: Any) -> Line:
    question = {"thread": thread(number), "ts": thread(number)["ts"], "user": user, "repeats": ""}
    usage = {"input": 100, "output": 20}
    question |= {name: more.pop(name) for name in ("ts", "repeats") if name in more}
    line = {"kind": "answer", "question": question, "outcome": "answered", "text": "Yes.", "usage": usage}
    return line | {"model_requested": model, "cost": 0.01} | more


def vote(number: int, user: str, thumb: int, **more: Any) -> Line:
    line = {"kind": "vote", "thread": thread(number), "question_ts": thread(number)["ts"], "user": user}
    return line | {"thumb": thumb} | more


def details(number: int, user: str, revision: int = 1, **more: Any) -> Line:
    line: Line = {
        "kind": "details",
        "thread": thread(number),
        "question_ts": thread(number)["ts"],
        "user": user,
    }
    form: Line = {"revision": revision, "skills": {}, "reasons": [], "other_task_assessment": ""}
    return line | form | more


def recount(*lines: Line, since: float = DAY, until: float = DAY + 86_400) -> Recount:
    return Recount(CHICAGO, since, until).add_all(lines)


def test_a_question_counts_once_however_often_it_was_answered() -> None:
    retried = [answer(1, outcome="failed", text=""), answer(1)]
    again = answer(1, model="small", ts=f"{DAY + 500}.000100", repeats=thread(1)["ts"])
    found = recount(*retried, again, answer(2, user="U2", outcome="failed", text="")).figures()
    assert (found.questions, found.answered, found.people) == (2, 2, 2)
    assert found.outcomes == {"answered": 1, "failed": 1}
    assert [one.key for one in found.unanswered] == [f"T1:C1:{thread(2)['ts']}"]
    assert found.tokens == 480
    assert found.cost == 0.04


def test_the_last_thumb_of_a_person_counts_and_a_withdrawn_one_does_not() -> None:
    lines = [
        answer(1),
        vote(1, "U1", 1),
        vote(1, "U1", -1),
        vote(1, "U2", 1),
        vote(1, "U3", 1),
        vote(1, "U3", 0),
    ]
    found = recount(*lines).figures()
    assert (found.liked, found.judged, found.judges) == (Share(1, 2), Share(1, 1), 2)
    assert not found.best


def test_what_was_withdrawn_counts_nowhere() -> None:
    gone = {"kind": "withdrawal", "thread": thread(1), "question_ts": thread(1)["ts"]}
    found = recount(answer(1), vote(1, "U1", 1), gone).figures()
    assert (found.questions, found.answered, found.liked.of) == (0, 0, 0)


def test_only_the_time_asked_for_is_counted() -> None:
    found = recount(answer(1), answer(5), vote(1, "U1", 1), since=DAY + 120, until=DAY + 300).figures()
    assert found.questions == 0
    assert recount(answer(5), since=DAY + 300, until=DAY + 301).figures().questions == 1


def test_groups_of_few_people_are_not_broken_down() -> None:
    few = [details(1, f"U{n}", reasons=["wrong_fact"], skills={"planning": "well"}) for n in range(SMALL - 1)]
    found = recount(answer(1), *few).figures()
    assert (found.reasons, found.skills, found.models) == ({}, {}, ())
    enough = details(1, "U9", reasons=["wrong_fact"], skills={"planning": "badly", "analysis": ""})
    found = recount(answer(1), *few, enough, vote(1, "U1", 1)).figures()
    assert (found.reasons, found.skills) == ({"wrong_fact": SMALL}, {"planning": SMALL})
    assert [(one.name, one.answers, one.liked) for one in found.models] == [("large", 1, Share(1, 1))]


def test_withheld_and_flagged_threads_are_counted_but_not_held_up() -> None:
    judged = [line for n in (1, 2, 3) for line in (answer(n), vote(n, "U1", 1))]
    held = {"kind": "release", "thread": thread(1), "question_ts": "1.1", "state": "withheld"}
    other = held | {"question_ts": "2.2", "state": "released"}  # another answer of the same thread
    flag = {"kind": "flag", "thread": thread(2), "question_ts": "1.1", "state": "open"}
    found = recount(*judged, held, other, flag).figures()
    assert [one.key for one in found.best] == [f"T1:C1:{thread(3)['ts']}"]
    assert [one.key for one in found.flagged] == [f"T1:C1:{thread(2)['ts']}"]
    assert (found.questions, found.withheld) == (3, 1)
    assert not recount(*judged, flag, flag | {"state": "resolved"}).figures().flagged


@given(st.integers(0, 2**32))
def test_the_figures_equal_a_count_by_hand(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    lines: list[Line] = []
    for number in range(chance.randrange(30)):
        lines.append(answer(number, user=f"U{chance.randrange(8)}", model=chance.choice("ab")))
        lines += [
            vote(number, f"U{chance.randrange(9)}", chance.choice((1, -1)))
            for _ in range(chance.randrange(4))
        ]
    found = recount(*lines).figures()
    last = {(line["question_ts"], line["user"]): line["thumb"] for line in lines if line["kind"] == "vote"}
    answers = [line for line in lines if line["kind"] == "answer"]
    assert found.questions == found.answered == len(answers) == sum(found.by_hour)
    assert found.people == len({line["question"]["user"] for line in answers})
    assert found.liked == Share(sum(thumb > 0 for thumb in last.values()), len(last))
    assert found.judged.part == len({ts for ts, _ in last})
    if found.models:
        counts = Counter(line["model_requested"] for line in answers)
        assert {one.name: one.answers for one in found.models} == counts


def test_wilsons_interval() -> None:
    low, high = Share(9, 10).bounds
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert Share(0, 0).bounds == (0.0, 1.0)
