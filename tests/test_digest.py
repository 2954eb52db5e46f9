"""The daily digest: right in its numbers, short on quiet days, as early as asked, in words and a picture."""

import json
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.caps import Spent, window
from bot.current import CurrentLabs
from bot.forms import Choice, Comparison, line_of
from bot.ranking import LEAST
from bot.records import ThreadKey
from bot.store import keys
from bot.store.jobs import CROSS_LAB
from bot.store.spending import Spending, Use
from bot.store.states import States
from bot.store.unlisted import Unlisted
from bot.summary.posting import Summaries
from tests.digests import HOUR, Office, open_office, utc
from tests.test_recount import answer, vote


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with open_office(tmp_path) as found:
        yield found


async def test_a_day_in_words_and_numbers(office: Office) -> None:
    office.now[0] = utc("2026-11-05T23:10")
    at = utc("2026-11-05T16:00")
    for lab in ("argonne", "brookhaven"):
        await office.asked(lab, utc("2026-11-04T16:00"))
    for n in range(7):
        await office.asked("argonne", at + n * 60, judges=6 if n == 3 else 1)
    digests = office.digests()
    await office.post_due(digests)
    (argonne,), (quiet,) = office.posted("argonne"), office.posted("brookhaven")
    words = argonne.visible_text
    assert "ANL · Thursday 5 November 2026" in words
    assert "*7 questions* (up from 1 in the digest before) from 1 person, 7 answers." in words
    assert "*7 of 7 answers judged*, by 6 people; 12 of 12 thumbs up." in words
    link = f"https://jam.example.org/archives/{office.channels['argonne']}/p{at + 180:.0f}000000"
    assert f"<{link}|Thread of Thu 10:03>: 6 up" in words
    picture = next(block for block in argonne.raw if block["type"] == "image")
    assert "large: 12 of 12 thumbs up" in picture["alt_text"]
    assert office.slack.workspace.files[picture["slack_file"]["id"]].content.startswith(b"\x89PNG")
    assert quiet.visible_text == "BNL · Thursday 5 November 2026: a quiet day, no questions."
    office.now[0] = utc("2026-11-06T01:05")
    await office.post_due(digests)
    (leads,) = office.posted(CROSS_LAB)
    assert "*7 questions* at 1 lab, 7 answers.\n*7 of 7 answers judged*; 12 of 12 thumbs up." in (
        leads.visible_text
    )
    assert "No questions: LBNL, BNL" in leads.visible_text


