"""The side of a process that hears Slack: what its events, clicks and commands set in motion."""

import asyncio
from contextlib import AsyncExitStack

from slack_bolt.async_app import AsyncApp

import handlers
from bot.app.listening import bolt, listen
from bot.app.parts import Parts
from bot.check import warn_of_channels
from bot.controls import Controls
from bot.desk.gathering import Gathering
from bot.desk.home import Desk
from bot.digest.commands import DigestCommands
from bot.intake import Intake
from bot.moderation.announce import Announcements
from bot.moderation.command import Commands
from bot.moderation.models import Models
from bot.moderation.overview import Overview
from bot.moderation.persons import Persons
from bot.moderation.prompts import Prompts
from bot.moderation.releases import ReleaseCommands
from bot.moderation.standings import StandingsCommand
from bot.moderation.table import Subcommand
from bot.rehearsal import Rehearsals
from bot.releasing import Releasing
from bot.reveal import RevealCommand
from bot.store.questions import Questions
from bot.summary.commands import SummaryCommands
from bot.takeaway.running import Takeaways


async def hear(parts: Parts, stack: AsyncExitStack) -> None:
    """Register every listener, and open the sockets and the web server."""
    app = bolt(parts)
    desk = _register(app, parts)
    await listen(parts, app, stack)
    learning = parts.people.learn(parts.identity.team)
    for task in (warn_of_channels(parts.outbox, parts.labs), learning, desk.run()):
        stack.callback(asyncio.create_task(task).cancel)


def _register(app: AsyncApp, parts: Parts) -> Desk:
    """Bind what Slack starts to what does it; gives what renews open App Homes."""
    labs, jobs, outbox, roster = parts.labs, parts.jobs, parts.outbox, parts.roster
    prompts = Prompts(labs, parts.current, parts.audit, parts.states, roster, outbox)
    commands = Commands(_table(parts, prompts), labs, roster, parts.audit, parts.directory)
    gathering = Gathering(
        labs, jobs, parts.states, parts.directory, parts.caring.burning, parts.caring.flagging,
        parts.identity.url,
    )  # fmt: skip
    desk = Desk(gathering, commands, roster, outbox, Questions(jobs), door=parts.door)
    handlers.register(
        app,
        Intake(
            labs, jobs, parts.directory, outbox,
            gates=parts.gates, door=parts.door, confirming=parts.confirming, asking=parts.asking,
        ),
        parts.confirming,
        parts.judging,
        control=Controls(
            labs, jobs, outbox,
            door=parts.door, confirming=parts.confirming, asking=parts.asking, steering=parts.steering,
        ),
        commands=commands,
        prompts=prompts,
        caring=parts.caring,
        takeaways=Takeaways(labs, jobs, parts.uploads),
        summaries=parts.summaries,
        home=desk,
        door=parts.door,
    )  # fmt: skip
    return desk


def _table(parts: Parts, prompts: Prompts) -> list[Subcommand]:
    """Every subcommand of /jam, in the order in which its help shows them."""
    labs, audit, states = parts.labs, parts.audit, parts.states
    overview = Overview(labs, audit, states, parts.jobs, parts.identity.url, [parts.caring.status])
    digests = DigestCommands(parts.digests, parts.audit, parts.states)
    return [
        *overview.subcommands(),
        *parts.sessions.subcommands(),
        *Models(labs, audit, states).subcommands(),
        *prompts.subcommands(),
        *Rehearsals(parts.jobs, states).subcommands(),
        *Persons(labs, audit, states).subcommands(),
        *Announcements(labs, parts.announcing.publish).subcommands(),
        *digests.subcommands(),
        *SummaryCommands(parts.summaries, states).subcommands(),
        *ReleaseCommands(labs, Releasing(parts.store)).subcommands(),
        *parts.exports.subcommands(),
        *parts.caring.subcommands(),
        *parts.mydata.subcommands(),
        *RevealCommand(parts.judging.comparisons).subcommands(),
        *StandingsCommand(parts.store).subcommands(),
    ]
