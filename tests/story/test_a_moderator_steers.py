"""What askers live through when moderators act: pauses, an end, the kill switch, a new prompt, outsiders."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bot.store import keys
from bot.trial.messages import Message
from bot.trial.model_script import Plan, Reply
from tests.desk import CONFIG, Desk, furnish
from tests.jam import LABS, Jam, ended, kill_tree, until

LONG = Reply("it goes on and on " * 400, pieces=400, seconds=60)


async def started(jam: Jam, folder: Path) -> Desk:
    desk = await furnish(jam, folder)
    await jam.start_bot()
    return desk


async def test_a_paused_labs_questions_wait_and_are_answered_then(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        desk = await started(jam, tmp_path)
        await desk.do("pause")
        first = await jam.ask("argonne", "one?")
        await until(
            lambda: "paused by its" in "".join(one.visible_text for one in jam.replies("argonne", first))
        )
        second = await jam.ask("argonne", "two?")
        elsewhere = await jam.ask("idaho", "three?")
        await jam.answer("idaho", elsewhere)
        await jam.slack.settled()
        assert jam.replies("argonne", second) == [], "told once is enough"

        async def both_wait() -> bool:
            return "0 answering, 2 threads waiting" in await desk.do("queue")

        await until(both_wait)
        await jam.stop_bot()
        await jam.start_bot()
        assert [request.question for request in jam.model.requests] == ["three?"]
        assert "2 threads" in await desk.do("resume")
        for ts in (first, second):
            await jam.answer("argonne", ts)


async def test_a_closed_jam_keeps_nothing(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        desk = await started(jam, tmp_path)
        await desk.do("close")
        ts = await jam.ask("argonne", "is anybody there?")
        await until(lambda: "is closed" in str([one.visible_text for one in jam.replies("argonne", ts)]))
        await jam.ask("argonne", "we talk among ourselves")
        await jam.slack.settled()
        mention = await jam.ask("argonne", f"<@{jam.slack.workspace.bot}> and now?")
        await until(lambda: "is closed" in str([one.visible_text for one in jam.replies("argonne", mention)]))
        await desk.do("open Second day")
        again = await jam.ask("argonne", "and now?")
        await jam.answer("argonne", again)
        assert [request.question for request in jam.model.requests] == ["and now?"]
        said = [message.visible_text for message in jam.slack.channel_messages(desk.lab)]
        assert "The jam at ANL is closed." in said
        assert any("open “Second day”" in words for words in said)


async def test_the_kill_switch_ends_forty_answers_on_four_workers(tmp_path: Path) -> None:
    async with Jam(tmp_path, own_store=True) as jam:
        jam.model.script = Plan(lambda _: LONG)
        desk = await started(jam, tmp_path)
        await asyncio.gather(*(jam.start_child("work") for _ in range(3)))
        asked = await asyncio.gather(*(jam.ask("argonne", f"number {n}") for n in range(40)))
        other = await jam.ask("idaho", "mine goes on")
        await until(lambda: jam.model.concurrent == 41, 30)
        await until(lambda: all(jam.replies("argonne", ts) for ts in asked), 30)
        pressed = time.monotonic()
        assert "40 running answers were asked to end" in await desk.do("stop now")
        await until(lambda: jam.model.concurrent == 1, 2.0 - (time.monotonic() - pressed))
        for ts in asked:
            [answer] = await jam.answer("argonne", ts, timeout=20)
            assert answer.written.startswith("it goes on")
            assert "A moderator stopped all answers here" in answer.visible_text
        late = await jam.ask("argonne", "held")
        assert not ended(jam.replies("idaho", other))

        async def is_held() -> bool:
            return "0 answering, 1 thread" in await desk.do("status")

        await until(is_held, every=0.2)
        jam.model.script = Plan(lambda _: Reply("here I am"))
        await desk.do("resume")
        await jam.answer("argonne", late)
        lines = [line for line in await jam.journal("argonne") if line["kind"] == "answer"]
        assert Counter(line["outcome"] for line in lines) == {"stopped": 40, "answered": 1}


async def test_a_new_prompt_counts_from_the_next_question_on(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        desk = await started(jam, tmp_path)
        before = await jam.ask("argonne", "before")
        await jam.answer("argonne", before)
        assert not (await desk.say(desk.moderator, "prompt edit")).messages
        [view] = jam.slack.modals(desk.moderator)
        for broken, why in (
            ("You work at {lba}.", "did you mean lab?"),
            ("You work at {lab. Be brief.", "broken placeholder"),
            ("You work at {Lab}.", "write {lab}"),
            ("", "It is empty"),
            ("SECRET//NOFORN is what you are.", "not kept"),
        ):
            refused = await jam.slack.submit_view(desk.moderator, view.id, _words(broken))
            assert refused.ack
            assert why in refused.ack["errors"]["part0"], broken
        saved = await jam.slack.submit_view(desk.moderator, view.id, _words("You work at {lab}. Be brief."))
        assert saved.ack
        assert saved.ack["response_action"] == "update"
        after = await jam.ask("argonne", "after")
        await jam.answer("argonne", after)
        first, last = (request.body["messages"][0]["content"] for request in jam.model.requests)
        assert "batteries" in first
        assert last.rstrip().endswith("You work at Argonne National Laboratory. Be brief.")
        stamps = [line["prompt_version"] for line in await jam.journal("argonne")]
        assert stamps[0] != stamps[1]
        assert stamps[1] in await desk.do("prompt history")
        entry = (await desk.audited())[-1]
        assert (entry.act, entry.before) == ("prompt edit", "The files' version")
        assert "SECRET" not in str(await desk.audited())
        await desk.do("prompt rollback")
        assert "batteries" in await desk.do("prompt show")


def _words(text: str) -> dict[str, Any]:
    return {"part0": {"given": {"type": "plain_text_input", "value": text}}}


async def test_another_model_answers_and_is_named(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        desk = await started(jam, tmp_path)
        await desk.do("model set other")
        ts = await jam.ask("argonne", "who are you?")
        [answer] = await jam.answer("argonne", ts)
        assert jam.model.requests[0].body["model"] == "other-1"
        assert "other-1" in answer.visible_text
        ts = await jam.ask("idaho", "and you?")
        await jam.answer("idaho", ts)
        assert jam.model.requests[1].body["model"] == "scripted"


def told(jam: Jam, channel: str, person: str) -> list[Message]:
    """What only this person sees."""
    return list(jam.slack.ephemerals(channel, person))


async def test_an_outsider_asks_once_a_moderator_allows_it(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        guest = jam.slack.add_person("visitor", guest=True)
        stranger = jam.slack.add_person("from elsewhere", team="T0ELSEWHERE")
        for person in (guest, stranger):
            await jam.slack.join(person, jam.channels["argonne"])
        desk = await started(jam, tmp_path)
        await jam.answer("idaho", await jam.ask("idaho", "who is who?"))  # by now the members are known
        jam.slack.faults.error("users.info", "user_not_visible", None)  # as Slack may say of strangers
        hidden = jam.slack.add_person("hidden", team="T0ELSEWHERE")
        jam.slack.workspace.channels[desk.lab].members[hidden] = None
        for person in (guest, stranger, hidden):
            for _ in range(2):
                await jam.slack.post(person, desk.lab, "may I?")
            await until(lambda: len(told(jam, desk.lab, person)) == 1)  # noqa: B023
        await jam.slack.settled()
        assert len(jam.model.requests) == 1
        for person in (guest, stranger):
            assert len(told(jam, desk.lab, person)) == 1
            await desk.do(f"allow <@{person}>")
            ts = await jam.slack.post(person, desk.lab, "thank you")
            await jam.answer("argonne", ts)
        assert len(jam.model.requests) == 3
        about = [call.args["user"] for call in jam.slack.calls if call.method == "users.info"]
        assert about.count(hidden) == 1, "what Slack does not show it is not asked for each time"


async def test_an_outsider_who_comes_is_told_instead_of_greeted(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        desk = await started(jam, tmp_path)
        guest, member = jam.slack.add_person("visitor", guest=True), jam.slack.add_person("member")
        for person in (guest, member):
            await jam.slack.join(person, desk.lab)
            await until(lambda: len(told(jam, desk.lab, person)) == 1)  # noqa: B023
        assert "Guests can't ask here" in told(jam, desk.lab, guest)[0].visible_text
        assert "Hello!" in told(jam, desk.lab, member)[0].visible_text
        await jam.slack.post(guest, desk.lab, "may I?")
        await jam.answer("argonne", await jam.slack.post(member, desk.lab, "and I?"))
        await jam.slack.settled()
        assert len(told(jam, desk.lab, guest)) == 1, "told once is enough"
        assert [request.question for request in jam.model.requests] == ["and I?"]


async def test_who_is_unknown_while_slack_is_away_waits_until_it_says(tmp_path: Path) -> None:
    async with Jam(tmp_path) as jam:
        await furnish(jam, tmp_path, f'{CONFIG}\n[labs.berkeley]\nguests = "none"\n')
        jam.slack.faults.error("users.list", "missing_scope", None)
        await jam.start_bot()
        guest, member = jam.slack.add_person("visitor", guest=True), jam.slack.add_person("member")
        berkeley = jam.channels["berkeley"]
        for person in (guest, member):
            jam.slack.workspace.channels[berkeley].members[person] = None  # nobody is told of it
        jam.slack.faults.status("users.info", 503, None)
        before = jam.calls("users.info")
        asked = [await jam.slack.post(person, berkeley, "may I?") for person in (guest, member)]
        await until(lambda: jam.calls("users.info") >= before + 3)
        assert not jam.model.requests
        jam.slack.faults.clear()
        await jam.answer("berkeley", asked[1])
        await until(lambda: bool(told(jam, berkeley, guest)))
        assert "Only members of this workspace" in told(jam, berkeley, guest)[0].visible_text
        assert len(jam.model.requests) == 1


async def test_more_newcomers_than_slack_may_be_asked_about_are_looked_up_together(tmp_path: Path) -> None:
    """A hundred a minute may be: who comes after them would wait a minute for Slack to deliver again."""
    async with Jam(tmp_path) as jam:
        await furnish(jam, tmp_path, f'{CONFIG}\n[labs.berkeley]\nguests = "none"\n')
        await jam.start_bot()
        guest, member = jam.slack.add_person("visitor", guest=True), jam.slack.add_person("member")
        berkeley = jam.channels["berkeley"]
        for person in (guest, member):
            jam.slack.workspace.channels[berkeley].members[person] = None
        jam.slack.faults.limit("users.info", retry_after=30)
        listed = jam.calls("users.list")
        asked = [await jam.slack.post(person, berkeley, "may I?") for person in (member, guest)]
        await jam.answer("berkeley", asked[0])
        await until(lambda: bool(told(jam, berkeley, guest)))
        assert len(jam.model.requests) == 1
        assert jam.calls("users.list") == listed + 1


async def test_every_command_is_acknowledged_in_time_under_load(tmp_path: Path) -> None:
    """The bot is a process of its own here, as it is beside Slack."""
    async with Jam(tmp_path) as jam:
        desk = await furnish(jam, tmp_path)
        await jam.start_child()
        asking = [asyncio.create_task(jam.ask(LABS[n % 9], f"question {n}")) for n in range(150)]
        slowest = 0.0
        for text in ("status", "queue", "pause", "audit", "resume", "model list", "prompt show", "help") * 3:
            began = time.monotonic()
            assert (await jam.slack.command(desk.moderator, desk.lab, "/jam", text)).acked
            slowest = max(slowest, time.monotonic() - began)
        await asyncio.gather(*asking)
        assert slowest < 3.0


async def test_a_jam_closes_by_itself_at_its_end(tmp_path: Path) -> None:
    async with Jam(tmp_path, own_store=True) as jam:
        desk = await started(jam, tmp_path)
        await desk.do("open Short day until tomorrow 9:00")
        ts = await jam.ask("argonne", "just in time")
        await jam.answer("argonne", ts)
        state = keys.state(keys.DESK, "argonne")
        store = await desk.store()
        await store.client.hset(state, "until", f"{time.time() + 0.5:.3f}")
        await until(lambda: "reached its end" in str(_in_channel(desk)), 12)
        await store.close()
        closed = [entry for entry in await desk.audited() if entry.act == "close"]
        assert [(entry.actor, entry.lab) for entry in closed] == [("clock", "argonne")]
        assert ": closed" in await desk.do("status")


async def test_an_announcement_is_said_once_though_its_worker_dies(tmp_path: Path) -> None:
    async with Jam(tmp_path, own_store=True) as jam:
        desk = await furnish(jam, tmp_path)
        await jam.start_child("serve")
        worker = await jam.start_child("work")
        jam.slack.faults.drop("chat.postMessage")  # said, and nobody knows
        jam.slack.faults.delay("conversations.history", 60)  # and nobody can look
        await desk.do("announce Bring your own mug.")
        await until(lambda: "mug" in str(_in_channel(desk)))
        kill_tree(worker)
        jam.slack.faults.clear()
        await jam.start_child("work")
        await desk.do("announce Second.")
        await until(lambda: "Second." in str(_in_channel(desk)), 25)
        assert str(_in_channel(desk)).count("mug") == 1


def _in_channel(desk: Desk) -> list[str]:
    return [message.visible_text for message in desk.jam.slack.channel_messages(desk.lab)]


async def test_without_its_store_a_command_says_so_in_time(tmp_path: Path) -> None:
    async with Jam(tmp_path, own_store=True) as jam:
        desk = await started(jam, tmp_path)
        await jam.break_store()
        began = time.monotonic()
        answer = await jam.slack.command(desk.moderator, desk.lab, "/jam", "pause")
        assert time.monotonic() - began < 3.0
        await until(lambda: "can't say whether that was done" in answer.text, 20)
        await jam.mend_store()
