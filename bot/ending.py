"""An answer as it will stand: its messages, and under the last one the thumbs, small print and controls.

Whoever edits an answer that stands already builds it here, from its draft and from all that became
known of it since (`Extras`, read from the job's fields): so no edit undoes another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import shorten

from bot import typeset
from bot.forms import CHOICES
from bot.labs import Lab
from bot.records import About, Question, Reference
from bot.slack.blocks import (
    AGAIN,
    CHOOSE,
    DETAILS,
    PROBLEM,
    STOP,
    Block,
    about_answer,
    actions,
    ask_model,
    button,
    more,
    small_print,
    thumbs,
    words,
)
from bot.store.questions import Draft, pictures_of
from bot.store.references import references_of
from bot.store.votes import Tally, tally_of

LEFT_OUT = "{what} of this thread did not fit the model and {were} left out."
EDITED = "The question was edited after this answer."
BETTER = "Which answer is better? You learn which models these are once you have chosen."
HIDES = "Two models of your lab answer this question; their names are hidden until you choose."
FURTHER = "One more answer to this question."
FIRST = "See the first answer"

STATUSES = {
    "missing": "Not found",
    "differs": "Found, but with another title",
    "unchecked": "Not checked",
}
"""How the references are introduced that need a second look."""

VERBS = {
    "again": "Answer again",
    "md": "Get as Markdown",
    "tex": "Get as LaTeX",
    "ipynb": "Get as notebook",
    "sum": "Sum up this thread",
}
"""What the dots under an answer offer: five is all that Slack has room for."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What became known of an answer after it stood."""

    edited: bool = False  # its question was, so it can be answered anew
    revealed: bool = False  # which model wrote it may be seen by all
    tally: Tally = field(default_factory=Tally)  # how many people found it good, and bad
    pictures: Mapping[str, str] = field(default_factory=dict[str, str])  # files of its formulas, by their key
    references: tuple[Reference, ...] = ()  # what their registries say of them
    file: str = ""  # that holds all of a long one


NOTHING = Extras()


def extras_of(fields: Mapping[str, str]) -> Extras:
    """What is known now, by the fields of the answer's job."""
    edited, revealed = "edit" in fields, "revealed" in fields
    return Extras(
        edited,
        revealed,
        tally=tally_of(fields),
        pictures=pictures_of(fields),
        references=references_of(fields),
        file=fields.get("file", ""),
    )


def blocks_of(draft: Draft, lab: Lab, question: Question, extras: Extras = NOTHING) -> list[list[Block]]:
    """Every message of an answer, whole, as its blocks."""
    messages = typeset.blocks(typeset.said(draft), lab, extras.pictures, extras.file)
    messages[-1] += ending(draft, lab, question, extras)
    return messages


def messages_of_draft(draft: Draft, lab: Lab) -> list[str]:
    """The text of each message; where a model said nothing, the sentence that says why."""
    return typeset.texts(typeset.said(draft), lab)


def ending(draft: Draft, lab: Lab, question: Question, extras: Extras = NOTHING) -> list[Block]:
    """What stands under the last message."""
    about = about_answer(About(lab.key, question.thread, question.ts, question.side))
    has_text = bool(draft.text.strip())
    said = _said(draft, lab, question, extras)
    blocks = [thumbs(about)] if has_text else []
    if draft.compared:
        blocks += [words(BETTER), actions([button(CHOOSE[c], label, about) for c, label in CHOICES.items()])]
    if said:
        blocks.append(small_print(" ".join(said), draft.first_answer, FIRST))
    if extras.references:
        blocks.append(small_print(_checked(extras.references)))
    controls = _controls(draft, lab, question, extras, about)
    return [*blocks, actions(controls)] if controls else blocks


def unfinished(question: Question) -> list[Block]:
    """What stands under a message that still grows by edits."""
    about = about_answer(About(question.lab, question.thread, question.ts, question.side))
    return [actions([button(STOP, "Stop", about)])]


def _said(draft: Draft, lab: Lab, question: Question, extras: Extras) -> list[str]:
    has_text = bool(draft.text.strip())
    said = [EDITED] if extras.edited else []
    if question.side and not extras.revealed:
        said.append(HIDES)
    if has_text and draft.note:
        said.append(draft.note)
    if draft.turns_left_out:
        one = draft.turns_left_out == 1
        what = "The oldest question" if one else f"The {draft.turns_left_out:,} oldest questions"
        said.append(LEFT_OUT.format(what=what, were="was" if one else "were"))
    if has_text:
        said.append(_origin(draft, lab, question, extras) + counted(extras.tally))
    said += _files_said(draft, question)
    if draft.left and not question.side:
        said.append(draft.left)
    if question.repeats:
        said.append(FURTHER)
    return said


def _files_said(draft: Draft, question: Question) -> list[str]:
    """Which files the model did not get, or not all of."""
    named = list(zip(question.files, draft.files, strict=False))
    unread = [f"{name[:60]} was not read: {file.why}." for name, file in named if file.why]
    return unread + [f"Of {name[:60]} I left out {file.cut}." for name, file in named if file.cut]


def _controls(draft: Draft, lab: Lab, question: Question, extras: Extras, about: str) -> Sequence[Block]:
    """The one row: to answer in this place, to ask another model below, and the rest behind dots."""
    row: list[Block] = []
    edited = extras.edited and not question.side  # the other model's answer would be to the old text
    if edited or draft.retry:
        row.append(button(AGAIN, "Answer the edited question" if edited else "Retry", about))
    has_text = bool(draft.text.strip())
    if has_text:
        row.append(button(DETAILS, "Add details", about))
    first = question.root == question.thread.ts and question.side != "a"
    if has_text and first:  # a thread is one experiment
        row.append(button(PROBLEM, "Describe this problem", about))
    if question.side:
        return row  # other models' names would tell which this is not
    asked = lab.model(draft.model or question.model)
    menu = ask_model(about, {spec.name: spec.id for spec in lab.models if spec is not asked})
    if menu:
        row.append(menu)
    if has_text:
        row.append(more(about, VERBS))
    return row


def _checked(references: Sequence[Reference]) -> str:
    """What was found out of the references: how many stand, and which don't."""
    sure = sum(each.status == "found" for each in references)
    said = [f"References looked up: {sure} of {len(references)} found."]
    for status, introduced in STATUSES.items():
        listed = [_named(each) for each in references if each.status == status]
        if listed:
            said.append(f"{introduced}: {'; '.join(listed)}.")
    return " ".join(said)


def _named(reference: Reference) -> str:
    name = {"doi": "doi:", "arxiv": "arXiv:", "pubmed": "PMID "}[reference.kind] + reference.id
    return f"{name} is “{shorten(reference.title, 90)}”" if reference.status == "differs" else name


def counted(tally: Tally) -> str:
    """How many people judged; nothing where nobody did."""
    counts = {"👍": tally.good, "👎": tally.bad}
    return "".join(f" · {sign} {count}" for sign, count in counts.items() if count)


def _origin(draft: Draft, lab: Lab, question: Question, extras: Extras) -> str:
    """Which model wrote it, where it ran, and what it had been told."""
    if question.side and not extras.revealed:
        return f"{lab.short} · prompt {draft.prompt_version}"
    spec = lab.model(draft.model or question.model)
    model = draft.model_returned or spec.id
    return f"{lab.short} · {model} at {spec.endpoint.name} · prompt {draft.prompt_version}"
