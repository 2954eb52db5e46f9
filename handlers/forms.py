"""Forms: the details of an answer and the description of a problem, opened at once, kept before the ack."""

from typing import Any

from bot import details, problem
from bot.details import Opinions
from bot.problem import Problems
from bot.slack.blocks import DETAILS, PROBLEM
from bot.slack.events import read_message_place
from bot.slack.modals import message, read
from handlers.matching import about_an_answer


def register(app: Any, opinions: Opinions, problems: Problems) -> None:
    """A press writes nothing, so it is acknowledged first; a submission is kept first."""

    async def add_details(ack: Any, action: dict[str, Any], body: dict[str, Any]) -> None:
        await ack()
        await opinions.open(action["value"], body["user"]["id"], body["trigger_id"])

    async def describe(ack: Any, action: dict[str, Any], body: dict[str, Any]) -> None:
        await ack()
        await problems.open(action["value"], body["user"]["id"], body["trigger_id"])

    async def describe_here(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await problems.open_at(read_message_place(body), body["user"]["id"], body["trigger_id"])

    async def keep_details(ack: Any, body: dict[str, Any], view: dict[str, Any]) -> None:
        kept = await opinions.keep(*read(view), body["user"]["id"])
        await close(ack, kept, details.GONE)

    async def keep_problem(ack: Any, body: dict[str, Any], view: dict[str, Any]) -> None:
        kept = await problems.keep(*read(view), body["user"]["id"])
        await close(ack, kept, problem.GONE)

    app.action(DETAILS, matchers=[about_an_answer])(add_details)
    app.action(PROBLEM, matchers=[about_an_answer])(describe)
    app.message_shortcut("jam_problem")(describe_here)
    app.view_submission(details.CALLBACK)(keep_details)
    app.view_submission(problem.CALLBACK)(keep_problem)


async def close(ack: Any, kept: str | dict[str, str], gone: str) -> None:
    """Close a modal whose words are kept; leave it open with what there is to say where they are not."""
    if isinstance(kept, dict):
        await ack(response_action="errors", errors=kept)
    elif kept == "gone":
        await ack(response_action="push", view=message("Not kept", gone))
    else:
        await ack()
