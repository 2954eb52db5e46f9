"""`/jam cap`, `caps`, `purge`, `hold` and `release-hold`, by those who may and those who may not."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.audit import read_entry
from bot.store import keys
from bot.store.journal import Journal
from bot.store.ledger import Ledger
from bot.store.redis import Store
from bot.trial.model_script import Plan, Reply
from tests.desk import typed
from tests.jam import Jam, until

CONFIG = """
[jam]
certify = "off"
[models.default]
prices = {{input = 10.0, output = 20.0}}
[labs.argonne]
moderators = ["{moderator}"]
caps = {{lab_tokens_per_day = 4000}}
"""


@pytest.fixture
async def jam(tmp_path: Path) -> AsyncGenerator[Jam]:
    config = tmp_path / "labjam.toml"
    async with Jam(tmp_path, own_store=True, extra={"LABJAM_CONFIG": str(config)}) as jam:
        moderator = jam.people["moderator"] = jam.slack.add_person("moderator")
        await jam.slack.join(moderator, jam.channels["argonne"])
        config.write_text(CONFIG.format(moderator=moderator))
        jam.model.script = Plan(lambda seen: Reply(f"Reply to {seen.question}."))
        await jam.start_bot()
        yield jam


async def say(jam: Jam, text: str, person: str = "moderator", lab: str = "argonne") -> str:
    """What somebody gets back for `/jam …`."""
    return (await typed(jam, jam.people[person], jam.channels[lab], text)).text


async def audited(jam: Jam) -> list[tuple[str, str, str, str]]:
    store = await Store.connect(jam.environ["REDIS_URL"])
    entries = [read_entry(line) async for line in Ledger(store).lines()]
    await store.close()
    ended = [entry for entry in entries if entry.ended not in {"ordered", "declined"}]
    return [(entry.act, entry.ended, entry.before, entry.after) for entry in ended]


def link(jam: Jam, lab: str, ts: str) -> str:
    return f"https://local.slack.com/archives/{jam.channels[lab]}/p{ts.replace('.', '')}"


async def test_moderators_set_caps_and_everybody_sees_what_is_left(jam: Jam) -> None:
    assert "at most 2 questions per hour" in await say(jam, "cap person 2 questions per hour")
    assert "Only the moderators of ANL" in await say(jam, "cap person 50 questions per hour", "argonne")
    await jam.answer("argonne", await jam.ask("argonne", "one"))
    assert "You have 1 of 2 questions left until" in await say(jam, "caps", "argonne")
    told = await say(jam, "caps")
    assert re.search(r"Today: 1 question, 2\d tokens, \$0\.00 by 1 person\.", told), told
    assert re.search(
        r"Cap: 2\d tokens of 4,000 tokens used this day; at this rate it lasts until midnight", told
    )
    assert "Each person: 2 questions per hour." in told
    assert "no cap per day" in await say(jam, "cap lab off tokens per day")
    assert "at most 4,000 tokens per day" in await say(jam, "cap lab default tokens per day")
    assert "at most $12.50 per day" in await say(jam, "cap lab $12.50 daily")
    assert await audited(jam) == [
        ("cap", "done", "person_questions_per_hour: none", "person_questions_per_hour = 2"),
        ("cap", "refused", "", ""),
        ("cap", "done", "lab_tokens_per_day = 4000", "lab_tokens_per_day: none"),
        ("cap", "done", "lab_tokens_per_day: none", "lab_tokens_per_day = 4000"),
        ("cap", "done", "lab_usd_per_day: none", "lab_usd_per_day = 12.5"),
    ]
    for wrong, word in {
        "cap 20 questions per hour": "for whom",
        "cap person 20 per hour": "of what",
        "cap lab 20 questions": "per hour or per day",
        "cap lab questions per day": "how many",
        "cap lab 1.5 questions per day": "can't be a cap",
        "cap lab 20 quetsions per day": "“quetsions”",
        "cap person 0 questions per day": "would let nobody ask",
    }.items():
        assert word in await say(jam, wrong), wrong


async def test_a_purge_is_looked_at_and_then_done(jam: Jam) -> None:
    root = await jam.ask("argonne", "about xenon")
    await jam.answer("argonne", root)
    assert "Only the moderators of ANL" in await say(
        jam, f"purge thread {link(jam, 'argonne', root)}", "argonne"
    )
    looked = await typed(
        jam, jam.people["moderator"], jam.channels["argonne"], f"purge thread {link(jam, 'argonne', root)}"
    )
    assert "takes 1 record about 1 question in 1 thread" in looked.text
    assert "1 message of labjam's out of Slack" in looked.text
    assert jam.replies("argonne", root)
    asked = looked.messages[-1]
    await jam.slack.click(jam.people["moderator"], jam.channels["argonne"], asked.ts, "labjam_do")
    await until(lambda: "Done: 1 record purged." in looked.text, 15)
    await until(lambda: not jam.replies("argonne", root))
    assert "xenon" not in str(await jam.journal("argonne"))
    assert "nothing here to purge" in await say(jam, f"purge thread {link(jam, 'argonne', root)}")
    assert "today's code" in await say(jam, "purge lab confirm 123456")
    acts = await audited(jam)
    assert [act[:2] for act in acts] == [("purge", "refused"), ("purge", "done"), ("purge", "done")]
    assert re.fullmatch(r"purge [0-9a-f]{12} of thread", acts[-1][3])


async def test_what_redis_forgot_is_purged_from_the_archive_and_slack(jam: Jam) -> None:
    """A lab may keep a record in Redis for some days only; its archive keeps it longer."""
    root = await jam.ask("argonne", "about xenon")
    await jam.answer("argonne", root)
    archive = jam.settings().labjam_data / "archive" / "argonne"
    await until(lambda: "xenon" in _text(archive), 15)
    await _forget_in_redis(jam)
    assert "nothing here to purge" in await say(jam, f"purge thread {link(jam, 'argonne', root)}")
    _keeps_for_some_days(jam)
    await jam.stop_bot()
    await jam.start_bot()
    asked = await typed(
        jam, jam.people["moderator"], jam.channels["argonne"], f"purge thread {link(jam, 'argonne', root)}"
    )
    question = asked.messages[-1]
    assert "Redis holds nothing of this thread any more" in question.visible_text
    await jam.slack.click(jam.people["moderator"], jam.channels["argonne"], question.ts, "labjam_do")
    await until(lambda: "xenon" not in _text(archive) and not jam.replies("argonne", root), 20)


def _text(archive: Path) -> str:
    return "".join(path.read_text() for path in archive.glob("*.jsonl"))


async def _forget_in_redis(jam: Jam) -> None:
    store = await Store.connect(jam.environ["REDIS_URL"])
    for shard in range(store.shards):
        async for line in Journal(store).lines(shard, "argonne"):
            await store.client.xdel(keys.journal(shard, "argonne"), line.entry)
    async for name in store.client.scan_iter("labjam:*:job:*"):
        await store.client.delete(name)
    await store.close()


def _keeps_for_some_days(jam: Jam) -> None:
    config = jam.settings().labjam_config
    assert config
    config.write_text(config.read_text().replace("[labs.argonne]", "[labs.argonne]\nkeep_days = 30"))


async def test_a_hold_is_placed_listed_and_released(jam: Jam) -> None:
    root = await jam.ask("argonne", "keep me")
    await jam.answer("argonne", root)
    theirs = await jam.ask("idaho", "elsewhere")
    assert "That thread is of INL" in await say(jam, f"hold thread {link(jam, 'idaho', theirs)}")
    assert "under a legal hold" in await say(jam, f"hold thread {link(jam, 'argonne', root)} case 7")
    assert f"p{root.replace('.', '')}|a thread> in <#{jam.channels['argonne']}>" in await say(jam, "hold")
    asked = await typed(
        jam,
        jam.people["moderator"],
        jam.channels["argonne"],
        f"release-hold thread {link(jam, 'argonne', root)}",
    )
    await jam.slack.click(
        jam.people["moderator"], jam.channels["argonne"], asked.messages[-1].ts, "labjam_do"
    )
    await until(lambda: "The hold is released." in asked.text)
    who = f"<@{jam.people['argonne']}|scientist>"
    assert "under a legal hold" in await say(jam, f"hold person {who} request 12")
    assert "already" in await say(jam, f"hold person {who}")
    assert "at most 500 characters" in await say(jam, f"hold lab {'why ' * 200}")
    assert re.search(r"person <?@.* since .*: request 12", await say(jam, "hold")), await say(jam, "hold")
    assert "a legal hold keeps this person" in await say(jam, f"purge person {who}")
    assert "Left out: 1 record under a legal hold" in await say(jam, "purge lab")
    asked = await typed(jam, jam.people["moderator"], jam.channels["argonne"], f"release-hold person {who}")
    question = asked.messages[-1]
    assert "End the legal hold on this person?" in question.visible_text
    await jam.slack.click(jam.people["moderator"], jam.channels["argonne"], question.ts, "labjam_do")
    await until(lambda: "The hold is released." in asked.text)
    assert "Nothing is under a hold." in await say(jam, "hold")
    assert "takes 1 record" in await say(jam, f"purge person {who}")
    assert "Say what" in await say(jam, "purge everything")
