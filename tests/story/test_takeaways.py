"""Files people take away: from an answer's menu or a thread's shortcut, in the thread, once."""

import json
from pathlib import Path
from typing import Any

from bot.slack.blocks import MORE
from bot.trial.messages import Message
from bot.trial.model_script import Plan, Reply
from handlers.takeaway import NOTHING_HERE
from tests.jam import Jam, kill_tree, until

ANSWER = "It is $E=mc^2$.\n\n```python\nprint(42)\n```\n\nSee [this](https://evil.example)."


async def choose(jam: Jam, message: Message, label: str) -> None:
    [menu] = [element for _, element in message.elements if element["action_id"] == MORE]
    [option] = [each for each in menu["options"] if each["text"]["text"] == label]
    clicked = await jam.slack.click(
        jam.people["idaho"], jam.channels["idaho"], message.ts, MORE, selected_option=option
    )
    assert clicked.acked


def files_in(jam: Jam, ts: str) -> list[str]:
    """The titles of the files in a thread, as often as they stand there."""
    files = jam.slack.workspace.files
    return [files[file].title for message in jam.replies("idaho", ts) for file in message.files]


def content(jam: Jam, title: str) -> str:
    [file] = [file for file in jam.slack.workspace.files.values() if file.title == title]
    return file.content.decode()


async def test_an_answer_comes_as_a_file_into_its_thread(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply(ANSWER))
    ts = await jam.ask("idaho", "what is mass?")
    [answer] = await jam.answer("idaho", ts)
    for label in ("Get as Markdown", "Get as LaTeX", "Get as notebook", "Get as notebook"):
        await choose(jam, answer, label)
    await until(lambda: len(files_in(jam, ts)) == 3)
    await jam.slack.settled()
    md, tex, notebook = sorted(files_in(jam, ts), key=_order)
    assert "this <https://evil.example>" in content(jam, md)
    assert r"\(E=mc^2\)" in content(jam, tex)
    cells: list[dict[str, Any]] = json.loads(content(jam, notebook))["cells"]
    assert [cell["source"] for cell in cells if cell["cell_type"] == "code"] == ["print(42)"]


def _order(title: str) -> int:
    return ["md", "tex", "ipynb"].index(title.rpartition(".")[2])


async def test_a_whole_thread_comes_by_its_shortcut(jam: Jam) -> None:
    jam.model.script = Plan(lambda seen: Reply(f"On {seen.question}."))
    ts = await jam.ask("idaho", "first")
    await jam.answer("idaho", ts)
    await jam.ask("idaho", "second", ts)
    _, second = await jam.answer("idaho", ts, answers=2)
    await jam.slack.message_shortcut(jam.people["idaho"], jam.channels["idaho"], second.ts, "jam_export")
    await until(lambda: len(files_in(jam, ts)) == 3)
    [md] = [title for title in files_in(jam, ts) if title.endswith(".md")]
    assert content(jam, md).index("On first.") < content(jam, md).index("On second.")


async def test_a_thread_without_answers_is_told_so(jam: Jam) -> None:
    ts = await jam.ask("idaho", "// lunch?")
    await jam.slack.message_shortcut(jam.people["idaho"], jam.channels["idaho"], ts, "jam_export")
    await until(lambda: bool(jam.slack.ephemerals(jam.channels["idaho"], jam.people["idaho"])))
    [told] = jam.slack.ephemerals(jam.channels["idaho"], jam.people["idaho"])
    assert NOTHING_HERE in told.visible_text


async def test_a_file_stands_once_though_its_worker_is_killed(tmp_path: Path) -> None:
    """Killed when Slack has shared it and nobody has written that down; the next answer leaves it alone."""
    async with Jam(tmp_path, own_store=True) as jam:
        await jam.start_child("serve")
        worker = await jam.start_child("work")
        jam.model.script = Plan(lambda _: Reply(ANSWER))
        ts = await jam.ask("idaho", "what is mass?")
        [answer] = await jam.answer("idaho", ts)
        jam.slack.faults.delay("files.completeUploadExternal", 1.0)
        await choose(jam, answer, "Get as LaTeX")
        await until(lambda: jam.calls("files.completeUploadExternal") == 1)
        kill_tree(worker)
        await jam.start_child("work")
        await until(lambda: bool(files_in(jam, ts)), 20)
        await until(lambda: jam.calls("files.info") > 0, 20)
        await jam.ask("idaho", "and energy?", ts)
        await until(lambda: len([m for m in jam.replies("idaho", ts) if m.written]) == 2)
        assert len(files_in(jam, ts)) == 1
