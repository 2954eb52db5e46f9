"""Formulas: readable at once, pictures in their places when the answer stands, and LaTeX in the record."""

from pathlib import Path
from typing import Any

import pytest

from bot.trial.messages import Message
from bot.trial.model_script import Plan, Reply
from bot.typeset import MOST_PICTURES
from tests.jam import Jam, ended, kill_tree, until

FORMULA = r"\frac{\partial u}{\partial t} = \alpha \frac{\partial^2 u}{\partial x^2}"
SUM = r"\sum_{n=0}^{\infty} x^n"
TEXT = f"""The diffusivity is $\\alpha > 0$ and the series ${SUM}$ converges. The heat equation:

$$
{FORMULA}
$$

It costs $5 or $10. A formula nobody can draw: $$\\foo$$

> The end, <!channel>."""


def pictures_in(message: Message) -> list[dict[str, Any]]:
    return [block for block in message.raw if block["type"] == "image"]


async def shown(jam: Jam, ts: str, number: int) -> list[Message]:
    """The answer, when it has so many pictures."""
    await until(lambda: sum(len(pictures_in(m)) for m in jam.replies("argonne", ts)) == number, 20)
    return jam.replies("argonne", ts)


async def test_pictures_come_in_their_places(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply(TEXT, pieces=40, seconds=0.5))
    ts = await jam.ask("argonne", "show me")
    [first] = await jam.answer("argonne", ts)
    assert f"> 0 and the series `{SUM}` converges." in first.written
    [message] = await shown(jam, ts, 2)
    kinds = [block["type"] for block in message.raw]
    assert kinds[:4] == ["markdown", "image", "image", "markdown"]
    assert kinds[4:] == [block["type"] for block in message.raw if block["type"] not in {"markdown", "image"}]
    assert ended([message]) == [message]
    assert [block["alt_text"] for block in pictures_in(message)] == [SUM, FORMULA]
    assert f"```latex\n{FORMULA}" not in message.written
    assert "It costs $5 or $10." in message.written
    assert "```latex\n\\foo\n```" in message.written
    assert not message.pings
    for block in pictures_in(message):
        assert jam.slack.workspace.files[block["slack_file"]["id"]].content.startswith(b"\x89PNG")
    [answer] = [line for line in await jam.journal("argonne") if line["kind"] == "answer"]
    assert answer["text"] == TEXT


