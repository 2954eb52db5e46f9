"""`/jam purge`, `/jam hold` and `/jam release-hold`: what leaves the record, and what must not."""

import re
from dataclasses import dataclass

from bot.errors import Declined, Held
from bot.labs import Labs
from bot.moderation.parsing import person_named
from bot.moderation.table import Act, Reply, Subcommand
from bot.moderation.times import shown_time
from bot.moderation.wording import Pending, asked
from bot.phrases import many
from bot.purge import Plan, Purges, Receipt
from bot.scopes import Hold, Scope
from bot.slack.addresses import thread_address
from bot.slack.directory import Directory

SCOPE = "[thread LINK|person @name|lab]"
CONFIRM = "confirm"
REASON = 500
"""Characters of why something is held."""
ARCHIVED = (
    "Redis holds nothing of this {kind} any more; the archive may. A purge takes it out there and out of "
    "all later exports, and takes what labjam said in a thread you name out of Slack. "
    "It can't be undone. Do it?"
)
ELSEWHERE = "Its moderators can do it, or a lead with `--lab`."
NO_HOLD = "There is no hold on exactly this. `/jam hold` lists what is held."

_LINK = re.compile(
    r"<?https://[^\s/<>]+/archives/([A-Z0-9]+)/p([0-9]{10})([0-9]{6})(\?[^\s<>|]*)?(?:\|[^>]*)?>?"
)
_THREAD_TS = re.compile(r"[?&](?:amp;)?thread_ts=([0-9]+\.[0-9]+)")


@dataclass(slots=True)
class CareCommands:
    """The subcommands on purges and holds."""

    labs: Labs
    purges: Purges
    directory: Directory
    url: str  # of the workspace

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        return [
            Subcommand("purge", SCOPE, "shows what a purge would take, then asks whether to do it",
                       "moderator", self.purge, changes=True, one_lab=True),
            Subcommand("hold", f"{SCOPE} [why]", "keeps it from purge and expiry; alone, lists what is kept",
                       "moderator", self.hold, changes=True, one_lab=True),
            Subcommand("release-hold", SCOPE, "ends a legal hold",
                       "moderator", self.release, changes=True, one_lab=True, asks=self._sure_to_release),
        ]  # fmt: skip

    async def purge(self, act: Act) -> Reply:
        """First say what would go; with the code of that, do it."""
        scope, rest = await self._scope(act)
        try:
            if rest[:1] == [CONFIRM]:
                return await self._carry_out(act, scope, rest[1:])
            plan = await self.purges.look(scope)
        except Held as held:
            raise Declined(f"Nothing was done: {held} with `/jam release-hold`.") from None
        there = bool(plan.records or plan.running)
        if not there and (plan.held or not self.labs[act.lab].keep_days):
            raise Declined(f"There is nothing here to purge.{_held_words(plan.held)}")
        again = f"{act.rest} {CONFIRM} {plan.code}"
        words = _plan_words(plan) if there else ARCHIVED.format(kind=scope.kind)
        question = asked(words, Pending(act.id, act.name, (act.lab,), again, act.at))
        return Reply(
            question.text, question.blocks, after=f"looked at {scope.kind}: {many(plan.records, 'record')}"
        )

    async def hold(self, act: Act) -> Reply:
        """Keep something, or list what is kept."""
        if not act.rest.strip():
            return await self._list(act)
        scope, why = await self._scope(act)
        reason = " ".join(why)
        if len(reason) > REASON:
            raise Declined(f"Say why in at most {REASON} characters; these are {len(reason):,}.")
        if not await self.purges.hold(Hold(scope, act.actor.user, act.at, reason)):
            raise Declined("That is under a hold already.")
        words = (
            f"This {scope.kind} is under a legal hold: no purge, no retention and no expiry touches it "
            "until `/jam release-hold`."
        )
        return Reply(words, before="not held", after=f"{scope.kind} held")

    async def _sure_to_release(self, act: Act) -> str:
        scope, _ = await self._scope(act)
        if scope not in [hold.scope for hold in await self.purges.holds()]:
            raise Declined(NO_HOLD)
        return f"End the legal hold on this {scope.kind}? Then it may be purged."

    async def release(self, act: Act) -> Reply:
        """End a hold."""
        scope, _ = await self._scope(act)
        if not await self.purges.release(scope):
            raise Declined(NO_HOLD)
        return Reply("The hold is released.", before=f"{scope.kind} held", after="not held")

    async def _list(self, act: Act) -> Reply:
        zone = self.labs[act.lab].timezone
        holds = [hold for hold in await self.purges.holds() if hold.scope.lab in {"", act.lab}]
        lines = [
            f"• {self._named(hold.scope)} since {shown_time(hold.at, zone)} by <@{hold.by}>"
            + (f": {hold.reason}" if hold.reason else "")
            for hold in holds
        ]
        words = "\n".join(["Under a legal hold:", *lines]) if lines else "Nothing is under a hold."
        return Reply(words, after="listed")

    async def _scope(self, act: Act) -> tuple[Scope, list[str]]:
        """What it is about, and the words behind that; Declined where a thread is another lab's."""
        scope, rest = read_scope_words(act)
        if scope.thread:
            channel = await self.directory.channel_name(act.actor.team, scope.thread.split(":")[1])
            home = self.labs.by_channel_name(channel)
            if home and home.key != act.lab:
                raise Declined(f"That thread is of {home.short}, so nothing was done. {ELSEWHERE}")
        return scope, rest

    def _named(self, scope: Scope) -> str:
        if scope.thread:
            return f"<{thread_address(self.url, scope.thread)}|a thread> in <#{scope.thread.split(':')[1]}>"
        return f"person <@{scope.person}>" if scope.person else "lab"

    async def _carry_out(self, act: Act, scope: Scope, code: list[str]) -> Reply:
        if code != [await self.purges.code(scope)]:
            raise Declined("That is not today's code for this. Use `/jam purge` without one first.")
        purge = await self.purges.order(scope, act.role.words)
        receipt = await self.purges.finished(act.lab, purge)
        return Reply(_receipt_words(purge, receipt), after=f"purge {purge} of {scope.kind}")


