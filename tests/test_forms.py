"""The details of an answer and the description of a problem: all that is said is kept, and shown again."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot import details, problem
from bot.forms import Closing, Details, Form, Problem, Scores, Skills
from bot.records import About, ThreadKey
from bot.slack.blocks import DETAILS, PROBLEM
from bot.slack.modals import VIEW_BYTES, read
from bot.store.redis import Store
from bot.trial.limits import check_view
from bot.trial.messages import Message
from bot.trial.people import View
from tests.jam import Jam, until

ABOUT = About("argonne", ThreadKey("T1", "C1", "1.1"), "1.1")
HEAD = {"kind", *Form.model_fields}


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    config = tmp_path / "labjam.toml"
    config.write_text("[labs.idaho]\nnumeric_scores = true\n")
    async with Jam(tmp_path, extra={"LABJAM_CONFIG": str(config)}) as started:
        await started.start_bot()
        yield started


def fill(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Something different in each input, as Slack sends it."""
    state: dict[str, Any] = {}
    for n, block in enumerate(block for block in blocks if block["type"] == "input"):
        name, element = block["block_id"], block["element"]
        given: dict[str, Any] = {"type": element["type"]}
        options: list[dict[str, Any]] = element.get("options") or []
        match element["type"]:
            case "static_select":
                given["selected_option"] = options[n % 2]
            case "multi_static_select" | "checkboxes":
                given["selected_options"] = options[:2]
            case "number_input":
                given["value"] = str(n + 1)
            case _:
                given["value"] = f"words of {name}"
        state[name] = {element["action_id"]: given}
    return state


