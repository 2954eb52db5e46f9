"""What `labjam purge` and `labjam hold` do, on the store of this deployment."""

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.archive.keeper import Keeper
from bot.audit import Actor, Audit
from bot.errors import Declined, Held, StoreAway, UsageError, WorldError
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
        plan = await _looked(purges, scope)
        if not code:
            return [_shown(plan), f"Nothing was done. To do it, add --confirm {plan.code}"]
        if code != plan.code:
            raise UsageError("--confirm: not today's code for this; run it without --confirm first")
        order = Order(secrets.token_hex(6), scope, "command line")
        async with _kept(audit, "purge", scope, after=f"purge {order.id} of {scope.kind}"):
            receipts = await purges.carry_out(order)
        folder = settings.labjam_data / "archive"
        if folder.is_dir():
            await Keeper(jobs.store, jobs.labs, folder).copy()
    lines = [
        f"{receipt.lab}: {receipt.records:,} records purged, receipt {receipt.purge} {receipt.digest}"
        for receipt in receipts
    ]
    return [*lines, "Messages leave Slack as labjam's workers run."]


async def _looked(purges: Purges, scope: Scope) -> Plan:
    try:
        return await purges.look(scope)
    except Held as held:
        raise WorldError(f"PURGE: {held}; see labjam hold.") from None


async def held(settings: Settings, scope: Scope, why: str) -> list[str]:
    """Hold something."""
    change = ("not held", f"{scope.kind} held")
    async with _purging(settings, scope) as (_, purges, audit), _kept(audit, "hold", scope, *change):
        if not await purges.hold(Hold(scope, "console", time.time(), why)):
            raise Declined("That is under a hold already.")
    return [f"This {scope.kind} is under a legal hold: no purge, no retention and no expiry touches it."]


async def released(settings: Settings, scope: Scope) -> list[str]:
    """End a hold."""
    change = (f"{scope.kind} held", "not held")
    async with _purging(settings, scope) as (_, purges, audit), _kept(audit, "release-hold", scope, *change):
        if not await purges.release(scope):
            raise Declined("There is no hold on exactly this; labjam hold lists them.")
    return ["The hold is released."]


@asynccontextmanager
async def _kept(
    audit: Audit, act: str, scope: Scope, before: str = "", after: str = ""
) -> AsyncGenerator[None]:
    """Keep an act in the trail: before it begins, as with /jam, and then how it ended (P8)."""
    await audit.append(_CONSOLE, act, scope.lab, ended="ordered")
    try:
        yield
    except (Declined, Held) as error:
        await audit.append(_CONSOLE, act, scope.lab, ended="declined")
        raise WorldError(f"{act.upper()}: {error}") from None
    except StoreAway:
        raise
    except BaseException:  # also where somebody presses Ctrl-C
        await audit.append(_CONSOLE, act, scope.lab, ended="failed")
        raise
    await audit.append(_CONSOLE, act, scope.lab, before=before, after=after)


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