async def test_what_blind_choices_prefer_and_what_of_the_caps_was_used(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.now[0] = utc("2026-11-05T23:10")
    for lab in ("argonne", "idaho"):
        await office.asked(lab, utc("2026-11-05T16:00"))
        await office.store.client.hincrby(keys.pairs(0, lab), "strong weak", LEAST)
    await office.write("argonne", *(_choice(n, "a" if n % 5 else "b") for n in range(LEAST)))
    await office.write("idaho", *(_choice(n, "a") for n in range(LEAST - 1)))
    await _spend(office, "argonne", 3_100_000)
    digests = office.digests()
    await office.post_due(digests)
    (argonne,) = office.posted("argonne")
    assert "Of Thursday's caps: 1 of 40 questions, $3.10 of $50.00." in argonne.visible_text
    assert f"*Preferred in blind comparisons* ({LEAST} choices of 9 people so far)\n1. `strong` 1," in (
        argonne.visible_text
    )
    await office.store.client.delete(keys.journal(0, "argonne"))  # its digest has counted it for the leads
    office.now[0] = utc("2026-11-06T01:05")
    await office.post_due(digests)
    (idaho,), (leads,) = office.posted("idaho"), office.posted(CROSS_LAB)
    assert "Preferred" not in idaho.visible_text
    assert (
        "*ANL* 1 question, 1 answer, 0 judged · `strong` preferred blind · 1 of 40 questions, $3.10 of $50.00"
        in (leads.visible_text)
    )
    assert "*INL* 1 question, 1 answer, 0 judged\n" in f"{leads.visible_text}\n"
    monkeypatch.setitem(sys.modules, "evalica", None)  # as where labjam[ranking] is not installed
    await office.write("idaho", _choice(LEAST, "a"))
    assert "Preferred" not in str((await digests.preview("idaho")).blocks)


def _choice(number: int, choice: Choice) -> Mapping[str, Any]:
    said = Comparison(
        lab="argonne", thread=ThreadKey("T1", "C9", f"{number}.1"), user=f"U{number % 9}", at=1.0,
        question_ts=f"{number}.1", choice=choice, model_a="strong", model_b="weak",
    )  # fmt: skip
    return json.loads(line_of(said))


async def _spend(office: Office, lab: str, micros: int) -> None:
    """Let one answer cost so much today, of fifty dollars and forty questions."""
    spending, zone = Spending(office.store), office.labs[lab].timezone
    await spending.change(lab, "lab_usd_per_day", 50_000_000)
    await spending.change(lab, "lab_questions_per_day", 40)
    hour, day = (window(per, office.now[0], zone) for per in ("hour", "day"))
    now = time.time() - office.now[0]  # Redis forgets by its own clock
    hour, day = (replace(one, ends=int(one.ends + now)) for one in (hour, day))
    await spending.reserve(Use(lab, "answer:1", "U1", "large"), Spent(1, 900, micros), (), hour, day)
    assert await spending.settle(lab, "answer:1", Spent(1, 900, micros))


async def test_who_wants_to_be_left_out_is_counted_and_not_listed(office: Office) -> None:
    at = utc("2026-11-05T16:00")
    office.now[0] = at + HOUR
    await office.asked("argonne", at, judges=2, user="U7")
    await office.asked("argonne", at + 60, judges=1, user="U8")
    await Unlisted(office.store).add("U7", at)
    said = str((await office.digests().preview("argonne")).blocks)
    assert "*2 questions*" in said
    assert said.count("Thread of") == 1
    assert "1 thread of people who want to be left out: counted, but not listed." in said
    assert "Its chart will say: The busiest hour began at 10:00, with 2 of 2 questions." in said


async def test_who_wants_to_be_left_out_is_so_in_a_thread_that_began_last_week(office: Office) -> None:
    at = utc("2026-11-05T16:00")
    office.now[0] = at + HOUR
    place = {"team": office.team, "channel": office.channels["argonne"], "ts": f"{at - 168 * HOUR:.6f}"}
    began, now = answer(0, "U7", ts=place["ts"]), answer(0, "U8", ts=f"{at:.6f}")
    for line in (began, now):
        line["question"]["thread"] = place
    liked = vote(0, "U9", 1, thread=place, question_ts=now["question"]["ts"])
    then = f"{int((at - 168 * HOUR) * 1000)}-0"
    await office.store.client.xadd(keys.journal(0, "argonne"), {"record": json.dumps(began)}, id=then)
    await office.write("argonne", now, liked)
    assert "Thread of" in str((await office.digests().preview("argonne")).blocks)
    await Unlisted(office.store).add("U7", at)
    said = str((await office.digests().preview("argonne")).blocks)
    assert "*1 question*" in said
    assert "Thread of" not in said


@pytest.mark.parametrize(
    ("method", "error"),
    [("files.getUploadURLExternal", "restricted_action"), ("chat.postMessage", "invalid_blocks")],
)
async def test_a_chart_that_slack_does_not_take_is_left_out(office: Office, method: str, error: str) -> None:
    office.now[0] = utc("2026-11-05T22:50")
    await office.asked("argonne", utc("2026-11-05T16:00"))
    office.slack.faults.error(method, error)
    digests = office.digests()
    await digests.post_now(office.team, "argonne", "1")
    await digests.post_now(office.team, "argonne", "1")
    await office.post(digests)
    (only,) = office.posted("argonne")
    assert "*1 question* from 1 person" in only.visible_text
    assert not [block for block in only.raw if block["type"] == "image"]


@pytest.mark.parametrize(("hours", "summed"), [(1, 1), (11, 1), (13, 0)])
async def test_a_session_is_summed_up_soon_after_its_end_or_not(
    office: Office, hours: int, summed: int
) -> None:
    digests = office.digests()
    states, jobs = States(office.store), digests.jobs
    ended = office.now[0] - hours * HOUR
    await office.store.client.hset(
        keys.state(keys.DESK, "argonne"), mapping={"closed": "1", "ended": str(ended)}
    )
    summaries = Summaries(
        office.labs, CurrentLabs(office.labs, states), jobs, states, digests.directory, digests.outbox,
        "https://jam.example.org/", clock=lambda: office.now[0],
    )  # fmt: skip
    await summaries.tick(office.team)
    await summaries.tick(office.team)
    assert len([name async for name in office.store.client.scan_iter("*job:summary:*")]) == summed
