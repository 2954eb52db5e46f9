"""What the app hears when people post, mention, edit, delete, react and join."""

from bot.trial.server import LocalSlack
from tests.trial_fixtures import Clock, bolt, until, web_client


async def test_a_mention_comes_twice_with_one_ts_and_two_event_ids() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam-argonne", [ana])
        ts = await slack.post(ana, lab, f"<@{slack.workspace.bot}> is 1 < 2 & true?")
        await until(lambda: len(app.heard) == 2)
        await slack.settled()
    assert {event["type"] for event in app.heard} == {"message", "app_mention"}
    assert {event["ts"] for event in app.heard} == {ts}
    assert len({body["event_id"] for body in app.bodies}) == 2
    assert app.heard[0]["text"] == f"<@{slack.workspace.bot}> is 1 &lt; 2 &amp; true?"
    assert slack.delivery.redelivered == 0


async def test_direct_messages_come_once() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        channel, ts = await slack.dm(ana, f"hello <@{slack.workspace.bot}>")
        await slack.dm(ana, "more", thread_ts=ts)
        await until(lambda: len(app.heard) == 2)
    first, second = sorted(app.heard, key=lambda event: event["ts"])
    assert (first["channel"], first["channel_type"], first["type"]) == (channel, "im", "message")
    assert (second["thread_ts"], second["parent_user_id"]) == (ts, ana)


async def test_edits_deletes_and_the_tombstone_of_a_thread() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana], private=True)
        root = await slack.post(ana, lab, "first")
        await slack.edit(ana, lab, root, "second")
        reply = await slack.post(ana, lab, "reply", thread_ts=root)
        other = await slack.post(ana, lab, "lonely")
        await slack.delete(ana, lab, other)
        await slack.delete(ana, lab, root)
        await until(lambda: len(app.heard) == 6)
        assert [message.ts for message in slack.thread(lab, root)] == [reply]
    edit, tombstone = sorted(app.of("message_changed"), key=lambda event: event["ts"])
    assert edit["previous_message"]["text"] == "first"
    assert (edit["message"]["text"], edit["channel_type"]) == ("second", "group")
    assert (tombstone["message"]["subtype"], tombstone["message"]["ts"]) == ("tombstone", root)
    assert app.of("message_deleted")[0]["deleted_ts"] == other


async def test_reactions_joins_and_the_home_tab() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana, ben = slack.add_person("ana"), slack.add_person("ben")
        lab = slack.add_channel("jam", [ana], bot_is_member=False)
        await slack.post(ana, lab, "the bot does not hear this")
        await slack.invite_bot(lab, ana)
        await slack.join(ben, lab)
        ts = await slack.post(ana, lab, "now it does")
        await slack.react(ben, lab, ts, "thumbsup")
        await slack.open_home(ana, "messages")
        await until(lambda: app.of("app_home_opened") and app.of("reaction_added") and app.of("message"))
        await slack.settled()
    assert {event["user"] for event in app.of("member_joined_channel")} == {slack.workspace.bot, ben}
    assert "the bot does not hear this" not in str(app.bodies)
    assert app.of("reaction_added")[0]["item"] == {"type": "message", "channel": lab, "ts": ts}
    assert app.of("app_home_opened")[0]["tab"] == "messages"


async def test_own_messages_come_back_and_bolt_drops_them() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        lab = slack.add_channel("jam", [])
        posted = await app.client.chat_postMessage(channel=lab, text="hi")
        await app.client.chat_update(channel=lab, ts=str(posted["ts"]), text="ho")
        await slack.settled()
        assert slack.delivery.acked == 2
        message = slack.message(lab, str(posted["ts"]))
    assert message
    assert (message.visible_text, message.edits) == ("ho", 1)
    assert app.heard == []


async def test_a_missing_scope_silences_the_event() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        slack.workspace.app.scopes.discard("channels:history")
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        await slack.post(ana, lab, f"<@{slack.workspace.bot}> hello")
        await until(lambda: app.heard)
        await slack.settled()
    assert [event["type"] for event in app.heard] == ["app_mention"]


async def test_ts_grow_while_the_clock_stands_still() -> None:
    async with LocalSlack(clock=Clock()) as slack:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana], bot_is_member=False)
        stamps = [await slack.post(ana, lab, "x") for _ in range(500)]
    assert stamps == sorted(set(stamps))


async def test_external_people_and_their_files() -> None:
    async with LocalSlack() as slack, bolt(slack) as app, web_client(slack) as client:
        eve = slack.add_person("eve", team="T0ELSEWHERE")
        lab = slack.add_channel("jam", [eve])
        await slack.post(eve, lab, "see file", files=[("data.csv", b"1,2")])
        await until(lambda: app.heard)
        event = app.heard[0]
        file = event["files"][0]
        assert file["file_access"] == "check_file_info"
        info: dict[str, str] = (await client.files_info(file=file["id"]))["file"]  # pyright: ignore[reportUnknownVariableType]
    assert app.bodies[0]["is_ext_shared_channel"]
    assert (event["user_team"], info["name"]) == ("T0ELSEWHERE", "data.csv")


async def test_raw_and_unknown_payloads() -> None:
    async with LocalSlack(ack_timeout=0.5, redelivery=()) as slack, bolt(slack) as app:
        limited = {"type": "app_rate_limited", "team_id": slack.workspace.team.id, "minute_rate_limited": 1}
        await slack.deliver(limited, raw=True)
        await slack.deliver({"type": "message", "channel": "C1", "user": "U1", "ts": "1.2"}, copies=3)
        await until(lambda: len(app.heard) == 3)
        await slack.settled()
    assert slack.delivery.lost == [limited]
    assert len({body.get("event_id") for body in app.bodies if "event" in body}) == 1
