"""The numbers of a day: equal to counting by hand, whatever order the journal's lines come in."""

import random
from collections import defaultdict
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
    question |= {name: more.pop(name) for name in ("ts", "repeats", "side") if name in more}
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


def test_threads_of_who_wants_to_be_left_out_are_counted_and_in_no_list() -> None:
    lines = [answer(1), vote(1, "U3", 1), answer(2, "U2"), vote(2, "U3", 1), answer(3, "U2", text="")]
    found = Recount(CHICAGO, DAY, DAY + 86_400, {"U2"}).add_all(lines).figures()
    assert (found.questions, found.people, found.liked.part, found.unlisted) == (3, 2, 2, 2)
    assert [one.key for one in found.best] == [f"T1:C1:{thread(1)['ts']}"]
    assert not found.unanswered


def test_a_thread_is_left_out_also_on_its_second_day() -> None:
    next_day = DAY + 86_400
    later = answer(1, "U1", ts=f"{next_day + 100}.000100")
    lines = [answer(1, "U2"), later, vote(1, "U3", 1, question_ts=later["question"]["ts"])]
    for unlisted, listed in (set[str](), 1), ({"U2"}, 0):
        recount = Recount(CHICAGO, next_day, next_day + 86_400, unlisted)
        found = recount.add_all(lines).figures()
        assert (found.questions, len(found.best), found.unlisted) == (1, listed, 1 - listed)


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


def compared(number: int, user: str, choice: str = "a") -> Line:
    line = {"kind": "comparison", "thread": thread(number), "question_ts": thread(number)["ts"]}
    return line | {"user": user, "choice": choice, "model_a": "large", "model_b": "small"}


def test_two_models_answers_to_one_question_are_one_question_and_two_answers() -> None:
    both = [answer(1, side="a"), answer(1, model="small", side="b", outcome="failed", text="")]
    found = recount(*both).figures()
    assert (found.questions, found.answered, found.outcomes, found.unanswered) == (1, 1, {"answered": 1}, ())
    both[1] = answer(1, model="small", side="b")
    thumbs = [vote(1, f"U{n}", -1 if side == "a" else 1, side=side) for side in "ab" for n in range(SMALL)]
    found = recount(*both, *thumbs).figures()
    assert (found.questions, found.answered, found.judged) == (1, 2, Share(2, 2))
    assert {one.name: one.liked for one in found.models} == {"large": Share(0, 5), "small": Share(5, 5)}
    assert recount(*both, compared(1, "U1")).figures().judged == Share(2, 2)


def test_thumbs_on_a_text_that_was_replaced_count_no_more() -> None:
    found = recount(answer(1), vote(1, "U1", 1), answer(1, text="Another."), vote(1, "U2", -1)).figures()
    assert found.liked == Share(0, 1)


def test_a_model_that_few_people_judged_is_not_broken_down() -> None:
    lines = [answer(1), answer(2, model="small"), vote(2, "U1", 1)]
    found = recount(*lines, *(vote(1, f"U{n}", 1) for n in range(SMALL))).figures()
    assert ([one.name for one in found.models], found.models_asked) == (["large"], 2)


def a_day(chance: random.Random) -> list[Line]:
    """Questions with one or two answers, retries and withdrawals; thumbs that change, details, choices."""
    lines: list[Line] = []
    for number in range(chance.randrange(30)):
        asked = {"user": f"U{chance.randrange(8)}"}
        sides = chance.choice(("", "", "", "ab"))
        for side in sides or [""]:
            more: Line = {"side": side} if side else {}
            model = chance.choice(("large", "small"))
            if chance.random() < 0.2:
                lines.append(answer(number, model=model, outcome="failed", text="", **asked, **more))
            if chance.random() < 0.9:
                lines.append(answer(number, model=model, **asked, **more))
            lines += [
                vote(number, f"U{chance.randrange(9)}", chance.choice((1, 0, -1)), **more)
                for _ in range(chance.randrange(8))
            ]
            if chance.random() < 0.3:
                lines.append(details(number, f"U{chance.randrange(9)}", reasons=["wrong_units"], **more))
        if sides and chance.random() < 0.5:
            lines.append(compared(number, f"U{chance.randrange(9)}"))
        if chance.random() < 0.1:
            at = {"thread": thread(number), "question_ts": thread(number)["ts"]}
            lines.append({"kind": "withdrawal"} | at)
    return lines


@given(st.integers(0, 2**32))
def test_the_figures_equal_a_count_by_hand(seed: int) -> None:
    lines = a_day(random.Random(seed))  # noqa: S311
    found = recount(*lines).figures()
    gone = {line["question_ts"] for line in lines if line["kind"] == "withdrawal"}
    asked = [line for line in lines if line["kind"] == "answer" and line["question"]["ts"] not in gone]
    questions = {line["question"]["ts"]: line["question"]["user"] for line in asked}
    assert (found.questions, found.people) == (len(questions), len(set(questions.values())))
    assert sum(found.by_hour) == len(questions)
    given = {(one["question"]["ts"], one["question"].get("side", "")): one for one in asked if one["text"]}
    assert found.answered == len(given)
    assert len(found.unanswered) == len(questions.keys() - {ts for ts, _ in given})
    judged, thumbs = judgements(lines)
    judged = {place: users for place, users in judged.items() if place in given}
    thumbs = {place: of for place, of in thumbs.items() if place in given}
    assert found.judged == Share(len(judged), len(given))
    assert found.judges == len(set[str]().union(*judged.values()))
    flat = [thumb for of in thumbs.values() for thumb in of.values()]
    assert found.liked == Share(flat.count(1), len(flat))
    for model in ("large", "small"):
        mine = {place for place, one in given.items() if one["model_requested"] == model}
        votes = [thumb for place in mine for thumb in thumbs.get(place, {}).values()]
        enough = len(set[str]().union(*(judged.get(place, set()) for place in mine))) >= SMALL
        shown = [one for one in found.models if one.name == model]
        assert [(one.answers, one.liked) for one in shown] == (
            [(len(mine), Share(votes.count(1), len(votes)))] if enough else []
        )


def judgements(lines: list[Line]) -> tuple[dict[tuple[str, str], set[str]], dict[tuple[str, str], Line]]:
    """Who judged each answer in any way, and the thumbs that stand there, counted from the last line back."""
    judged: dict[tuple[str, str], set[str]] = defaultdict(set)
    thumbs: dict[tuple[str, str], Line] = defaultdict(dict)
    taken_back: set[tuple[str, str, str]] = set()
    closed: set[tuple[str, str]] = set()  # what came before this was of an older text
    for line in reversed(lines):
        about = line.get("question") or line
        place = (about.get("question_ts") or about["ts"], about.get("side", ""))
        match line["kind"]:
            case "answer":
                closed.add(place)
            case "vote" if place not in closed and (*place, line["user"]) not in taken_back:
                taken_back.add((*place, line["user"]))
                if line["thumb"]:
                    thumbs[place][line["user"]] = line["thumb"]
                    judged[place].add(line["user"])
            case "details":
                judged[place].add(line["user"])
            case "comparison":
                for side in "ab":
                    judged[place[0], side].add(line["user"])
            case _:
                pass
    return judged, thumbs


def test_wilsons_interval() -> None:
    low, high = Share(9, 10).bounds
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert Share(0, 0).bounds == (0.0, 1.0)
