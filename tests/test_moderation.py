"""`/jam` over the real path of slash commands: who may do what, and what of it is audited."""

import json
import threading
from collections.abc import AsyncGenerator, Callable

import pytest
import pytest_asyncio

from bot.guard import Guard
from bot.moderation.table import PARTS
from bot.rehearsal import STOPPED
from bot.trial.model_script import Plan, Reply
from tests.desk import Desk, furnish
from tests.jam import Jam, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = {
    "status": ("", "Argonne National Laboratory"),
    "queue": ("", "Nothing runs"),
    "whoami": ("", "moderator of ANL"),
    "open": ("Fusion day until 23:59", "“Fusion day” until"),
    "close": ("", "closed"),
    "pause": ("", "Paused"),
    "stop": ("now", "Stopped"),
    "resume": ("", "Going on"),
    "model show": ("", "`default` is asked"),
    "model list": ("", "other-1"),
    "model set": ("other", "`other` is asked from the next question on"),
    "model compare": ("20%", "20%"),
    "prompt show": ("", "batteries"),
    "prompt edit": ("", ""),
    "prompt history": ("", "from the lab's files"),
    "prompt test": ("Why is the sky blue?", "The model is asked"),
    "prompt rollback": ("0", "is in use already"),
    "mute": ("{scientist}", "is muted"),
    "unmute": ("{scientist}", "can ask again"),
    "allow": ("{scientist}", "may ask"),
    "disallow": ("{scientist}", "may ask only as"),
    "audit": ("5", "`mute`"),
    "export": ("", "the released answers of ANL as jsonl"),
    "announce": ("The coffee is ready.", "goes to #jam-argonne"),
}  # fmt: skip
"""Every subcommand of the desk: what to write behind it, and what a moderator reads then."""

CHANGES = {
    "open", "close", "pause", "resume", "stop", "model set", "model compare", "mute", "unmute", "allow",
    "disallow", "announce", "export",
}  # fmt: skip
FOR_ALL = {"status", "whoami"}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    async with Jam(folder) as jam:
        desk = await furnish(jam, folder)
        await jam.start_bot()
        yield desk


@pytest.mark.parametrize("name", CASES)
async def test_a_moderator_may_and_it_is_kept(desk: Desk, name: str) -> None:
    rest, says = CASES[name]
    already = len(await desk.audited())
    person = f"<@{desk.scientist}|scientist>"
    assert says in await desk.do(f"{name} {rest.format(scientist=person)}")
    entries = [one for one in (await desk.audited())[already:] if one.ended != "ordered"]
    assert [(one.act, one.actor, one.lab, one.ended) for one in entries] == [
        (name, desk.moderator, "argonne", "done") for _ in range(name in CHANGES)
    ]


@pytest.mark.parametrize("name", sorted(set(CASES) - FOR_ALL))
async def test_others_may_not_and_that_is_kept(desk: Desk, name: str) -> None:
    for person in (desk.scientist, desk.other):
        already = len(await desk.audited())
        answer = await desk.say(person, f"{name} {CASES[name][0]}")
        assert "Only the moderators of ANL" in answer.text
        assert not answer.views
        [entry] = (await desk.audited())[already:]
        assert (entry.act, entry.actor, entry.lab, entry.ended) == (name, person, "argonne", "refused")


async def test_whatever_else_is_in_the_table_is_refused_to_a_scientist(desk: Desk) -> None:
    """Every feature's subcommands, by the help of somebody who may do everything."""
    mine = (await desk.say(desk.scientist, "help")).text
    names = [name for name in await desk.subcommands() if f"/jam {name}" not in mine]
    assert set(CASES) - FOR_ALL <= set(names)
    for name in names:
        assert "Only " in (await desk.say(desk.scientist, f"{name} x y")).text, name
    refused = [entry.act for entry in await desk.audited() if entry.ended == "refused"]
    assert set(names) <= set(refused)


async def test_help_shows_what_i_may_do(desk: Desk) -> None:
    told = (await desk.say(desk.scientist, "")).text
    assert told.startswith("Ask by writing a message in your lab's channel")
    assert ("/jam stop" in told, "/jam whoami" in told) == (False, True)
    told = (await desk.say(desk.moderator, "help")).text
    assert "/jam stop" in told
    assert [line[1:-1] for line in told.split("\n") if line.endswith("*")] == list(PARTS)
    assert "--lab all" in (await desk.say(desk.lead, "", desk.hq)).text


async def test_help_about_one_says_all_of_it(desk: Desk) -> None:
    about = (await desk.say(desk.moderator, "help purge")).text
    assert about.startswith("`/jam purge [thread LINK")
    assert "There is no `/jam xyzzy`" in (await desk.say(desk.moderator, "help xyzzy")).text


