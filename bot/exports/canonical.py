"""The canonical record: all that is kept of an experiment and of each of its turns, people taken out."""

from collections.abc import Mapping
from typing import Any

from bot.exports.experiments import Experiment, Turn
from bot.exports.kinds import raw

SCHEMA_VERSION = 1


def experiment_line(experiment: Experiment) -> dict[str, Any]:
    """What is about the whole thread: problems and closings, with the revisions of each person."""
    head = {"record": "experiment", "schema_version": SCHEMA_VERSION, "lab": experiment.lab}
    return head | {"experiment": experiment.id, "turns": len(experiment.turns)} | _lists(experiment.by_kind)


def turn_line(experiment: Experiment, turn: Turn) -> dict[str, Any]:
    """One turn: the answer that stands, those before it, and every judgement with its revisions."""
    head = {"record": "turn", "schema_version": SCHEMA_VERSION, "lab": experiment.lab}
    release = turn.release
    return (
        head
        | {"experiment": experiment.id, "turn": turn.id, "state": release.state if release else "private"}
        | _lists(turn.by_kind)
    )


def _lists(by_kind: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Each kind's records as they were written; of each person's the last one counts."""
    return {kind: [raw(kind, one) for one in records] for kind, records in by_kind.items()}
