"""What is wrong is said in one plain line that names the setting and the remedy, and never shows a secret."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
from redis import Redis
from redis.exceptions import ResponseError

from tests.command import SECRET, command, labjam
from tests.jam import BUSY, Jam, ended, free_port, listens, until
from tests.stores import start_server

NOTHING: dict[str, str] = {}
TOKENS = {"SLACK_BOT_TOKEN": f"xoxb-{SECRET}", "SLACK_APP_TOKEN": f"xapp-{SECRET}"}
GIVEN = TOKENS | {"LABJAM_MODEL": "m", "OPENAI_API_KEY": f"sk-{SECRET}"}


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncGenerator[Jam]:
    """A Slack and a model; the bot comes as a command."""
    async with Jam(tmp_path) as jam:
        yield jam


@pytest.mark.parametrize(
    ("arguments", "environ", "names"),
    [
        ("run", NOTHING, ["SLACK_BOT_TOKEN: not set", "xoxb-"]),
        ("run", TOKENS, ["LABJAM_MODEL: not set", "OPENAI_BASE_URL", "labjam.toml"]),
        ("run", GIVEN | {"OPENAI_API_KEY": ""}, ["OPENAI_API_KEY: not set", "OPENAI_BASE_URL"]),
        ("run", GIVEN | {"SLACK_APP_TOKEN": ""}, ["SLACK_APP_TOKEN: not set", "xapp-", "SLACK_SIGNING"]),
        ("serve", GIVEN, ["REDIS_URL: not set", "run"]),
        ("work", GIVEN, ["REDIS_URL: not set", "run"]),
        ("run", GIVEN | {"REDIS_URL": f"http://:{SECRET}@h:1"}, ["REDIS_URL: not an address", "redis://"]),
        ("run", GIVEN | {"REDIS_URL": f"redis://:{SECRET}/x@h:1"}, ["REDIS_URL: not an address", "%2F"]),
        ("run", GIVEN | {"LABJAM_HTTP": "8700"}, ["LABJAM_HTTP: ", "127.0.0.1:8700"]),
        ("run", GIVEN | {"LABJAM_CONFIG": "/nowhere/labjam.toml"}, ["LABJAM_CONFIG: ", "labjam.toml"]),
    ],
    ids=lambda value: str(cast("object", value))[:24] if isinstance(value, list) else "",
)
async def test_a_wrong_setting(
    arguments: str, environ: dict[str, str], names: list[str], tmp_path: Path
) -> None:
    said = await labjam(environ, arguments, cwd=tmp_path)
    assert said.code == 2
    assert all(name in said.refusal for name in names), said.refusal
    assert not os.listdir(tmp_path), "nothing was begun"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[jam\n", "line 1"),
        ("[labs.argonne]\nchanel = 'x'\n", "labs.argonne.chanel"),
    ],
)
async def test_a_broken_labjam_toml(text: str, where: str, tmp_path: Path) -> None:
    (tmp_path / "labjam.toml").write_text(text)
    said = await labjam(GIVEN, "run", cwd=tmp_path)
    assert said.code == 2
    assert said.error.startswith("labjam: labjam.toml: ")
    assert where in said.error
    assert said.error.count("\n") == 1


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"SLACK_BOT_TOKEN": f"xoxb-{SECRET}"}, ["SLACK_BOT_TOKEN: invalid_auth", "xoxb-"]),
        ({"SLACK_BOT_TOKEN": "xapp-local-app"}, ["SLACK_BOT_TOKEN: not_allowed_token_type", "xoxb-"]),
        ({"SLACK_APP_TOKEN": f"xapp-{SECRET}"}, ["SLACK_APP_TOKEN: invalid_auth", "connections:write"]),
        ({"SLACK_API_URL": "http://127.0.0.1:9/api"}, ["SLACK_API_URL: http://127.0.0.1:9/api/", "reach"]),
        ({"REDIS_URL": f"redis://:{SECRET}@127.0.0.1:9"}, ["REDIS_URL: ", "127.0.0.1:9", "up"]),
        ({"LABJAM_DATA": "/proc/labjam"}, ["LABJAM_DATA: /proc/labjam: ", "Name a folder"]),
    ],
    ids=lambda value: str(cast("object", value))[:24] if isinstance(value, list) else "",
)
async def test_the_world_refuses(
    outside: Jam, wrong: dict[str, str], names: list[str], tmp_path: Path
) -> None:
    said = await labjam(outside.environ | {"LABJAM_LOG": "info"} | wrong, "run", cwd=tmp_path)
    assert said.code == 1
    assert all(name in said.refusal for name in names), said.refusal


async def test_a_wrong_redis_password(outside: Jam, tmp_path: Path) -> None:
    port = free_port()
    server = start_server(tmp_path, port, "--requirepass", "right")
    try:
        await until(lambda: listens(f"127.0.0.1:{port}"))
        wrong = {"REDIS_URL": f"redis://:{SECRET}@127.0.0.1:{port}", "LABJAM_LOG": "info"}
        said = await labjam(outside.environ | wrong, "run", cwd=tmp_path)
    finally:
        server.kill()
        server.wait()
    assert said.code == 1
    assert "REDIS_URL: " in said.refusal
    assert "password" in said.refusal


async def test_a_port_that_is_taken(outside: Jam, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        environ = outside.environ | {"LABJAM_HTTP": address, "LABJAM_LOG": "info"}
        said = await labjam(environ, "run", cwd=tmp_path)
    assert said.code == 1
    assert f"LABJAM_HTTP: {address}: " in said.refusal
    assert "Name another" in said.refusal


async def test_a_second_one_on_the_same_folder(outside: Jam, tmp_path: Path) -> None:
    first = await outside.start_child()
    said = await labjam(outside.environ | {"LABJAM_LOG": "info"}, "run", cwd=tmp_path)
    assert said.code == 1
    assert f"in use by another labjam (process {first.pid})" in said.refusal
    assert "REDIS_URL" in said.refusal
    ts = await outside.ask("argonne", "still there?")
    assert len(ended(await outside.answer("argonne", ts))) == 1


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_being_told_to_stop_is_no_error(outside: Jam, told: signal.Signals, tmp_path: Path) -> None:
    async with command(outside.environ | {"LABJAM_LOG": "error"}, "run", cwd=tmp_path) as process:
        await until(lambda: len(outside.slack.sockets.live) == 2, 15)
        process.send_signal(told)
        out, error = await asyncio.wait_for(process.communicate(), 10 * BUSY)
        assert (process.returncode, out, error) == (0, b"", b"")


async def test_a_missing_channel_is_named_in_the_log(outside: Jam) -> None:
    """It keeps nobody else waiting."""
    del outside.slack.workspace.channels[outside.channels["princeton"]]
    outside.slack.add_channel("jam-hq", [])
    await outside.start_child()
    ts = await outside.ask("argonne", "anybody?")
    assert len(ended(await outside.answer("argonne", ts))) == 1
    log = outside.folder / "run-0.log"
    await until(lambda: "channel missing" in log.read_text())
    lines = [line for line in log.read_text().splitlines() if "channel missing" in line]
    assert len(lines) == 1
    assert " warning " in lines[0]
    assert "#jam-princeton" in lines[0]
    assert "/invite @labjam" in lines[0]


async def test_redis_without_memory_costs_no_question(outside: Jam, tmp_path: Path) -> None:
    """What can't be kept is not acknowledged; Slack delivers it again, and it is answered once."""
    port = free_port()
    server = start_server(tmp_path, port)
    outside.extra["REDIS_URL"] = f"redis://127.0.0.1:{port}"
    try:
        await until(lambda: listens(f"127.0.0.1:{port}"))
        await outside.start_child()
        redis: Any = Redis(port=port)
        redis.config_set("maxmemory", 1)
        ts = await outside.ask("idaho", "is there room?")
        await until(lambda: outside.slack.delivery.redelivered > 0)
        assert outside.replies("idaho", ts) == []
        redis.config_set("maxmemory", 0)
        assert len(ended(await outside.answer("idaho", ts, timeout=20))) == 1
        assert len(outside.model.requests) == 1
        redis.close()
    finally:
        server.kill()
        server.wait()
    assert "used memory > 'maxmemory'" in (outside.folder / "run-0.log").read_text()


