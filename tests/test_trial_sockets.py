"""Socket Mode: tickets, redelivery, refreshes, aborted connections, and acks."""

import asyncio

import aiohttp
import pytest

from bot.trial.server import LocalSlack
from tests.trial_fixtures import bolt, until, web_client

QUICK = (0.02, 0.02, 0.02)


async def test_unacked_events_come_again_with_retry_headers() -> None:
    async with LocalSlack(ack_timeout=0.05, redelivery=QUICK) as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        slack.faults.ignore_acks = True
        await slack.post(ana, lab, "hello")
        await until(lambda: len(app.heard) == 3)
        slack.faults.ignore_acks = False
        await slack.settled()
    assert app.retries[:3] == ["0", "1", "2"]
    assert slack.delivery.lost == []
    assert len({body["event_id"] for body in app.bodies}) == 1


async def test_an_event_nobody_acks_is_lost_after_the_last_redelivery() -> None:
    async with LocalSlack(ack_timeout=0.02, redelivery=QUICK) as slack, bolt(slack, listen=False) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        await slack.post(ana, lab, "hello")
        await until(lambda: slack.delivery.lost)
        await slack.settled()
    assert app.retries == ["0", "1", "2", "3"]


async def test_events_wait_for_a_socket_and_then_count_as_retries() -> None:
    async with LocalSlack() as slack:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        await slack.post(ana, lab, "hello")
        async with bolt(slack) as app:
            await until(lambda: app.heard)
            await slack.settled()
    assert app.retries == ["1"]


async def test_a_ticket_is_good_once() -> None:
    async with LocalSlack() as slack, web_client(slack) as client, aiohttp.ClientSession() as session:
        url = str((await client.apps_connections_open(app_token=slack.app_token))["url"])
        async with session.ws_connect(url) as ws:
            assert (await ws.receive_json())["type"] == "hello"
            await ws.ping(b"sdk-ping-pong:1")
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url)
    assert refused.value.status == 403


async def test_pings_are_echoed_exactly_unless_silenced() -> None:
    async with LocalSlack() as slack, web_client(slack) as client, aiohttp.ClientSession() as session:
        url = str((await client.apps_connections_open(app_token=slack.app_token))["url"])
        async with session.ws_connect(url, autoping=False) as ws:
            await ws.receive_json()
            await ws.ping(b"sdk-ping-pong:1.5")
            pong = await ws.receive()
            assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1.5")
            slack.faults.silent_pongs = True
            await ws.ping(b"again")
            with pytest.raises(TimeoutError):
                await ws.receive(timeout=0.05)


async def test_the_eleventh_socket_is_one_too_many() -> None:
    async with LocalSlack() as slack, web_client(slack) as client, aiohttp.ClientSession() as session:
        sockets: list[aiohttp.ClientWebSocketResponse] = []
        for _ in range(11):
            url = str((await client.apps_connections_open(app_token=slack.app_token))["url"])
            sockets.append(await session.ws_connect(url))
        first = [(await ws.receive_json()) for ws in sockets]
        for ws in sockets:
            await ws.close()
    assert [frame["type"] for frame in first] == ["hello"] * 10 + ["disconnect"]
    assert first[10]["reason"] == "too_many_websockets"


async def test_a_refresh_loses_nothing() -> None:
    async with LocalSlack(ack_timeout=0.3, redelivery=(0.05, 0.1, 0.2)) as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        for number in range(30):
            if number == 10:
                await slack.refresh_sockets("warning")
            await slack.post(ana, lab, f"n{number}")
            await asyncio.sleep(0)
        await until(lambda: len({event["text"] for event in app.heard}) == 30)
        await slack.settled()
        await until(lambda: slack.sockets.opened == 2)
    assert slack.delivery.lost == []


async def test_two_sockets_share_and_cover_for_each_other() -> None:
    async with LocalSlack(ack_timeout=0.2, redelivery=QUICK) as slack, bolt(slack, sockets=2) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        slack.sockets.live[0].abort()
        for number in range(10):
            await slack.post(ana, lab, f"n{number}")
        await until(lambda: len({event["text"] for event in app.heard}) == 10)
        await slack.settled()


async def test_dropped_sockets_come_back() -> None:
    async with LocalSlack(ack_timeout=0.5) as slack, bolt(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        await slack.drop_sockets()
        await slack.post(ana, lab, "while away")
        await until(lambda: app.heard, timeout=10)


async def test_the_sdk_wedges_on_a_refused_ticket_until_its_url_is_forgotten() -> None:
    async with LocalSlack() as slack, bolt(slack) as app:
        slack.faults.refuse_tickets = True
        await slack.refresh_sockets()
        await until(lambda: slack.sockets.refused >= 1)
        slack.faults.refuse_tickets = False
        await until(lambda: slack.sockets.refused >= 2)
        assert slack.sockets.live == []
        app.handlers[0].client.wss_uri = None
        await until(lambda: slack.sockets.live)


async def test_wrong_tokens_open_nothing() -> None:
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        for token, error in (
            ("", "not_authed"),
            ("xapp-wrong", "invalid_auth"),
            (slack.bot_token, "not_allowed_token_type"),
        ):
            headers = {"Authorization": f"Bearer {token}"}
            async with session.post(f"{slack.api_url}apps.connections.open", headers=headers) as response:
                assert (await response.json())["error"] == error
