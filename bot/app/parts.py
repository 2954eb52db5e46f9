"""What a process's features share: the store, Slack's client, the labs and their states."""

import os
import secrets
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.admission import Door
from bot.announcing import Announcing
from bot.asking import Asking
from bot.audit import Audit
from bot.caring import Caring
from bot.confirming import Confirming
from bot.current import CurrentLabs
from bot.digest.days import Days
from bot.digest.posting import Digests
from bot.exports.names import names_in_slack
from bot.flagging import Flagging
from bot.gate import Gates
from bot.judging import Judging
from bot.lab_export import LabExports
from bot.labs import Labs
from bot.labs.live import LiveLabs
from bot.moderation.sessions import Sessions
from bot.mydata import MyData
from bot.private_files import PrivateFiles
from bot.references.lookups import Registries, open_lookups
from bot.resuming import Resuming
from bot.roles import Roster
from bot.settings import Settings
from bot.slack.client import Identity, identify, open_session, web_client
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.pacer import Pacer
from bot.slack.people import People
from bot.slack.uploads import Uploads
from bot.steering import Steering
from bot.store.embedded import EmbeddedServer
from bot.store.jobs import CROSS_LAB, Jobs
from bot.store.ledger import Ledger
from bot.store.pace import SharedPlan
from bot.store.questions import Questions
from bot.store.redis import Store
from bot.store.states import States
from bot.store.turns import Turns
from bot.summary.posting import Summaries


@dataclass(frozen=True, slots=True)
class Roles:
    """What one process does."""

    slack: bool  # hears Slack, and serves the web
    work: bool  # runs jobs


@dataclass(frozen=True, slots=True)
class Parts:
    """One of each, for whoever needs it."""

    settings: Settings
    labs: Labs
    store: Store
    session: aiohttp.ClientSession
    client: AsyncWebClient
    identity: Identity
    jobs: Jobs
    outbox: Outbox
    directory: Directory
    live: LiveLabs
    people: People
    roster: Roster
    states: States
    current: CurrentLabs
    audit: Audit
    uploads: Uploads
    registries: Registries | None  # where references are looked up, if they may be
    announcing: Announcing
    judging: Judging
    caring: Caring
    mydata: MyData
    exports: LabExports
    sessions: Sessions
    digests: Digests
    summaries: Summaries
    gates: Gates
    door: Door
    steering: Steering
    asking: Asking
    confirming: Confirming


async def open_parts(settings: Settings, labs: Labs, stack: AsyncExitStack) -> Parts:
    """Open the store and Slack's client, and make what rests on them; WorldError where one refuses."""
    store = await _open_store(settings, stack)
    session = await stack.enter_async_context(open_session())
    token, url = settings.slack_bot_token.get_secret_value(), settings.slack_api_url
    client, names = web_client(token, url, session), partial(names_in_slack, token, url)
    identity = await identify(client)
    jobs = Jobs(store, [*labs, CROSS_LAB], f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}")
    outbox = Outbox(client, identity.user, _pacer(labs, jobs, stack))
    directory, states = Directory(outbox, {lab.channel for lab in labs.values()}), States(store)
    audit, current = Audit(Ledger(store)), CurrentLabs(labs, states)
    announcing, people = Announcing(labs, jobs, directory, outbox), People(outbox)
    live = LiveLabs(labs, settings, os.environ)
    roster = Roster(live, people)
    uploads, flagging = Uploads(outbox, session), Flagging(labs, jobs, outbox, roster, identity.url)
    kept = settings.labjam_data / "archive"
    caring = Caring.of(labs, jobs, outbox, directory, flagging, url=identity.url, archive=kept)
    gates, files = Gates(labs, jobs, outbox, flagging), PrivateFiles(outbox, uploads)
    judging = Judging.of(labs, jobs, states, directory, outbox, flagging=flagging, gates=gates)
    door = Door(live, states, people, Questions(jobs))
    steering = Steering(labs, roster.moderates, caring.burning)
    asking, days = Asking(jobs, judging.draws), Days(labs, jobs, states)
    resuming = Resuming(labs, jobs, outbox, gates=gates, asking=asking, door=door, steering=steering)
    return Parts(
        settings=settings, labs=labs, store=store, session=session, client=client, identity=identity,
        jobs=jobs, outbox=outbox, directory=directory, live=live, people=people, roster=roster,
        states=states, current=current, audit=audit, uploads=uploads,
        registries=await _open_registries(labs, Turns(store, jobs.consumer), stack),
        announcing=announcing,
        judging=judging,
        caring=caring,
        mydata=MyData(labs, jobs, files, caring.purges),
        exports=LabExports(labs, jobs, files, names, settings.labjam_data),
        sessions=Sessions(labs, audit, states, jobs, announcing.publish),
        gates=gates, door=door, steering=steering, asking=asking,
        confirming=Confirming(labs, jobs, outbox, states=states, resuming=resuming),
        summaries=Summaries(labs, current, jobs, states, directory, outbox, identity.url),
        digests=Digests.of(days, directory, outbox, uploads, burning=caring.burning, site=identity.url),
    )  # fmt: skip


def _pacer(labs: Labs, jobs: Jobs, stack: AsyncExitStack) -> Pacer:
    pacer = Pacer(SharedPlan(jobs.store), labs.rates, jobs.consumer)
    stack.callback(pacer.stop)
    return pacer


async def _open_registries(labs: Labs, turns: Turns, stack: AsyncExitStack) -> Registries | None:
    """A session of their own: what is no Slack gets no connection of Slack's."""
    if not labs.look_ups.allowed:
        return None
    return Registries(await stack.enter_async_context(open_lookups()), labs.look_ups, turns.take)


async def _open_store(settings: Settings, stack: AsyncExitStack) -> Store:
    url = settings.redis_url
    if not url:
        embedded = EmbeddedServer(settings.labjam_data)
        stack.push_async_callback(embedded.stop)
        await embedded.start()
        url = embedded.url
    store = await Store.connect(url)
    stack.push_async_callback(store.close)
    return store
