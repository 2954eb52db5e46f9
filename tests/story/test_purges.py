"""P12: what is purged is gone from Redis and Slack, with a receipt; what is held stays, and says so."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.archive.verify import verify
from bot.errors import Held
from bot.purge import Purges
from bot.scopes import Hold, Scope, fingerprint, pseudonym
from bot.store.jobs import CROSS_LAB, Jobs
from bot.store.redis import Store
from bot.trial.model_script import Plan, Reply
from tests.command import labjam
from tests.jam import LABS, Jam, until
from tests.stores import everything

CONFIG = """
[jam]
certify = "off"
[models.default]
[models.other]
id = "other-model"
[labs.brookhaven]
models = ["default", "other"]
compare_share = 100
"""


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    config = tmp_path / "labjam.toml"
    config.write_text(CONFIG)
    async with Jam(tmp_path, own_store=True, extra={"LABJAM_CONFIG": str(config)}) as jam:
        jam.model.script = Plan(lambda seen: Reply(f"Reply to {seen.question}."))
        await jam.start_bot()
        yield jam


@asynccontextmanager
async def purging(jam: Jam) -> AsyncGenerator[tuple[Purges, Store]]:
    store = await jam.open_store()
    yield Purges(Jobs(store, [*LABS, CROSS_LAB], "test")), store
    await store.close()


async def carried_out(jam: Jam, lab: str, purge: str) -> dict[str, Any]:
    """The last receipt of a purge, once it is written."""

    async def written() -> bool:
        return any(line.get("digest") for line in await receipts(jam, lab, purge))

    await until(written, 20)
    return next(line for line in await receipts(jam, lab, purge) if "digest" in line)


async def receipts(jam: Jam, lab: str, purge: str) -> list[dict[str, Any]]:
    lines = await jam.journal(lab)
    return [line for line in lines if line["kind"] == "purge" and line["purge"] == purge]


async def test_a_purged_thread_is_gone_with_a_receipt(jam: Jam) -> None:
    root = await jam.ask("argonne", "about xenon")
    [answer] = await jam.answer("argonne", root)
    await jam.slack.click(jam.people["argonne"], jam.channels["argonne"], answer.ts, "labjam_thumb")
    await jam.slack.message_shortcut(jam.people["argonne"], jam.channels["argonne"], answer.ts, "jam_flag")
    await jam.ask("argonne", "more about xenon", root)
    await jam.answer("argonne", root, answers=2)
    other = await jam.ask("argonne", "about krypton")
    await jam.answer("argonne", other)
    before = [
        line for line in await jam.journal("argonne") if "xenon" in str(line) or line["kind"] != "answer"
    ]
    async with purging(jam) as (purges, store):
        scope = Scope("argonne", thread=f"{jam.slack.workspace.team.id}:{jam.channels['argonne']}:{root}")
        plan = await purges.look(scope)
        assert (plan.records, plan.questions, plan.threads, plan.held) == (len(before), 2, 1, 0)
        assert plan.code == (await purges.look(scope)).code != await purges.code(Scope("argonne"))
        assert "xenon" in await everything(store)
        receipt = await carried_out(jam, "argonne", await purges.order(scope, "moderator"))
        assert receipt["records"] == len(before)
        named = [
            name
            for line in await receipts(jam, "argonne", receipt["purge"])
            for name in line.get("removed", ())
        ]
        assert sorted(named) == sorted(map(fingerprint, before))
        await until(lambda: not jam.replies("argonne", root))
        left = await everything(store)
        assert "xenon" not in left
        assert "krypton" in left
        assert not await store.client.exists("labjam:{0}:flags:argonne")
    await jam.stop_bot()
    await jam.start_bot()
    assert not jam.replies("argonne", root)
    assert len(jam.replies("argonne", other)) == 1
    assert "xenon" not in str(await jam.journal("argonne"))
    exported = await _exported(jam)
    assert ("xenon" in exported, "krypton" in exported) == (False, True)
    await jam.ask("argonne", "and now?", root)
    await jam.answer("argonne", root)
    assert "xenon" not in str(jam.model.requests[-1].body)


async def _exported(jam: Jam) -> str:
    """All that an export gives now, also what is not released."""
    target = jam.folder / "record.jsonl"
    said = await labjam(
        jam.environ, "export", "--format", "jsonl", "--include", "all", "--names", "none", "-o", str(target),
        cwd=jam.folder,
    )  # fmt: skip
    assert said.code == 0, said
    return target.read_text()


async def test_a_running_answer_is_purged_too(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply("radon " * 300, pieces=300, seconds=60))
    root = await jam.ask("idaho", "say radon")
    await until(lambda: bool(jam.replies("idaho", root)))
    await jam.ask("idaho", "radon again", root)
    async with purging(jam) as (purges, store):
        purge = await purges.order(Scope("idaho"), "moderator")
        await until(lambda: jam.model.aborted == 1, 10)
        await carried_out(jam, "idaho", purge)
        await until(lambda: not jam.replies("idaho", root))
        assert "radon" not in await everything(store)
        await jam.slack.settled()
        assert len(jam.model.requests) == 1


async def test_both_answers_go_also_in_a_thread_that_was_not_begun_by_a_question(jam: Jam) -> None:
    root = await jam.ask("brookhaven", "// who knows?")
    us = jam.slack.workspace.bot
    await jam.ask("brookhaven", f"<@{us}> about cobalt", root)
    answers = await jam.answer("brookhaven", root, answers=2)
    assert len(answers) == 2
    async with purging(jam) as (purges, store):
        assert (await everything(store)).count("cobalt") > 2
        place = f"{jam.slack.workspace.team.id}:{jam.channels['brookhaven']}:{root}"
        receipt = await carried_out(jam, "brookhaven", await purges.order(Scope("brookhaven", place), "lead"))
        assert receipt["records"] == 2
        await until(lambda: not jam.replies("brookhaven", root))
        assert "cobalt" not in await everything(store)


async def test_a_purged_person_takes_along_what_others_said_of_it(jam: Jam) -> None:
    person, colleague = jam.people["berkeley"], jam.slack.add_person("colleague")
    await jam.slack.join(colleague, jam.channels["berkeley"])
    root = await jam.ask("berkeley", "my neon")
    [answer] = await jam.answer("berkeley", root)
    await jam.slack.click(colleague, jam.channels["berkeley"], answer.ts, "labjam_thumb")
    us = jam.slack.workspace.bot
    theirs = await jam.slack.post(colleague, jam.channels["berkeley"], f"<@{us}> your argon")
    [answer] = await jam.answer("berkeley", theirs)
    await jam.slack.click(person, jam.channels["berkeley"], answer.ts, "labjam_thumb")
    await until(lambda: _votes(jam, "berkeley", 2))
    async with purging(jam) as (purges, store):
        purge = await purges.order(Scope(person=person), "the person")
        receipt = await carried_out(jam, "berkeley", purge)
        assert receipt["records"] == 3  # the answer, the colleague's vote on it, the vote on the colleague's
        assert receipt["scope"]["person"] == pseudonym(person, await store.pseudonym_key())
        await until(lambda: not jam.replies("berkeley", root))
        left = await everything(store)
        assert "neon" not in left
        assert person not in left
        assert "argon" in left
    assert len(jam.replies("berkeley", theirs)) == 1


async def _votes(jam: Jam, lab: str, count: int) -> bool:
    return sum(line["kind"] == "vote" for line in await jam.journal(lab)) == count


async def test_a_hold_beats_purge_and_expiry(jam: Jam) -> None:
    kept = await jam.ask("oak-ridge", "keep helium")
    await jam.answer("oak-ridge", kept)
    loose = await jam.ask("oak-ridge", "drop lithium")
    await jam.answer("oak-ridge", loose)
    place = f"{jam.slack.workspace.team.id}:{jam.channels['oak-ridge']}"
    hold = Hold(Scope("oak-ridge", thread=f"{place}:{kept}"), "U1", 1.0, "case 7")
    async with purging(jam) as (purges, store):
        job = f"labjam:{{0}}:job:answer:{place}:{kept}"
        assert await store.client.ttl(job) > 0
        assert await purges.hold(hold)
        assert not await purges.hold(hold)
        assert (
            await store.client.ttl(job) == await store.client.ttl(f"labjam:{{0}}:thread:{place}:{kept}") == -1
        )
        with pytest.raises(Held, match="legal hold keeps this thread"):
            await purges.order(hold.scope, "moderator")
        plan = await purges.look(Scope("oak-ridge"))
        assert (plan.records, plan.questions, plan.held) == (1, 1, 1)
        receipt = await carried_out(jam, "oak-ridge", await purges.order(Scope("oak-ridge"), "lead"))
        assert (receipt["records"], receipt["held"]) == (1, 1)
        await until(lambda: not jam.replies("oak-ridge", loose))
        left = await everything(store)
        assert "helium" in left
        assert "lithium" not in left
        assert len(jam.replies("oak-ridge", kept)) == 1
        assert await purges.release(hold.scope)
        assert await store.client.ttl(job) > 0
        await carried_out(jam, "oak-ridge", await purges.order(Scope("oak-ridge"), "lead"))
        assert "helium" not in await everything(store)


async def test_a_purge_of_a_thread_leaves_what_a_hold_keeps_in_it(jam: Jam) -> None:
    """In Redis and in Slack."""
    channel, colleague = jam.channels["idaho"], jam.slack.add_person("colleague")
    await jam.slack.join(colleague, channel)
    root = await jam.ask("idaho", "drop lithium")
    await jam.answer("idaho", root)
    await jam.slack.post(colleague, channel, f"<@{jam.slack.workspace.bot}> keep helium", thread_ts=root)
    [_, kept] = await jam.answer("idaho", root, answers=2)
    async with purging(jam) as (purges, store):
        await purges.hold(Hold(Scope("idaho", person=colleague), "U1", 1.0, "case 7"))
        place = f"{jam.slack.workspace.team.id}:{channel}:{root}"
        await carried_out(jam, "idaho", await purges.order(Scope("idaho", place), "lead"))
        left = await everything(store)
        assert ("helium" in left, "lithium" in left) == (True, False)
    await until(lambda: [message.ts for message in jam.replies("idaho", root)] == [kept.ts])


async def test_a_thread_is_not_purged_as_another_labs(jam: Jam) -> None:
    root = await jam.ask("idaho", "stay, xenon")
    await jam.answer("idaho", root)
    async with purging(jam) as (purges, store):
        before = await everything(store)
        place = f"{jam.slack.workspace.team.id}:{jam.channels['idaho']}:{root}"
        receipt = await carried_out(jam, "argonne", await purges.order(Scope("argonne", place), "lead"))
        assert receipt["records"] == 0
        assert (await everything(store)).count("xenon") == before.count("xenon")
    await jam.slack.settled()
    assert jam.replies("idaho", root)


async def test_deletions_wait_for_slack(jam: Jam) -> None:
    """Slack refuses to delete for a while: the messages go in the end, one after the other."""
    asked = [await jam.ask("livermore", f"number {n}") for n in range(4)]
    for ts in asked:
        await jam.answer("livermore", ts)
    jam.slack.faults.limit("chat.delete", 1)
    jam.slack.faults.status("chat.delete", 503, 2)
    async with purging(jam) as (purges, _):
        await carried_out(jam, "livermore", await purges.order(Scope("livermore"), "moderator"))
    await until(lambda: not any(jam.replies("livermore", ts) for ts in asked), 20)


def test_a_record_is_named_whatever_way_it_was_written() -> None:
    record = {"b": 1.5, "a": {"text": "é"}}
    assert fingerprint(record) == fingerprint(json.loads(json.dumps(record, ensure_ascii=False, indent=1)))


async def test_the_archive_follows_a_purge(jam: Jam) -> None:
    """Its files lose what was purged, also what Redis has no longer, and stay whole otherwise."""
    archive = jam.settings().labjam_data / "archive"
    person = jam.people["princeton"]
    for words in ("deuterium", "tritium"):
        await jam.answer("princeton", await jam.ask("princeton", words))
    colleague = jam.slack.add_person("colleague")
    await jam.slack.join(colleague, jam.channels["princeton"])
    theirs = await jam.slack.post(colleague, jam.channels["princeton"], "tokamak")
    await jam.answer("princeton", theirs)
    await until(lambda: "tokamak" in _files(archive), 15)
    async with purging(jam) as (purges, store):
        [first, *_] = await store.client.xrange("labjam:{0}:journal:princeton")
        await store.client.xdel("labjam:{0}:journal:princeton", first[0])
        await purges.order(Scope(person=person), "the person")
        await until(lambda: "tritium" not in _files(archive), 15)
    assert "deuterium" not in _files(archive)
    assert "tokamak" in _files(archive)
    [found] = [found for found in verify(archive) if found.lab == "princeton"]
    assert (found.findings, found.redacted) == ([], 2)


def _files(archive: Path) -> str:
    return "".join(path.read_text() for path in archive.rglob("*.jsonl"))
