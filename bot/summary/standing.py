"""What stands of a summary or a wrap-up: kept with its job, so that thumbs can be shown under it."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from bot.ending import counted
from bot.records import Sums, ThreadKey
from bot.slack.blocks import Block, actions, button, small_print, thumbs
from bot.store.votes import Tally

THUMB = "labjam_summary_thumb"
DETAILS = "labjam_summary_details"
NOUNS: Mapping[Sums, str] = {"session": "summary", "thread": "wrap-up"}


class Standing(BaseModel):
    """One message: whose it is, where it stands, and what it says."""

    model_config = ConfigDict(frozen=True)

    lab: str
    team: str
    channel: str
    sums: Sums
    thread_ts: str = ""  # of the thread it stands in; empty where it begins one
    model: str
    title: str
    blocks: list[Block]
    small_print: str
    threads: tuple[str, ...]  # that it sums up, for a purge to find

    def place(self, ts: str) -> ThreadKey:
        """The thread that a message with this ts is in, or begins."""
        return ThreadKey(self.team, self.channel, self.thread_ts or ts)

    def shown(self, job: str, tally: Tally | None = None) -> list[Block]:
        """The whole message, with its thumbs and how many were given."""
        about, noun = f"{self.lab} {job}", NOUNS[self.sums]
        return [
            *self.blocks,
            thumbs(about, THUMB, noun),
            small_print(self.small_print + counted(tally or Tally())),
            actions([button(DETAILS, "Add details", about)]),
        ]


def standing_of(fields: Mapping[str, str]) -> Standing | None:
    """What stands of a summary, by the fields of its job; None where nothing does."""
    return Standing.model_validate_json(fields["body"]) if "body" in fields else None


def read_about_summary(value: str) -> tuple[str, str]:
    """The job that a button's value names, and the ts of what it made if it says; ValueError if not ours."""
    _, job, *ts = value.split(" ")
    if not job.startswith(("summary:", "wrapup:")) or len(ts) > 1:
        raise ValueError(value)
    return job, "".join(ts)


def mailbox_of(job: str) -> str:
    """The mailbox of a job that makes a summary or a wrap-up."""
    kind, *place = job.split(":")
    return f"summary:{place[0]}:session" if kind == "summary" else f"{':'.join(place[:3])}:wrapup"
