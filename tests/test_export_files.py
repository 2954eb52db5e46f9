"""The files that came with questions: fetched for a jam export under safe names, or noted with why not."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bot.errors import RetryLater
from bot.exports.attached import safe
from bot.exports.slack_files import AWAY, GIVE_UP, GONE, NOT_GIVEN, TRIES, SlackFiles
from bot.slack.downloads import NotGiven, SlackFile
from tests.command import labjam
from tests.export_shapes import JamExport
from tests.exporting import rows
from tests.jam import Jam
from tests.test_export_command import released

TABLE = b"t,v\n1,2\n"
PLOT = bytes(range(256)) * 200


async def test_files_come_along_in_the_jam_export(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        await jam.start_bot()
        jam.slack.add_person("Ada Lovelace")
        me, channel = jam.people["argonne"], jam.channels["argonne"]
        files = (("Ada Lovelace's data.csv", TABLE), ("lost.txt", b"gone"), ("plot.bin", PLOT))
        first = await jam.slack.post(me, channel, "What is the mean?", files=files)
        await jam.answer("argonne", first)
        hidden = await jam.slack.post(me, channel, "Mine alone?", files=[("private.csv", b"secret")])
        await jam.answer("argonne", hidden)
        await released(jam, first)
        lost = next(one.id for one in jam.slack.workspace.files.values() if one.name == "lost.txt")
        del jam.slack.workspace.files[lost]
        asked = jam.calls("files.info")
        whole = await _export(jam, "whole.zip")
        assert jam.calls("files.info") == asked + 3, "what is not released is not fetched"
        bare = await _export(jam, "bare.zip", "--no-files")
        one_file = await _export(jam, "one.json")
        jam.extra["SLACK_BOT_TOKEN"] = ""
        no_token = await _export(jam, "none.zip")
    assert "files of questions: 2 fetched; left out: 1 it is gone from Slack" in whole
    assert "0 fetched; left out: 3 left out by --no-files" in bare
    assert "3 the export is one file" in one_file
    assert "3 no token for Slack is set" in no_token
    _check_whole(tmp_path)
    with zipfile.ZipFile(tmp_path / "bare.zip") as packed:
        assert sorted(packed.namelist()) == ["jam.json", "manifest.json", "sidecar.jsonl"]


async def _export(jam: Jam, target: str, *more: str) -> str:
    done = await labjam(jam.environ, "export", "--format", "jam", "-o", target, *more, cwd=jam.folder)
    assert (done.error, done.code) == ("", 0)
    return done.out


def _check_whole(folder: Path) -> None:
    with zipfile.ZipFile(folder / "whole.zip") as packed:
        [experiment] = JamExport.model_validate_json(packed.read("jam.json")).experiments
        [turn] = experiment.turns
        assert turn.data_removed, "one is missing"
        assert [(one.id, one.turn_id) for one in turn.files] == [(1, turn.id), (2, turn.id)]
        assert [packed.read(one.path) for one in turn.files] == [TABLE, PLOT]
        table, plot = (one.path for one in turn.files)
        assert table.startswith("files/000001-person-")
        assert table.endswith("_s_data.csv")
        assert plot == "files/000002-plot.bin"
        line = rows(packed.read("sidecar.jsonl").decode())[1]
        assert [one.get("why", "") for one in line["files"]] == ["", "it is gone from Slack", ""]
        manifest = json.loads(packed.read("manifest.json"))
        assert {one["name"]: one["sha256"] for one in manifest["files"]}[plot] == line["files"][2]["sha256"]
        assert len(packed.namelist()) == 5


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("data.csv", "data.csv"), ("../../etc/passwd", "etc_passwd"), ("..", "file"), ("", "file"),
        (".htaccess", "htaccess"), ("a\\b:c*.tar.gz", "a_b_c_.tar.gz"), ("\u202egnp.exe", "gnp.exe"),
        ("x" * 300 + ".pdf", "x" * 76 + ".pdf"), ("Größe in µm.xlsx", "Gr_e_in_m.xlsx"),
    ],
)  # fmt: skip
def test_a_name_is_safe(name: str, made: str) -> None:
    assert safe(name) == made


class Stub:
    """Slack, as it may be: each look-up takes the next of `says`, the last one for good."""

    def __init__(self, *says: Any) -> None:
        self.says = list(says)
        self.asked = 0

    async def look(self, team: str, file: str) -> SlackFile | None:
        self.asked += 1
        says = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(says, Exception):
            raise says
        return SlackFile(file, "a.txt", 1, "", "https://files.slack.com/a") if says is not None else None

    async def fetch(self, file: SlackFile, most: int) -> bytes | None:
        if self.says[0] == "refuses":
            raise NotGiven
        return b"x"


async def _no_pause(seconds: float) -> None:
    assert seconds < 5


async def test_a_file_is_tried_again_and_a_slack_that_is_away_is_left_alone() -> None:
    busy = RetryLater("download: HTTP 503")
    once: Any = Stub(busy, "gives")
    assert await SlackFiles(once, _no_pause).fetch("T1", "F1") == b"x"
    refuses: Any = Stub("refuses")
    assert await SlackFiles(refuses, _no_pause).fetch("T1", "F1") == NOT_GIVEN
    gone: Any = Stub(None)
    assert await SlackFiles(gone, _no_pause).fetch("T1", "F1") == GONE
    away: Any = Stub(busy)
    files = SlackFiles(away, _no_pause)
    assert [await files.fetch("T1", f"F{n}") for n in range(20)] == [AWAY] * 20
    assert away.asked == GIVE_UP * TRIES
