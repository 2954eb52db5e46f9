"""App Home: what each person sees there, what its buttons do, and that Slack's limits hold."""

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.desk import gathering, home, record
from bot.desk.board import Board
from bot.desk.record import Health, LabRecord, OwnThread
from bot.desk.titles import LONGEST, title_of
from bot.desk.view import Home, Mine, Told, home_blocks, home_view
from bot.flagging import FlagQueue
from bot.labs import Lab, read_labs
from bot.recount import Figures, Recount, Share, ThreadFigures
from bot.settings import Settings
from bot.slack.blocks import section
from bot.slack.manifest import manifest
from bot.trial.limits import check_view
from tests.desk import Desk, furnish
from tests.jam import Jam, until

ZONE = ZoneInfo("America/Chicago")
SETTINGS = Settings(labjam_model="m", openai_base_url="http://127.0.0.1:1/v1")


@pytest.fixture(scope="module")
def lab() -> Lab:
    return read_labs(SETTINGS, {})["argonne"]


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Desk]:
    """A running jam whose Homes are renewed every second."""
    monkeypatch.setattr(home, "EVERY", 1.0)
    for module in (record, gathering):
        monkeypatch.setattr(module, "FRESH", 0.1)
    async with Jam(tmp_path) as jam:
        made = await furnish(jam, tmp_path)
        await jam.start_bot()
        yield made


def _home(desk: Desk, who: str) -> str:
    view = desk.jam.slack.home(who)
    return json.dumps(view.body["blocks"], ensure_ascii=False) if view else ""


async def _opened(desk: Desk, who: str) -> str:
    await desk.jam.slack.open_home(who)
    await until(lambda: bool(_home(desk, who)))
    return _home(desk, who)


async def _press(desk: Desk, who: str, action: str, value: str = "argonne") -> None:
    view = desk.jam.slack.home(who)
    assert view
    clicked = await desk.jam.slack.click_view(who, view.id, f"labjam_do_{action}", value)
    assert clicked.acked


def _board(lab: Lab, **changes: Any) -> Board:
    board = Board(lab, "open", True, "", 3, 4, 1_790_000_000.0, FlagQueue(1, 2, 1_790_000_000.0), Figures(),
                  (), ("Today: 3 questions",))  # fmt: skip
    return replace(board, **changes)


async def test_a_scientist_sees_how_to_ask_and_their_own_threads(desk: Desk) -> None:
    jam, me = desk.jam, desk.scientist
    ts = await jam.ask("argonne", "why is <https://x.example|this *film*> blue?")
    [answer] = await jam.answer("argonne", ts)
    await jam.answer("idaho", await jam.ask("idaho", "somebody else's"))
    shown = await _opened(desk, me)
    assert "Ask well at ANL" in shown
    assert "Port a kernel to SYCL" in shown
    assert f"/archives/{desk.lab}/p{ts.replace('.', '')}|why is this film blue?>" in shown
    assert "*not judged yet*" in shown
    assert "somebody else's" not in shown
    assert "ANL now" not in shown  # the board is the moderators'
    thumb = next(each for _, each in answer.elements if each["action_id"] == "labjam_thumb")
    await jam.slack.click(me, desk.lab, answer.ts, "labjam_thumb", thumb["positive_button"]["value"])
    await until(lambda: "your thumbs: 1 up" in _home(desk, me))
    await _press(desk, me, "mydata", "-")
    await until(lambda: "It comes as a direct message" in _home(desk, me))
    await _press(desk, me, "mydata_unlisted", "-")
    await until(lambda: "Your threads are left out of summaries" in _home(desk, me))
    await _press(desk, me, "mydata_listed", "-")
    await until(lambda: "labjam_do_mydata_unlisted" in _home(desk, me))
    await _offered_questions(desk)
    await _greeted_once(desk)


async def _offered_questions(desk: Desk) -> None:
    slack, me = desk.jam.slack, desk.scientist
    await slack.open_home(me, "messages")
    await until(lambda: bool(slack.workspace.prompts))
    [(place, prompts)] = slack.workspace.prompts.items()
    assert place == (slack.workspace.direct(me).id, "")
    assert len(prompts) == 4
    assert prompts[0]["title"] == "Port a kernel to SYCL"


