"""A lab's prompt: shown, edited in a modal, its versions; a change counts from the next question on."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bot.audit import Actor, Audit, Change
from bot.current import CurrentLabs
from bot.errors import Declined, StoreAway
from bot.labs import Labs
from bot.labs.folders import prompt_fault
from bot.moderation.table import Act, Reply, Subcommand
from bot.moderation.times import ago
from bot.moderation.wording import AWAY
from bot.prompting import system_prompt
from bot.roles import Roster
from bot.slack.blocks import Block, section
from bot.slack.modals import Given, message, modal, text
from bot.slack.outbox import Outbox
from bot.store.states import LabState, States

CALLBACK = "labjam_prompt"
LONGEST = 12_000
"""Characters of a lab's prompt."""
PART = 2_900
"""Characters of one input; Slack takes 3,000:
https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element"""
PARTS = 6
LEAST = 2_000
"""Characters of a part that another follows: so a prompt of LONGEST fits, wherever it can be cut."""
GAP = 40
"""Characters of white space kept between two parts."""
FENCE = "```"

FILLED_IN = "`{lab}`, `{place}` and `{contact}` are filled in. It counts from the next question on."
TOO_LONG = (
    "The prompt has {characters:,} characters, and this form holds {most:,}: change it in the lab's folder."
)
SAVED = "Saved as version {number}. It counts from the next question on, and answers name it as {stamp}."


@dataclass(slots=True)
class Prompts:
    """The acts on a lab's prompt."""

    labs: Labs
    current: CurrentLabs
    audit: Audit
    states: States
    roster: Roster
    outbox: Outbox
    clock: Callable[[], float] = time.time

    def subcommands(self) -> list[Subcommand]:
        """Their lines of the table."""
        return [
            Subcommand("prompt show", "[version]", "shows what the model is told", "moderator", self.show,
                       ("prompt",)),
            Subcommand("prompt edit", "", "opens the lab's prompt to change it", "moderator", self.edit,
                       one_lab=True),
            Subcommand("prompt history", "", "lists the versions of the prompt", "moderator", self.history),
            Subcommand("prompt rollback", "[version]",
                       "goes back to a version; 0 is the one from the lab's files", "moderator",
                       self.rollback, changes=True, records=True),
        ]  # fmt: skip

    async def show(self, act: Act) -> Reply:
        """One version of the lab's prompt."""
        state = await self.states.of(act.lab)
        number = _number(act.rest, state.prompt)
        prompt = await self._text(act.lab, number)
        used = " (in use)" if number == state.prompt else ""
        head = f"*{self._named(number)}*{used}, {self._stamp(act.lab, prompt)}"
        shown = prompt.replace("```", "'''")
        pieces = [shown[at : at + PART] for at in range(0, len(shown), PART)]
        blocks = [section(head), *(section(f"{FENCE}{piece}{FENCE}") for piece in pieces)]
        return Reply(f"{head}\n{FENCE}{shown}{FENCE}", tuple(blocks))

    async def edit(self, act: Act) -> Reply:
        """Open the prompt in a modal."""
        state = await self.states.of(act.lab)
        prompt = await self._text(act.lab, state.prompt)
        parts, seams = _cut(prompt)
        if len(parts) > PARTS:
            raise Declined(TOO_LONG.format(characters=len(prompt), most=LONGEST))
        about = json.dumps([act.actor.team, act.lab, state.prompt, *seams])
        await self.outbox.call(
            "views.open", act.actor.team, trigger_id=act.trigger_id,
            view=modal(CALLBACK, "The lab's prompt", _inputs(parts), about),
        )  # fmt: skip
        return Reply()

    async def history(self, act: Act) -> Reply:
        """Every version, the newest first."""
        state, now = await self.states.of(act.lab), self.clock()
        lines: list[str] = []
        for number, kept in reversed((await self.states.prompts(act.lab)).items()):
            version = json.loads(kept)
            used = ", in use" if number == state.prompt else ""
            stamp = self._stamp(act.lab, str(version["text"]))
            who = f" by <@{version['by']}>" if version["by"][:1] in ("U", "W") else ""  # else a pseudonym
            lines.append(f"*{number}* {stamp}{who} {ago(now - version['at'])} ago{used}")
        used = ", in use" if not state.prompt else ""
        lines.append(f"*0* {self._stamp(act.lab, self.labs[act.lab].system)} from the lab's files{used}")
        return Reply("\n".join(lines[:40]))

    async def rollback(self, act: Act) -> Reply:
        """Use an earlier version again."""
        was = (await self.states.of(act.lab)).prompt
        number = _number(act.rest, max(0, was - 1))
        prompt = await self._text(act.lab, number)

        def decide(now: LabState) -> Change:
            if now.prompt == number:
                raise Declined(f"{self._named(number)} is in use already.")
            return Change({"prompt": str(number or "")}, self._named(now.prompt), self._named(number))

        await self.audit.change(act.actor, act.name, act.lab, decide)
        self.states.forget(act.lab)
        stamp = self._stamp(act.lab, prompt)
        return Reply(f"{self._named(number)} ({stamp}) is used from the next question on.")

    async def save(self, about: str, given: Given, user: str) -> dict[str, Any]:
        """Keep a submitted edit as a new version; gives what Slack is to do with the modal."""
        try:
            team, lab, base, *seams = json.loads(about)
            prompt = _joined(given, seams)
            words = await self._save(Actor(team, user), lab, base, prompt)
        except Declined as declined:
            return _refusing(str(declined))
        except StoreAway:
            return _refusing(AWAY)
        return {"response_action": "update", "view": message("Saved", words)}

    async def _save(self, actor: Actor, lab: str, base: int, prompt: str) -> str:
        if not (await self.roster.of(actor.team, actor.user)).may_moderate(lab):
            await self.audit.append(actor, "prompt edit", lab, ended="refused")
            raise Declined("You don't moderate this lab any more, so nothing was saved.")
        if fault := self._fault(lab, prompt):
            raise Declined(fault)
        stamp, at, number = self._stamp(lab, prompt), self.clock(), 0

        def decide(now: LabState) -> Change:
            nonlocal number
            if now.prompt != base:
                raise Declined(f"{self._named(now.prompt)} came meanwhile. Close this, and edit that one.")
            number = int(now.fields.get("prompt_last", 0)) + 1
            version = json.dumps({"text": prompt, "by": actor.user, "at": at, "base": base})
            fields = {"prompt": str(number), "prompt_last": str(number)}
            after = f"{self._named(number)}, {stamp}"
            return Change(fields, self._named(base), after, [(f"prompts:{lab}", str(number), version)])

        await self.audit.change(actor, "prompt edit", lab, decide)
        self.states.forget(lab)
        return SAVED.format(number=number, stamp=stamp)

    def _fault(self, lab: str, prompt: str) -> str:
        """Why a prompt can't be used; empty where it can."""
        if len(prompt) > LONGEST:
            return f"It has {len(prompt):,} characters; at most {LONGEST:,} fit."
        if hit := self.labs[lab].guard.hard(prompt):
            return f"It carries {hit.title}, so it was not kept."
        return prompt_fault(prompt)

    async def _text(self, lab: str, number: int) -> str:
        prompt = await self.current.prompt(lab, number)
        if not prompt:
            raise Declined(f"There is no version {number}. `/jam prompt history` lists them.")
        return prompt

    def _stamp(self, lab: str, prompt: str) -> str:
        """How answers name a prompt: by the whole of what the model is told."""
        return f"prompt {system_prompt(self.labs, replace(self.labs[lab], system=prompt)).version}"

    def _named(self, number: int) -> str:
        return f"Version {number}" if number else "The files' version"


