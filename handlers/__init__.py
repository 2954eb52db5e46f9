"""What Slack starts: every listener, registered by hand; this list is the table of contents."""

from typing import Any

from bot.controls import Controls
from bot.intake import Intake
from bot.judging import Judging
from bot.moderation.command import Commands
from handlers import answer, compare, controls, feedback, forms, moderation, rest


def register(app: Any, intake: Intake, judging: Judging, control: Controls, commands: Commands) -> None:
    """Bind every listener of a Bolt app; the first that matches runs, so `rest` comes last.

    `app` is an AsyncApp; its methods are half untyped, so a strict checker learns nothing from it.
    """
    answer.register(app, intake)
    feedback.register(app, judging.feedback)
    forms.register(app, judging.opinions, judging.problems)
    compare.register(app, judging.comparisons)
    controls.register(app, control)
    moderation.register(app, commands)
    rest.register(app)
