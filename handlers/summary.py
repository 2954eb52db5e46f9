"""Summaries: *Sum up this thread*, and the thumbs and details under what was summed up."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.admission import Door
from bot.slack.blocks import MORE, read_choice
from bot.slack.events import read_click, read_clicked_place, read_message_shortcut
from bot.slack.modals import read
from bot.summary import opinions
from bot.summary.opinions import SummaryOpinions
from bot.summary.posting import Summaries
from bot.summary.standing import DETAILS, THUMB, read_about_summary
from bot.summary.wishing import SUM_UP, ask_wrap_up
from handlers.forms import close


def register(app: Any, summaries: Summaries, door: Door, said: SummaryOpinions) -> None:
    """A wish, a thumb or a form is kept first and acknowledged then."""

    async def thread(ack: Callable[[], Awaitable[None]], body: dict[str, Any], respond: Any) -> None:
        words = await ask_wrap_up(summaries, door, *read_message_shortcut(body))
        await ack()
        if words:
            await respond(words, replace_original=False)

    async def sum_up(ack: Any, action: dict[str, Any], body: dict[str, Any], respond: Any) -> None:
        about, _ = read_choice(action["selected_option"]["value"])
        words = await ask_wrap_up(summaries, door, about.thread, read_click(body, action))
        await ack()
        if words:
            await respond(words, replace_original=False, response_type="ephemeral")

    async def thumb(ack: Callable[[], Awaitable[None]], action: dict[str, Any], body: dict[str, Any]) -> None:
        user, place = body["user"]["id"], read_clicked_place(body)
        kept = await said.vote(action["value"], place.ts, user)
        await ack()
        await said.thank(action["value"], place, user, kept)

    async def details(ack: Any, action: dict[str, Any], body: dict[str, Any]) -> None:
        await ack()
        place = read_clicked_place(body)
        await said.open(action["value"], place, body["user"]["id"], body["trigger_id"])

    async def keep(ack: Any, body: dict[str, Any], view: dict[str, Any]) -> None:
        kept = await said.keep(*read(view), body["user"]["id"])
        await close(ack, kept, opinions.GONE.format(what="words about it"))

    app.message_shortcut("jam_summary")(thread)
    app.action(MORE, matchers=[_sums_up])(sum_up)
    app.action(THUMB, matchers=[_a_summary])(thumb)
    app.action(DETAILS, matchers=[_a_summary])(details)
    app.view_submission(opinions.CALLBACK)(keep)


async def _a_summary(action: dict[str, Any]) -> bool:
    """Whether a button's value is one that we gave it; any other goes to `rest`."""
    value = str(action.get("value"))
    try:
        read_about_summary(value[3:] if action["action_id"] == THUMB else value)
    except ValueError:
        return False
    return action["action_id"] != THUMB or value[:3] in {"+1 ", "-1 "}


async def _sums_up(action: dict[str, Any]) -> bool:
    chosen: Any = action.get("selected_option")
    try:
        return read_choice(str(chosen["value"]))[1] == SUM_UP
    except (ValueError, TypeError, KeyError):
        return False
