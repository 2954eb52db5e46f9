"""The composition root: the only place that makes things and ties them together."""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot.announcing import Announcing
from bot.answer import Answers
from bot.archive.keeper import EVERY, Keeper
from bot.audit import Audit
from bot.budget import Budget
from bot.check import warn_of_channels
from bot.clearing import Clearing
from bot.clock import Clock, Timed
from bot.controls import Controls
from bot.errors import LabjamError, StoreAway, UsageError, WorldError
from bot.gate import Gates
from bot.intake import Intake
from bot.judging import Judging
from bot.labs import read_labs
from bot.labs.live import LiveLabs
from bot.llm.openai import OpenAIModels
from bot.moderation.command import Commands
from bot.moderation.sessions import Sessions
from bot.notice import Notices
from bot.purge import Purges
from bot.refresh import Refreshes
from bot.roles import Roster
from bot.running import Runner
from bot.settings import Settings
from bot.slack.client import authorized, identify, open_session, web_client
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.pacer import Pacer
from bot.slack.people import People
from bot.slack.sockets import Sockets
from bot.store.embedded import EmbeddedServer
from bot.store.jobs import CROSS_LAB, Jobs
from bot.store.ledger import Ledger
from bot.store.pace import SharedPlan
from bot.store.questions import Questions
from bot.store.redis import Store
from bot.store.spending import Spending
from bot.store.states import States
from bot.store.turns import Turns
from bot.web import Web
from bot.worker import Worker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Roles:
    """What one process does."""

    slack: bool  # hears Slack, and serves the web
    work: bool  # runs jobs


async def run(settings: Settings, roles: Roles, stop: asyncio.Event) -> None:
    """Be a labjam process until `stop`; UsageError or WorldError where it can't begin."""
    _require_tokens(settings, roles)
    labs = read_labs(settings, os.environ)
    async with AsyncExitStack() as stack:
        store = await _open_store(settings, roles, stack)
        session = await stack.enter_async_context(open_session())
        token = settings.slack_bot_token.get_secret_value()
        client = web_client(token, settings.slack_api_url, session)
        identity = await identify(client)
        jobs = Jobs(store, [*labs, CROSS_LAB], f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}")
        outbox = Outbox(client, identity.user, Pacer(SharedPlan(store), labs.rates, jobs.consumer))
        directory, gates = Directory(outbox), Gates(labs, jobs, outbox)
        states, audit = States(store), Audit(Ledger(store))
        announcing = Announcing(labs, jobs, directory, outbox)
        judging = Judging.of(labs, jobs, directory, outbox)
        sessions = Sessions(labs, audit, states, jobs, announcing.publish)
        if roles.slack:
            app = _bolt(
                settings, authorized(identity, token), web_client(None, settings.slack_api_url, session)
            )
            intake = Intake(labs, jobs, directory, outbox, gates)
            roster = Roster(LiveLabs(labs, settings, os.environ), People(outbox))
            controls = Controls(labs, jobs, outbox, roster.moderates)
            commands = Commands(sessions.subcommands(), labs, roster, audit, directory)
            handlers.register(app, intake, judging, controls, commands)
            await _listen(settings, app, store, client, stack)
            stack.callback(asyncio.create_task(warn_of_channels(outbox, labs)).cancel)
        log.info("started", extra={"team": identity.team_name, "labs": ",".join(labs), "work": roles.work})
        if roles.work:
            models = OpenAIModels()
            stack.push_async_callback(models.close)
            key = await _pseudonym_key(store)
            answers = Answers(labs, models, outbox, Budget(Spending(store)), gates, pseudonym_key=key)
            notices, refreshes = Notices(Questions(jobs), outbox), Refreshes(labs, outbox)
            runners, last_words = _runners(answers, notices, refreshes, announcing, judging)
            runners |= {"gate": gates.tell} | _care(jobs, outbox, key)
            _start_clock(settings, jobs, _timed(sessions, identity.team), stack)
            await Worker(jobs, runners, last_words, alone=not settings.redis_url).run(stop)
        else:
            await stop.wait()
    log.info("stopped")


