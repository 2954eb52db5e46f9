"""A moderator says which answers may leave: reviewed first, then released, one by one or many at once."""

from pathlib import Path

from tests.desk import typed
from tests.jam import Jam, until
from tests.story.test_care_commands import CONFIG, link, say


async def confirm(jam: Jam, text: str, done: str) -> None:
    """Say something that is asked about first, and press the button."""
    here, moderator = jam.channels["argonne"], jam.people["moderator"]
    asked = await typed(jam, moderator, here, text)
    question = asked.messages[-1]
    assert "1 answer of this lab: 1 private. Withhold them?" in question.visible_text
    await jam.slack.click(moderator, here, question.ts, "labjam_do")
    await until(lambda: done in asked.text)


async def states(jam: Jam) -> list[tuple[str, str, str]]:
    """What the journal says of states, and why."""
    lines = [line for line in await jam.journal("argonne") if line["kind"] == "release"]
    assert {line["user"] for line in lines} <= {jam.people["moderator"]}
    return [(line["question_ts"], line["state"], line["reason"]) for line in lines]


async def test_answers_are_reviewed_then_released_or_withheld(tmp_path: Path) -> None:
    config = tmp_path / "labjam.toml"
    async with Jam(tmp_path, extra={"LABJAM_CONFIG": str(config)}) as jam:
        moderator = jam.people["moderator"] = jam.slack.add_person("moderator")
        await jam.slack.join(moderator, jam.channels["argonne"])
        config.write_text(CONFIG.format(moderator=moderator))
        await jam.start_bot()
        first, second = await jam.ask("argonne", "one"), await jam.ask("argonne", "two")
        for ts in (first, second):
            await jam.answer("argonne", ts)
        here = f"thread {link(jam, 'argonne', first)}"

        assert "2 private." in await say(jam, "release")
        assert "0 answers released. 1 left as before" in await say(jam, f"release {here} private")
        assert "Only the moderators" in await say(jam, f"review {here}", "argonne")
        assert await say(jam, f"review {here}") == "1 answer reviewed."
        assert await say(jam, f"release {here} because it is public") == "1 answer released."
        assert "Say why" in await say(jam, "withhold all private")
        await confirm(jam, "withhold all private because CUI; ask again in May", "1 answer withheld.")
        assert "1 released, 1 withheld." in await say(jam, "release")
        assert "No answer matches" in await say(jam, f"review {here} down")
        assert "I don't know “monday” here." in await say(jam, f"review {here} monday")
        assert "I can't read “monday” as a day" in await say(jam, f"review {here} since monday")
        assert await states(jam) == [
            (first, "lab_reviewed", ""), (first, "released", "it is public"),
            (second, "withheld", "CUI; ask again in May"),
        ]  # fmt: skip
