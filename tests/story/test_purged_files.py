"""P12: no file of ours stays in Slack behind a purge, whether a message shows it or not."""

from bot.scopes import Scope
from bot.trial.model_script import Plan, Reply
from tests.jam import Jam, until
from tests.story.test_purges import carried_out, purging


async def test_a_purge_takes_pictures_along(jam: Jam) -> None:
    jam.model.script = Plan(lambda _: Reply("So:\n\n$$\n\\frac{a}{b}\n$$\n\nThat is all."))
    root = await jam.ask("argonne", "about xenon")
    await until(lambda: "slack_file" in str([m.raw for m in jam.replies("argonne", root)]), 20)
    async with purging(jam) as (purges, _):
        thread = f"{jam.slack.workspace.team.id}:{jam.channels['argonne']}:{root}"
        await purges.order(Scope("argonne", thread=thread), "moderator")
    await until(lambda: not jam.slack.workspace.files and not jam.replies("argonne", root), 20)


LONG = "\n\n".join(["$$\n\\frac{a}{b}\n$$", *("It goes on. " * 100 for _ in range(120))])


async def test_a_purged_person_leaves_no_file_in_a_colleagues_thread(jam: Jam) -> None:
    """Neither a picture that no message shows, nor what holds a long answer, nor a thread taken away."""
    person, colleague = jam.people["argonne"], jam.slack.add_person("colleague")
    channel, us, files = jam.channels["argonne"], jam.slack.workspace.bot, jam.slack.workspace.files
    await jam.slack.join(colleague, channel)
    jam.slack.faults.error("chat.update", "invalid_blocks", times=None)  # as where a picture is refused
    root = await jam.slack.post(colleague, channel, "my argon")
    [theirs] = await jam.answer("argonne", root)
    jam.model.script = Plan(lambda _: Reply(LONG))
    await jam.ask("argonne", f"<@{us}> my neon", root)
    await until(lambda: sorted(file.name[:6] for file in files.values()) == ["answer", "formul"], 20)
    await jam.slack.message_shortcut(colleague, channel, theirs.ts, "jam_export")
    await until(lambda: len(files) == 5, 20)
    await until(lambda: all(file.complete for file in files.values()))
    async with purging(jam) as (purges, _):
        await carried_out(jam, "argonne", await purges.order(Scope(person=person), "the person"))
    await until(lambda: not files, 20)
    await until(lambda: [message.ts for message in jam.replies("argonne", root)] == [theirs.ts], 20)