def _require_tokens(settings: Settings, roles: Roles) -> None:
    if not settings.slack_bot_token.get_secret_value():
        raise UsageError("SLACK_BOT_TOKEN: not set. Set it to the Bot User OAuth Token (xoxb-…) of your app.")
    hears = settings.slack_app_token.get_secret_value() or settings.slack_signing_secret.get_secret_value()
    if roles.slack and not hears:
        raise UsageError(
            "SLACK_APP_TOKEN: not set. Set it to the app-level token (xapp-…) for Socket Mode, "
            "or SLACK_SIGNING_SECRET for HTTP."
        )
    if not (roles.slack and roles.work) and not settings.redis_url:
        raise UsageError("REDIS_URL: not set. `serve` and `work` share one; only `run` brings its own.")


async def _pseudonym_key(store: Store) -> bytes:
    try:
        return await store.pseudonym_key()
    except StoreAway as error:
        raise WorldError(f"REDIS_URL: the store can't be written ({error}).") from None


async def _open_store(settings: Settings, roles: Roles, stack: AsyncExitStack) -> Store:
    url = settings.redis_url
    if not url:
        embedded = EmbeddedServer(settings.labjam_data)
        stack.push_async_callback(embedded.stop)
        await embedded.start()
        url = embedded.url
    store = await Store.connect(url)
    stack.push_async_callback(store.close)
    return store


def _bolt(settings: Settings, result: AuthorizeResult, client: AsyncWebClient) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        return result

    # Bolt copies this level to loggers that write whole payloads, people's words, below it.
    quiet = logging.getLogger("labjam.bolt")
    quiet.setLevel(logging.ERROR)
    app = AsyncApp(
        name="labjam",
        logger=quiet,
        client=client,
        authorize=authorize,
        signing_secret=settings.slack_signing_secret.get_secret_value() or None,
        attaching_conversation_kwargs_enabled=False,  # they cost a Slack call per message
    )

    async def broke(error: Exception) -> None:
        if isinstance(error, LabjamError):
            log.warning("event not taken in", extra={"why": str(error)})
        else:
            log.error("event not taken in", exc_info=error, extra={"error": type(error).__name__})

    app.error(broke)
    return app


async def _listen(
    settings: Settings, app: AsyncApp, store: Store, client: AsyncWebClient, stack: AsyncExitStack
) -> None:
    app_token = settings.slack_app_token.get_secret_value()
    sockets = Sockets(app, client, app_token) if app_token else None

    async def missing() -> str:
        try:
            await store.ping()
        except StoreAway as error:
            return f"REDIS_URL: {error}"
        if sockets and not await sockets.connected():
            return "SLACK_APP_TOKEN: no socket is open"
        return ""

    signed = bool(settings.slack_signing_secret.get_secret_value())
    web = Web(settings.http_address, missing, app if signed else None)
    stack.push_async_callback(web.stop)
    await web.start()
    if sockets:
        stack.push_async_callback(sockets.stop)
        await sockets.start()


def _start_clock(settings: Settings, jobs: Jobs, timed: Sequence[Timed], stack: AsyncExitStack) -> None:
    keeper = Keeper(jobs.store, jobs.labs, settings.labjam_data / "archive")
    stack.push_async_callback(keeper.close)
    clock = Clock(Turns(jobs.store, jobs.consumer), [*timed, Timed("archive", EVERY, keeper.run)])
    stack.callback(asyncio.create_task(clock.run()).cancel)


def _timed(sessions: Sessions, team: str) -> list[Timed]:
    """What the clock does."""

    async def close_due() -> None:
        await sessions.close_due(team, time.time())

    return [
        Timed("close-due", 5.0, close_due),
        Timed("keep-held", 5.0, sessions.keep_held, longest=10.0),
    ]


def _runners(
    answers: Answers, notices: Notices, refreshes: Refreshes, announcing: Announcing, judging: Judging
) -> tuple[dict[str, Runner], Mapping[str, Runner]]:
    runners: dict[str, Runner] = {
        "announce": announcing.run,
        "answer": answers.run,
        "tell": notices.tell,
        "offer": notices.offer,
        "refresh": refreshes.run,
        "withdraw": notices.withdraw,
        **judging.runners,
    }
    return runners, {"answer": answers.give_up}


def _care(jobs: Jobs, outbox: Outbox, key: bytes) -> dict[str, Runner]:
    """What takes things out of the record."""
    return {"purge": Purges(jobs, key).run, "clear": Clearing(outbox).run}
