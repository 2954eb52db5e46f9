"""Clicks, commands, shortcuts and modals, as Bolt's own listeners see and answer them."""

from typing import Any

import pytest

from bot.trial.server import LocalSlack
from tests.trial_fixtures import Clock, bolt, refusal, until

BUTTON = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "retry", "value": "7", "text": {"type": "plain_text", "text": "Go"}}
    ],
}
MODAL = {
    "type": "modal",
    "callback_id": "why",
    "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


async def test_a_click_is_acked_and_answered_through_its_response_url() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        posted = await app.client.chat_postMessage(channel=lab, text="x", blocks=[BUTTON])
        clicked: list[dict[str, Any]] = []

        @app.app.action("retry")
        async def _(ack: Any, body: dict[str, Any], respond: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            clicked.append(body)
            await ack()
            await respond("only you see this")
            await respond("changed", replace_original=True)

        result = await slack.click(ana, lab, str(posted["ts"]), "retry")
        await until(lambda: result.responses == 2)
        message = slack.message(lab, str(posted["ts"]))
        assert message
        assert (result.acked, result.text, message.visible_text) == (True, "only you see this", "changed")
        assert [each.visible_text for each in slack.ephemerals(lab, ana)] == ["only you see this"]
    assert clicked[0]["actions"][0]["value"] == "7"
    assert clicked[0]["container"]["message_ts"] == posted["ts"]


async def test_a_response_url_is_good_five_times() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        answers: list[int] = []

        @app.app.command("/jam")
        async def _(ack: Any, respond: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            await ack("at once")
            for number in range(6):
                answer = await respond(f"{number}", response_type="in_channel")
                answers.append(answer.status_code)

        result = await slack.command(ana, lab, "/jam", "status now")
        await until(lambda: len(answers) == 6)
        assert len(slack.channel_messages(lab)) == 5
    assert answers == [200] * 5 + [404]
    assert result.ack == {"text": "at once"}
    assert [each.visible_text for each in result.messages if each.ephemeral_to == ana] == ["at once"]


async def test_nobody_acks_a_click_or_a_command() -> None:
    async with LocalSlack(ack_timeout=0.05) as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        posted = await app.client.chat_postMessage(channel=lab, text="x", blocks=[BUTTON])
        assert (await slack.click(ana, lab, str(posted["ts"]), "retry")).timed_out
        assert (await slack.command(ana, lab, "/nothing")).timed_out
        await slack.settled()
        with pytest.raises(LookupError):
            await slack.click(ana, lab, str(posted["ts"]), "no such action")
        eve = slack.add_person("eve", team="T0ELSEWHERE")
        with pytest.raises(PermissionError):
            await slack.command(eve, lab, "/jam")
    async with LocalSlack() as slack:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        assert (await slack.command(ana, lab, "/jam")).timed_out


async def test_shortcuts_open_modals_that_can_be_submitted() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        ts = await slack.post(ana, lab, "wrong answer")
        reasons: list[str] = []

        @app.app.shortcut("jam_problem")
        async def _(ack: Any, body: dict[str, Any], client: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            assert body["message"]["ts"] == ts
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
            await ack()

        @app.app.view("why")
        async def _(ack: Any, view: dict[str, Any]) -> None:  # pyright: ignore[reportUnusedFunction]
            reason = view["state"]["values"]["reason"]["text"]["value"]
            reasons.append(reason)
            if reason == "short":
                await ack(response_action="errors", errors={"reason": "longer, please"})
            else:
                await ack()

        opened = await slack.message_shortcut(ana, lab, ts, "jam_problem")
        await until(lambda: opened.views)
        view = opened.views[0]

        def state(text: str) -> dict[str, Any]:
            return {"reason": {"text": {"type": "plain_text_input", "value": text}}}

        first = await slack.submit_view(ana, view, state("short"))
        assert first.ack == {"response_action": "errors", "errors": {"reason": "longer, please"}}
        assert [each.id for each in slack.modals(ana)] == [view]
        await slack.submit_view(ana, view, state("because"))
        assert slack.modals(ana) == []
    assert reasons == ["short", "because"]


async def test_trigger_ids_work_once_and_for_three_seconds() -> None:
    clock = Clock()
    async with LocalSlack(clock=clock) as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        triggers: list[str] = []

        @app.app.shortcut("jam_summary")
        async def _(ack: Any, body: dict[str, Any]) -> None:  # pyright: ignore[reportUnusedFunction]
            triggers.append(body["trigger_id"])
            await ack()

        await slack.shortcut(ana, "jam_summary")
        await slack.shortcut(ana, "jam_summary")
        await app.client.views_open(trigger_id=triggers[0], view=MODAL)
        clock.now += 3.1
        for trigger, error in (
            (triggers[0], "exchanged_trigger_id"),
            (triggers[1], "expired_trigger_id"),
            ("1.2.three", "invalid_trigger_id"),
        ):
            answer = await refusal(app.client.views_open(trigger_id=trigger, view=MODAL))
            assert answer["error"] == error


async def test_the_home_is_published_and_its_buttons_work() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        pressed: list[dict[str, Any]] = []

        @app.app.action("retry")
        async def _(ack: Any, body: dict[str, Any]) -> None:  # pyright: ignore[reportUnusedFunction]
            pressed.append(body)
            await ack()

        published = await app.client.views_publish(user_id=ana, view={"type": "home", "blocks": [BUTTON]})
        again = await app.client.views_publish(user_id=ana, view={"type": "home", "blocks": [BUTTON]})
        home = slack.home(ana)
        assert home
        assert published["view"]["id"] == again["view"]["id"] == home.id
        answer = await refusal(
            app.client.views_publish(
                user_id=ana, view={"type": "home", "blocks": []}, hash=published["view"]["hash"]
            )
        )
        assert answer["error"] == "hash_conflict"
        assert (await slack.click_view(ana, home.id, "retry")).acked
    assert pressed[0]["container"] == {"type": "view", "view_id": home.id}
