"""`labjam check`: one line for each thing, with a remedy where it is missing; it changes nothing."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.check import check
from bot.settings import Settings
from bot.slack.manifest import SCOPES, scopes
from bot.trial.model_script import failure
from tests.command import SECRET, labjam
from tests.jam import LABS, Jam, free_port


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    """A Slack and a model, and nobody who answers."""
    async with Jam(tmp_path) as jam:
        jam.slack.add_channel("jam-hq", [])
        yield jam


async def said(jam: Jam, **changes: str) -> tuple[int, list[str]]:
    """The exit code of `labjam check`, and its lines."""
    jam.extra |= changes
    lines: list[str] = []
    return await check(jam.settings(), lines.append), lines


async def missing(jam: Jam, **changes: str) -> str:
    """The one line that says what is missing."""
    code, lines = await said(jam, **changes)
    assert code == 1
    (line,) = [line for line in lines if line.startswith("missing ")]
    assert line.endswith("."), "it says what to do"
    assert SECRET not in "".join(lines)
    return line.removeprefix("missing ")


async def test_all_is_well(jam: Jam, tmp_path: Path) -> None:
    ended = await labjam(jam.environ, "check", cwd=tmp_path)
    assert (ended.code, ended.error) == (0, "")
    lines = ended.out.splitlines()
    assert all(line.startswith("ok      ") for line in lines), lines
    about = [line.removeprefix("ok").strip().partition(":")[0] for line in lines]
    settings = [name.upper() for name in Settings.model_fields]
    assert about[: len(settings)] == settings
    channels = [f"#jam-{lab}" for lab in LABS]
    assert about[len(settings) : -1] == ["store", "labs", "events", "Slack", "scopes", *channels, "#jam-hq"]
    assert about[-1].startswith("model default (scripted at http")
    for token in (jam.slack.bot_token, jam.slack.app_token):
        assert token not in ended.out


async def test_it_asks_no_question_and_posts_nothing(jam: Jam) -> None:
    code, _ = await said(jam)
    assert code == 0
    assert not [call.method for call in jam.slack.calls if call.method.startswith("chat.")]
    assert [request.path for request in jam.model.requests] == ["/v1/models"]
    assert not jam.slack.sockets.live


async def test_no_bot_token(jam: Jam) -> None:
    assert "SLACK_BOT_TOKEN: not_authed: set it to" in await missing(jam, SLACK_BOT_TOKEN="")


async def test_a_wrong_bot_token(jam: Jam) -> None:
    line = await missing(jam, SLACK_BOT_TOKEN=f"xoxb-{SECRET}")
    assert "SLACK_BOT_TOKEN: invalid_auth: Slack does not know it" in line


async def test_no_app_token(jam: Jam) -> None:
    line = await missing(jam, SLACK_APP_TOKEN="")
    assert "xapp-" in line
    assert "SLACK_SIGNING_SECRET" in line


async def test_a_wrong_app_token(jam: Jam) -> None:
    line = await missing(jam, SLACK_APP_TOKEN=f"xapp-{SECRET}")
    assert "SLACK_APP_TOKEN: invalid_auth" in line
    assert "connections:write" in line


async def test_http_mode_needs_no_app_token(jam: Jam) -> None:
    code, lines = await said(jam, SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET=SECRET)
    assert code == 0
    assert SECRET not in "".join(lines)


async def test_missing_scopes_are_named_with_their_use(jam: Jam) -> None:
    jam.slack.workspace.app.scopes -= {"chat:write", "channels:history"}
    line = await missing(jam)
    assert f"channels:history (to {SCOPES['channels:history']})" in line
    assert f"chat:write (to {SCOPES['chat:write']})" in line
    assert "install the app again" in line


async def test_an_app_without_the_agent_view_lacks_nothing(jam: Jam) -> None:
    jam.slack.workspace.app.scopes -= set(scopes()) - set(scopes(gov=True))
    code, lines = await said(jam)
    assert code == 0
    assert any(line.startswith("ok      scopes: ") and "guests may take part" in line for line in lines)


async def test_without_the_scope_to_list_channels(jam: Jam) -> None:
    jam.slack.workspace.app.scopes -= {"channels:read", "groups:read"}
    code, lines = await said(jam)
    assert code == 1
    (line,) = [line for line in lines if line.startswith("missing channels: ")]
    assert "channels:read" in line


async def test_a_channel_that_is_not_there(jam: Jam) -> None:
    del jam.slack.workspace.channels[jam.channels["idaho"]]
    line = await missing(jam)
    assert line.startswith("#jam-idaho: labjam is not in it. ")
    assert "/invite @labjam" in line
    assert "idaho/lab.toml" in line


async def test_no_channel_for_what_crosses_labs(jam: Jam) -> None:
    hq = jam.slack.workspace.channel("jam-hq")
    assert hq
    del jam.slack.workspace.channels[hq.id]
    assert (await missing(jam)).startswith("#jam-hq: labjam is not in it. ")


async def test_a_channel_we_were_not_let_into(jam: Jam) -> None:
    channel = jam.slack.workspace.channels[jam.channels["berkeley"]]
    channel.members.pop(jam.slack.workspace.bot, None)
    assert (await missing(jam)).startswith("#jam-berkeley: ")


async def test_a_model_that_does_not_exist(jam: Jam) -> None:
    jam.model.script = lambda _: failure(404, "model_not_found")
    line = await missing(jam, LABJAM_MODEL="retired")
    assert line.startswith("model default (retired at http")
    assert "scripted" in line, "what there is instead"


async def test_a_model_that_does_not_take_our_key(jam: Jam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    jam.model.lists_models = False
    jam.model.script = lambda _: failure(401, "invalid_api_key")
    line = await missing(jam, OPENAI_API_KEY=SECRET)
    assert "invalid_api_key" in line
    assert "OPENAI_API_KEY" in line


async def test_an_endpoint_that_is_down(jam: Jam) -> None:
    address = f"http://127.0.0.1:{free_port()}/v1"
    assert f"at {address})" in await missing(jam, OPENAI_BASE_URL=address)


async def test_no_model_at_all(jam: Jam) -> None:
    assert (await missing(jam, LABJAM_MODEL="")).startswith("labs: LABJAM_MODEL: not set")


async def test_a_broken_labjam_toml(jam: Jam, tmp_path: Path) -> None:
    (tmp_path / "labjam.toml").write_text("[labs.argonne]\nchanel = 'x'\n")
    line = await missing(jam, LABJAM_CONFIG=str(tmp_path / "labjam.toml"))
    assert ".toml: labs.argonne.chanel: " in line


@pytest.mark.parametrize("url", [f"redis://:{SECRET}@127.0.0.1:9", f"redis://:{SECRET}/x@127.0.0.1:9"])
async def test_a_redis_that_is_away(jam: Jam, url: str) -> None:
    assert (await missing(jam, REDIS_URL=url)).startswith("store: REDIS_URL: ")


async def test_a_folder_that_cannot_be_written(jam: Jam) -> None:
    assert (await missing(jam, LABJAM_DATA="/proc/labjam")).startswith("store: LABJAM_DATA: /proc/labjam: ")


async def test_a_slack_that_is_away(jam: Jam) -> None:
    code, lines = await said(jam, SLACK_API_URL=f"http://127.0.0.1:{free_port()}/api/")
    assert code == 1
    assert all("SLACK_API_URL: http://" in line for line in lines if line.startswith("missing "))


async def test_it_works_beside_a_running_labjam(jam: Jam) -> None:
    child = await jam.start_child()
    code, lines = await said(jam)
    assert code == 0, lines
    assert f"ok      store: the embedded server of labjam process {child.pid} runs" in lines
