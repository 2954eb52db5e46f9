"""What Slack starts: every listener, registered by hand; this list is the table of contents."""

from typing import Any

from bot.admission import Door
from bot.caring import Caring
from bot.confirming import Confirming
from bot.controls import Controls
from bot.desk.home import Desk
from bot.intake import Intake
from bot.judging import Judging
from bot.moderation.command import Commands
from bot.moderation.prompts import Prompts
from bot.summary.posting import Summaries
from bot.takeaway.running import Takeaways
from handlers import (
    answer,
    compare,
    confirming,
    controls,
    desk,
    feedback,
    flags,
    forms,
    moderation,
    rest,
    summary,
    takeaway,
)  # fmt: skip


def register(
    app: Any, intake: Intake, confirm: Confirming, judging: Judging, *,
    control: Controls, commands: Commands, prompts: Prompts, takeaways: Takeaways, caring: Caring,
    summaries: Summaries, home: Desk, door: Door,
) -> None:  # fmt: skip
    """Bind every listener of a Bolt app; the first that matches runs, so `rest` comes last.

    `app` is an AsyncApp; its methods are half untyped, so a strict checker learns nothing from it.
    """
    answer.register(app, intake)
    confirming.register(app, confirm)
    feedback.register(app, judging.feedback)
    forms.register(app, judging.opinions, judging.problems)
    compare.register(app, judging.comparisons)
    controls.register(app, control)
    takeaway.register(app, takeaways)
    summary.register(app, summaries, door, judging.on_summaries)
    flags.register(app, caring.flagging, caring.votes)
    moderation.register(app, commands, prompts)
    desk.register(app, home)
    rest.register(app)