async def test_of_a_hundred_formulas_none_is_lost(jam: Jam) -> None:
    """A message takes so many pictures; the others stay as source, each in its place."""
    formulas = [rf"\frac{{a_{{{n}}}}}{{b}} = \sum_i c_i" for n in range(100)]
    text = "\n\n".join(f"Step {n}:\n\n$$\n{tex}\n$$" for n, tex in enumerate(formulas))
    jam.model.script = Plan(lambda _: Reply(text, pieces=50, seconds=0.5))
    ts = await jam.ask("argonne", "derive it")
    await jam.answer("argonne", ts)
    [message] = await shown(jam, ts, MOST_PICTURES // 2)
    drawn = {block["alt_text"] for block in pictures_in(message)}
    said = [words.strip("`\n") for words in message.written.split("latex\n")[1:]]
    assert drawn | {words.split("\n")[0] for words in said} == set(formulas)
    assert jam.calls("files.completeUploadExternal") == MOST_PICTURES // 2
    assert [f"Step {n}:" in message.written for n in range(100)] == [True] * 100
    assert len(ended([message])) == 1


async def test_an_edited_question_keeps_the_pictures(jam: Jam) -> None:
    """Whoever edits the message builds it with all that is known."""
    jam.model.script = Plan(lambda _: Reply(TEXT))
    ts = await jam.ask("argonne", "show me")
    await shown(jam, ts, 2)
    await jam.slack.edit(jam.people["argonne"], jam.channels["argonne"], ts, "show me more")
    await until(lambda: "edited after this answer" in str(jam.replies("argonne", ts)[-1].raw))
    assert len(pictures_in(jam.replies("argonne", ts)[-1])) == 2


async def test_a_picture_that_slack_refuses_holds_no_edit_up(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply(TEXT))
    ts = await jam.ask("argonne", "show me")
    await shown(jam, ts, 2)
    jam.slack.faults.error("chat.update", "invalid_blocks")
    await jam.slack.edit(jam.people["argonne"], jam.channels["argonne"], ts, "show me more")
    await until(lambda: "edited after this answer" in str(jam.replies("argonne", ts)[-1].raw))
    assert not pictures_in(jam.replies("argonne", ts)[-1])
    assert f"```latex\n{FORMULA}" in jam.replies("argonne", ts)[-1].written


async def test_a_deleted_question_takes_its_pictures_along(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply(TEXT))
    ts = await jam.ask("argonne", "show me")
    await shown(jam, ts, 2)
    await jam.slack.delete(jam.people["argonne"], jam.channels["argonne"], ts)
    await until(lambda: not jam.slack.workspace.files)


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_where_slack_takes_no_files_the_text_stays(jam: Jam, method: str) -> None:
    jam.slack.faults.error(method, "file_uploads_disabled", times=None)
    jam.model.script = Plan(lambda _: Reply(TEXT))
    ts = await jam.ask("argonne", "show me")
    [first] = await jam.answer("argonne", ts)
    await until(lambda: jam.calls(method) > 0)
    await jam.slack.settled()
    assert not pictures_in(jam.replies("argonne", ts)[0])
    assert f"```latex\n{FORMULA}\n```" in first.written


async def test_a_kill_loses_no_picture_and_doubles_none(tmp_path: Path) -> None:
    """Whoever takes over goes on with the files that were begun."""
    async with Jam(tmp_path) as jam:
        jam.model.script = Plan(lambda _: Reply(TEXT))
        child = await jam.start_child()
        for method in ("files.getUploadURLExternal", "files.completeUploadExternal", "files.info"):
            jam.slack.faults.delay(method, 1.0)
            before = jam.calls(method)
            ts = await jam.ask("argonne", "show me")
            await until(lambda: jam.calls(method) > before, 20)  # noqa: B023
            kill_tree(child)
            await child.wait()
            jam.slack.faults.clear()
            child = await jam.start_child()
            [message] = await shown(jam, ts, 2)
            assert len(ended([message])) == 1
        seen = [file for file in jam.slack.workspace.files.values() if file.complete]
        assert len(seen) == 6


LONG = "\n\n".join(f"Paragraph {n} of a long answer. " + "It goes on and on. " * 40 for n in range(120))


async def test_a_very_long_answer_ends_in_a_file(tmp_path: Path) -> None:
    """Six messages and one file with all of it, posted once, whoever dies meanwhile."""
    async with Jam(tmp_path) as jam:
        jam.model.script = Plan(lambda _: Reply(LONG, pieces=100, seconds=1.0))
        child = await jam.start_child()
        jam.slack.faults.delay("files.completeUploadExternal", 0.5)
        ts = await jam.ask("argonne", "all of it")
        await until(lambda: jam.calls("files.completeUploadExternal") > 0, 30)
        kill_tree(child)
        await child.wait()
        await jam.start_child()
        await until(lambda: len(jam.replies("argonne", ts)) == 7, 20)
        *answer, posted = jam.replies("argonne", ts)
        assert "All of it is in the file `answer.md` below." in answer[-1].written
        assert len(answer) == 6
        assert ended(answer) == [answer[-1]]
        [file] = posted.files
        assert jam.slack.workspace.files[file].content.decode() == LONG
        jam.model.script = Plan(lambda _: Reply("Short."))
        await jam.ask("argonne", "and then?", ts)
        await until(lambda: jam.whole("argonne", ts, answers=2), 20)
        assert [m.ts for m in jam.replies("argonne", ts)][:7] == [m.ts for m in (*answer, posted)]


async def test_a_deletion_overtakes_the_file(jam: Jam) -> None:
    """A question deleted while its file is on the way leaves no file."""
    jam.model.script = Plan(lambda _: Reply(LONG))
    jam.slack.faults.delay("files.completeUploadExternal", 1.5)
    ts = await jam.ask("argonne", "all of it")
    await until(lambda: jam.calls("files.completeUploadExternal") > 0, 20)
    assert jam.slack.workspace.files
    await jam.slack.delete(jam.people["argonne"], jam.channels["argonne"], ts)
    await until(lambda: not jam.replies("argonne", ts) or bool(jam.replies("argonne", ts)[0].files))
    await until(lambda: not jam.slack.workspace.files)
    assert not [message for message in jam.replies("argonne", ts) if not message.files]


async def test_an_edited_question_takes_the_old_files_away(jam: Jam) -> None:
    """The second answer's file holds the second answer; a third without any leaves none."""
    texts = {"one": LONG, "two": LONG.replace("goes on", "went on"), "three": "Short."}
    jam.model.script = Plan(lambda seen: Reply(texts[seen.question]))
    ts = await jam.ask("argonne", "one")
    held = jam.slack.workspace.files

    def holds(text: str) -> bool:
        return [file.content.decode() for file in held.values() if file.complete] == [text]

    await until(lambda: holds(LONG), 20)
    for question in ("two", "three"):
        await jam.slack.edit(jam.people["argonne"], jam.channels["argonne"], ts, question)
        await until(lambda: "edited after this" in str([m.raw for m in jam.replies("argonne", ts)]), 20)
        [last] = ended(jam.replies("argonne", ts))
        await jam.slack.click(jam.people["argonne"], jam.channels["argonne"], last.ts, "labjam_again")
        await until(lambda: holds(texts[question]) if question == "two" else not held, 20)  # noqa: B023
