"""Comparisons: choosing between two answers, and saying why."""

from typing import Any

from bot.compare import CALLBACK, GONE, Comparisons
from bot.slack.blocks import CHOOSE, WHY
from bot.slack.modals import read
from handlers.forms import close
from handlers.matching import about_an_answer


def register(app: Any, comparisons: Comparisons) -> None:
    """A choice is kept first and acknowledged then: one that can't be kept shows as failed."""

    async def choose(ack: Any, action: dict[str, Any], body: dict[str, Any]) -> None:
        user, choice = body["user"]["id"], action["action_id"].rpartition("_")[2]
        voted = await comparisons.choose(action["value"], choice, user)
        await ack()
        await comparisons.tell(action["value"], user, voted)

    async def why(ack: Any, action: dict[str, Any], body: dict[str, Any]) -> None:
        await ack()
        await comparisons.open_why(action["value"], body["user"]["id"], body["trigger_id"])

    async def keep_why(ack: Any, body: dict[str, Any], view: dict[str, Any]) -> None:
        voted = await comparisons.keep_why(*read(view), body["user"]["id"])
        await close(ack, voted if isinstance(voted, dict) else voted.kept, GONE)

    for choice in CHOOSE.values():
        app.action(choice, matchers=[about_an_answer])(choose)
    app.action(WHY, matchers=[about_an_answer])(why)
    app.view_submission(CALLBACK)(keep_why)
