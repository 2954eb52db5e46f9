"""The shape of a `/jam` subcommand: its names, who may use it, and the act it carries out."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.audit import Actor
from bot.roles import Role
from bot.slack.blocks import Block

Who = Literal["anyone", "moderator", "lead"]


@dataclass(frozen=True, slots=True)
class Act:
    """One person's wish, ready to be carried out for one lab; a button can make the same one.

    `id` is the same however often Slack tells us of it: what must happen once is claimed by it.
    """

    id: str
    actor: Actor
    role: Role
    name: str  # of the subcommand
    lab: str  # its key; "" for a subcommand that is about no lab
    rest: str  # what stood behind the name, as Slack escaped it
    at: float  # seconds since the epoch
    channel: str
    trigger_id: str = ""  # good for three seconds, once: it opens a modal
    response_url: str = ""  # good for half an hour, five times: a late answer goes there

    @property
    def words(self) -> list[str]:
        """What stood behind the name, word by word."""
        return self.rest.split()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person sees, and nobody else. Slack's mrkdwn; with `blocks`, `text` is their short form.

    No text and no blocks is silence, where a modal is the answer. `before` and `after` are for the
    audit of an act that does not record itself.
    """

    text: str = ""
    blocks: tuple[Block, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One line of the table. Its run may raise Declined with words for the person, and so may `asks`."""

    name: str  # one word, or two: "model set"
    usage: str  # what may follow: "[title] [until HH:MM]"
    summary: str
    who: Who
    run: Callable[[Act], Awaitable[Reply]]
    also: tuple[str, ...] = ()  # other names, such as "model" for "model show"
    changes: bool = False  # it is asked about before it is done for all labs, and audited
    records: bool = False  # it writes its own audit entry, together with its change
    asks: Callable[[Act], Awaitable[str | None]] | None = (
        None  # what to ask; "" only for many labs, None never
    )
    one_lab: bool = False  # not for many labs at once
    of_a_lab: bool = True  # it is about a lab: the channel's, the person's, or that of --lab

    def may(self, role: Role, lab: str) -> bool:
        """Whether a person may use it for a lab ("" is none in particular)."""
        if self.who == "anyone" or role.leads:
            return True
        if self.who == "lead":
            return False
        return lab in role.moderates if lab else bool(role.moderates)


Table = Sequence[Subcommand]

PARTS = {
    "Session": "status queue open close pause resume stop announce summary digest",
    "Model and prompt": "model prompt",
    "People": "mute unmute allow disallow cap caps",
    "Answers and release": "flag reveal standings review release withhold export",
    "Care": "audit purge hold release-hold",
    "You": "whoami mydata",
}
"""The headings of the help, and the first words of the subcommands under each."""


def by_part(table: Table) -> dict[str, list[Subcommand]]:
    """Subcommands under their headings, in the headings' order; what none names comes last."""
    part = {name: heading for heading, names in PARTS.items() for name in names.split()}
    found: dict[str, list[Subcommand]] = {heading: [] for heading in (*PARTS, "More")}
    for one in table:
        found[part.get(one.name.split()[0], "More")].append(one)
    return {heading: ones for heading, ones in found.items() if ones}
