"""Thumbs and details on summaries in the store, where all of a summary is in one shard of a cluster, too."""

import pytest

from bot.forms import SummaryDetails
from bot.records import SummaryVote, ThreadKey
from bot.store.forms import Forms
from bot.store.journal import read
from bot.store.redis import Store
from bot.store.unlisted import Unlisted
from bot.store.votes import Tally, Votes
from bot.summary.standing import mailbox_of
from tests.stores import Engine

PLACE = ThreadKey("T1", "C1", "1732320000.000100")


@pytest.mark.parametrize("job", ["summary:argonne:3-1732", f"wrapup:{PLACE}:1732320000.000100:0a1b"])
async def test_thumbs_and_details_are_kept_where_their_summary_is(engine: Engine, job: str) -> None:
    votes, forms, mailbox = Votes(engine.jobs), Forms(engine.jobs), mailbox_of(job)

    def vote(user: str, thumb: int) -> SummaryVote:
        given = 1 if thumb > 0 else -1 if thumb else 0
        return SummaryVote("argonne", PLACE, "1.1", "session", "m", user, given, 10.0)

    assert await votes.keep_on_summary(vote("U1", 1), job, mailbox) == "gone"
    await engine.put(job, mailbox, fields={"body": "{}"})
    voted = [await votes.keep_on_summary(vote(*given), job, mailbox)
            for given in (("U1", 1), ("U2", 1), ("U2", -1), ("U2", -1), ("U3", 1), ("U3", 0))]  # fmt: skip
    assert voted == ["first", "first", "changed", "same", "first", "changed"]
    assert await votes.tally_at(mailbox, job) == Tally(1, 1)
    assert await votes.of_at("U2", mailbox, job) == -1
    shows = f"{':'.join(mailbox.split(':')[:3])}:applause:{job}"
    waiting = await engine.jobs.fields(shows, job.replace(job.partition(":")[0], "applause", 1))
    assert (waiting["state"], waiting["about"]) == ("queued", job)
    said = SummaryDetails(
        lab="argonne",
        thread=PLACE,
        user="U1",
        at=1.0,
        summary_ts="1.1",
        sums="session",
        model="m",
        comment="a",
    )
    again = said.model_copy(update={"comment": "b"})
    kept = [await forms.keep(one, job, job, mailbox=mailbox) for one in (said, said, again)]
    assert kept == ["kept", "same", "kept"]
    standing = await forms.standing(SummaryDetails, mailbox, job, "U1")
    assert standing
    assert (standing.revision, standing.comment) == (2, "b")
    lines = [line["kind"] async for line in read(engine.store, "argonne")]
    assert (lines.count("summary_vote"), lines.count("summary_details")) == (5, 2)


async def test_who_is_unlisted_is_so_until_they_say_otherwise(store: Store) -> None:
    unlisted = Unlisted(store)
    await unlisted.add("U1", 10.0)
    await unlisted.add("U2", 11.0)
    await unlisted.remove("U1")
    assert await unlisted.people() == {"U2"}
    assert await store.client.ttl("labjam:unlisted") == -1
