"""`labjam try` as a process: its page's feed, what survives a restart, what it refuses, how it ends."""

import asyncio
import re
import signal
import time
from pathlib import Path
from urllib.parse import unquote

import aiohttp
import yaml

from bot.slack.manifest import manifest
from bot.trial.model_script import Reply, failure
from bot.trial.model_server import ModelServer
from tests.jam import BUSY, free_port, until
from tests.trying import ROOT, Trial, labjam, tab, thumbs


async def test_a_question_is_answered_judged_and_still_there_after_a_restart(tmp_path: Path) -> None:
    async with Trial(tmp_path) as trial:
        async with tab(trial) as page:
            place = page.channel("jam-argonne")
            asked = await page.act("post", channel=place, text="Show me a table")
            await page.certify(place)
            await page.until(lambda: page.answers(asked["ts"]))
            answer = page.answers(asked["ts"])[0]
            assert "| explicit Euler |" in answer["blocks"][0]["text"]
            thumb = thumbs(answer)
            value = thumb["positive_button"]["value"]
            click = await page.act(
                "click", channel=place, ts=answer["ts"], action_id=thumb["action_id"], value=value
            )
            assert click["ok"]
        assert await trial.stop() < 8

        await trial.start()
        async with tab(trial) as page:
            kept = page.answers(asked["ts"])[0]
            assert kept["blocks"] == answer["blocks"]
            assert kept["pressed"] == {thumb["action_id"]: value}
            again = await page.act("post", channel=place, text="And some code", thread_ts=asked["ts"])
            await page.until(lambda: len(page.answers(asked["ts"])) == 2)
            assert again["ts"] > answer["ts"]
        await trial.stop()

        await trial.start("--fresh")
        async with tab(trial) as page:
            assert page.messages == {}


async def test_a_model_of_ones_own_answers_where_there_is_one(tmp_path: Path) -> None:
    async with ModelServer(lambda _: Reply("Forty-two."), models=("ours",)) as model:
        env = {"OPENAI_BASE_URL": model.base_url, "LABJAM_MODEL": "ours"}
        async with Trial(tmp_path, env=env) as trial, tab(trial) as page:
            assert any("ours at 127.0.0.1" in line for line in trial.printed)
            assert page.snapshot["model"] == {"name": "ours", "kind": "yours", "note": ""}
            asked = await page.act("post", channel=page.channel("jam-idaho"), text="What?")
            assert not asked["ok"], "only members write"
            assert (await page.act("join", channel=page.channel("jam-idaho")))["ok"]
            asked = await page.act("post", channel=page.channel("jam-idaho"), text="What?")
            await page.certify(page.channel("jam-idaho"))
            await page.until(lambda: page.answers(asked["ts"]))
            assert "Forty-two." in page.answers(asked["ts"])[0]["text"]


async def test_a_model_that_refuses_is_told_at_the_start(tmp_path: Path) -> None:
    async with ModelServer(lambda _: failure(401, "invalid_api_key"), models=()) as model:
        env = {"OPENAI_BASE_URL": model.base_url, "LABJAM_MODEL": "ours", "OPENAI_API_KEY": "sk-wrong"}
        async with Trial(tmp_path, env=env) as trial, tab(trial) as page:
            await page.until(lambda: "ours does not answer" in page.snapshot["model"]["note"])


async def test_two_people_see_each_other_and_only_their_own_asides(tmp_path: Path) -> None:
    async with Trial(tmp_path) as trial, tab(trial) as one, tab(trial, "U0NOBODY") as same:
        assert same.snapshot["me"] == one.snapshot["me"], "a stranger is the first scientist"
        async with tab(trial, one.person("Scientist 2 (Argonne)")) as two:
            place = one.channel("jam-argonne")
            said = await one.act("post", channel=place, text="// between us")
            await two.until(lambda: said["ts"] in two.messages)
            assert (await two.act("react", channel=place, ts=said["ts"], name="eyes"))["ok"]
            await one.until(lambda: one.messages.get(said["ts"], {}).get("reactions"))
            await one.act("command", channel=place, command="/jam", text="status")
            await one.until(lambda: any(each["ephemeral"] for each in one.messages.values()))
            await one.act("edit", channel=place, ts=said["ts"], text="// between all")
            await two.until(lambda: two.messages[said["ts"]]["edited"])
            assert not any(each.get("ephemeral") for each in two.messages.values())


async def test_a_file_comes_back_byte_by_byte_and_is_never_shown_as_a_page(tmp_path: Path) -> None:
    async with Trial(tmp_path) as trial, tab(trial) as page, aiohttp.ClientSession() as session:
        file = {"name": "run.html", "data": "PGI+aGk8L2I+"}
        place = page.channel("jam-argonne")
        said = await page.act("post", channel=place, text="", files=[file])
        await page.until(lambda: said["ts"] in page.messages)
        kept = page.messages[said["ts"]]["files"][0]
        for _ in range(2):
            async with session.get(f"{trial.url}/files/{kept['id']}") as got:
                assert await got.read() == b"<b>hi</b>"
                assert got.headers["Content-Disposition"] == "attachment"
                assert got.headers["Content-Type"] == "application/octet-stream"
            await trial.stop()
            await trial.start()


