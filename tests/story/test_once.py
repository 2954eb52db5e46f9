"""P1, at the door: however often and in whatever shape a question arrives, it is one question."""

import hmac
import time
from pathlib import Path

import aiohttp

from bot.trial.model_script import Plan, Reply
from tests.jam import Jam, ended, text_of, until


async def test_a_mention_and_its_twin_are_one_question(jam: Jam) -> None:
    ts = await jam.ask("argonne", f"<@{jam.slack.workspace.bot}> what is a twin?")
    await jam.answer("argonne", ts)
    await jam.slack.settled()
    assert len(jam.model.requests) == 1
    assert jam.model.requests[0].question == "what is a twin?"


async def test_three_deliveries_are_one_question(jam: Jam) -> None:
    """Slack does not see our acknowledgements, and delivers everything again and again."""
    jam.slack.faults.ignore_acks = True
    ts = await jam.ask("berkeley", "how often?")
    await jam.answer("berkeley", ts)
    jam.slack.faults.ignore_acks = False
    await jam.slack.settled(10)
    assert len(ended(jam.replies("berkeley", ts))) == 1
    assert len(jam.model.requests) == 1


async def test_the_same_event_over_both_sockets_at_once(jam: Jam) -> None:
    channel, person = jam.channels["idaho"], jam.people["idaho"]
    ts = await jam.ask("idaho", "once")
    event = {
        "type": "message",
        "channel": channel,
        "user": person,
        "text": "once",
        "ts": ts,
        "channel_type": "channel",
    }
    await jam.slack.deliver(event, copies=6)
    await jam.slack.settled()
    await jam.answer("idaho", ts)
    assert len(jam.model.requests) == 1


async def test_sockets_are_renewed_without_loss(jam: Jam) -> None:
    asked: list[str] = []
    for n in range(30):
        if n % 10 == 5:
            await jam.slack.refresh_sockets("warning")
        asked.append(await jam.ask("brookhaven", f"number {n}"))
    for ts in asked:
        assert len(ended(await jam.answer("brookhaven", ts))) == 1


async def test_a_wedged_client_is_freed(jam: Jam) -> None:
    """slack_sdk repeats a refused WebSocket address for ever; the watchdog makes it ask for a new one."""
    jam.slack.faults.refuse_tickets = True
    await jam.slack.drop_sockets()
    ts = await jam.ask("livermore", "anybody there?")
    await until(lambda: jam.calls("apps.connections.open") > 3)
    jam.slack.faults.refuse_tickets = False
    assert len(ended(await jam.answer("livermore", ts, timeout=40))) == 1


async def test_http_mode_is_the_same_jam(tmp_path: Path) -> None:
    """Signed requests reach the same listeners; a forged one, or an old one, does not."""
    async with Jam(tmp_path) as jam:
        await jam.start_http_bot()
        ts = await jam.ask("oak-ridge", f"<@{jam.slack.workspace.bot}> over HTTP")
        assert len(ended(await jam.answer("oak-ridge", ts))) == 1
        assert await post_signed(jam, secret="wrong", age=0) == 401
        assert await post_signed(jam, secret=jam.slack.signing_secret, age=600) == 401
        assert await post_signed(jam, secret=jam.slack.signing_secret, age=0) == 200
        assert len(jam.model.requests) == 1


async def post_signed(jam: Jam, *, secret: str, age: int) -> int:
    body = '{"type":"event_callback","team_id":"T1","event":{"type":"channel_created"}}'
    at = str(int(time.time()) - age)
    signature = "v0=" + hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), "sha256").hexdigest()
    headers = {
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature,
        "Content-Type": "application/json",
    }
    async with aiohttp.ClientSession() as session:
        url = f"http://{jam.extra['LABJAM_HTTP']}/slack/events"
        async with session.post(url, data=body, headers=headers) as response:
            return response.status


async def test_a_question_waits_for_redis(tmp_path: Path) -> None:
    """Redis away: no acknowledgement, so Slack delivers again, and the question is answered."""
    async with Jam(tmp_path, own_store=True) as jam:
        jam.model.script = Plan(lambda _: Reply("there you are"))
        await jam.start_bot()
        await jam.break_store()
        ts = await jam.ask("los-alamos", "is Redis there?")
        await until(lambda: jam.slack.delivery.redelivered > 0)
        await jam.mend_store()
        answer = await jam.answer("los-alamos", ts, timeout=20)
        assert text_of(answer) == "there you are"
        assert len(ended(answer)) == 1
