"""*Flag this answer*: the shortcut on a message, kept before it is acknowledged."""

from typing import Any

from bot.flagging import Flagging
from bot.slack.events import read_message_place
from bot.store.votes import Votes

FLAGGED = "Flagged. The moderators of this lab look at it; your name is not in what they are told."
KNOWN = "This answer is flagged already, and waits for the lab's moderators."
NO_ANSWER = "Only an answer of labjam's can be flagged. Use the shortcut on the message that holds it."


def register(app: Any, flagging: Flagging, votes: Votes) -> None:
    """Slack shows the words to nobody but who flagged."""

    async def flag(ack: Any, respond: Any, body: dict[str, Any]) -> None:
        place = read_message_place(body)
        about = await votes.answer_at(place.channel, str(body["message"]["ts"]))
        new = await flagging.raise_(about, body["user"]["id"], "person") if about else False
        await ack()
        words = NO_ANSWER if about is None else FLAGGED if new else KNOWN
        await respond(text=words, response_type="ephemeral", replace_original=False)

    app.message_shortcut("jam_flag")(flag)