async def test_a_disk_that_fills_up_costs_no_question(outside: Jam) -> None:
    """The server may write no more to its file: it refuses what it can't keep, and so do we."""
    child = await outside.start_child()
    server = psutil.Process(child.pid).children()[0]
    limit = server.rlimit(psutil.RLIMIT_FSIZE)
    server.rlimit(psutil.RLIMIT_FSIZE, (0, limit[1]))
    with Redis(unix_socket_path=str(outside.settings().labjam_data / "valkey.sock")) as redis:
        await until(lambda: refuses_to_write(redis))
    asked = [await outside.ask("idaho", f"number {n}") for n in range(5)]
    await until(lambda: outside.slack.delivery.redelivered >= 5)
    assert not [ts for ts in asked if outside.replies("idaho", ts)]
    server.rlimit(psutil.RLIMIT_FSIZE, limit)
    for ts in asked:
        assert len(ended(await outside.answer("idaho", ts, timeout=20))) == 1
    assert len(outside.model.requests) == 5
    assert "MISCONF Errors writing to the AOF file" in (outside.folder / "run-0.log").read_text()


def refuses_to_write(redis: Redis) -> bool:
    try:
        redis.set("ballast", "x")
    except ResponseError:
        return True
    return False


@pytest.fixture
async def full_disk(tmp_path: Path) -> tuple[Path, list[str]]:
    """A folder, and the command that starts another one for which it is a full disk.

    Where nobody may mount one, no file may grow: that breaks the same writes with another word.
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size=1m tmpfs "{disk}"; head -c 2m /dev/zero >"{disk}/ballast" 2>/dev/null'
    own = await asyncio.create_subprocess_exec("unshare", "-Urm", "true", stderr=asyncio.subprocess.DEVNULL)
    if await own.wait() == 0:
        return disk, ["unshare", "-Urm", "sh", "-c", f'{mount}; exec "$0" "$@"']
    return disk, ["prlimit", "--fsize=0"]


async def test_a_full_disk_at_the_start(
    outside: Jam, full_disk: tuple[Path, list[str]], tmp_path: Path
) -> None:
    disk, before = full_disk
    environ = outside.environ | {"LABJAM_DATA": str(disk), "LABJAM_LOG": "info"}
    said = await labjam(environ, "run", cwd=tmp_path, before=before)
    assert said.code == 1
    assert f"LABJAM_DATA: {disk}: " in said.refusal
    assert "Name a folder that labjam can write to, on a disk with room." in said.refusal


async def test_a_wrong_command_is_used_wrongly(tmp_path: Path) -> None:
    said = await labjam(NOTHING, "runn", cwd=tmp_path)
    assert said.code == 2
    assert "choose from" in said.error
    assert "Traceback" not in said.error
