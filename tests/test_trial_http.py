"""HTTP mode: signatures Bolt accepts, the url_verification handshake, retries and acks."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.trial.server import LocalSlack
from tests.trial_fixtures import until, web_client


@dataclass
class Endpoint:
    """A real Bolt app behind a request URL; `broken` statuses are answered first."""

    app: Any
    url: str = ""
    broken: list[web.Response] = field(default_factory=list[web.Response])
    retries: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    heard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of Slack."""
        headers = request.headers
        self.retries.append((headers.get("X-Slack-Retry-Num", ""), headers.get("X-Slack-Retry-Reason", "")))
        if self.broken:
            return self.broken.pop(0)
        bolt_request = await to_bolt_request(request)  # pyright: ignore[reportArgumentType]
        return await to_aiohttp_response(await self.app.async_dispatch(bolt_request))


@asynccontextmanager
async def endpoint(slack: LocalSlack, secret: str | None = None) -> AsyncGenerator[Endpoint, None]:
    """An app that listens on HTTP and hears messages."""
    async with web_client(slack) as client:
        one = Endpoint(AsyncApp(client=client, signing_secret=secret or slack.signing_secret))

        @one.app.event("message")
        async def _(event: dict[str, Any]) -> None:  # pyright: ignore[reportUnusedFunction]
            one.heard.append(event)

        runner = web.ServerRunner(web.Server(one.serve), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        yield one
        await runner.cleanup()


async def test_events_commands_and_clicks_pass_bolts_verifier() -> None:
    async with LocalSlack() as slack, endpoint(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])

        @app.app.command("/jam")
        async def _(ack: Any, body: dict[str, Any]) -> None:  # pyright: ignore[reportUnusedFunction]
            await ack(f"you said {body['text']}")

        @app.app.shortcut("jam_summary")
        async def _(ack: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            await ack()

        assert await slack.use_http(app.url) == "local-challenge"
        await slack.post(ana, lab, "hello")
        await until(lambda: app.heard)
        await slack.settled()
        assert (await slack.command(ana, lab, "/jam", "a & b")).text == "you said a & b"
        assert (await slack.shortcut(ana, "jam_summary")).acked
        assert (await slack.command(ana, lab, "/unknown")).timed_out


async def test_a_wrong_secret_is_refused() -> None:
    async with LocalSlack(redelivery=()) as slack, endpoint(slack, "another secret") as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        assert await slack.use_http(app.url) != "local-challenge"
        await slack.post(ana, lab, "hello")
        await slack.settled()
        assert len(slack.delivery.lost) == 1
    assert app.heard == []


async def test_errors_are_retried_with_their_reason() -> None:
    async with LocalSlack(redelivery=(0.01, 0.01)) as slack, endpoint(slack) as app:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        await slack.use_http(app.url)
        app.broken = [web.Response(status=500), web.Response(status=503)]
        await slack.post(ana, lab, "hello")
        await until(lambda: app.heard)
        await slack.settled()
    assert app.retries[1:] == [("", ""), ("1", "http_error"), ("2", "http_error")]


async def test_no_retry_is_honoured_and_dead_servers_are_retried() -> None:
    async with LocalSlack(redelivery=(0.01,)) as slack:
        ana = slack.add_person("ana")
        lab = slack.add_channel("jam", [ana])
        async with endpoint(slack) as app:
            await slack.use_http(app.url)
            app.broken = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]
            await slack.post(ana, lab, "give up")
            await slack.settled()
            assert len(slack.delivery.lost) == 1
        await slack.post(ana, lab, "nobody home")
        await slack.settled()
        assert len(slack.delivery.lost) == 2
        assert slack.delivery.redelivered == 1
