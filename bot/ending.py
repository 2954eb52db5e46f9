"""An answer as it will stand: its messages, and under the last one the small print and the buttons."""

from bot.labs import Lab
from bot.records import Question
from bot.reply import Keeps, parts
from bot.slack.blocks import Block, about_answer, again, small_print, thumbs
from bot.store.questions import Draft

LEFT_OUT = "The {n} oldest questions of this thread did not fit the model and were left out."
EDITED = "The question was edited after this answer."


def messages_of_draft(draft: Draft, lab: Lab) -> list[str]:
    """The text of each message; where a model said nothing, the sentence that says why."""
    return parts(draft.text if draft.text.strip() else draft.note, keeps_links(lab))


def keeps_links(lab: Lab) -> Keeps:
    """Which hosts a lab trusts with live links."""
    return lab.link_hosts.__contains__


def ending(draft: Draft, lab: Lab, question: Question, *, edited: bool = False) -> list[Block]:
    """What stands under the last message; `edited` offers to answer the question's new text."""
    about = about_answer(lab.key, question.thread, question.ts)
    has_text = bool(draft.text.strip())
    said = [draft.note] if has_text and draft.note else []
    if draft.turns_left_out:
        said.append(LEFT_OUT.format(n=draft.turns_left_out))
    if has_text:
        said.append(_origin(draft, lab))
    if draft.left:
        said.append(draft.left)
    if edited:
        said.insert(0, EDITED)
    blocks = [small_print(" ".join(said))] if said else []
    if edited or draft.retry:
        blocks.append(again("Answer the edited question" if edited else "Retry", about))
    return [*blocks, thumbs(about)] if has_text else blocks


def _origin(draft: Draft, lab: Lab) -> str:
    """Which model wrote it, where it ran, and what it had been told."""
    spec = lab.models[0]
    model = draft.model_returned or spec.id
    return f"{lab.short} · {model} at {spec.endpoint.name} · prompt {draft.prompt_version}"