async def _greeted_once(desk: Desk) -> None:
    slack = desk.jam.slack
    newcomer = slack.add_person("newcomer")

    def hellos() -> list[str]:
        messages = slack.workspace.channels[desk.lab].messages.values()
        return [one.visible_text for one in messages if one.ephemeral_to == newcomer]

    await slack.join(newcomer, desk.lab)
    await until(lambda: len(hellos()) == 1)
    assert "Only you see this" in hellos()[0]
    await slack.leave(newcomer, desk.lab)
    await slack.join(newcomer, desk.lab)
    await desk.jam.answer("argonne", await desk.jam.ask("argonne", "something after that"))
    assert len(hellos()) == 1


async def test_a_moderator_runs_the_jam_from_the_board(desk: Desk) -> None:
    await _opened(desk, desk.scientist)
    shown = await _opened(desk, desk.moderator)
    assert "ANL now" in shown
    assert "INL now" not in shown
    for button, says in (("pause", "Paused."), ("resume", "Going on."), ("stop", "Stopped.")):
        await _press(desk, desk.moderator, button)  # the dialog before stop is Slack's
        await until(lambda says=says: says in _home(desk, desk.moderator))
    assert "and stopped" in _home(desk, desk.moderator)
    for button in ("queue", "flag list", "digest preview"):
        typed = (await desk.do(button)).splitlines()[0]
        await _press(desk, desk.moderator, button.replace(" ", "_"))
        await until(lambda typed=typed: typed in _home(desk, desk.moderator))
    acts = [(one.act, one.actor) for one in await desk.audited()]
    assert acts == [(act, desk.moderator) for act in ("pause", "resume", "stop")]
    await desk.do("resume")
    await until(lambda: "and stopped" not in _home(desk, desk.moderator))  # renewed by itself
    calls = [call.args["user_id"] for call in desk.jam.slack.calls if call.method == "views.publish"]
    assert calls.count(desk.scientist) == 1  # nothing of theirs changed
    await _every_lab_for_a_lead(desk)
    await _role_counts_at_the_press(desk)


async def test_the_hour_of_the_digest_is_set_as_people_write_hours(desk: Desk) -> None:
    for said, hour in (("9", "09:00"), ("17:30", "17:30"), ("07:05", "07:05")):
        assert await desk.do(f"digest at {said}") == f"The digest comes at {hour} (America/Chicago)."
    for said in ("25:00", "17:60", "five", "1700", ""):
        assert "`/jam digest at 17:00`, or `off`." in await desk.do(f"digest at {said}")
    assert await desk.do("digest at off") == "No daily digest any more."
    assert [one.after for one in await desk.audited()] == ["09:00", "17:30", "07:05", "off"]


async def _every_lab_for_a_lead(desk: Desk) -> None:
    shown = await _opened(desk, desk.lead)
    assert shown.count(' now"') == len(desk.jam.channels)
    view = desk.jam.slack.home(desk.lead)
    assert view
    check_view(view.body)


async def _role_counts_at_the_press(desk: Desk) -> None:
    """A button for another lab, however somebody came by it, is refused, and that is kept."""
    view = desk.jam.slack.home(desk.moderator)
    assert view
    for block in view.body["blocks"]:
        for each in block.get("elements", ()):
            each["value"] = "idaho" if each.get("action_id") == "labjam_do_pause" else each.get("value")
    await _press(desk, desk.moderator, "pause", "idaho")
    await until(lambda: "Only the moderators of INL can use" in _home(desk, desk.moderator))
    last = (await desk.audited())[-1]
    assert (last.act, last.lab, last.ended) == ("pause", "idaho", "refused")


