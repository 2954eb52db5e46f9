"""The side of a process that works: who runs which job, and what the clock does."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

from bot.answer import Answers
from bot.app.parts import Parts
from bot.archive.keeper import EVERY, Keeper
from bot.attaching import Attaching
from bot.budget import Budget
from bot.clock import ENDS_WITHIN, Clock, Timed
from bot.errors import StoreAway, WorldError
from bot.files.reader import Reader
from bot.llm.openai import OpenAIModels
from bot.lobby import LOOK_EVERY, Lobby
from bot.maths.drawing import Drawing
from bot.notice import Notices
from bot.pictures import Pictures
from bot.references.checking import Checks
from bot.refresh import Refreshes
from bot.rehearsal import Rehearsing
from bot.running import Runner
from bot.slack.downloads import Downloads
from bot.slack.status import Status
from bot.store.confirmations import Confirmations
from bot.store.questions import Questions
from bot.store.spending import Spending
from bot.store.turns import Turns
from bot.summary.quiet import Quiet
from bot.summary.wrapping import WrapUps
from bot.summary.writing import Writing
from bot.takeaway.running import Takeaways
from bot.worker import Worker


async def work(parts: Parts, stack: AsyncExitStack, stop: asyncio.Event) -> None:
    """Run jobs and the clock until `stop`."""
    models = OpenAIModels()
    stack.push_async_callback(models.close)
    try:
        key = await parts.store.pseudonym_key()
    except StoreAway as error:
        raise WorldError(f"REDIS_URL: the store can't be written ({error}).") from None
    budget = Budget(Spending(parts.store))
    answers = Answers(
        parts.labs, parts.current, models, parts.outbox,
        budget=budget, gates=parts.gates, attaching=_attaching(parts), pseudonym_key=key,
    )  # fmt: skip
    clock = Clock(Turns(parts.store, parts.jobs.consumer), _timed(parts, stack))
    ticking = asyncio.create_task(clock.run())

    async def end() -> None:  # before the store does, where each turn is given back
        ticking.cancel()
        await asyncio.wait([ticking], timeout=ENDS_WITHIN)

    stack.push_async_callback(end)
    drawing = Drawing()
    stack.push_async_callback(drawing.close)
    pictures = Pictures(parts.labs, parts.outbox, parts.uploads, Questions(parts.jobs), drawing)
    writing = Writing(parts.summaries, models, budget, key.hex()[:32])
    rehearsing = Rehearsing(parts.labs, parts.current, models, budget, pseudonym_key=key)
    runners = {**_runners(parts, answers, pictures, writing), "rehearse": rehearsing.run}
    last_words: Mapping[str, Runner] = {"answer": answers.give_up}
    await Worker(parts.jobs, runners, last_words, alone=not parts.settings.redis_url).run(stop)


def _attaching(parts: Parts) -> Attaching:
    token = parts.settings.slack_bot_token.get_secret_value()
    downloads = Downloads(parts.outbox, parts.session, token, parts.settings.slack_api_url)
    return Attaching(downloads, Reader(), parts.gates, Confirmations(parts.jobs), parts.store.pseudonym_key)


def _runners(parts: Parts, answers: Answers, pictures: Pictures, writing: Writing) -> Mapping[str, Runner]:
    """Who runs each kind of job."""
    labs, jobs, outbox = parts.labs, parts.jobs, parts.outbox
    notices, checks = Notices(Questions(jobs), outbox), Checks(Questions(jobs), parts.registries)
    return {
        "announce": parts.announcing.run,
        "answer": checks.following(pictures.after(answers.run)),
        "confirm": parts.confirming.run,
        "digest": parts.digests.run,
        "gate": parts.gates.tell,
        "offer": notices.offer,
        "pictures": pictures.run,
        "references": checks.run,
        "refresh": Refreshes(labs, outbox).run,
        "summary": writing.summarise,
        "takeaway": Takeaways(labs, jobs, parts.uploads).run,
        "tell": notices.tell,
        "withdraw": notices.withdraw,
        "wrapup": WrapUps(writing).run,
        "mydata": parts.mydata.run,
        "export": parts.exports.run,
        **parts.judging.runners,
        **parts.caring.runners,
    }


def _timed(parts: Parts, stack: AsyncExitStack) -> list[Timed]:
    """What the clock does."""
    sessions, team = parts.sessions, parts.identity.team
    keeper = Keeper(parts.store, parts.jobs.labs, parts.settings.labjam_data / "archive")
    stack.push_async_callback(keeper.close)

    async def close_due() -> None:
        await sessions.close_due(team, time.time())

    async def digest() -> None:
        await parts.digests.tick(team)

    async def summary() -> None:
        await parts.summaries.tick(team)

    quiet = Quiet(parts.labs, parts.jobs, parts.states)
    lobby = Lobby(parts.jobs, Status(parts.outbox))
    return [
        Timed("lobby", LOOK_EVERY, lobby.look, longest=10.0),
        Timed("archive", EVERY, keeper.run),
        Timed("close-due", 5.0, close_due),
        Timed("digest", 30.0, digest),
        Timed("summary", 2.0, summary),
        Timed("quiet", 30.0, quiet.tick),
        Timed("keep-held", 5.0, sessions.keep_held, longest=10.0),
        *parts.caring.timed,
    ]
