"""The model on this machine and the simulated crowd of `labjam try`."""

import asyncio
import importlib.util
import os
import random
import sys
from pathlib import Path

import pytest

from bot.errors import WorldError
from bot.labs import read_labs
from bot.labs.reading import CONTACT
from bot.settings import Settings
from bot.trial.choosing import HOUSE, LAB, _short_prompts
from bot.trial.crowd import Crowd
from bot.trial.local_model import DEMONSTRATION, RUNTIME, WEIGHTS, demonstration
from tests.jam import Jam, until
from tests.trying import Trial, labjam, tab


async def refused(folder: Path, *args: str) -> tuple[int | None, str]:
    process = await labjam(folder, "try", "--no-browser", *args)
    _, errors = await process.communicate()
    return process.returncode, errors.decode()


async def test_a_file_that_is_no_model_is_refused_by_name(tmp_path: Path) -> None:
    page = tmp_path / "notes.gguf"
    page.write_text("not weights")
    code, errors = await refused(tmp_path, "--model", str(page))
    assert (code, errors) == (
        2,
        f"labjam: --model: {page} is not a GGUF file, the format of llama.cpp.\n",
    )
    code, errors = await refused(tmp_path, "--model", str(tmp_path / "none.gguf"))
    assert code == 2
    assert "No such file or directory. Name a .gguf file." in errors


def test_weights_that_are_not_the_real_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in (RUNTIME, WEIGHTS):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert demonstration() is None
    (tmp_path / WEIGHTS / "model.gguf").write_bytes(b"GGUF, but another")
    with pytest.raises(WorldError, match=r"model.gguf: not the file it should be .* pip uninstall"):
        demonstration()


def test_what_the_demonstration_model_is_told_is_short() -> None:
    words = len(f"{HOUSE} {LAB.format(contact=CONTACT)}".split())
    assert words * 1.6 < 200, "tokens, each of which costs it time"


async def test_a_broken_model_file_is_refused_by_name(tmp_path: Path) -> None:
    if not importlib.util.find_spec(RUNTIME):
        assert "LABJAM_LOCAL_MODEL" not in os.environ, "it was to be installed"
        pytest.skip(f"{RUNTIME} is not installed")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    code, errors = await refused(tmp_path, "--model", str(broken))
    assert (code, errors) == (1, f"labjam: --model: {broken} can't be loaded by llama.cpp here.\n")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("named", ["local", "a file of one's own"])
async def test_the_local_model_answers_and_each_answer_says_what_it_is(tmp_path: Path, named: str) -> None:
    if not demonstration():
        assert "LABJAM_LOCAL_MODEL" not in os.environ, "it was to be installed"
        pytest.skip("the demonstration model is not installed")
    weights = demonstration()
    assert weights
    which, name = ("local", DEMONSTRATION) if named == "local" else (str(weights.path), weights.path.stem)
    args, env = ("--labs", "argonne", "--model", which), {"LABJAM_PROMPTS": str(_short_prompts(tmp_path))}
    async with Trial(tmp_path, args, env=env) as trial, tab(trial) as page:
        assert page.snapshot["model"]["kind"] == "local"
        place = page.channel("jam-argonne")
        thread = (await page.act("post", channel=place, text="Name a noble gas."))["ts"]
        await page.certify(place)
        await page.until(lambda: page.answers(thread))
        words = str(page.answers(thread)[0]["blocks"])
        assert name in words
        assert "at this machine" in words
        assert len(words) > 300


async def test_a_crowd_asks_asks_on_and_judges(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        await jam.start_bot()
        labs = read_labs(Settings(labjam_model="scripted", openai_base_url=jam.model.base_url), os.environ)
        crowd = Crowd(jam.slack, [labs["argonne"], labs["idaho"]], random.Random(7), pause=0.4)  # noqa: S311
        asking = asyncio.create_task(crowd.run(6))

        async def busy() -> bool:
            assert not asking.done()
            kinds = {lab: [line["kind"] for line in await jam.journal(lab)] for lab in ("argonne", "idaho")}
            follow_ups = [call for call in jam.model.requests if len(call.body["messages"]) > 2]
            return all({"answer", "vote"} <= set(found) for found in kinds.values()) and bool(follow_ups)

        await until(busy, timeout=20, every=0.3)
        asking.cancel()
