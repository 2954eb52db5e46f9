"""From `/jam …` to its answer: who asks, for which lab, may they, are they sure; then the act itself."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.audit import Actor, Audit
from bot.errors import Declined, SlackError, StoreAway
from bot.labs import Lab, Labs
from bot.moderation.parsing import ALL, Typed, lab_named, parse
from bot.moderation.table import Act, Reply, Subcommand, Table
from bot.moderation.wording import (
    AWAY,
    BROKEN,
    LATE,
    LONGEST,
    SLACK_AWAY,
    WAITS,
    Pending,
    asked,
    help_for,
    joined,
    read_pending,
    refused,
    sure_for_all,
    unknown,
)
from bot.roles import Roster
from bot.slack.commands import Said
from bot.slack.directory import Directory

log = logging.getLogger(__name__)


class Commands:
    """Answers `/jam`. Nothing it gives back is seen by anybody but who asked."""

    def __init__(
        self, table: Table, labs: Labs, roster: Roster, audit: Audit, directory: Directory, *,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._table = table
        self._labs = labs
        self._roster = roster
        self._audit = audit
        self._directory = directory
        self._clock = clock

    async def answer(self, said: Said) -> Reply:
        """Do what a command says, or ask first, or say why not."""
        return await self._worded(self._answer(said))

    async def pressed(self, said: Said) -> Reply:
        """Do what a button of App Home says; it asked whether they are sure before it was pressed."""
        return await self._worded(self._answer(said, sure=True))

    async def confirmed(self, said: Said) -> Reply:
        """Do what a button's act was about; ValueError where the button is not one of ours."""
        return await self._worded(self._confirmed(said, read_pending(said.text)))

    async def _worded(self, answering: Awaitable[Reply]) -> Reply:
        try:
            return await answering
        except Declined as declined:
            return Reply(str(declined))
        except StoreAway as error:
            log.warning("command not done", extra={"why": str(error)})
            return Reply(AWAY)
        except SlackError as error:
            log.warning("command not done", extra={"why": str(error)})
            return Reply(SLACK_AWAY)
        except Exception:
            log.exception("command broke")
            return Reply(BROKEN)

    async def _answer(self, said: Said, *, sure: bool = False) -> Reply:
        role = await self._roster.of(said.team, said.user)
        typed = parse(said.text, self._table)
        if typed.subcommand is None:
            wanted = said.text.casefold().split()
            if wanted[:1] in ([], ["help"]) or not typed.first:
                return help_for(self._table, role, " ".join(wanted[1:]) if typed.first else "")
            return unknown(typed.first, self._table, role)
        act = Act(
            said.trigger_id, Actor(said.team, said.user), role, typed.subcommand.name, "", typed.rest,
            self._clock(), said.channel, said.trigger_id, said.response_url,
        )  # fmt: skip
        labs = await self._whose(act, typed)
        if not await self._allowed(typed.subcommand, act, labs):
            return self._refused(typed.subcommand, labs)
        self._guard(act, labs)
        if typed.subcommand.one_lab and len(labs) > 1:
            raise Declined(f"`/jam {act.name}` is for one lab at a time.")
        if not sure and (question := await _question(typed.subcommand, act, labs)):
            if len(act.rest) > LONGEST:
                raise Declined(f"That is too long: at most {LONGEST:,} characters, please.")
            return asked(question, Pending(act.id, act.name, tuple(labs), act.rest, act.at))
        return await self._do(typed.subcommand, act, labs)

    async def _confirmed(self, said: Said, pending: Pending) -> Reply:
        subcommand = next((one for one in self._table if one.name == pending.name), None)
        if subcommand is None or self._clock() - pending.at > WAITS:
            return Reply(LATE)
        role = await self._roster.of(said.team, said.user)
        act = Act(
            pending.id, Actor(said.team, said.user), role, pending.name, "", pending.rest, self._clock(),
            said.channel, said.trigger_id, said.response_url,
        )  # fmt: skip
        labs = [lab for lab in pending.labs if not lab or lab in self._labs]
        if not await self._allowed(subcommand, act, labs):
            return self._refused(subcommand, labs)
        self._guard(act, labs)
        return await self._do(subcommand, act, labs)

    async def _allowed(self, subcommand: Subcommand, act: Act, labs: Sequence[str]) -> bool:
        """Whether somebody may do it for each of these labs; a refusal is kept (P8)."""
        if all(subcommand.may(act.role, lab) for lab in labs):
            return True
        about = labs[0] if len(labs) == 1 else ALL
        await self._audit.append(act.actor, act.name, about, ended="refused")
        return False

    def _refused(self, subcommand: Subcommand, labs: Sequence[str]) -> Reply:
        return refused(subcommand, self._labs.get(labs[0]), many=len(labs) > 1)

    def _guard(self, act: Act, labs: Sequence[str]) -> None:
        """Decline marked words before any act, question or audit entry keeps them (P6)."""
        for lab in labs:
            if hit := (self._labs.get(lab) or self._labs).guard.hard(act.rest):
                raise Declined(f"That carries {hit.title}, so nothing was done and nothing of it was kept.")

    async def _do(self, subcommand: Subcommand, act: Act, labs: Sequence[str]) -> Reply:
        replies: list[tuple[Lab | None, Reply]] = []
        for lab in labs:
            mine = replace(act, lab=lab)
            try:
                reply = await self._kept(subcommand, mine)
            except Declined as declined:
                if len(labs) == 1:
                    raise
                reply = Reply(str(declined))
            replies.append((self._labs.get(lab), reply))
        return joined(replies)

    async def _kept(self, subcommand: Subcommand, act: Act) -> Reply:
        """Carry an act out; a change is in the trail before it begins, and then how it ended (P8)."""
        tells = subcommand.changes and not subcommand.records
        if tells:
            await self._audit.append(act.actor, act.name, act.lab, ended="ordered")
        try:
            reply = await subcommand.run(act)
        except StoreAway:
            raise
        except Exception as error:
            declined = isinstance(error, Declined)
            if tells or (subcommand.changes and not declined):
                ended = "declined" if declined else "failed"
                await self._audit.append(act.actor, act.name, act.lab, ended=ended)
            raise
        if tells:
            await self._audit.append(act.actor, act.name, act.lab, before=reply.before, after=reply.after)
        return reply

    async def _whose(self, act: Act, typed: Typed) -> list[str]:
        """The labs an act is for: those named, the channel's, or the one the person belongs to."""
        if typed.subcommand and not typed.subcommand.of_a_lab:
            return [""]
        if typed.lab.casefold() == ALL:
            return list(self._labs)
        if typed.lab:
            return [self._named(typed.lab)]
        here = self._labs.by_channel_name(act.channel) or self._labs.by_channel_name(
            await self._directory.channel_name(act.actor.team, act.channel)
        )
        if here:
            return [here.key]
        if len(act.role.moderates) == 1 and not act.role.leads:
            return list(act.role.moderates)
        return [await self._own(act)]

    def _named(self, word: str) -> str:
        found = lab_named(word, self._labs)
        if not found:
            raise Declined(f"There is no such lab. The labs are: {', '.join(self._labs)}; or `--lab all`.")
        return found

    async def _own(self, act: Act) -> str:
        """A scientist's lab by the channels they are in; who has a say in several must name one."""
        if act.role.leads or act.role.moderates:
            raise Declined(
                "For which lab? Add `--lab argonne`, say, or `--lab all`, or type it in the lab's channel."
            )
        names = await self._directory.channels_of(act.actor.team, act.actor.user)
        own = next((key for key, lab in self._labs.items() if lab.channel in names), "")
        if not own:
            raise Declined("I can't tell which lab you belong to. Use the command in its jam channel.")
        return own


async def _question(subcommand: Subcommand, act: Act, labs: Sequence[str]) -> str:
    """What to ask before the act; empty where it is done at once."""
    own = await subcommand.asks(replace(act, lab=labs[0])) if subcommand.asks else ""
    if own is not None and len(labs) > 1 and subcommand.changes:
        return f"{sure_for_all(act, len(labs))} {own}".strip()
    return own or ""
