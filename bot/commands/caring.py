"""What `labjam purge` and `labjam hold` do, on the store of this deployment."""

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.archive.keeper import Keeper
from bot.audit import Actor, Audit
from bot.errors import Held, UsageError, WorldError
from bot.purge import Order, Plan, Purges
from bot.scopes import Hold, Scope
from bot.settings import Settings
from bot.store.jobs import CROSS_LAB, Jobs
from bot.store.journal import Journal
from bot.store.ledger import Ledger
from bot.store.opening import opened

_CONSOLE = Actor("", "console")


async def purged(settings: Settings, scope: Scope, code: str) -> list[str]:
    """Show what a purge would take; with its code, do it."""
    async with _purging(settings, scope) as (jobs, purges, audit):
        try:
            plan = await purges.look(scope)
            if not code:
                return [_shown(plan), f"Nothing was done. To do it, add --confirm {plan.code}"]
            if code != plan.code:
                raise UsageError("--confirm: not today's code for this; run it without --confirm first")
            receipts = await purges.carry_out(Order(secrets.token_hex(6), scope, "command line"))
        except Held as held:
            raise WorldError(f"PURGE: {held}; see labjam hold.") from None
        await audit.append(_CONSOLE, "purge", scope.lab, after=f"{scope.kind}: {plan.records} records")
        folder = settings.labjam_data / "archive"
        if folder.is_dir():
            await Keeper(jobs.store, jobs.labs, folder).copy()
    lines = [
        f"{receipt.lab}: {receipt.records:,} records purged, receipt {receipt.purge} {receipt.digest}"
        for receipt in receipts
    ]
    return [*lines, "Messages leave Slack as labjam's workers run."]


async def held(settings: Settings, scope: Scope, why: str) -> list[str]:
    """Hold something."""
    async with _purging(settings, scope) as (_, purges, audit):
        if not await purges.hold(Hold(scope, "console", time.time(), why)):
            return ["That is under a hold already."]
        await audit.append(_CONSOLE, "hold", scope.lab, before="not held", after=f"{scope.kind} held")
    return [f"This {scope.kind} is under a legal hold: no purge, no retention and no expiry touches it."]


async def released(settings: Settings, scope: Scope) -> list[str]:
    """End a hold."""
    async with _purging(settings, scope) as (_, purges, audit):
        if not await purges.release(scope):
            raise WorldError("HOLD: there is none of exactly this; labjam hold lists them.")
        await audit.append(_CONSOLE, "release-hold", scope.lab, before=f"{scope.kind} held", after="not held")
    return ["The hold is released."]


async def listed(settings: Settings) -> list[str]:
    """Every hold."""
    async with _purging(settings, Scope()) as (_, purges, _audit):
        holds = await purges.holds()
    return [_line(hold) for hold in holds] or ["Nothing is under a hold."]


def _shown(plan: Plan) -> str:
    return (
        f"{plan.records:,} records, {plan.questions:,} questions, {plan.threads:,} threads, "
        f"{plan.messages:,} messages in Slack, {plan.running:,} jobs on the way; "
        f"{plan.held:,} records stay under a legal hold"
    )


def _line(hold: Hold) -> str:
    scope = hold.scope
    what = " ".join(part for part in (scope.lab, scope.thread, scope.person) if part)
    since = datetime.fromtimestamp(hold.at, UTC).isoformat(timespec="seconds")
    return f"{scope.kind} {what} since {since} by {hold.by}" + (f": {hold.reason}" if hold.reason else "")


@asynccontextmanager
async def _purging(settings: Settings, scope: Scope) -> AsyncGenerator[tuple[Jobs, Purges, Audit]]:
    async with opened(settings) as store:
        there = await Journal(store).labs()
        if scope.lab and scope.lab not in there:
            raise UsageError(f"--lab: {scope.lab} has no record; there are: {', '.join(there) or 'none'}")
        jobs = Jobs(store, list(dict.fromkeys([*there, CROSS_LAB])), f"console-{secrets.token_hex(3)}")
        yield jobs, Purges(jobs), Audit(Ledger(store))
