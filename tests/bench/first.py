"""How long the README's first command takes on a slow link, on a machine with nothing of labjam's.

`python -m tests.bench.first --mbit 10` clones this repository, runs the command there with an empty home,
lets pip reach its registry through a proxy that lets so much through, asks on the page, and asks again once
the small model answers.
"""

import argparse
import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.jam import free_port
from tests.trying import ROOT, Tab, Trial, tab

ROUND_TRIP = 0.04
PIECE = 8_192


class SlowLink:
    """A CONNECT proxy whose connections share so many bits a second downwards."""

    def __init__(self, mbit: float) -> None:
        self.bytes = 0
        self._rate = mbit * 1e6 / 8
        self._free_at = 0.0

    async def start(self) -> str:
        """Listen; gives the proxy's address."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2 * PIECE)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        await asyncio.sleep(ROUND_TRIP)
        try:
            there, back = await asyncio.open_connection(host, int(port), limit=2 * PIECE)
        except OSError:
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass(reader, back, slow=False))
            group.create_task(self._pass(there, writer, slow=True))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        try:
            while data := await reader.read(PIECE):
                await (self._pace(len(data)) if slow else asyncio.sleep(ROUND_TRIP))
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _pace(self, size: int) -> None:
        self.bytes += size
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + size / self._rate
        await asyncio.sleep(self._free_at - now)


async def answered(page: Tab, place: str, text: str, *, certify: bool) -> None:
    """Ask, and wait until the answer stands."""
    ts = (await page.act("post", channel=place, text=text))["ts"]
    if certify:
        await page.certify(place)
    await page.until(lambda: page.answers(ts))


async def measure(mbit: float, python: str, folder: Path) -> None:
    """Print the seconds to each step."""
    link, port = SlowLink(mbit), free_port()
    environ = {
        name: os.environ[name] for name in os.environ if name.startswith(("PIP_CERT", "SSL_CERT", "LANG"))
    }
    environ |= {
        "PATH": f"{Path(python).parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "PIP_CONFIG_FILE": "/dev/null",
    }
    environ["HTTPS_PROXY"] = await link.start()
    clone = await asyncio.create_subprocess_exec("git", "clone", "-q", str(ROOT), str(folder / "labjam"))
    await clone.wait()
    found = re.search(r"^python3 -m venv .*labjam try.*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert found
    begun = time.monotonic()

    def tell(what: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {link.bytes / 1e6:5.1f} MB  {what}", flush=True)

    command = f"{found[0]} --no-browser --port {port}"
    process = await asyncio.create_subprocess_shell(
        command, cwd=folder / "labjam", env=environ, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        await walk(process, port, folder, tell)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        await process.wait()


async def walk(
    process: asyncio.subprocess.Process, port: int, folder: Path, tell: Callable[[str], None]
) -> None:
    """Go from the command's first line to the answer of the small model."""
    assert process.stdout
    async for line in process.stdout:
        if b"Successfully installed" in line:
            tell("installed")
        if b"Open http" in line:
            break
    tell("the page is served")
    draining = asyncio.create_task(process.stdout.read())
    trial = Trial(folder, port=port)
    async with tab(trial) as page:
        place = page.channel("jam-argonne")
        await answered(page, place, "Show me an equation", certify=True)
        tell("the first answer stands")
        while (
            page.snapshot["model"]["kind"] == "scripted" and "could not" not in page.snapshot["model"]["note"]
        ):
            await page.next(600)
        tell(page.snapshot["model"]["note"])
        await answered(page, place, "Name a noble gas.", certify=False)
        tell("the second answer stands")
    draining.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mbit", type=float, default=10.0)
    parser.add_argument("--python", default=sys.executable, help="whose folder holds the python3 to use")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(given.mbit, given.python, Path(folder)))


if __name__ == "__main__":
    main()
