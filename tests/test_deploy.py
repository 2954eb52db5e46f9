"""The files an admin starts labjam with: they agree with the program, with each other and with themselves."""

import asyncio
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version
from pydantic import SecretStr

from bot.labs import read_labs
from bot.labs.tables import (
    AuthTable,
    EndpointTable,
    JamTable,
    LabTable,
    ModelTable,
    ReferencesTable,
    SlackTable,
    Table,
)
from bot.settings import Settings
from bot.web import Web
from tests.jam import free_port

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
LABJAM_NEEDS = 10
"""Seconds a process may take to stop; whoever stops it must wait longer before it kills."""


def read(name: str) -> str:
    return (DEPLOY / name).read_text()


def service(name: str) -> dict[str, Any]:
    return yaml.safe_load(read("compose.yaml"))["services"][name]


def pins(name: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Each pinned requirement of a lock with its hashes."""
    text = re.sub(r"^\s*#.*\n", "", read(name), flags=re.MULTILINE).replace("\\\n", " ")
    for line in text.splitlines():
        yield Requirement(line.split("--hash=")[0]), re.findall(r"--hash=sha256:([0-9a-f]{64})", line)


# The example of .env


def example() -> list[tuple[str, str, str]]:
    """Name, value and comment of each variable, set or commented out."""
    found = re.findall(r"^# (.+)\n#?([A-Z_]+)=(.*)$", read("env.example"), re.MULTILINE)
    return [(name, value, comment) for comment, name, value in found]


def test_the_example_has_every_variable_once_and_no_other() -> None:
    assert [name.lower() for name, _, _ in example()] == list(Settings.model_fields)
    assert len(re.findall(r"^#?[A-Z_]+=", read("env.example"), re.MULTILINE)) == len(Settings.model_fields)


def test_the_example_shows_the_defaults_and_holds_no_secret() -> None:
    for name, value, _ in example():
        default = Settings.model_fields[name.lower()].default
        assert value == ("" if default is None or "SecretStr" in repr(default) else str(default)), name


# Compose


@pytest.mark.parametrize("name", ["serve", "work", "redis"])
def test_a_container_can_do_nothing_it_need_not(name: str) -> None:
    this = service(name)
    assert this["read_only"]
    assert this["cap_drop"] == ["ALL"]
    assert this["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in this, "Socket Mode needs none"
    assert this["logging"]["driver"] == "local", "the default never rotates"


@pytest.mark.parametrize("name", ["serve", "work"])
def test_a_labjam_container_starts_and_stops_in_order(name: str) -> None:
    this = service(name)
    assert this["command"] == [name]
    assert this["depends_on"]["redis"]["condition"] == "service_healthy"
    assert int(this["stop_grace_period"].removesuffix("s")) > LABJAM_NEEDS
    assert {name.lower() for name in this["environment"]} <= set(Settings.model_fields)
    assert this["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}


def test_workers_are_scaled_by_number() -> None:
    assert service("work")["deploy"]["replicas"] == "${LABJAM_WORKERS:-2}"
    assert service("work")["healthcheck"] == {"disable": True}, "the image's asks a web server it has not"


def test_the_store_forgets_nothing_and_is_reached_by_nobody_else() -> None:
    store = service("redis")
    options = dict(zip(store["command"][1::2], store["command"][2::2], strict=True))
    assert options == {
        "--appendonly": "yes", "--appendfsync": "everysec", "--save": "", "--maxmemory-policy": "noeviction",
    }  # fmt: skip
    networks = yaml.safe_load(read("compose.yaml"))["networks"]
    assert [networks[name]["internal"] for name in store["networks"]] == [True]
    assert store["volumes"] == ["redis:/data"]


# The image


def test_the_image_is_made_of_what_the_build_needs_and_of_nothing_else() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", read("Dockerfile"), re.MULTILINE)
    names = set(" ".join(copied).split())
    assert names == {line[1:] for line in read("Dockerfile.dockerignore").splitlines() if line[:1] == "!"}
    file = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {pattern.rstrip("*") for pattern in file["tool"]["setuptools"]["packages"]["find"]["include"]}
    needed = {"pyproject.toml", file["project"]["readme"], *file["project"]["license-files"], *packages}
    locks = {"deploy/requirements.txt", "deploy/requirements-build.txt"}
    assert names == needed | locks | {"deploy/probe.py"}


def test_the_image_runs_as_a_numbered_nobody() -> None:
    lines = read("Dockerfile").splitlines()
    assert "USER 10001:10001" in lines
    assert lines.index("USER 10001:10001") > max(i for i, line in enumerate(lines) if line.startswith("FROM"))
    assert 'ENTRYPOINT ["labjam"]' in lines
    assert 'CMD ["run"]' in lines


@pytest.mark.parametrize(("path", "missing", "code"), [
    ("/healthz", "the store is away", 0), ("/readyz", "", 0), ("/readyz", "the store is away", 1),
])  # fmt: skip
async def test_the_probe_says_what_the_web_server_says(path: str, missing: str, code: int) -> None:
    async def ready() -> str:
        return missing

    port = free_port()
    web = Web(("127.0.0.1", port), ready, None)
    await web.start()
    try:
        assert await probe(path, port) == (code, missing if path == "/readyz" and missing else any_good(path))
    finally:
        await web.stop()


async def test_the_probe_fails_in_a_line_where_nobody_listens() -> None:
    code, says = await probe("/healthz", free_port())
    assert code == 1
    assert len(says.splitlines()) == 1


def any_good(path: str) -> str:
    return {"/healthz": "ok", "/readyz": "ready"}[path]


async def probe(path: str, port: int) -> tuple[int | None, str]:
    """Run the probe behind a proxy that isn't there, which must not matter."""
    environ = {"LABJAM_HTTP": f"0.0.0.0:{port}", "http_proxy": "http://127.0.0.1:9"}
    child = await asyncio.create_subprocess_exec(
        sys.executable, DEPLOY / "probe.py", path, env=environ, stdout=subprocess.PIPE
    )
    says, _ = await child.communicate()
    return child.returncode, says.decode().strip()


# The locks


def test_the_lock_has_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for lock, asked in [
        ("requirements.txt", [*project["project"]["dependencies"], *_extra(project, "ranking")]),
        ("requirements-build.txt", project["build-system"]["requires"]),
    ]:
        pinned = {pin.name: next(iter(pin.specifier)).version for pin, _ in pins(lock)}
        for wanted in map(Requirement, asked):
            assert Version(pinned[wanted.name]) in wanted.specifier, f"make {lock} anew: deploy/README.md"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-build.txt"])
def test_a_lock_pins_by_hash_and_names_no_place(name: str) -> None:
    assert "://" not in read(name)
    for pin, hashes in pins(name):
        assert [one.operator for one in pin.specifier] == ["=="]
        assert hashes, pin.name


def _extra(project: Any, name: str) -> list[str]:
    return project["project"]["optional-dependencies"][name]


# systemd and Kubernetes


def test_the_unit_lets_labjam_stop_before_its_store() -> None:
    lines = read("systemd/labjam.service").splitlines()
    given = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert given["ExecStart"].endswith("/labjam run")
    assert given["KillMode"] == "mixed", "SIGTERM to the whole group would end the store first"
    assert int(given["TimeoutStopSec"]) > LABJAM_NEEDS
    assert given["RestartPreventExitStatus"] == "2", "a wrong setting stays wrong"
    assert f"LABJAM_DATA=/var/lib/{given['StateDirectory']}" in given["Environment"].split()
    assert {given[name] for name in ("NoNewPrivileges", "DynamicUser", "PrivateTmp", "ProtectHome")} == {
        "yes"
    }
    assert given["ProtectSystem"] == "strict"


def pod(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A Deployment's pod and its one container."""
    spec = list(yaml.safe_load_all(read("k8s/labjam.yaml")))[number]["spec"]
    found = spec["template"]["spec"]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    return found, found["containers"][0]


@pytest.mark.parametrize("number", [0, 1])
def test_a_pod_is_restricted_and_given_time_to_stop(number: int) -> None:
    this, container = pod(number)
    assert this["terminationGracePeriodSeconds"] > LABJAM_NEEDS
    assert this["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["envFrom"] == [{"secretRef": {"name": "labjam"}}]
    assert {one["name"].lower() for one in container["env"]} <= set(Settings.model_fields)


def test_only_the_pod_with_a_web_server_is_probed() -> None:
    (_, serve), (_, work) = pod(0), pod(1)
    assert (serve["args"], work["args"]) == (["serve"], ["work"])
    assert serve["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert serve["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert not {name for name in work if name.endswith("Probe")}
    assert serve["securityContext"] == work["securityContext"]
    assert serve["image"] == work["image"]


# The words


def test_the_readme_shows_a_configuration_that_works(tmp_path: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", read("README.md"), re.DOTALL)
    (tmp_path / "labjam.toml").write_text("".join(shown))
    labs = read_labs(Settings(labjam_config=tmp_path / "labjam.toml"), {})
    [spec] = labs["argonne"].models
    assert spec.endpoint.auth.file == str(tmp_path / "keys" / "our-own")
    assert spec.endpoint.name == labs["argonne"].endpoint


def test_what_the_first_readme_configures_works_together(tmp_path: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "labjam.toml").write_text("\n".join(shown))
    settings = Settings(
        labjam_config=tmp_path / "labjam.toml", labjam_model="other", openai_api_key=SecretStr("key")
    )
    labs = read_labs(settings, {})
    [spec] = labs["idaho"].models
    assert spec.images
    assert labs["idaho"].moderators
    assert labs.leads
    assert labs.look_ups.allowed


@pytest.mark.parametrize(
    "schema", [LabTable, ModelTable, EndpointTable, AuthTable, JamTable, SlackTable, ReferencesTable]
)
def test_the_first_readme_names_every_key(schema: type[Table]) -> None:
    _, _, named = (ROOT / "README.md").read_text().partition("<summary>Every key")
    named, _, _ = named.partition("</details>")
    assert [key for key in schema.model_fields if f"`{key}`" not in named] == []


def test_the_readme_points_at_files_that_are_there() -> None:
    links = re.findall(r"\]\((?!https:)([^)]+)\)", read("README.md"))
    assert links
    assert [link for link in links if not (DEPLOY / link).exists()] == []