def shown(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """What a modal's inputs hold when it opens, as `fill` would give it."""
    state: dict[str, Any] = {}
    for block in (block for block in blocks if block["type"] == "input"):
        element = block["element"]
        names = {"initial_value": "value", "initial_option": "selected_option"}
        names["initial_options"] = "selected_options"
        held = {now: element[old] for old, now in names.items() if old in element}
        state[block["block_id"]] = {element["action_id"]: {"type": element["type"]} | held}
    return state


async def _answered(jam: Jam, lab: str) -> Message:
    return (await jam.answer(lab, await jam.ask(lab, "why?")))[-1]


async def _open(jam: Jam, lab: str, answer: Message, action: str) -> View:
    clicked = await jam.slack.click(jam.people[lab], jam.channels[lab], answer.ts, action)
    await until(lambda: bool(clicked.views))
    return jam.slack.workspace.views[clicked.views[0]]


async def _kept(jam: Jam, lab: str, kind: str) -> list[dict[str, Any]]:
    return [line for line in await jam.journal(lab) if line["kind"] == kind]


async def test_every_detail_is_kept_and_shown_again(jam: Jam) -> None:
    """Numbers are asked where the lab's switch is on; a thumb in the form is a thumb."""
    me = jam.people["idaho"]
    answer = await _answered(jam, "idaho")
    view = await _open(jam, "idaho", answer, DETAILS)
    state = fill(view.body["blocks"])
    assert (await jam.slack.submit_view(me, view.id, state)).ack is None
    assert jam.slack.modals(me) == []
    [line] = await _kept(jam, "idaho", "details")
    said = {name: value for name, value in line.items() if name not in {*HEAD, "side"}}
    assert set(said) == set(Details.model_fields) - {*HEAD, "side"}
    flat = json.dumps(said)
    names = ("comment", *(f"skills.{name}" for name in Skills.model_fields))
    assert all(f"words of {name}" in flat for name in names)
    assert all(said.values()), "every field was asked"
    assert set(said["scores"]) == set(Scores.model_fields)
    assert all(said["scores"].values())
    assert [(vote["user"], vote["thumb"]) for vote in await _kept(jam, "idaho", "vote")] == [(me, 1)]
    again = await _open(jam, "idaho", answer, DETAILS)
    assert shown(again.body["blocks"]) == state
    twice = await jam.slack.submit_view(me, again.id, state)
    assert twice.acked
    assert len(await _kept(jam, "idaho", "details")) == 1, "the same said twice is one revision"


async def test_text_alone_is_asked_where_the_switch_is_off_and_wrong_numbers_are_named(jam: Jam) -> None:
    me = jam.people["argonne"]
    answer = await _answered(jam, "argonne")
    view = await _open(jam, "argonne", answer, DETAILS)
    assert not [b for b in view.body["blocks"] if str(b.get("block_id")).startswith("scores.")]
    state = fill(view.body["blocks"])
    state["minutes_saved"]["given"]["value"] = "an hour"
    refused = await jam.slack.submit_view(me, view.id, state)
    assert refused.ack
    assert list(refused.ack["errors"]) == ["minutes_saved"]
    state["minutes_saved"]["given"]["value"] = "-60"
    state["comment"]["given"]["value"] = "SECRET//NOFORN"
    marked = await jam.slack.submit_view(me, view.id, state)
    assert marked.ack
    assert list(marked.ack["errors"]) == ["comment"]
    state["comment"]["given"]["value"] = "words of comment"
    await jam.slack.submit_view(me, view.id, state)
    await _revise(jam, answer, state)
    lines = await _kept(jam, "argonne", "details")
    assert [(line["revision"], line["minutes_saved"], line["comment"]) for line in lines] == [
        (1, -60, "words of comment"), (2, -60, "changed"),
    ]  # fmt: skip


async def _revise(jam: Jam, answer: Message, state: dict[str, Any]) -> None:
    view = await _open(jam, "argonne", answer, DETAILS)
    state["comment"]["given"]["value"] = "changed"
    await jam.slack.submit_view(jam.people["argonne"], view.id, state)


async def test_every_word_about_a_problem_is_kept_and_experience_is_asked_once(jam: Jam) -> None:
    me, channel = jam.people["berkeley"], jam.channels["berkeley"]
    answer = await _answered(jam, "berkeley")
    view = await _open(jam, "berkeley", answer, PROBLEM)
    state = fill(view.body["blocks"])
    await jam.slack.submit_view(me, view.id, state)
    for form in (Problem, Closing):
        [line] = await _kept(jam, "berkeley", form.kind)
        assert all(line[name] for name in form.model_fields), form
    again = await _open(jam, "berkeley", answer, PROBLEM)
    held = shown(again.body["blocks"])
    assert held == state, "what is asked once is there to be changed"
    blocks = [block.get("block_id") for block in again.body["blocks"]]
    assert blocks[-2:] == list(problem.EXPERIENCE), "and comes last"
    held["title"]["given"]["value"] = "A better title"
    held["ai_experience"]["given"]["selected_option"] = again.body["blocks"][-2]["element"]["options"][2]
    await jam.slack.submit_view(me, again.id, held)
    problems = await _kept(jam, "berkeley", "problem")
    assert [line["revision"] for line in problems] == [1, 2]
    assert [line["ai_experience"] for line in problems] == ["daily", "rarely"]
    assert len(await _kept(jam, "berkeley", "closing")) == 1
    menu = await jam.slack.message_shortcut(me, channel, answer.thread_ts or "", "jam_problem")
    await until(lambda: bool(menu.views))
    assert shown(jam.slack.workspace.views[menu.views[0]].body["blocks"])["title"] == held["title"]
    lone = await jam.slack.post(me, channel, "// among us")
    menu = await jam.slack.message_shortcut(me, channel, lone, "jam_problem")
    await until(lambda: bool(menu.views))
    assert problem.NOT_OURS in json.dumps(jam.slack.workspace.views[menu.views[0]].body)


async def test_what_goes_wrong_is_said_and_loses_nothing(jam: Jam) -> None:
    me, channel = jam.people["argonne"], jam.channels["argonne"]
    answer = await _answered(jam, "argonne")
    jam.slack.faults.error("views.open", "expired_trigger_id")
    late = await jam.slack.click(me, channel, answer.ts, DETAILS)
    await until(lambda: bool(jam.slack.ephemerals(channel, me)))
    assert late.acked
    assert jam.slack.ephemerals(channel, me)[0].visible_text == details.LATE
    view = await _open(jam, "argonne", answer, DETAILS)
    state = fill(view.body["blocks"])
    store = await Store.connect(f"unix://{jam.settings().labjam_data.resolve()}/valkey.sock")
    await store.client.delete(*[key async for key in store.client.scan_iter("*:job:answer:*")])
    await store.close()
    sent = await jam.slack.submit_view(me, view.id, state)
    assert sent.ack
    assert sent.ack["response_action"] == "push"
    assert details.GONE in json.dumps(sent.ack)
    assert jam.slack.modals(me)[0].id == view.id, "the words are still there to copy"
    assert await _kept(jam, "argonne", "details") == []


@pytest.mark.parametrize("letter", ["x", "é", "🧪", '"'])
def test_no_form_is_too_large_for_slack(letter: str) -> None:
    """Where there is no room to show words again, an empty input leaves them as they are."""
    long = letter * 3000
    skills = Skills.model_validate(dict.fromkeys(Skills.model_fields, long))
    standing = Details(
        lab="argonne", thread=ABOUT.thread, user="U1", at=1.0, question_ts="1.1", skills=skills,
        other_task="t" * 300, other_task_assessment=long, corrected_answer=long, expected_answer=long,
        comment=long,
    )  # fmt: skip
    view = details.view(ABOUT, standing, None, numeric=True)
    assert len(json.dumps(view)) <= VIEW_BYTES
    check_view(view)
    _, given = read(view | {"state": {"values": shown(view["blocks"])}})
    for name in ("comment", "corrected_answer", "expected_answer"):
        assert given.text(name, getattr(standing, name)) == long
