"""The words and buttons around every `/jam` answer: help, guesses at typos, refusals, confirmation."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.labs import Lab
from bot.moderation.parsing import likely
from bot.moderation.table import Act, Reply, Subcommand, Table, by_part
from bot.roles import Role
from bot.slack.blocks import Block

DO = "labjam_do"
CANCEL = "labjam_cancel"
WAITS = 600.0
"""Seconds a confirmation may be pressed; then what it was about may have changed."""
LONGEST = 1500
"""Characters behind a subcommand that is asked about: its button carries them, 2,000 at the most."""

SHORT = 30
"""Characters of what may follow a name, in the list of all; `/jam help NAME` has longer ones."""

ASK = "Ask by writing a message in your lab's channel; `//` at its beginning keeps labjam out."

WORKING = "Working on it. The answer comes here."
AWAY = (
    "labjam can't reach its store, so it can't say whether that was done. "
    "Look in a minute, and try again if it was not."
)
SLACK_AWAY = (
    "Slack did not answer labjam in time, so this could not be done. Type it again; if that does not help, "
    "look in a few minutes."
)
BROKEN = "Something in labjam broke over this, and the log says what. Nothing more is being done about it."
NOTHING = "Nothing was done."
LATE = "That was asked too long ago, so nothing was done. Type the command again."


@dataclass(frozen=True, slots=True)
class Pending:
    """An act that waits for its button, as the button carries it."""

    id: str
    name: str
    labs: tuple[str, ...]
    rest: str
    at: float


def shown(reply: Reply) -> dict[str, Any]:
    """A reply as Slack takes it, for one person's eyes."""
    if not reply.text:
        return {}
    blocks = list(reply.blocks) or _sections(reply.text.split("\n"))
    return {"response_type": "ephemeral", "text": reply.text[:3000], "blocks": blocks}


def instead(reply: Reply) -> dict[str, Any]:
    """The same in place of the question whose button was pressed."""
    return shown(reply) | {"replace_original": True} if reply.text else {"delete_original": True}


def help_for(table: Table, role: Role, about: str = "") -> Reply:
    """What this person may do, a line each; or all about the subcommands that begin with a word."""
    mine = [one for one in table if one.may(role, "") and one.name.startswith(about)]
    if about and mine:
        lines = [f"{_line(one, one.usage)}." for one in mine]
        return Reply("\n".join(lines), tuple(_sections(lines)))
    if about:
        return unknown(about, table, role)
    if role.leads:
        tail = "Add `--lab argonne` to act for one lab, or `--lab all` for every one."
    elif len(role.moderates) > 1:
        tail = "Add `--lab argonne` where you are not in that lab's channel."
    else:
        tail = "Only you see the answers."
    tail += " `/jam help NAME` tells more of one."
    parts = [*_listed(mine, role), [tail]]
    return Reply(
        "\n".join(line for part in parts for line in part),
        tuple(block for part in parts for block in _sections(part)),
    )


def unknown(words: str, table: Table, role: Role) -> Reply:
    """A guess at what was meant, or where to look."""
    mine = [name for one in table if one.may(role, "") for name in (one.name, *one.also)]
    guesses = likely(words, mine)
    meant = f" Did you mean {' or '.join(f'`/jam {name}`' for name in guesses)}?" if guesses else ""
    return Reply(f"There is no `/jam {_shown(words)}`.{meant} `/jam help` lists what you can do.")


def refused(subcommand: Subcommand, lab: Lab | None, *, many: bool) -> Reply:
    """Whose act it would be."""
    if subcommand.who == "lead" or many:
        whose = "the jam's leads"
    else:
        whose = f"the moderators of {lab.short}" if lab else "moderators"
    for_all = " for all labs" if many else ""
    return Reply(
        f"Only {whose} can use `/jam {subcommand.name}`{for_all}. "
        "Nothing was done, and that you asked is kept."
    )


def asked(question: str, pending: Pending) -> Reply:
    """The question before what is hard to undo, with its two buttons."""
    value = json.dumps([pending.id, pending.name, pending.labs, pending.rest, pending.at])
    buttons = [
        _button("Yes, do it", DO, value) | {"style": "danger"},
        _button("No", CANCEL, "no"),
    ]
    blocks = (*_sections([question]), {"type": "actions", "elements": buttons})
    return Reply(question, blocks)


def read_pending(value: str) -> Pending:
    """Read what a button carries; ValueError where it is not ours."""
    try:
        id_, name, labs, rest, at = json.loads(value)
        return Pending(str(id_), str(name), tuple(map(str, labs)), str(rest), float(at))
    except TypeError as error:
        raise ValueError("not a pending act") from error


def joined(replies: Sequence[tuple[Lab | None, Reply]]) -> Reply:
    """One answer of several labs' answers, each under its lab's name."""
    if len(replies) == 1:
        return replies[0][1]
    lines = [f"*{lab.short}* {reply.text}" if lab else reply.text for lab, reply in replies]
    return Reply("\n".join(lines), tuple(_sections(lines)))


def sure_for_all(act: Act, labs: int) -> str:
    """The question before something is done in many labs at once."""
    shown = f"{act.name} {act.rest}".strip().replace("`", "'")
    return f"Do `/jam {shown}` for all {labs} labs?"


def _sections(lines: Sequence[str]) -> list[Block]:
    """Lines as blocks of at most 3,000 characters each."""
    texts = [""]
    for line in lines:
        if len(texts[-1]) + len(line) > 2900:
            texts.append("")
        texts[-1] = f"{texts[-1]}\n{line}".lstrip("\n")
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}} for text in texts if text]


def _button(label: str, action: str, value: str) -> Block:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "action_id": action, "text": text, "value": value}


def _shown(word: str) -> str:
    return word.replace("`", "'")[:40]


def _line(one: Subcommand, usage: str) -> str:
    return f"`/jam {one.name}{' ' if usage else ''}{usage}` {one.summary}"


def _listed(mine: Table, role: Role) -> list[list[str]]:
    """The subcommands a line each, many of them under headings; and first how a scientist asks."""
    head = f"*What you can do with /jam* as a {role.words}:"
    if role.words == "scientist":
        return [[ASK], [head, *map(_brief, mine)]]
    return [[head], *([f"*{heading}*", *map(_brief, ones)] for heading, ones in by_part(mine).items())]


def _brief(one: Subcommand) -> str:
    return _line(one, one.usage if len(one.usage) <= SHORT else "…")