async def test_what_a_person_may_not_do_is_refused_in_plain_words(tmp_path: Path) -> None:
    async with Trial(tmp_path) as trial, tab(trial) as one:
        place = one.channel("jam-argonne")
        said = await one.act("post", channel=place, text="// mine")
        async with tab(trial, one.person("Scientist 2 (Argonne)")) as two:
            assert not (await two.act("edit", channel=place, ts=said["ts"], text="yours"))["ok"]
            assert not (await two.act("post", channel=one.channel("jam-idaho"), text="hello"))["ok"]
            assert not (await two.act("post", channel=place, text="  "))["ok"]
            assert not (await two.act("post", channel=place, text="x", files=[{"name": "a", "data": "?"}]))[
                "ok"
            ]
            assert not (await two.act("post"))["ok"]
            assert not (await two.act("stop_the_world"))["ok"]


async def test_only_its_own_page_may_talk_to_it(tmp_path: Path) -> None:
    async with Trial(tmp_path) as trial, aiohttp.ClientSession() as session:
        async with session.get(trial.url) as page:
            assert page.status == 200
            assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        async with session.get(trial.url, headers={"Host": "elsewhere.example"}) as page:
            assert page.status == 403
        async with session.get(f"{trial.url}/feed", headers={"Origin": "http://elsewhere.example"}) as feed:
            assert feed.status == 403
        for path in ("page/../cast.py", "page/nothing.js", "files/F0"):
            async with session.get(f"{trial.url}/{path}") as missing:
                assert missing.status == 404


async def test_it_says_in_one_line_why_it_does_not_start(tmp_path: Path) -> None:
    async with Trial(tmp_path / "one") as trial:
        for folder, args, code, says in (
            (tmp_path / "two", ("--port", str(trial.port)), 1, "--port"),
            (tmp_path / "one", ("--port", str(free_port()), "--fresh"), 1, "LABJAM_DATA"),
            (
                tmp_path / "two",
                ("--labs", "argone"),
                2,
                "--labs: argone is no lab here; did you mean argonne?",
            ),
            (tmp_path / "two", ("--port", "99999"), 2, "--port"),
            (tmp_path / "two", ("--seed-crowd", "-1"), 2, "--seed-crowd"),
        ):
            process = await labjam(folder, "try", "--no-browser", *args)
            _, errors = await asyncio.wait_for(process.communicate(), 20 * BUSY)
            assert process.returncode == code
            assert errors.decode().startswith(f"labjam: {says}")
            assert errors.decode().count("\n") == 1


async def test_ctrl_c_before_it_has_started_is_no_traceback(tmp_path: Path) -> None:
    process = await labjam(tmp_path, "try", "--no-browser", "--port", str(free_port()))
    assert process.stdout
    assert await process.stdout.readline() == b"Starting.\n"
    process.send_signal(signal.SIGINT)
    _, errors = await asyncio.wait_for(process.communicate(), 20 * BUSY)
    assert process.returncode in (0, 130)
    assert b"Traceback" not in errors


async def test_ctrl_c_ends_it_and_all_it_started_and_a_second_one_does_not_wait(tmp_path: Path) -> None:
    async with Trial(tmp_path) as trial:
        children = trial.children()
        assert children
        trial.interrupt()
        assert await trial.ended() == 0
        assert not any(each.is_running() for each in children)

        await trial.start()
        children = trial.children()
        for child in children:
            child.suspend()  # so that it never ends
        trial.interrupt()
        pressed = time.monotonic()
        await until(lambda: time.monotonic() - pressed > 0.8)
        trial.interrupt()
        assert await trial.ended() == -signal.SIGINT
        for child in children:
            child.resume()
        await until(lambda: not any(each.is_running() for each in children))


async def test_a_kill_9_leaves_nothing_running_and_nothing_lost(tmp_path: Path) -> None:
    async with Trial(tmp_path) as trial:
        async with tab(trial) as page:
            place = page.channel("jam-argonne")
            said = (await page.act("post", channel=place, text="// mine"))["ts"]
            kept = tmp_path / "try" / "workspace.json"
            await until(lambda: said in kept.read_text())
        children = trial.children()
        await trial.kill()
        await until(lambda: not any(each.is_running() for each in children))
        await trial.start()
        async with tab(trial) as page:
            assert page.messages[said]["text"] == "// mine"


async def test_the_way_to_a_real_workspace_carries_the_manifest(tmp_path: Path) -> None:
    process = await labjam(tmp_path, "try", "--slack")
    printed, _ = await process.communicate()
    link = re.search(r"https://api\.slack\.com/apps\?new_app=1&manifest_yaml=(\S+)", printed.decode())
    assert link
    assert yaml.safe_load(unquote(link[1])) == manifest()
    assert "#jam-princeton" in printed.decode()


def test_the_page_is_small_files_of_one_thing_each_and_nothing_from_elsewhere() -> None:
    for path in (ROOT / "bot" / "trial" / "page").iterdir():
        if path.is_dir():
            assert {each.name for each in path.iterdir()} >= {"LICENSES.txt", "apache-2.0.txt"}
            continue
        text = path.read_text()
        assert len(text.splitlines()) <= 300, path
        assert path.suffix != ".js" or text.startswith("// "), f"{path} says in a sentence what it is"
        assert not re.search(r"""(?:src|href|from|import|url\()\s*=?\s*["']?(?:https?:)?//""", text), path
