"""Slack's budgets, shared by all workers through Redis: one script call settles one worker's account."""

import json
from collections.abc import Sequence
from typing import Any

from bot.pacing import (
    CALM,
    DEAD,
    HOLD_LIFE,
    HORIZON,
    SOON,
    STRIKE_EVERY,
    TIGHTER,
    TIGHTEST,
    Bucket,
    Lane,
    Reply,
    Request,
    Tried,
    Try,
)
from bot.store.redis import Store

_TIMES = [int(1000 * seconds) for seconds in (HORIZON, SOON, DEAD, HOLD_LIFE, CALM, STRIKE_EVERY)]


class SharedPlan:
    """The bank of a deployment: all of a workspace's account lives in one shard."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def settle(self, request: Request, now: float = 0.0) -> Reply:
        """Take one worker's account in, and give what it may do; without `now` by the server's clock."""
        shard = self._store.shard(request.team)
        reply = await self._store.run(
            "pace", shard, request.team, _written(request), 1000 * now, *_TIMES, TIGHTER, TIGHTEST
        )
        slots, tried, places, rests, live, crowd, workers, known = reply
        return Reply(
            slots=_seconds(slots),
            tried=tuple(Tried(tuple(ms / 1000 for ms in made), wait / 1000) for wait, *made in tried),
            places=dict(zip(places[::2], places[1::2], strict=True)),
            rests=_seconds(rests),
            live=live,
            crowd=crowd,
            workers=workers,
            known=bool(known),
        )


def _seconds(flat: Sequence[Any]) -> dict[str, float]:
    return {name: ms / 1000 for name, ms in zip(flat[::2], flat[1::2], strict=True)}


def _written(request: Request) -> str:
    """The request as the script reads it: times in ms, lists in the order of the fields."""
    return json.dumps(
        {
            "worker": request.worker,
            "lanes": [_lane(lane) for lane in request.lanes],
            "tries": [_try(one) for one in request.tries],
            "rests": [[bucket, 1000 * seconds] for bucket, seconds in request.rests.items()],
            "frees": request.frees,
        }
    )


def _lane(lane: Lane) -> list[Any]:
    seats = [[seat.id, 1000 * seat.asked, int(seat.ready)] for seat in lane.seats]
    return [lane.name, _buckets(lane.buckets), 1000 * lane.handicap, seats, lane.gone, lane.looks]


def _try(one: Try) -> list[Any]:
    holds = _bucket(one.holds) if one.holds else []
    return [_buckets(one.buckets), one.ids, one.spare, one.behind, holds]


def _buckets(buckets: Sequence[Bucket]) -> list[Any]:
    return [_bucket(bucket) for bucket in buckets]


def _bucket(bucket: Bucket) -> list[Any]:
    return [bucket.name, bucket.calls, 1000 * bucket.seconds]
