"""`/jam export`: a lab's record as a file for the moderator who asked, and for nobody else."""

import io
import os
import time
import zipfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.lab_export import LEFT_BEHIND
from bot.trial.messages import Message
from tests.desk import Desk, furnish
from tests.jam import Jam, until


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with Jam(tmp_path) as jam:
        desk = await furnish(jam, tmp_path)
        left = jam.settings().labjam_data / "export-of-a-killed-process"
        left.mkdir(parents=True)
        (left / "records").write_text("words of the record")
        os.utime(left, (0, time.time() - 2 * LEFT_BEHIND))
        await jam.start_bot()
        yield desk


async def handed(desk: Desk, count: int) -> Message:
    """The last of so many messages to the moderator."""
    direct = desk.jam.slack.workspace.direct(desk.moderator)
    await until(lambda: len(direct.messages) == count, 20)
    return list(direct.messages.values())[-1]


async def test_a_moderator_gets_the_labs_record_and_nobody_else(desk: Desk) -> None:
    jam = desk.jam
    ts = await jam.ask("argonne", "why is the film blue?")
    await jam.answer("argonne", ts)
    await jam.answer("idaho", await jam.ask("idaho", "somebody else's"))
    await desk.do("export")
    nothing = await handed(desk, 1)
    assert "nothing to export of the released answers of ANL as jsonl" in nothing.visible_text

    question = (await desk.say(desk.moderator, "export jsonl all")).messages[-1]
    assert "Export all answers of this lab, also those it has not released" in question.visible_text
    assert "as jsonl is being made" in await desk.do("export jsonl all")
    [file] = [jam.slack.workspace.files[one] for one in (await handed(desk, 3)).files]
    with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
        rows = "".join(packed.read(name).decode() for name in packed.namelist())
    assert "why is the film blue?" in rows
    assert "somebody else's" not in rows
    assert desk.scientist not in rows
    entry = (await desk.audited())[-1]
    assert (entry.act, entry.ended, entry.after) == ("export", "done", "all answers of ANL as jsonl")

    assert "`export`: all answers of ANL as jsonl" in await desk.do("audit")

    assert "The formats are:" in (await desk.say(desk.moderator, "export xml")).text
    assert "as a day" in (await desk.say(desk.moderator, "export since monday")).text
    assert "Only the moderators of ANL" in (await desk.say(desk.scientist, "export all")).text
    assert not jam.slack.workspace.direct(desk.scientist).messages

    link = f"https://local.slack.com/archives/{desk.lab}/p{ts.replace('.', '')}"
    await desk.do(f"purge thread {link}")
    await until(lambda: file.id not in jam.slack.workspace.files, 20)
    assert not list(jam.settings().labjam_data.glob("export-*"))
