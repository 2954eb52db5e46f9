"""P8: whatever is altered, missing or out of order in the audit trail is found and named."""

import asyncio
import json
from collections.abc import Callable, Generator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.audit import Actor, Audit, Change, chained, faults, read_entry
from bot.store.ledger import Ledger
from bot.store.states import LabState
from tests.stores import Engine, started

MO = Actor("T1", "U1")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with started("standalone", tmp_path_factory.mktemp("audit")) as at:
        yield at


async def trail(engine: Engine, acts: int = 6) -> list[str]:
    """A trail of some acts, as its lines."""
    audit = Audit(Ledger(engine.store), lambda: 1_732_320_000.0)
    for n in range(acts):
        await audit.append(MO, "announce", "argonne", after=f"number {n + 1}")
    return [line async for line in Ledger(engine.store).lines()]


def swap(lines: list[str]) -> list[str]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def rewrite(lines: list[str]) -> list[str]:
    """Altered by somebody who also made the entry's own hash fit."""
    entry = chained(replace(read_entry(lines[2]), actor="U2"))
    fields = {name: getattr(entry, name) for name in json.loads(lines[2])}
    return [*lines[:2], json.dumps(fields), *lines[3:]]


TAMPERED: list[tuple[Callable[[list[str]], list[str]], str]] = [
    (lambda lines: [*lines[:2], lines[2].replace("number 3", "number 9"), *lines[3:]], "entry 3: altered"),
    (lambda lines: [*lines[:2], lines[2].replace('"U1"', '"U2"'), *lines[3:]], "entry 3: altered"),
    (rewrite, "entry 4: does not follow"),
    (lambda lines: lines[:2] + lines[3:], "entry 3: missing"),
    (lambda lines: lines[:1] + lines[4:], "entries 2 to 4: missing"),
    (lambda lines: lines[1:], "entry 1: missing"),
    (lambda lines: lines[:-1], "the trail ends with entry 5, but entry 6 was the last"),
    (swap, "entry 2: out of order"),
    (lambda lines: [*lines, lines[3]], "entry 4: out of order"),
    (lambda lines: [*lines[:3], "{}", *lines[4:]], "line 4: not readable"),
]


async def test_a_trail_as_written_has_no_faults(engine: Engine) -> None:
    lines = await trail(engine)
    head = await Ledger(engine.store).look()
    assert faults(lines, (head.number, head.hash)) == []
    assert [read_entry(line).number for line in lines] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("tamper", "named"), TAMPERED)
async def test_every_kind_of_tampering_is_named(
    engine: Engine, tamper: Callable[[list[str]], list[str]], named: str
) -> None:
    lines = await trail(engine)
    head = await Ledger(engine.store).look()
    found = faults(tamper(lines), (head.number, head.hash))
    assert any(fault.startswith(named) for fault in found), found


async def test_fifty_at_once_make_one_chain(engine: Engine) -> None:
    """Several processes act at the same moment, and each change is decided on what it changes."""
    audits = [Audit(Ledger(engine.store)) for _ in range(5)]

    def count(state: LabState) -> Change:
        number = int(state.fields.get("count", 0)) + 1
        return Change({"count": str(number)}, str(number - 1), str(number))

    await asyncio.gather(*(audits[n % 5].change(MO, "count", "argonne", count) for n in range(50)))
    lines = [line async for line in Ledger(engine.store).lines()]
    head = await Ledger(engine.store).look("argonne")
    assert faults(lines, (head.number, head.hash)) == []
    assert head.state.fields["count"] == "50"
    assert [int(read_entry(line).after) for line in lines] == list(range(1, 51))


async def test_what_is_declined_leaves_no_trace(engine: Engine) -> None:
    def decline(_: LabState) -> Change:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await Audit(Ledger(engine.store)).change(MO, "close", "argonne", decline)
    assert await Ledger(engine.store).latest(5) == []


async def test_the_command_verifies_the_store_and_a_file(
    engine: Engine,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    await trail(engine)
    assert await asyncio.to_thread(main, ["audit", "verify"]) == 0
    assert capsys.readouterr().out.startswith("ok       6 entries, head ")
    assert await asyncio.to_thread(main, ["audit", "export"]) == 0
    lines = capsys.readouterr().out.splitlines()
    file = tmp_path / "trail.jsonl"
    file.write_text("\n".join(lines[:3] + lines[4:]))
    assert await asyncio.to_thread(main, ["audit", "verify", str(file)]) == 1
    said = capsys.readouterr()
    assert said.err == "entry 4: missing\n"
    assert said.out.startswith("damaged  5 entries")
    assert await asyncio.to_thread(main, ["audit", "verify", str(tmp_path / "none")]) == 2


LATER: list[tuple[Callable[[list[str]], list[str]], str]] = [
    (lambda lines: lines[:-1], "entry 6: not in the later trail\n"),
    (lambda lines: remade(lines[:5]), "entry 3: another one in the later trail\n"),
    (lambda lines: [*lines, remade(lines)[0]], "entry 1: out of order, it stands after entry 6\n"),
]


@pytest.mark.parametrize(("tamper", "named"), LATER)
async def test_a_kept_trail_shows_what_the_later_one_alone_does_not(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    tamper: Callable[[list[str]], list[str]], named: str,
) -> None:  # fmt: skip
    lines = await trail(engine)
    kept, later = tmp_path / "kept.jsonl", tmp_path / "later.jsonl"
    kept.write_text("\n".join(lines))
    later.write_text("\n".join(lines))
    assert await asyncio.to_thread(main, ["audit", "verify", str(kept), str(later)]) == 0
    capsys.readouterr()
    later.write_text("\n".join(tamper(lines)))
    assert await asyncio.to_thread(main, ["audit", "verify", str(kept), str(later)]) == 1
    assert named in capsys.readouterr().err


def remade(lines: list[str]) -> list[str]:
    """A chain in which every hash fits, made anew by somebody who altered its third entry."""
    made, last = list[str](), ""
    for number, line in enumerate(lines, 1):
        actor = "U2" if number == 3 else "U1"
        entry = chained(replace(read_entry(line), actor=actor, previous=last))
        made.append(json.dumps(asdict(entry)))
        last = entry.hash
    assert faults(made) == []
    return made