async def test_what_can_not_be_is_declined_before_it_is_asked_about(desk: Desk) -> None:
    await desk.say(desk.moderator, "model set other")
    for wrong, says in {
        "review all since 2020-13-45": "as a day",
        "release all frobbed": "I don't know “frobbed”",
        "release-hold": "Say what",
        "release-hold lab": "no hold on exactly this",
        "export all xml": "The formats are",
        "open x until 2020-01-01 10:00": "2020 10:00 CST is past already",
        "model set other": "is asked already",
        "open Fusion until": "Say until when: `until 17:00`",
        "unmute {scientist}": "is not muted",
    }.items():
        answer = await desk.say(desk.moderator, wrong.format(scientist=f"<@{desk.scientist}>"))
        assert says in answer.text, wrong
        assert not any(message.elements for message in answer.messages)


async def test_a_prompt_is_tried_in_private(desk: Desk) -> None:
    answer = await desk.say(desk.moderator, "prompt test What is a prompt for?")
    await until(lambda: len(answer.messages) == 2)
    assert "You asked: What is a prompt for?" in answer.text
    assert {message.ephemeral_to for message in answer.messages} == {desk.moderator}
    assert not await desk.jam.journal("argonne")


async def test_a_stop_ends_a_prompts_test_and_allows_none(desk: Desk) -> None:
    desk.jam.model.script = Plan(lambda _: Reply("on and on " * 400, pieces=400, seconds=60))
    answer = await desk.say(desk.moderator, "prompt test How long is long?")
    await until(lambda: [one.question for one in desk.jam.model.requests][-1:] == ["How long is long?"])
    await desk.do("stop now")
    await until(lambda: answer.text.endswith(STOPPED))
    await until(lambda: desk.jam.model.concurrent == 0)
    assert (await desk.say(desk.moderator, "prompt test And now?")).text == STOPPED
    await desk.do("resume")
    desk.jam.model.script = Plan()


async def test_without_slack_a_command_says_what_to_do(desk: Desk) -> None:
    desk.jam.slack.faults.error("views.open", "expired_trigger_id")
    assert "Type it again" in await desk.do("prompt edit")
    hall = desk.jam.slack.add_channel("corridor", [desk.scientist])
    desk.jam.slack.faults.status("*", 503, None)
    assert "Type it again" in (await desk.say(desk.scientist, "status", hall)).text
    desk.jam.slack.faults.clear()


async def test_a_typo_is_understood_as_far_as_i_may(desk: Desk) -> None:
    assert "Did you mean `/jam pause`" in (await desk.say(desk.moderator, "puase")).text
    assert "Did you mean" not in (await desk.say(desk.scientist, "puase")).text
    assert "did you mean other?" in await desk.do("model set othre")
    already = len(await desk.audited())
    for wrong, meant in {
        "summary tomorrow": "summary now",
        "prompt edti": "prompt edit",
        "flag calim": "flag claim",
    }.items():
        assert f"Did you mean `/jam {meant}`?" in (await desk.say(desk.moderator, wrong)).text
    assert len(await desk.audited()) == already


async def test_only_the_one_who_asked_sees_the_answer(desk: Desk) -> None:
    answer = await desk.say(desk.moderator, "status")
    assert [message.ephemeral_to for message in answer.messages] == [desk.moderator]


async def test_what_is_hard_to_undo_is_asked_about_first(desk: Desk) -> None:
    already = len(await desk.audited())
    question = (await desk.say(desk.moderator, "stop")).messages[-1]
    assert "Stop every running answer?" in question.visible_text
    pressed = await desk.jam.slack.click(desk.moderator, desk.lab, question.ts, "labjam_cancel")
    assert pressed.acked
    await until(lambda: question.visible_text == "Nothing was done.")
    assert len(await desk.audited()) == already


