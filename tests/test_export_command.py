"""`labjam export`, while labjam runs and after: what was asked, judged and released is in the file."""

import json
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.records import Release, ThreadKey
from bot.settings import Settings
from bot.store.redis import Store
from bot.store.releases import Releases
from tests.command import labjam
from tests.exporting import rows
from tests.jam import Jam, until


async def released(jam: Jam, ts: str) -> None:
    """Review and release an answer."""
    asked = next(line["question"] for line in await jam.journal("argonne") if line["question"]["ts"] == ts)
    thread = ThreadKey(**asked["thread"])
    store = await Store.connect(f"unix://{jam.settings().labjam_data.resolve()}/valkey.sock")
    states = Releases(store)
    for state, before in (("lab_reviewed", "private"), ("released", "lab_reviewed")):
        assert await states.change(Release("argonne", thread, ts, state, "U1", "", 1.0)) == before  # pyright: ignore[reportArgumentType]
    assert await states.states(thread) == {ts: "released"}
    await store.close()


async def test_a_released_answer_is_exported_from_the_store_and_from_the_archive(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        await jam.start_bot()
        asker = jam.people["argonne"]
        mine = await jam.ask("argonne", f"What is a quark, <@{asker}>? Asks Scientist Argonne.")
        await jam.answer("argonne", mine)
        await jam.answer("argonne", await jam.ask("argonne", "And a gluon?"))
        await released(jam, mine)
        running = await labjam(
            jam.environ, "export", "--format", "jsonl", "-o", "out.jsonl", "--lab", "argonne", cwd=tmp_path
        )
        assert (running.error, running.code) == ("", 0)
        assert "1 turns of 1 threads\nwithheld: 1 private\n" in running.out
        archive = tmp_path / "data/archive/argonne/000001.jsonl"
        await until(lambda: archive.exists() and archive.read_text().count('"kind": "release"') == 2)
        nowhere = await labjam(jam.environ, "export", "--format", "jsonl", "--lab", "no", cwd=tmp_path)
        await jam.stop_bot()
        environ = jam.environ | {"SLACK_BOT_TOKEN": ""}
        stopped = await labjam(environ, "export", "--format", "kto", cwd=tmp_path)
        lost = await labjam(
            environ, "export", "--format", "jam", "--archive", "--include", "all", "-o", "all", cwd=tmp_path
        )
    assert nowhere.error == "labjam: --lab: no has no record; there are: argonne\n"
    _, turn = rows((tmp_path / "out.jsonl").read_text())
    assert turn["answer"][0]["question"]["text"].startswith("What is a quark, @person-")
    assert asker not in (tmp_path / "out.jsonl").read_text()
    assert json.loads((tmp_path / "out.manifest.json").read_text())["names_replaced"] > 0
    assert (stopped.error, stopped.code) == ("", 0)
    assert "no row: 1 no thumb" in stopped.out
    assert (lost.error, lost.code) == ("", 0)
    assert len(json.loads((tmp_path / "all/jam.json").read_text())["experiments"]) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--include", "some"), "--include: some is no state; allowed: private, lab_reviewed, withheld, all"),
        (("--names", "slack"), "SLACK_BOT_TOKEN: not set."),
        (("--names", "nofile"), "--names: nofile: "),
        (("--archive",), "LABJAM_DATA: no archive at "),
    ],
)
def test_a_wrong_wish_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...], says: str,
) -> None:  # fmt: skip
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("LABJAM_DATA", str(tmp_path))
    assert main(["export", "--format", "jsonl", *arguments]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"labjam: {says}")
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_a_time_must_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--format", "jsonl", "--since", "monday"])
    assert "'monday' is no time such as 2026-11-20T08:00" in capsys.readouterr().err
