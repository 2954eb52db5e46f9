"""Who is in which channel: learnt from lists, so that a whole jam may open App Home in the same minute."""

from collections import Counter

from bot.slack.client import identify, open_session, web_client
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.trial.server import LocalSlack


async def test_a_crowd_is_known_by_a_few_calls_and_a_newcomer_by_one_more() -> None:
    now = [0.0]
    async with LocalSlack() as slack, open_session() as session:
        people = [slack.add_person(f"scientist-{n}") for n in range(60)]
        jams = [slack.add_channel(f"jam-{lab}", people[at::2]) for at, lab in enumerate(("idaho", "argonne"))]
        other = slack.add_channel("lunch", people)
        client = web_client(slack.bot_token, slack.api_url, session)
        team = slack.workspace.team.id
        outbox = Outbox(client, (await identify(client)).user)
        directory = Directory(outbox, {"jam-idaho", jams[1]}, clock=lambda: now[0])
        for at, person in enumerate(people):
            assert set(await directory.channels_of(team, person)) == {
                ("jam-idaho", "jam-argonne")[at % 2], jams[at % 2]
            }  # fmt: skip
        asked = Counter(call.method for call in slack.calls)
        assert (asked["users.conversations"], asked["conversations.members"]) == (1, 2)
        newcomer = slack.add_person("newcomer")
        assert await directory.channels_of(team, newcomer) == ()
        await slack.join(newcomer, jams[0])
        await slack.join(newcomer, other)
        assert {"jam-idaho", "lunch"} <= set(await directory.channels_of(team, newcomer))
        now[0] += 301
        assert set(await directory.channels_of(team, newcomer)) == {"jam-idaho", jams[0]}


async def test_where_slack_lists_no_members_each_person_is_asked_about() -> None:
    async with LocalSlack() as slack, open_session() as session:
        person = slack.add_person("scientist")
        slack.add_channel("jam-idaho", [person])
        client = web_client(slack.bot_token, slack.api_url, session)
        outbox = Outbox(client, (await identify(client)).user)
        slack.faults.error("conversations.members", "missing_scope", None)
        directory = Directory(outbox, {"jam-idaho"})
        assert "jam-idaho" in await directory.channels_of(slack.workspace.team.id, person)
