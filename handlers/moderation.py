"""`/jam` and the buttons of its questions: done, and acknowledged within Slack's three seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.moderation.command import Commands
from bot.moderation.prompts import CALLBACK, Prompts
from bot.moderation.table import Reply
from bot.moderation.wording import CANCEL, DO, NOTHING, WORKING, instead, shown
from bot.slack.commands import read_click, read_command
from bot.slack.modals import read

ACK_WITHIN = 1.5
"""Seconds an act may take before it is acknowledged; one that takes longer is answered when it is done.
Slack waits three: https://docs.slack.dev/interactivity/implementing-slash-commands#responding_basic_receipt"""

Say = Callable[..., Awaitable[object]]


def register(app: Any, commands: Commands, prompts: Prompts) -> None:
    """An act is done first and acknowledged then: one that a dying process took along shows as failed."""

    async def jam(ack: Say, respond: Say, command: dict[str, Any]) -> None:
        doing = asyncio.ensure_future(commands.answer(read_command(command)))
        if await _in_time(doing):
            await ack(shown(doing.result()))
        else:
            await ack(shown(Reply(WORKING)))
            await respond(shown(await doing))

    async def confirm(ack: Say, respond: Say, body: dict[str, Any], action: dict[str, Any]) -> None:
        doing = asyncio.ensure_future(commands.confirmed(read_click(body, action)))
        in_time = await _in_time(doing)
        await ack()
        if not in_time:  # so that nobody presses twice
            await respond(instead(Reply(WORKING)))
        await respond(instead(await doing))

    async def cancel(ack: Say, respond: Say) -> None:
        await ack()
        await respond(instead(Reply(NOTHING)))

    async def save(ack: Say, body: dict[str, Any], view: dict[str, Any]) -> None:
        await ack(**await prompts.save(*read(view), body["user"]["id"]))

    app.command("/jam")(jam)
    app.action(DO)(confirm)
    app.action(CANCEL)(cancel)
    app.view_submission(CALLBACK)(save)


async def _in_time(doing: asyncio.Future[Reply]) -> bool:
    await asyncio.wait({doing}, timeout=ACK_WITHIN)
    return doing.done()
