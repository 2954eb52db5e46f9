"""Files given to Slack: whole, once, whatever is lost on the way."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest

from bot.errors import RetryLater
from bot.slack.client import open_session, web_client
from bot.slack.outbox import Outbox
from bot.slack.uploads import Uploads
from bot.trial.server import LocalSlack


@dataclass
class Place:
    slack: LocalSlack
    uploads: Uploads
    channel: str
    team: str

    def shared(self) -> list[str]:
        """The names of the files in the channel's messages."""
        files = self.slack.workspace.files
        messages = self.slack.channel_messages(self.channel)
        return [files[file].title for message in messages for file in message.files]

    async def posted(self, name: str) -> str:
        """Send a file and share it; gives its id."""
        file = await self.uploads.send(self.team, name, b"a,b\n1,2\n")
        await self.uploads.complete(self.team, file, name, channel=self.channel, words="Here it is.")
        return file


@pytest.fixture
async def place() -> AsyncGenerator[Place, None]:
    async with LocalSlack() as slack, open_session() as session:
        slack.workspace.app.scopes |= {"files:read", "files:write"}
        channel = slack.add_channel("jam-argonne", [slack.add_person("scientist")])
        outbox = Outbox(web_client(slack.bot_token, slack.api_url, session), slack.workspace.bot)
        yield Place(slack, Uploads(outbox, session), channel, slack.workspace.team.id)


async def test_a_file_comes_whole_and_stands_once(place: Place) -> None:
    file = await place.posted("data.csv")
    kept = place.slack.workspace.files[file]
    assert (kept.content, kept.complete) == (b"a,b\n1,2\n", True)
    assert place.shared() == ["data.csv"]
    assert place.slack.channel_messages(place.channel)[0].text == "Here it is."


async def test_a_picture_is_nobodys_until_a_message_shows_it(place: Place) -> None:
    file = await place.uploads.send(place.team, "chart.png", b"png", alt="x" * 2_000)
    await place.uploads.complete(place.team, file, "chart")
    assert place.slack.workspace.files[file].complete
    assert not place.shared()
    assert not await place.uploads.is_shared(place.team, file)


@pytest.mark.parametrize("applied", [True, False])
async def test_a_reply_lost_while_sharing_shares_no_second_time(place: Place, *, applied: bool) -> None:
    place.slack.faults.drop("files.completeUploadExternal", applied=applied)
    if applied:
        await place.posted("data.csv")
    else:
        with pytest.raises(RetryLater):
            await place.posted("data.csv")
        await place.posted("data.csv")  # the job comes again
    assert place.shared() == ["data.csv"]


async def test_a_place_that_takes_nothing_is_tried_later(place: Place) -> None:
    place.slack.faults.status("upload", 503)
    with pytest.raises(RetryLater, match="upload: HTTP 503"):
        await place.posted("data.csv")
    await place.posted("data.csv")
    assert place.shared() == ["data.csv"]
