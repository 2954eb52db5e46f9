"""The composition root: the only place that makes things and ties them together."""

import asyncio
import logging
import os
import secrets
import socket
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot.admission import Door
from bot.announcing import Announcing
from bot.answer import Answers
from bot.archive.keeper import EVERY, Keeper
from bot.audit import Audit
from bot.budget import Budget
from bot.check import warn_of_channels
from bot.clearing import Clearing
from bot.clock import Clock, Timed
from bot.controls import Controls
from bot.current import CurrentLabs
from bot.errors import LabjamError, StoreAway, UsageError, WorldError
from bot.gate import Gates
from bot.intake import Intake
from bot.judging import Judging
from bot.labs import Labs, read_labs
from bot.labs.live import LiveLabs
from bot.llm.openai import OpenAIModels
from bot.moderation.command import Commands
from bot.moderation.sessions import Sessions
from bot.moderation.table import Subcommand
from bot.notice import Notices
from bot.purge import Purges
from bot.refresh import Refreshes
from bot.roles import Roster
from bot.running import Runner
from bot.settings import Settings
from bot.slack.client import Identity, authorized, identify, open_session, web_client
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


@dataclass(frozen=True, slots=True)
class Parts:
    """What the two halves of a process share."""

    settings: Settings
    labs: Labs
    store: Store
    jobs: Jobs
    outbox: Outbox
    identity: Identity
    directory: Directory
    live: LiveLabs
    people: People
    roster: Roster
    states: States
    current: CurrentLabs
    audit: Audit
    announcing: Announcing
    sessions: Sessions
    judging: Judging
    gates: Gates


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
        parts = _parts(settings, labs, store, client, identity)
        if roles.slack:
            app = _bolt(
                settings, authorized(identity, token), web_client(None, settings.slack_api_url, session)
            )
            _register(app, parts)
            await _listen(settings, app, store, client, stack)
            for task in (warn_of_channels(parts.outbox, labs), parts.people.learn(identity.team)):
                stack.callback(asyncio.create_task(task).cancel)
        log.info("started", extra={"team": identity.team_name, "labs": ",".join(labs), "work": roles.work})
        if roles.work:
            worker = await _worker(parts, stack)
            await worker.run(stop)
        else:
            await stop.wait()
    log.info("stopped")


def _parts(settings: Settings, labs: Labs, store: Store, client: AsyncWebClient, identity: Identity) -> Parts:
    jobs = Jobs(store, [*labs, CROSS_LAB], f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}")
    outbox = Outbox(client, identity.user, Pacer(SharedPlan(store), labs.rates, jobs.consumer))
    live, people = LiveLabs(labs, settings, os.environ), People(outbox)
    states, audit, directory = States(store), Audit(Ledger(store)), Directory(outbox)
    announcing = Announcing(labs, jobs, directory, outbox)
    return Parts(
        settings, labs, store, jobs, outbox, identity, directory, live, people, Roster(live, people), states,
        CurrentLabs(labs, states), audit, announcing, Sessions(labs, audit, states, jobs, announcing.publish),
        Judging.of(labs, jobs, states, directory, outbox), Gates(labs, jobs, outbox),
    )  # fmt: skip


def _register(app: AsyncApp, parts: Parts) -> None:
    """Bind what Slack starts to what does it."""
    labs, jobs, outbox, roster = parts.labs, parts.jobs, parts.outbox, parts.roster
    door = Door(parts.live, parts.states, parts.people, Questions(jobs))
    handlers.register(
        app,
        Intake(labs, jobs, parts.directory, outbox, gates=parts.gates, door=door, draws=parts.judging.draws),
        parts.judging,
        Controls(labs, jobs, outbox, roster.moderates, door),
        Commands(_table(parts), labs, roster, parts.audit, parts.directory),
    )


def _table(parts: Parts) -> list[Subcommand]:
    """Every subcommand of /jam, in the order in which its help shows them."""
    return [*parts.sessions.subcommands()]


async def _worker(parts: Parts, stack: AsyncExitStack) -> Worker:
    """What runs jobs, and the clock beside it."""
    models = OpenAIModels()
    stack.push_async_callback(models.close)
    key = await _pseudonym_key(parts.store)
    budget = Budget(Spending(parts.store))
    answers = Answers(
        parts.labs, parts.current, models, parts.outbox,
        budget=budget, gates=parts.gates, pseudonym_key=key,
    )  # fmt: skip
    keeper = Keeper(parts.store, parts.jobs.labs, parts.settings.labjam_data / "archive")
    stack.push_async_callback(keeper.close)
    timed = [*_timed(parts), Timed("archive", EVERY, keeper.run)]
    clock = Clock(Turns(parts.store, parts.jobs.consumer), timed)
    stack.callback(asyncio.create_task(clock.run()).cancel)
    runners = _runners(parts, answers, key)
    return Worker(parts.jobs, runners, {"answer": answers.give_up}, alone=not parts.settings.redis_url)


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


def _timed(parts: Parts) -> list[Timed]:
    """What the clock does."""

    async def close_due() -> None:
        await parts.sessions.close_due(parts.identity.team, time.time())

    return [
        Timed("close-due", 5.0, close_due),
        Timed("keep-held", 5.0, parts.sessions.keep_held, longest=10.0),
    ]


def _runners(parts: Parts, answers: Answers, key: bytes) -> dict[str, Runner]:
    """Who runs each kind of job."""
    notices = Notices(Questions(parts.jobs), parts.outbox)
    return {
        "announce": parts.announcing.run,
        "answer": answers.run,
        "clear": Clearing(parts.outbox).run,
        "tell": notices.tell,
        "gate": parts.gates.tell,
        "offer": notices.offer,
        "purge": Purges(parts.jobs, key).run,
        "refresh": Refreshes(parts.labs, parts.outbox).run,
        "withdraw": notices.withdraw,
        **parts.judging.runners,
    }
