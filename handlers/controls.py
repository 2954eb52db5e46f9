"""Controls on an answer: the button and menus under it, and the reaction that stops it."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.controls import STOP, Controls
from bot.slack import blocks
from bot.slack.blocks import AGAIN, ASK, MORE, read_about, read_choice
from bot.slack.events import read_click, read_reaction


def register(app: Any, controls: Controls) -> None:
    """A choice is kept first and acknowledged then: one that can't be kept shows as failed."""

    async def ask(ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any]) -> None:
        await controls.ask_model(action["selected_option"]["value"], read_click(body, action))
        await ack()

    async def again(ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any]) -> None:
        about, _ = read_choice(action["selected_option"]["value"])
        await controls.ask_again(about, read_click(body, action))
        await ack()

    async def anew(ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any]) -> None:
        await controls.answer_anew(read_about(action["value"]), read_click(body, action))
        await ack()

    async def stop_here(
        ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any]
    ) -> None:
        await controls.stop_answer(read_about(action["value"]), read_click(body, action))
        await ack()

    async def stop(event: dict[str, Any], context: dict[str, Any]) -> None:
        reaction = read_reaction(event, context.get("team_id", ""))
        if reaction:
            await controls.stop(reaction)

    app.action(AGAIN, matchers=[_about_an_answer])(anew)
    app.action(blocks.STOP, matchers=[_about_an_answer])(stop_here)
    app.action(ASK, matchers=[_ours])(ask)
    app.action(MORE, matchers=[_ours, _again])(again)
    app.event("reaction_added", matchers=[_stops])(stop)


async def _about_an_answer(action: dict[str, Any], body: dict[str, Any]) -> bool:
    """Whether a button is one that we gave, and it is said who pressed it; any other goes to `rest`."""
    try:
        read_about(str(action.get("value")))
        read_click(body, action)
    except ValueError:
        return False
    return True


async def _ours(action: dict[str, Any]) -> bool:
    """Whether a choice is one that we offered; any other goes to `rest`."""
    chosen: Any = action.get("selected_option")
    try:
        read_choice(str(chosen["value"]))
    except (ValueError, TypeError, KeyError):
        return False
    return True


async def _again(action: dict[str, Any]) -> bool:
    return read_choice(action["selected_option"]["value"])[1] == "again"


async def _stops(event: dict[str, Any]) -> bool:
    return event.get("reaction") == STOP
