"""`labjam purge` and `labjam hold` on the command line, and what a lab keeps for some days only."""

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.archive.book import Book
from bot.archive.keeper import Keeper
from bot.audit import read_entry
from bot.commands.caring import held, purged
from bot.errors import WorldError
from bot.labs import Lab, Labs, read_labs
from bot.purge import Purges, Receipt
from bot.retention import Retention
from bot.scopes import Hold, Scope
from bot.settings import Settings
from bot.store.jobs import CROSS_LAB, Jobs
from bot.store.journal import Journal, read
from bot.store.ledger import Ledger
from bot.store.redis import Store
from tests.command import labjam

DAY = 24 * 3600.0
NOW = 100 * DAY


async def ask(store: Store, n: int, user: str = "U1", lab: str = "argonne", days: float = 0) -> str:
    """A question and a colleague's vote on it, that many days old; gives the thread."""
    ts = f"{n}.000100"
    thread = {"team": "T1", "channel": "C1", "ts": ts}
    at = NOW - days * DAY
    question = {"thread": thread, "ts": ts, "user": user, "lab": lab, "text": f"words-{n} of {user}"}
    records: list[dict[str, Any]] = [
        {"kind": "answer", "lab": lab, "at": at, "question": question, "text": f"reply-{n}", "messages": []},
        {"kind": "vote", "lab": lab, "at": at, "thread": thread, "question_ts": ts, "user": "U9", "thumb": 1},
    ]
    for record in records:
        await Journal(store).append(lab, f"T1:C1:{ts}", json.dumps(record))
    return f"T1:C1:{ts}"


async def kept(store: Store, lab: str = "argonne") -> list[str]:
    """Whose words of which question are in the journal."""
    lines = [line async for line in read(store, lab)]
    return sorted(line["question"]["text"] for line in lines if line["kind"] == "answer")


async def test_a_purge_in_two_steps_and_a_hold_on_the_command_line(
    store: Store, url: str, tmp_path: Path
) -> None:
    environ = {"REDIS_URL": url, "LABJAM_DATA": str(tmp_path / "data")}
    thread, _ = await ask(store, 1), await ask(store, 2, "U2")
    await Keeper(store, ["argonne"], tmp_path / "data" / "archive").copy()

    said = await labjam(
        environ, "hold", "--lab", "argonne", "--thread", thread, "--why", "case 7", cwd=tmp_path
    )
    assert (said.code, "under a legal hold" in said.out) == (0, True)
    assert re.search(
        rf"thread argonne {thread} since .* by console: case 7",
        (await labjam(environ, "hold", cwd=tmp_path)).out,
    )
    said = await labjam(environ, "purge", "--lab", "argonne", "--thread", thread, cwd=tmp_path)
    assert (said.code, said.error[:30]) == (1, "labjam: PURGE: a legal hold ke")

    looked = await labjam(environ, "purge", "--lab", "argonne", cwd=tmp_path)
    assert "2 records, 1 questions" in looked.out
    assert "2 records stay under a legal hold" in looked.out
    assert len(await kept(store)) == 2
    [code] = re.findall(r"--confirm (\w+)", looked.out)
    assert (await labjam(environ, "purge", "--lab", "argonne", "--confirm", "0", cwd=tmp_path)).code == 2
    done = await labjam(environ, "purge", "--lab", "argonne", "--confirm", code, cwd=tmp_path)
    assert re.search(r"argonne: 2 records purged, receipt \w{12} \w{64}", done.out), done
    assert await kept(store) == ["words-1 of U1"]
    archived = "".join(path.read_text() for path in (tmp_path / "data" / "archive").rglob("*.jsonl"))
    assert ("words-1" in archived, "words-2" in archived) == (True, False)

    said = await labjam(environ, "hold", "--lab", "argonne", "--thread", thread, "--release", cwd=tmp_path)
    assert said.out == "The hold is released.\n"
    assert await audited(store) == [
        (act, ended) for act in ("hold", "purge", "release-hold") for ended in ("ordered", "done")
    ]


async def audited(store: Store) -> list[tuple[str, str]]:
    entries = [read_entry(line) async for line in Ledger(store).lines()]
    return [(entry.act, entry.ended) for entry in entries]


