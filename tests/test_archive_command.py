"""What was answered is on disk, and `labjam archive verify` says whether it still is what it was."""

import json
from pathlib import Path

from tests.command import labjam
from tests.jam import Jam, until


def archived(folder: Path, lab: str) -> str:
    """All that a lab's archive holds."""
    return "".join(file.read_text() for file in sorted((folder / "data/archive" / lab).glob("*.jsonl")))


async def test_an_answer_is_on_disk_and_a_changed_word_of_it_is_named(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        await jam.start_bot()
        await jam.answer("argonne", await jam.ask("argonne", "What is a quark?"))
        await until(lambda: "What is a quark?" in archived(tmp_path, "argonne"))
        await jam.answer("idaho", await jam.ask("idaho", "What is a gluon?"))
        await jam.stop_bot()  # what is not archived yet is archived then
        environ = jam.environ
        [record] = await jam_journal(jam)
    assert "What is a gluon?" in archived(tmp_path, "idaho")
    line = json.loads(archived(tmp_path, "argonne"))
    assert line["record"] == record

    well = await labjam(environ, "archive", "verify", cwd=tmp_path)
    assert (well.code, well.error) == (0, "")
    assert f"ok       argonne: 1 lines, 0 redacted, head {line['hash']}" in well.out

    [file] = (tmp_path / "data/archive/argonne").glob("*.jsonl")
    file.write_text(file.read_text().replace("quark", "quirk"))
    ill = await labjam(environ, "archive", "verify", cwd=tmp_path)
    assert ill.code == 1
    assert "damaged  argonne" in ill.out
    assert ill.error == "  line 1: altered: its record was changed\n"


async def jam_journal(jam: Jam) -> list[dict[str, object]]:
    """The journal of a jam whose bot is at rest."""
    await jam.start_bot()
    return await jam.journal("argonne")


async def test_verify_says_where_it_looked_for_an_archive(tmp_path: Path) -> None:
    ended = await labjam({"LABJAM_DATA": str(tmp_path / "none")}, "archive", "verify", cwd=tmp_path)
    assert ended.code == 2
    assert ended.refusal.startswith("LABJAM_DATA: no archive at ")
