"""jam: JamExport 1.1.0, in which labs exchange experiments, and a sidecar with all it has no room for."""

from typing import Any

from pydantic_core import to_json

from bot.exports.attached import noted
from bot.exports.canonical import experiment_line, turn_line
from bot.exports.experiments import Experiment, Turn
from bot.exports.rows import Setting
from bot.forms import EXPERIENCES, Closing, Details, Problem, Skills

VERSION = "1.1.0"
"""Of the schema of github.com/auroraGPT-ANL/questions-ui, backend/export.py."""

_TITLE = 120


class Jam:
    """Writes both files; their lines share the numbers of experiments and turns."""

    def __init__(self, setting: Setting) -> None:
        self._main = setting.output.part("jam.json")
        self._sidecar = setting.output.part("sidecar.jsonl")
        self._turns = 0
        self._files = 0
        self._main.write(b'{"version":' + to_json({"version": VERSION}) + b',"experiments":[')

    def add(self, experiment: Experiment) -> None:
        """Write one experiment, and its lines of the sidecar."""
        if not experiment.turns:
            self._sidecar.row(experiment_line(experiment))
            return
        number = self._main.rows + 1
        numbers = range(self._turns + 1, self._turns + 1 + len(experiment.turns))
        self._turns = numbers[-1]
        self._main.write((b"," if self._main.rows else b"") + b"\n")
        made = _experiment(experiment, number, numbers)
        for written, turn in zip(made["turns"], experiment.turns, strict=True):
            written["files"] = self._listed(written["id"], turn)
        self._main.write(to_json(made))
        self._main.rows += 1
        self._sidecar.row({"experiment_id": number} | experiment_line(experiment))
        for turn_id, turn in zip(numbers, experiment.turns, strict=True):
            line = {"experiment_id": number, "turn_id": turn_id} | turn_line(experiment, turn)
            self._sidecar.row(line | ({"files": noted(turn.attached)} if turn.attached else {}))

    def _listed(self, turn_id: int, turn: Turn) -> list[dict[str, Any]]:
        """The files that are there; each entry has a number of its own."""
        there = [one for one in turn.attached if one.path]
        first, self._files = self._files + 1, self._files + len(there)
        return [{"id": first + at, "turn_id": turn_id, "path": one.path} for at, one in enumerate(there)]

    def end(self) -> None:
        """Close the list."""
        self._main.write(b"]}\n")


def _experiment(experiment: Experiment, number: int, numbers: range) -> dict[str, Any]:
    about = experiment.problem
    model = _model(experiment.turns[0])
    return (
        {"id": number, "title": (about.title if about else "") or _title(experiment), "model": model}
        | _set_up(about)
        | _final(experiment.closing)
        | {
            "turns": [
                _turn(experiment, turn, number, at, model)
                for at, turn in zip(numbers, experiment.turns, strict=True)
            ]
        }
    )


def _set_up(about: Problem | None) -> dict[str, str]:
    return {
        "description": about.description if about else "",
        "goal": about.goal if about else "",
        "difficulty_explaination": about.difficulty_explanation if about else "",  # its own spelling
        "realism": about.realism if about else "",
        "ai_experience": EXPERIENCES.get(about.ai_experience, "") if about else "",
        "reasoning_experience": EXPERIENCES.get(about.reasoning_experience, "") if about else "",
        "comments": about.comments if about else "",
    }


def _final(closing: Closing | None) -> dict[str, str]:
    names = "main_strength", "main_weakness", "daily_use", "productivity_improvement", "event_improvement"
    return {name: getattr(closing, name) if closing else "" for name in names}


def _turn(experiment: Experiment, turn: Turn, number: int, at: int, model: str) -> dict[str, Any]:
    own, other = _model(turn), _other_task(experiment, turn)
    first = at - experiment.turns.index(turn)
    return {
        "id": at,
        "previous_turn": _previous(experiment, turn, first),
        "experiment_id": number,
        "model": own if own != model else None,
        "output": turn.answer.text,
        "goal": "",
        "prompt": turn.question.text,
        "skill_assessments": [
            {"name": name, "assessment": assessment}
            for details in turn.details
            for name in Skills.model_fields
            if (assessment := getattr(details.skills, name))
        ],
        "other_task": other.other_task if other else "",
        "other_task_assessment": other.other_task_assessment if other else "",
        "files_url": [],
        "files": [],
        "data_removed": any(not one.path for one in turn.attached),
    }


def _previous(experiment: Experiment, turn: Turn, first: int) -> int:
    """The turn that this one follows: the last one whose question is another, and came before."""
    before = [n for n, one in enumerate(experiment.turns) if one.question.root < turn.question.root]
    return first + before[-1] if before else 0


def _other_task(experiment: Experiment, turn: Turn) -> Details | None:
    """The asker's, where several named one."""
    named = [one for one in turn.details if one.other_task or one.other_task_assessment]
    own = [one for one in named if one.user == turn.question.user]
    return next(iter(own or named), None)


def _model(turn: Turn) -> str:
    return turn.answer.model_returned or turn.answer.model_requested


def _title(experiment: Experiment) -> str:
    lines = experiment.turns[0].question.text.strip().splitlines() or [""]
    return lines[0][:_TITLE]