async def test_what_the_command_line_begins_is_in_the_trail_though_it_ends_badly(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order comes first: a console that dies in the middle leaves it."""
    settings = Settings(redis_url=url, labjam_data=tmp_path)
    scope = Scope("argonne", thread=await ask(store, 1))

    async def break_(*_: object, **__: object) -> list[Receipt]:
        assert (await audited(store))[-1] == ("purge", "ordered")
        raise RuntimeError("a disk is full")

    [_, told] = await purged(settings, scope, "")
    with monkeypatch.context() as patch:
        patch.setattr(Purges, "carry_out", break_)
        with pytest.raises(RuntimeError):
            await purged(settings, scope, told.rpartition(" ")[2])
    await held(settings, scope, "")
    with pytest.raises(WorldError, match="under a hold already"):
        await held(settings, scope, "")
    assert await audited(store) == [
        ("purge", "ordered"), ("purge", "failed"), ("hold", "ordered"), ("hold", "done"),
        ("hold", "ordered"), ("hold", "declined"),
    ]  # fmt: skip


async def test_mistakes_on_the_command_line_are_one_line(store: Store, url: str, tmp_path: Path) -> None:
    await ask(store, 1)
    for arguments, says in {
        ("purge",): "--lab: say which lab",
        ("purge", "--lab", "nowhere"): "nowhere has no record; there are: argonne",
        ("purge", "--lab", "argonne", "--thread", "C1/1"): "TEAM:CHANNEL:TS",
        ("purge", "--thread", "T1:C1:1.1", "--person", "U1"): "not both",
    }.items():
        said = await labjam({"REDIS_URL": url}, *arguments, cwd=tmp_path)
        assert (said.code, said.out) == (2, "")
        assert says in said.error, arguments


@pytest.fixture
def labs() -> Labs:
    made = read_labs(Settings(openai_base_url="http://m/v1", labjam_model="m"), {})
    return replace(made, by_key={"argonne": replace(made["argonne"], keep_days=30)})


def retention(store: Store, labs: Labs, folder: Path) -> tuple[Retention, Purges]:
    purges = Purges(Jobs(store, ["argonne", CROSS_LAB], "test"), lambda: NOW)
    ticks = itertools.count()
    return Retention(labs, purges, folder, lambda: NOW + next(ticks)), purges


async def test_what_is_too_old_goes_and_the_archive_keeps_it(
    store: Store, labs: Labs, tmp_path: Path
) -> None:
    """Nothing goes from Redis before the archive has it; a hold keeps it in both."""
    keeping, purges = retention(store, labs, tmp_path)
    old, _, _ = await ask(store, 1, days=40), await ask(store, 2, "U2", days=40), await ask(store, 3, days=29)
    await keeping.run()
    assert len(await kept(store)) == 3
    await Keeper(store, ["argonne"], tmp_path).copy()
    await purges.hold(Hold(Scope("argonne", thread=old), "U5", NOW, ""))
    await keeping.run()
    assert await kept(store) == ["words-1 of U1", "words-3 of U1"]
    assert [line["records"] async for line in read(store, "argonne") if "digest" in line] == [2]
    await purges.release(Scope("argonne", thread=old))
    await keeping.run()
    assert await kept(store) == ["words-3 of U1"]
    await keeping.run()
    assert sum([line["kind"] == "purge" and "digest" in line async for line in read(store, "argonne")]) == 2
    await Keeper(store, ["argonne"], tmp_path).copy()
    archived = "".join(link.record for link in Book(tmp_path, "argonne").read())
    assert all(f"words-{n}" in archived for n in (1, 2, 3))


async def test_a_lab_may_let_its_archive_go_too(store: Store, labs: Labs, tmp_path: Path) -> None:
    argonne: Lab = replace(labs["argonne"], keep_archive=False)
    await ask(store, 1, days=40)
    await ask(store, 3, days=29)
    await Keeper(store, ["argonne"], tmp_path).copy()
    keeping, _ = retention(store, replace(labs, by_key={"argonne": argonne}), tmp_path)
    await keeping.run()
    await Keeper(store, ["argonne"], tmp_path).copy()
    archived = "".join(link.record for link in Book(tmp_path, "argonne").read())
    assert ("words-1" in archived, "words-3" in archived) == (False, True)
    assert await kept(store) == ["words-3 of U1"]
