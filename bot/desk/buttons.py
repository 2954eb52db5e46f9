"""The buttons of App Home: each is one subcommand of `/jam`, and asks first where that can't be undone."""

from dataclasses import dataclass

from bot.slack.blocks import Block, plain

DO = "labjam_do_"
"""Begins the action id of each; its value is the lab."""
DISMISS = "labjam_put_away"


@dataclass(frozen=True, slots=True)
class Button:
    """A subcommand with its label; `sure` is what a dialog asks before."""

    command: str
    label: str
    sure: str = ""
    risky: bool = False

    @property
    def action(self) -> str:
        return DO + self.command.replace(" ", "_")

    def typed(self, lab: str) -> str:
        """What somebody would type after /jam for the same."""
        return f"{self.command} --lab {lab}" if lab else self.command


_ALL = (
    Button("pause", "Pause"),
    Button("resume", "Resume"),
    Button("stop", "Stop", "Every running answer ends where it is, and the queue is held.", risky=True),
    Button("open", "Open"),
    Button("close", "Close", "Nobody can ask any more. What was asked before is still answered."),
    Button("queue", "Queue"),
    Button("flag list", "Flags"),
    Button("digest preview", "Preview the digest"),
    Button("audit", "Latest acts"),
    Button("mydata", "Send me my data"),
    Button("mydata unlisted", "Leave my threads out of summaries and digests"),
    Button("mydata listed", "Take my threads into summaries again"),
    Button(
        "mydata delete", "Delete my data",
        "Your questions with their answers, thumbs, details and problems leave the record of every lab. "
        "They can't be brought back.", risky=True,
    ),
)  # fmt: skip
BUTTONS = {one.command: one for one in _ALL}
ACTIONS = {one.action: one for one in _ALL}


def board_buttons(is_open: bool, held: str) -> tuple[str, ...]:
    """Which of them a lab's board has, as the lab stands."""
    going = {"": ("pause", "stop"), "paused": ("resume", "stop")}.get(held, ("resume",))
    return (*going, "close" if is_open else "open", "queue", "flag list", "digest preview", "audit")


def own_buttons(unlisted: bool) -> tuple[str, ...]:
    """Which of them are about the person, who may be left out of what is summed up."""
    return ("mydata", "mydata listed" if unlisted else "mydata unlisted", "mydata delete")


def press(one: Button, lab: str) -> Block:
    """The button as Slack draws it."""
    made: Block = {
        "type": "button",
        "action_id": one.action,
        "text": plain(one.label),
        "value": lab or "-",
    }
    if one.risky:
        made["style"] = "danger"
    if one.sure:
        made["confirm"] = {
            "title": plain(f"{one.label}?"),
            "text": plain(one.sure),
            "confirm": plain("Yes, do it"),
            "deny": plain("No"),
        } | ({"style": "danger"} if one.risky else {})
    return made


def pressed(action: str, value: str) -> tuple[Button, str]:
    """The button and the lab of a click, "" where it is about none; KeyError where it is none of ours."""
    return ACTIONS[action], "" if value == "-" else value