def test_three_hundred_threads_with_long_titles_fit(lab: Lab) -> None:
    title = title_of("&<>*" * 2000)
    threads = tuple(
        OwnThread(f"T0LOCAL:C0LOCAL:179000{n:04}.000100", title, 1_790_000_000.0 + n, "answered", 1, 2)
        for n in range(300)
    )
    unanswered = (ThreadFigures("T0LOCAL:C0LOCAL:1790000000.000100", 1_790_000_000.0, 1, 0, 0),) * 300
    figures = Figures(
        judged=Share(12, 900), judges=9, unanswered=unanswered, assessed={"planning": Share(9, 900)}
    )
    board = _board(lab, figures=figures, burn=("x" * 5000,) * 20,
                   health=tuple(Health("m" * 200, 9, 1, 1.0, 2.0) for _ in range(40)))  # fmt: skip
    told = Told("Queue", tuple(section("y" * 3000) for _ in range(60)))
    shown = Home(
        Mine(lab, "", ("3 left",) * 8, threads, threads[:20]),
        ZONE,
        (board,) * 9,
        told,
        (),
        "https://x.example",
    )
    view = home_view(home_blocks(shown), 1_790_000_000.0, ZONE)
    check_view(view)
    assert len(view["blocks"]) <= 100
    assert "Send me my data" in str(view["blocks"][-2]), "whatever is cut, not people's own data"


def test_who_watches_several_labs_sees_first_which_of_them_needs_somebody(lab: Lab) -> None:
    figures = Figures(judged=Share(3, 9), unanswered=(ThreadFigures("T:C:1.0", 1_790_000_000.0, 1, 0, 0),))
    quiet = _board(lab, waiting=0, oldest=0.0, running=0, flags=FlagQueue(0, 0, 0.0))
    shown = home_blocks(Home(Mine(None), ZONE, (_board(lab, figures=figures), quiet)))
    assert shown[1]["text"]["text"].splitlines() == [
        (
            "*ANL* open · 3 answering · 4 waiting, the oldest since Mon 09:13 · "
            "*1 thread without an answer* · *3 flagged* · 3 of 9 judged"
        ),
        "*ANL* open · no answers yet",
    ]
    assert "All your labs" not in str(home_blocks(Home(Mine(None), ZONE, (quiet,))))


def test_groups_of_fewer_than_five_people_are_not_broken_down(lab: Lab) -> None:
    figures = Figures(judged=Share(12, 90), judges=9, assessed={"planning": Share(9, 90)})
    shown = json.dumps(home_blocks(Home(Mine(None), ZONE, (_board(lab, figures=figures),))))
    assert "planning and design 9 of 90" in shown
    assert "By fewer than 5 people: problem understanding, literature review" in shown


def test_a_title_is_words_and_nothing_else() -> None:
    assert title_of("<@U1> what   is <https://a.example/x|*this*>?\n```y```") == "what is this? y"
    assert title_of("") == "A question"
    assert title_of("a < b &lt;!channel&gt; | c") == "a b !channel c"
    assert len(title_of("x" * 500)) == LONGEST


def _answer(user: str, ts: str, outcome: str = "answered", **more: Any) -> Mapping[str, Any]:
    thread = {"team": "T", "channel": "C", "ts": "100.000100"}
    asked = {"thread": thread, "ts": ts, "user": user, "text": f"question {ts}", "repeats": ""} | more
    return {
        "kind": "answer", "question": asked, "outcome": outcome, "text": "yes", "model_requested": "m",
        "usage": {"input": 1, "output": 1}, "asked_at": 100.0, "first_words_at": 101.0, "finished_at": 104.0,
    }  # fmt: skip


def test_threads_models_and_thumbs_are_read_from_the_journal() -> None:
    read = LabRecord(Recount(ZONE, 0.0, 1e12))
    read.add(_answer("U1", "100.000100"))
    read.add(_answer("U2", "150.000100"))
    read.add(_answer("U1", "200.000100", "failed"))
    vote = {
        "kind": "vote",
        "user": "U1",
        "thread": "T:C:100.000100",
        "question_ts": "100.000100",
        "thumb": -1,
    }
    read.add(vote)
    [mine] = read.threads_of("U1")
    assert (mine.title, mine.outcome, mine.up, mine.down) == ("question 100.000100", "failed", 0, 1)
    assert read.health(200.0) == [Health("m", 3, 1, 1.0, 4.0)]
    assert read.health(9e9) == []
    withdrawal = {"kind": "withdrawal", "thread": "T:C:100.000100", "question_ts": "150.000100"}
    read.add(withdrawal)
    assert read.threads_of("U2") == []


def test_every_lab_has_suggestions_that_slack_takes() -> None:
    for one in read_labs(SETTINGS, {}).values():
        assert len(one.suggestions) == 4
    assert "app_home_opened" in manifest()["settings"]["event_subscriptions"]["bot_events"]
