"""Slack's budgets as workers share them: what calls draw on, who waits in which line, what was granted.

A *bucket* is one limit: so many calls in so many seconds. A *lane* is a line of calls that wait for
the same buckets; a *seat* is one place in it. A *try* is a call that is made now or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

HORIZON = 1.0
"""Seconds ahead for which a slot is given out: long enough for every worker to come by and fetch its own."""
SOON = 0.2
"""Seconds that a call which is made now or not at all may still wait."""
DEAD = 8.0
"""Seconds of silence after which a worker's seats are taken away."""
HOLD_LIFE = 300.0
"""Seconds for which the end of a stream stays reserved: Slack ends one itself by then."""
CALM = 600.0
"""Seconds over which a limit that was once felt to be tighter is believed to be so, less and less."""
TIGHTER = 1.1
TIGHTEST = 4.0
STRIKE_EVERY = 1.0
"""Seconds: refusals closer together are one."""
LOW = 1e6
"""Seconds by which a call of the lowest rank stands behind all others of its lane."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """At most `calls` in any `seconds`."""

    name: str
    calls: int
    seconds: float

    @property
    def spacing(self) -> float:
        """Seconds between two calls where all of it is used evenly."""
        return self.seconds / self.calls


@dataclass(frozen=True, slots=True)
class Try:
    """Calls that want a slot now or not at all, one for each of `ids`.

    `spare` calls of the first bucket are left for better uses; nobody may be waiting in the lane
    `behind`; one call of `holds` is kept back for each that is granted, until it is freed.
    """

    buckets: tuple[Bucket, ...]
    ids: tuple[str, ...]
    spare: int = 0
    behind: str = ""
    holds: Bucket | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a lane, `ready` once its call could be made; `id` is "<worker>/<flow>/<number>".

    Seats go by `asked`; each one that the same flow (a person, a lab) has in the lane already puts
    it back a little.
    """

    id: str
    asked: float  # unix seconds
    ready: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """What one worker has to say of one lane: seats that are new or newly ready, seats that are gone."""

    name: str
    buckets: tuple[Bucket, ...]
    handicap: float = 0.0  # seconds
    seats: tuple[Seat, ...] = ()
    gone: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()  # seats that want to know their place


@dataclass(frozen=True, slots=True)
class Request:
    """One worker's account to the bank, for one workspace."""

    team: str
    worker: str
    lanes: tuple[Lane, ...] = ()
    tries: tuple[Try, ...] = ()
    rests: Mapping[str, float] = field(default_factory=dict[str, float])  # bucket -> Slack's Retry-After
    frees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """Seconds until each granted call of a try, the first ids first; `wait` is for the others."""

    slots: tuple[float, ...]
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bank answers; times are seconds from now."""

    slots: Mapping[str, float]  # seat -> when its call may be made
    tried: tuple[Tried, ...]
    places: Mapping[str, int]  # seat -> seats before it
    rests: Mapping[str, float]  # bucket -> until when Slack wants none of it
    live: int  # calls that are held: streams that run now, of all workers
    crowd: int  # seats in all lanes; 0 where no place was asked for
    workers: int
    known: bool  # False: every seat is to be told anew


class Bank(Protocol):
    """Who gives out the budgets; StoreAway where nobody can say."""

    async def settle(self, request: Request) -> Reply:
        """Take one worker's account in, and give what it may do."""
        ...
