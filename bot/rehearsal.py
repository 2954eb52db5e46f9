"""`/jam prompt test`: what the lab's model answers to a question, for a moderator's eyes, and not kept."""

import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

from bot.budget import Budget, spent_on
from bot.current import CurrentLabs
from bot.errors import Capped, Declined, ModelError, SlackError
from bot.labs import Lab, Labs
from bot.llm.model import Finish, Model, ModelRequest
from bot.moderation.table import Act, Reply, Subcommand
from bot.prompting import CHARS_PER_TOKEN, Conversation, QuestionTooLong, conversation, system_prompt
from bot.records import Question, ThreadKey, Usage
from bot.reply import parts
from bot.running import Running, insist, is_cancelled, unless_stopped
from bot.slack.blocks import markdown, small_print
from bot.slack.later import LIFE, say_later
from bot.store.jobs import Close, Jobs
from bot.store.questions import Draft
from bot.store.states import States

log = logging.getLogger(__name__)

LONGEST = 3_000
"""Characters of a question."""
ASKED = "The model is asked. Its answer comes here, and only you will see it."
NO_ANSWER = "The model gave no answer ({why})."
STOPPED = "All answers are stopped here, so no model is asked. `/jam resume` lets them go on."
MARKED = "What the model wrote carried {title}, so it is not shown."

Say = Callable[[str, dict[str, Any]], Awaitable[None]]


class Rehearsals:
    """Takes test questions in, as a subcommand of /jam."""

    def __init__(self, jobs: Jobs, states: States) -> None:
        self._jobs = jobs
        self._states = states

    def subcommands(self) -> list[Subcommand]:
        """Its line of the table."""
        return [
            Subcommand("prompt test", "QUESTION", "shows only you what the model answers to it", "moderator",
                       self.ask, one_lab=True),
        ]  # fmt: skip

    async def ask(self, act: Act) -> Reply:
        """Queue a question whose answer goes to its asker alone."""
        words = act.rest.strip()
        if not words or len(words) > LONGEST:
            raise Declined(f"Write a question of at most {LONGEST:,} characters: `/jam prompt test Why …?`")
        if (await self._states.of(act.lab)).held == "stopped":
            raise Declined(STOPPED)
        fields = {
            "team": act.actor.team, "user": act.actor.user, "channel": act.channel, "text": words,
            "url": act.response_url,
        }  # fmt: skip
        mailbox = f"rehearse:{act.actor.user}"
        await self._jobs.enqueue(act.lab, mailbox, f"rehearse:{act.id}", int(act.at * 1e6), fields)
        return Reply(ASKED)


class Rehearsing:
    """The runner of `rehearse` jobs."""

    def __init__(
        self, labs: Labs, current: CurrentLabs, model: Model, budget: Budget, *, pseudonym_key: bytes,
        say: Say = say_later, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._labs = labs
        self._current = current
        self._model = model
        self._budget = budget
        self._key = pseudonym_key
        self._say = say
        self._clock = clock

    async def run(self, running: Running) -> Close:
        """Ask the model and say what it answered; nothing of it stays."""
        fields = running.job.fields
        if self._clock() - int(fields["at"]) / 1000 > LIFE:  # it waited too long to be said
            return Close({"text": "", "url": ""})
        lab = await insist(lambda: self._current.lab(fields["lab"]))
        body = {"response_type": "ephemeral", **await self._answer(running, lab)}
        await running.hold()
        with suppress(SlackError):  # the asker can ask again
            await self._say(fields["url"], body)
        return Close({"text": "", "url": ""})

    async def _answer(self, running: Running, lab: Lab) -> dict[str, Any]:
        question = _question(running)
        spec, prompt = lab.model(), system_prompt(self._labs, lab)
        try:
            asked = conversation(prompt, spec, [], question, CHARS_PER_TOKEN)
            draft = await self._counted(running, lab, question, asked)
        except (Capped, QuestionTooLong) as refused:
            return {"text": str(refused)}
        except Declined:
            return {"text": STOPPED}
        except ModelError as error:
            log.warning("rehearsal failed", extra={"error": f"{type(error).__name__}: {error}"})
            return {"text": NO_ANSWER.format(why=type(error).__name__)}
        if hit := lab.guard.hard(draft.text):
            return {"text": MARKED.format(title=hit.title)}
        shown = parts(draft.text) or [NO_ANSWER.format(why="it said nothing")]
        model = draft.model_returned or spec.id
        origin = f"A test · {model} at {spec.endpoint.name} · prompt {prompt.version}"
        more = " · only the beginning is shown" if len(shown) > 1 else ""
        return {"text": shown[0][:3000], "blocks": [markdown(shown[0]), small_print(origin + more)]}

    async def _counted(self, running: Running, lab: Lab, question: Question, asked: Conversation) -> Draft:
        """What the model says, within the lab's caps; Declined where the lab is stopped."""
        spec, tokens = lab.model(), int(asked.characters / CHARS_PER_TOKEN)
        await self._budget.admit(running, question, lab, spec, tokens)
        person = hmac.digest(self._key, f"{question.user_team}:{question.user}".encode(), "sha256").hex()
        draft = Draft("", "stopped")
        try:
            request = ModelRequest(spec, asked.messages, person, lab.moderation)
            draft = await unless_stopped(running, self._read(request))
            return draft
        finally:
            if not is_cancelled():  # else whoever takes the job over counts
                spent = spent_on(draft, question, spec, tokens, CHARS_PER_TOKEN)
                await self._budget.settle(running, lab, spent)

    async def _read(self, request: ModelRequest) -> Draft:
        pieces: list[str] = []
        async with aclosing(self._model.stream(request)) as stream:
            async for piece in stream:
                if isinstance(piece, Finish):
                    usage = piece.usage or Usage()
                    text = "".join(pieces) + piece.refusal
                    return Draft(text, "answered", model_returned=piece.model_returned, usage=usage)
                pieces.append(piece)
        return Draft("".join(pieces), "answered")


def _question(running: Running) -> Question:
    fields = running.job.fields
    thread = ThreadKey(fields["team"], fields["channel"], "0.0")
    return Question(thread, "0.0", fields["user"], fields["team"], fields["lab"], fields["text"])
