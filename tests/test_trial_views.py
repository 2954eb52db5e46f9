"""Modals that are updated, pushed, cleared and closed, and the smaller corners of the workspace."""

from typing import Any

from bot.trial.server import LocalSlack
from tests.trial_fixtures import bolt, refusal, until, web_client


def modal(title: str, **more: Any) -> dict[str, Any]:
    """A small modal whose submission Bolt's `view("why")` hears."""
    text = {"type": "plain_text", "text": title}
    return {"type": "modal", "callback_id": "why", "title": text, "submit": text, "blocks": [], **more}


async def test_a_stack_of_modals() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        acks: list[dict[str, Any]] = [
            {"response_action": "update", "view": modal("Updated", notify_on_close=True)},
            {"response_action": "push", "view": modal("Pushed")},
            {"response_action": "clear"},
        ]
        closed: list[str] = []

        @app.app.shortcut("open")
        async def _(ack: Any, body: dict[str, Any], client: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            await client.views_open(trigger_id=body["trigger_id"], view=modal("First"))
            await ack()

        @app.app.view_submission("why")
        async def _(ack: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            await ack(**acks.pop(0))

        @app.app.view_closed("why")
        async def _(ack: Any, view: dict[str, Any]) -> None:  # pyright: ignore[reportUnusedFunction]
            closed.append(view["id"])
            await ack()

        opened = await slack.shortcut(ana, "open")
        await until(lambda: opened.views)
        first = opened.views[0]
        await slack.submit_view(ana, first)
        assert slack.modals(ana)[0].body["title"]["text"] == "Updated"
        pushed = await slack.submit_view(ana, first)
        assert [view.previous for view in slack.modals(ana)] == [None, first]
        await slack.submit_view(ana, pushed.views[0])
        assert slack.modals(ana) == []
        again = await slack.shortcut(ana, "open")
        await until(lambda: again.views)
        assert await slack.close_view(ana, again.views[0]) is None
    assert closed == []


async def test_an_app_hears_of_closed_modals_if_it_asked_to() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        ana = slack.add_person("ana")

        @app.app.shortcut("open")
        async def _(ack: Any, body: dict[str, Any], client: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            view = modal("First", notify_on_close=True, external_id="one")
            await client.views_open(trigger_id=body["trigger_id"], view=view)
            await ack()

        @app.app.view_closed("why")
        async def _(ack: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            await ack()

        opened = await slack.shortcut(ana, "open")
        await until(lambda: opened.views)
        await app.client.views_update(external_id="one", view=modal("Again", notify_on_close=True))
        closed = await slack.close_view(ana, opened.views[0])
        assert closed
        assert closed.acked
        answer = await refusal(app.client.views_update(view_id=opened.views[0], view=modal("Late")))
        assert answer["error"] == "not_found"


async def test_joining_groups_prompts_and_silent_events() -> None:
    async with LocalSlack() as slack, web_client(slack) as client:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana], bot_is_member=False)
        assert (await client.conversations_join(channel=lab))["channel"]["is_member"]
        slack.workspace.groups["S0LEADS"] = [ana]
        assert (await client.usergroups_users_list(usergroup="S0LEADS"))["users"] == [ana]
        channel, _ = await slack.dm(ana, "hello")
        prompts = [{"title": "Why", "message": "Why is the sky blue?"}]
        await client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts)
        assert slack.workspace.prompts[(channel, "")] == prompts
        waiting = len(slack.delivery.open)
        slack.changes.muted.add("reaction_added")
        await slack.react(ana, lab, await slack.post(ana, lab, "x"), "eyes")
        assert len(slack.delivery.open) == waiting + 1
        assert (await refusal(client.api_test(error="my_error")))["error"] == "my_error"
        assert len(slack.calls_of("api.test")) == 1