def read_scope_words(act: Act) -> tuple[Scope, list[str]]:
    """What a subcommand is about, and the words behind that; Declined where it says none."""
    match act.words:
        case ["lab", *rest]:
            return Scope(act.lab), rest
        case ["person", who, *rest] if person := person_named(who):
            return Scope(act.lab, person=person), rest
        case ["thread", link, *rest] if thread := thread_linked(act.actor.team, link):
            return Scope(act.lab, thread=thread), rest
        case _:
            raise Declined(
                "Say what: `thread` and a link to one of its messages, `person` and a mention, or `lab`."
            )


def thread_linked(team: str, link: str) -> str:
    """The thread that a message's link points into, as "team:channel:ts"; empty where it is no such link."""
    found = _LINK.fullmatch(link)
    if not found:
        return ""
    root = _THREAD_TS.search(found[4] or "")
    return f"{team}:{found[1]}:{root[1] if root else f'{found[2]}.{found[3]}'}"


def _plan_words(plan: Plan) -> str:
    running = f" {many(plan.running, 'job')} still on the way will be stopped." if plan.running else ""
    return (
        f"A purge of this {plan.scope.kind} takes {many(plan.records, 'record')} about "
        f"{many(plan.questions, 'question')} in {many(plan.threads, 'thread')} out of the record, the "
        f"archive and all later exports, and {many(plan.messages, 'message')} of labjam's out of Slack; "
        "what people wrote in Slack they must delete themselves."
        f"{running}{_held_words(plan.held)} It can't be undone. Do it?"
    )


def _receipt_words(purge: str, receipt: Receipt | None) -> str:
    if receipt is None:
        return f"The purge is on its way. Its receipt will be in the record as purge `{purge}`."
    return (
        f"Done: {many(receipt.records, 'record')} purged.{_held_words(receipt.held)} Receipt `{purge}`, "
        f"`{receipt.digest[:16]}…`. Messages leave Slack as fast as it allows."
    )


def _held_words(held: int) -> str:
    return f" Left out: {many(held, 'record')} under a legal hold." if held else ""