async def test_a_button_is_gone_while_its_act_takes_long(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    question = (await desk.say(desk.moderator, "stop")).messages[-1]
    monkeypatch.setattr("handlers.moderation.ACK_WITHIN", 0.0)
    pressed = await desk.jam.slack.click(desk.moderator, desk.lab, question.ts, "labjam_do")
    await until(lambda: question.visible_text.startswith("Stopped."))
    assert pressed.responses == 2, "that it is worked on, and then what came of it"
    monkeypatch.undo()
    await desk.do("resume")


async def test_a_button_asks_again_who_may(desk: Desk) -> None:
    question = (await desk.say(desk.moderator, "stop")).messages[-1]
    await desk.jam.slack.click(desk.scientist, desk.lab, question.ts, "labjam_do")
    await until(lambda: "Only the moderators of ANL" in question.visible_text)
    entry = (await desk.audited())[-1]
    assert (entry.act, entry.actor, entry.ended) == ("stop", desk.scientist, "refused")


async def test_a_lead_acts_for_one_lab_or_all(desk: Desk) -> None:
    assert "For which lab?" in (await desk.say(desk.lead, "pause", desk.hq)).text
    assert "There is no such lab" in (await desk.say(desk.lead, "pause --lab mars", desk.hq)).text
    assert "Paused" in await desk.do("pause --lab INL", desk.lead, desk.hq)
    assert "Going on" in await desk.do("\u2014lab #jam-idaho resume", desk.lead, desk.hq)
    already = len(await desk.audited())
    answer = await desk.do("--lab all pause", desk.lead, desk.hq)
    assert answer.count("Paused") == 9
    assert {entry.lab for entry in (await desk.audited())[already:]} == set(desk.jam.channels)
    assert (await desk.do("resume --lab all", desk.lead, desk.hq)).count("Going on") == 9


async def test_a_moderator_cannot_act_for_all(desk: Desk) -> None:
    assert "Only the jam's leads" in (await desk.say(desk.moderator, "pause --lab all")).text
    entry = (await desk.audited())[-1]
    assert (entry.act, entry.lab, entry.ended) == ("pause", "all", "refused")


async def test_elsewhere_a_moderator_acts_on_their_own_lab(desk: Desk) -> None:
    hall = desk.jam.slack.add_channel("cafeteria", [desk.moderator])
    assert "Argonne" in (await desk.say(desk.moderator, "status", hall)).text
    assert "is asked" in (await desk.say(desk.moderator, "model show", hall)).text


async def test_a_role_counts_without_a_restart(desk: Desk) -> None:
    file = desk.jam.settings().labjam_config
    assert file
    before = file.read_text()
    assert "Only" in (await desk.say(desk.scientist, "queue")).text
    file.write_text(before.replace('"Mo@ANL.example"', f'"Mo@ANL.example", "{desk.scientist}"'))

    async def may() -> bool:
        return "Nothing runs" in (await desk.say(desk.scientist, "queue")).text

    await until(may, 8, every=0.3)
    file.write_text("[jam]\nleads = 7\n")  # a mistake leaves what was
    assert "Nothing runs" in (await desk.say(desk.scientist, "queue")).text
    file.write_text(before)


async def test_an_announcement_is_said_once_in_each_lab(desk: Desk) -> None:
    await desk.do("announce Lunch is *served*. --lab all", desk.lead, desk.hq)
    for channel in desk.jam.channels.values():
        await until(lambda: _said(desk, channel, "Lunch is *served*.") == 1)  # noqa: B023


MARKED = "SECRET//NOFORN canary-31c8"
FREE_TEXT = [
    f"open {MARKED} until 23:59", f"open {MARKED} --lab all", f"hold lab {MARKED}", f"announce {MARKED}",
    f"prompt test {MARKED}", f"flag resolve ab123 {MARKED}", f"withhold all because {MARKED}",
    f"stop {MARKED}",
]  # fmt: skip


@pytest.mark.parametrize("text", FREE_TEXT)
async def test_marked_words_of_a_moderator_are_kept_nowhere(desk: Desk, text: str) -> None:
    answer = await desk.say(desk.lead, text)
    assert "nothing of it was kept" in answer.text
    assert not any(message.elements for message in answer.messages), "no button carries them"
    await desk.jam.slack.settled()
    assert "canary" not in str(await desk.kept())
    assert not any(_said(desk, channel, "canary") for channel in desk.jam.channels.values())


async def test_a_button_with_marked_words_does_nothing(desk: Desk) -> None:
    """A rule may be younger than the question whose button it is."""
    question = (await desk.say(desk.moderator, "stop")).messages[-1]
    [button] = [each for _, each in question.elements if each["action_id"] == "labjam_do"]
    id_, name, labs, _, at = json.loads(button["value"])
    button["value"] = json.dumps([id_, name, labs, MARKED, at])
    await desk.jam.slack.click(desk.moderator, desk.lab, question.ts, "labjam_do")
    await until(lambda: "nothing of it was kept" in question.visible_text)
    assert "canary" not in str(await desk.kept())


async def test_a_long_sessions_texts_are_looked_through_aside(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody's command would be acknowledged meanwhile."""
    looked: list[threading.Thread] = []

    def marks(_: Guard) -> Callable[[str], bool]:
        return lambda _: bool(looked.append(threading.current_thread()))

    monkeypatch.setattr("bot.summary.posting.marks", marks)
    await desk.jam.answer("idaho", await desk.jam.ask("idaho", "why?"))
    said = await desk.say(desk.other, "summary now", desk.jam.channels["idaho"])
    await until(lambda: "On its way to the channel: 1 thread" in said.text)
    assert looked
    assert threading.main_thread() not in looked


def _said(desk: Desk, channel: str, words: str) -> int:
    return sum(words in message.visible_text for message in desk.jam.slack.channel_messages(channel))