def _refusing(why: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": {"part0": why[:1900]}}


def _number(word: str, otherwise: int) -> int:
    word = word.strip()
    if word and not word.isdecimal():
        raise Declined("Name a version by its number; `/jam prompt history` lists them.")
    return int(word) if word else otherwise


def _cut(prompt: str) -> tuple[list[str], list[str]]:
    """The prompt in parts that Slack takes, and what stood between each and the next."""
    parts, seams, rest = [""], [""], prompt.strip()
    while len(rest) > PART:
        at = next((at for gap in ("\n\n", "\n", " ") if (at := rest.rfind(gap, LEAST, PART)) > 0), PART)
        begun, after = rest[:at].rstrip(), rest[at:].lstrip()
        parts.append(begun)
        seams.append(rest[len(begun) : len(rest) - len(after)][:GAP])
        rest = after
    return [*parts[1:], rest], seams[1:]


def _joined(given: Given, seams: list[str]) -> str:
    """A submitted prompt, as it was where nothing was changed."""
    prompt = ""
    for n in range(PARTS):
        if part := given.text(f"part{n}"):
            seam = seams[n - 1] if 0 < n <= len(seams) else "\n\n"
            prompt = f"{prompt}{seam}{part}" if prompt else part
    return prompt


def _inputs(parts: list[str]) -> list[Block]:
    """Inputs for a prompt's parts, and room for more below."""
    shown = [*parts, ""][:PARTS]
    labels = ["What the model is told, after the house's rules", *["and further"] * PARTS]
    inputs = [text(f"part{n}", labels[n], part, most=3000) for n, part in enumerate(shown)]
    return [section(FILLED_IN), *inputs]
