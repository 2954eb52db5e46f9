"""Where a further answer to a question says that there is a first one."""

from contextlib import suppress

from bot.errors import SlackError
from bot.running import Running
from bot.slack.outbox import Outbox
from bot.store.questions import messages_of, question_of


async def first_answer(running: Running, outbox: Outbox) -> str:
    """The address of the first answer to a question that is answered again; empty where there is none."""
    fields = await running.about()
    if not messages_of(fields):
        return ""
    thread = question_of(fields).thread
    with suppress(SlackError):
        found = await outbox.call(
            "chat.getPermalink", thread.team, channel=thread.channel, message_ts=messages_of(fields)[0]
        )
        return str(found.get("permalink") or "")
    return ""
