"""Forms in Redis: what each person last said about an answer or a thread, every revision in the journal."""

from collections.abc import Mapping
from typing import Literal, TypeVar

from bot.forms import Form, line_of
from bot.records import ThreadKey
from bot.store import keys
from bot.store.jobs import Jobs
from bot.store.redis import Store, reachable

Kept = Literal["kept", "same", "gone"]

F = TypeVar("F", bound=Form)

_TRIES = 10


class Forms:
    """Keeps forms and reads them back; `about` is an answer's job, or a thread as text."""

    def __init__(self, jobs: Jobs) -> None:
        self._store: Store = jobs.store

    async def standing(self, kind: type[F], thread: ThreadKey | str, about: str, user: str) -> F | None:
        """What a person last said; None where that is nothing. `thread` may be another mailbox."""
        async with reachable():
            kept = await self._store.client.hget(self._key(thread, about), f"{kind.kind}:{user}")
        return kind.model_validate_json(kept.partition(" ")[2]) if kept else None

    async def keep(self, form: Form, about: str, needs: str, *, mailbox: str = "") -> Kept:
        """Keep a form as the next revision; "same" where it says what stands already.

        `needs` is the job of an answer without which the form has nothing to be about; it is in the
        form's thread, or in `mailbox`.
        """
        home = mailbox or str(form.thread)
        for _ in range(_TRIES):
            old = await self.standing(type(form), home, about, form.user)
            if old and _content(old) == _content(form):
                return "same"
            new = form.model_copy(update={"revision": old.revision + 1 if old else 1})
            kept = await self._store.run(
                "form", self._store.shard(home), about, f"{form.kind}:{form.user}", new.revision,
                new.model_dump_json(), keys.KEEP, form.lab, line_of(new), needs,
            )  # fmt: skip
            if kept != "stale":
                return kept
        raise RuntimeError("one person's form changed ten times while it was written")

    async def remember(self, team: str, user: str, said: Mapping[str, str]) -> None:
        """Keep what a person is asked only once."""
        if said:
            async with reachable():
                await self._store.client.hset(self._person(team, user), mapping=dict(said))

    async def forget(self, team: str, user: str) -> None:
        """Ask a person once more what they were asked once."""
        async with reachable():
            await self._store.client.delete(self._person(team, user))

    async def remembered(self, team: str, user: str) -> dict[str, str]:
        """What a person was asked once, and said."""
        async with reachable():
            return await self._store.client.hgetall(self._person(team, user))

    async def an_answer_in(self, thread: ThreadKey) -> str:
        """The job of an answer in a thread, the first question's if it can be; empty where there is none."""
        place = f"answer:{thread.team}:{thread.channel}"
        shard = self._store.shard(str(thread))
        async with reachable():
            if await self._store.client.hexists(keys.job(shard, f"{place}:{thread.ts}"), "body"):
                return f"{place}:{thread.ts}"
            asked = await self._store.client.hkeys(keys.thread(shard, str(thread)))
        known = sorted(ts for ts in asked if ":" not in ts)
        return f"{place}:{known[0]}" if known else ""

    async def lab_of(self, thread: ThreadKey) -> str:
        """The lab that a thread began in; empty where it is unknown."""
        job = await self.an_answer_in(thread)
        async with reachable():
            lab = await self._store.client.hget(keys.job(self._store.shard(str(thread)), job), "lab")
        return str(lab or "")

    def _key(self, thread: ThreadKey | str, about: str) -> str:
        return keys.forms(self._store.shard(str(thread)), about)

    def _person(self, team: str, user: str) -> str:
        return keys.person(self._store.shard(f"{team}:{user}"), team, user)


def _content(form: Form) -> dict[str, object]:
    return form.model_dump(exclude={"at", "revision", "schema_version"})
