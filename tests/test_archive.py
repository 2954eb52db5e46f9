"""The archive holds each record once, whatever dies; tampering is named; a purge leaves the chain whole."""

import asyncio
import json
import random
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from bot.archive import links
from bot.archive.book import Book
from bot.archive.index import Index
from bot.archive.keeper import Keeper
from bot.archive.verify import Verified, verify
from bot.store.journal import Journal, Line
from tests.jam import until
from tests.stores import LABS, Engine, engine_at, started

LAB = LABS[0]


@pytest.fixture(scope="module", params=["standalone", "cluster"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with started(request.param, tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture
async def engine(server: str) -> AsyncGenerator[Engine]:
    async with engine_at(server) as engine:
        yield engine


async def write(engine: Engine, numbers: range, lab: str = LAB) -> None:
    """Journal records with these numbers, in many threads."""
    for n in numbers:
        record = json.dumps({"kind": "note", "lab": lab, "n": n, "words": f"é\u2028 {n}"})
        await Journal(engine.store).append(lab, f"thread-{n % 7}", record)


def archived(folder: Path, lab: str = LAB) -> list[int]:
    """The numbers of the archived records, in the archive's order."""
    return [json.loads(link.record).get("n") for link in Book(folder, lab).read() if link.shard >= 0]


def check(folder: Path, lab: str = LAB) -> Verified:
    return next(found for found in verify(folder) if found.lab == lab)


def keeper(engine: Engine, folder: Path, full: int = 2000) -> Keeper:
    made = Keeper(engine.store, LABS, folder)
    made._books = {lab: Book(folder, lab, full) for lab in LABS}
    return made


async def test_the_archive_grows_with_the_journal_and_goes_on_where_it_was(
    engine: Engine, tmp_path: Path
) -> None:
    first = keeper(engine, tmp_path)
    await write(engine, range(40))
    await write(engine, range(5), "idaho")
    assert await first.copy() == 45
    await write(engine, range(40, 60))
    assert await keeper(engine, tmp_path).copy() == 20  # another leader
    assert await first.copy() == 0
    await write(engine, range(60, 70))
    assert await first.copy() == 10

    assert sorted(archived(tmp_path)) == list(range(70))
    assert sorted(archived(tmp_path, "idaho")) == list(range(5))
    assert len(Book(tmp_path, LAB).files()) > 3
    assert [found.findings for found in verify(tmp_path)] == [[], [], []]
    found = check(tmp_path)
    assert (found.lines, found.head) == (70, Index.read(tmp_path / LAB).head_hash)


@pytest.mark.parametrize("cut", [1, 30, 150])
async def test_a_torn_line_is_cut_off_and_written_again(engine: Engine, tmp_path: Path, cut: int) -> None:
    await write(engine, range(9))
    await keeper(engine, tmp_path, 10_000).copy()
    [file] = Book(tmp_path, LAB).files()
    whole = file.read_bytes()
    last = whole[: whole[:-1].rindex(b"\n") + 1]
    file.write_bytes(whole[: len(last) + cut])
    (tmp_path / LAB / "index.json.new").write_text("{")  # died over the index, too

    await keeper(engine, tmp_path, 10_000).copy()

    assert sorted(archived(tmp_path)) == list(range(9))
    assert check(tmp_path).findings == []


async def test_a_server_that_lost_entries_is_archived_again_without_doubles(
    engine: Engine, tmp_path: Path
) -> None:
    await write(engine, range(30))
    await keeper(engine, tmp_path).copy()
    positions = Book(tmp_path, LAB)
    positions.load()
    await engine.store.client.flushall()
    records = [link.record for link in positions.read()][:10]
    for n, record in enumerate(records):  # an older copy, with entries from before the archive's position
        shard = engine.store.shard(f"thread-{json.loads(record)['n'] % 7}")
        name = f"labjam:{{{shard}}}:journal:{LAB}"
        await engine.store.client.xadd(name, {"record": record}, id=f"{n + 1}-0")
    new = json.dumps({"n": 99})
    name = f"labjam:{{{engine.store.shard('thread-0')}}}:journal:{LAB}"
    await engine.store.client.xadd(name, {"record": new}, id="5000-0")

    again = keeper(engine, tmp_path)
    await again.copy()
    await again.copy()

    assert sorted(archived(tmp_path)) == [*range(30), 99]
    assert check(tmp_path).findings == []


def filled(folder: Path, count: int = 40) -> Book:
    """An archive without a store."""
    book = Book(folder, LAB, 4000)
    book.append([Line(0, LAB, f"{n}-0", json.dumps({"n": n, "thread": n % 4})) for n in range(1, count + 1)])
    assert check(folder).findings == []
    return book


def rewrite(path: Path, change: Callable[["Lines"], None]) -> None:
    """Change the lines of a file in place."""
    lines = path.read_bytes().splitlines(keepends=True)
    change(lines)
    path.write_bytes(b"".join(lines))


Lines = list[bytes]


def altered(lines: Lines) -> None:
    lines[2] = lines[2].replace(b'"n":3,"thr', b'"n":9,"thr').replace(b'"thread": 3', b'"thread": 1')


def moved(lines: Lines) -> None:
    lines[2] = lines[2].replace(b'"entry":"3-0', b'"entry":"9-0')


def nonsense(lines: Lines) -> None:
    lines[2] = b"nonsense\n"


def one_gone(lines: Lines) -> None:
    del lines[2]


def three_gone(lines: Lines) -> None:
    del lines[1:4]


def doubled(lines: Lines) -> None:
    lines.insert(5, lines[2])


def swapped(lines: Lines) -> None:
    lines[2], lines[3] = lines[3], lines[2]


def last_gone(lines: Lines) -> None:
    lines.pop()


def forged(lines: Lines) -> None:
    old = links.Link.read(lines[2])
    lines[2] = links.Link.after(old.n - 1, old.prev, old.shard, old.entry, '{"n":777}').write()


def redacted_by_nobody(lines: Lines) -> None:
    lines[2] = links.Link.read(lines[2]).redacted("none").write()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (altered, "line 3: altered: its record"),
        (moved, "line 3: altered: its place"),
        (nonsense, "line 3: is missing"),
        (one_gone, "line 3: is missing"),
        (three_gone, "lines 2 to 4: are missing"),
        (doubled, "line 3: there twice"),
        (swapped, "line 3: out of its order"),
        (forged, "line 4: altered, or the line before it"),
        (redacted_by_nobody, "line 3: its record was removed, and no redaction of the chain says so"),
    ],
)
def test_what_was_tampered_with_is_named(tmp_path: Path, change: Callable[[Lines], None], says: str) -> None:
    book = filled(tmp_path)
    rewrite(book.files()[0], change)
    found = check(tmp_path).findings
    assert any(finding.startswith(says) for finding in found), found
    assert "000001.jsonl: altered since it was closed" in found


def test_files_and_ends_that_are_gone_are_named(tmp_path: Path) -> None:
    book = filled(tmp_path)
    rewrite(book.files()[-1], last_gone)
    assert check(tmp_path).findings == ["line 40: is missing at the end"]
    book.files()[1].unlink()
    [file, middle, _] = check(tmp_path).findings
    assert file.startswith("000002.jsonl: missing, with lines ")
    assert middle.endswith("are missing")
    (tmp_path / LAB / "index.json").unlink()
    assert "index.json: missing or damaged" in check(tmp_path).findings


def of_thread_2(record: dict[str, Any]) -> bool:
    return record.get("thread") == 2


def test_a_redaction_removes_the_records_and_leaves_the_chain_whole(tmp_path: Path) -> None:
    book = filled(tmp_path)
    assert book.redact(of_thread_2, "receipt-1", 5.0) == 10
    assert book.redact(of_thread_2, "receipt-2", 6.0) == 0

    assert b'"thread": 2' not in b"".join(file.read_bytes() for file in book.files())
    assert archived(tmp_path) == [n for n in range(1, 41) if n % 4 != 2]
    found = check(tmp_path)
    assert (found.findings, found.lines, found.redacted) == ([], 41, 10)


@pytest.mark.parametrize("rewritten", [0, 1])
def test_a_redaction_that_was_broken_off_is_finished(tmp_path: Path, rewritten: int) -> None:
    book = filled(tmp_path)
    before = [file.read_bytes() for file in book.files()]
    pending = {link.n: "receipt" for link in book.read() if of_thread_2(json.loads(link.record))}
    book.redact(of_thread_2, "receipt", 5.0)
    for file, content in list(zip(book.files(), before, strict=False))[rewritten : len(before) - 1]:
        file.write_bytes(content)
    index = Index.read(book.folder)
    index.pending = pending
    index.write(book.folder)
    assert any("is finished when labjam runs" in finding for finding in check(tmp_path).findings)

    Book(tmp_path, LAB, 4000).load()

    assert check(tmp_path).findings == []
    assert archived(tmp_path) == [n for n in range(1, 41) if n % 4 != 2]


@pytest.mark.parametrize("server", ["standalone"], indirect=True)
async def test_nothing_is_lost_or_doubled_when_archivers_are_killed(server: str, tmp_path: Path) -> None:
    async with engine_at(server) as engine:
        chance = random.Random(4)  # noqa: S311
        for round_ in range(3):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.archiving", server, str(tmp_path),
                cwd=Path(__file__).parent.parent,
            )  # fmt: skip
            writing = asyncio.create_task(write(engine, range(round_ * 400, (round_ + 1) * 400)))
            reached = round_ * 400 + chance.randrange(20, 300)
            await until(lambda: len(Book(tmp_path, LAB).files()) > 0 and size(tmp_path) > reached)  # noqa: B023
            child.kill()
            await child.wait()
            await writing
        await keeper(engine, tmp_path).copy()
    assert sorted(archived(tmp_path)) == list(range(1200))
    assert check(tmp_path).findings == []


def size(folder: Path) -> int:
    """About how many lines are archived."""
    return sum(file.stat().st_size for file in Book(folder, LAB).files()) // 420
