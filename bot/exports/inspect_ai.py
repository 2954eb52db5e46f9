"""inspect: samples for Inspect AI: a question whose answer somebody knows, and how a model did on it."""

from collections.abc import Iterator
from typing import Any

from bot.exports.chat import metadata_of, prompt_of, shared, usable
from bot.exports.experiments import Experiment
from bot.exports.rows import Setting

_METADATA = {
    "reasons", "difficulty", "verified_by", "expected_answer", "corrected_answer", "comment",
    "other_task", "other_task_assessment", "skills", "scores",
}  # fmt: skip


def rows(experiment: Experiment, setting: Setting) -> Iterator[dict[str, Any]]:
    """One sample for each turn with an expected or corrected answer; all of them are its target."""
    for turn in usable(experiment, setting):
        judged = list(shared(turn, setting))
        known = [one.expected_answer or one.corrected_answer for one in judged]
        targets = list(dict.fromkeys(text for text in known if text.strip()))
        if not targets:
            setting.skip("no expected or corrected answer")
            continue
        problem = experiment.problem
        yield {
            "input": prompt_of(experiment, turn, setting),
            "target": targets[0] if len(targets) == 1 else targets,
            "id": turn.id,
            "metadata": metadata_of(experiment, turn)
            | {
                "answer": turn.answer.text,
                "thumbs": [vote.thumb for vote in turn.votes if vote.thumb],
                "domain": problem.domain if problem else "",
                "judgements": [one.model_dump(mode="json", include=_METADATA) for one in judged],
            },
        }
