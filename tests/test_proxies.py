"""Behind a proxy: what goes to Slack and to models goes through it, what NO_PROXY names does not."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.jam import Jam
from tests.trying import Trial, tab


@dataclass
class Proxy:
    """An HTTP proxy that passes everything on, and keeps what clients sent."""

    url: str = ""
    sent: bytearray = field(default_factory=bytearray)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readline()
        target = urlsplit(first.split(b" ")[1].decode())
        there, back = await asyncio.open_connection(target.hostname, target.port)
        back.write(first)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass(there, writer))
            group.create_task(self._pass(reader, back, first))

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: bytes = b""
    ) -> None:
        self.sent += seen
        try:
            while data := await reader.read(65_536):
                self.sent += data if seen else b""
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@pytest.fixture
async def proxy() -> AsyncGenerator[Proxy]:
    one = Proxy()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    one.url = f"http://{host}:{port}"
    yield one
    server.close()


async def asked(jam: Jam) -> None:
    """A question with a file, and a formula in the answer, which comes as a picture."""
    await jam.start_child()
    notes = [("notes.txt", b"the dose rate behind the shield")]
    ts = await jam.slack.post(jam.people["idaho"], jam.channels["idaho"], "What?", files=notes)
    await jam.answer("idaho", ts, timeout=30)


async def test_everything_goes_through_the_proxy(tmp_path: Path, proxy: Proxy) -> None:
    async with Jam(tmp_path) as jam:
        jam.extra |= {"HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url}
        await asked(jam)
    for what in (b"/api/auth.test", b"Upgrade: websocket", b"/files-pri/", b"/v1/chat/completions"):
        assert what in proxy.sent


async def test_what_no_proxy_names_goes_past_it(tmp_path: Path, proxy: Proxy) -> None:
    async with Jam(tmp_path) as jam:
        jam.extra |= {"HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url, "NO_PROXY": "127.0.0.1"}
        await asked(jam)
    assert not proxy.sent


async def test_a_trial_stays_on_this_machine(tmp_path: Path, proxy: Proxy) -> None:
    env = {"HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url}
    async with Trial(tmp_path, ("--labs", "argonne"), env=env) as trial, tab(trial) as page:
        place = page.channel("jam-argonne")
        ts = (await page.act("post", channel=place, text="Show me a table"))["ts"]
        await page.certify(place)
        await page.until(lambda: page.answers(ts))
    assert not proxy.sent
