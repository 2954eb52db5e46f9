"""The daily digest: right in its numbers, short on quiet days, as early as asked, in words and a picture."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.current import CurrentLabs
from bot.store import keys
from bot.store.jobs import CROSS_LAB
from bot.store.states import States
from bot.summary.posting import Summaries
from tests.digests import HOUR, Office, open_office, utc


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with open_office(tmp_path) as found:
        yield found


async def test_a_day_in_words_and_numbers(office: Office) -> None:
    office.now[0] = utc("2026-11-05T23:10")
    at = utc("2026-11-05T16:00")
    await office.asked("brookhaven", utc("2026-11-02T16:00"))
    for n in range(7):
        await office.asked("argonne", at + n * 60, judges=6 if n == 3 else 1)
    digests = office.digests()
    await office.post_due(digests)
    (argonne,), (quiet,) = office.posted("argonne"), office.posted("brookhaven")
    words = argonne.visible_text
    assert "ANL · Thursday 5 November 2026" in words
    assert "*7 questions* from 1 person, 7 answers." in words
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
