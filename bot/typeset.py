"""The messages that an answer's text makes: parts, pictures in their places, what only a file holds."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

from bot import reply
from bot.labs import Lab
from bot.reply import Keeps, Piece, parts, pictured
from bot.slack.blocks import Block, image, markdown
from bot.store.questions import Draft

THE_REST = "*The answer goes on. All of it is in the file `{file}` below.*"
BELOW = "*The answer goes on below.*"
NOT_TAKEN = "*The answer goes on, but Slack did not take the rest. The record holds all of it.*"
FILE = "answer.md"
REFUSED = "refused"
"""In place of the file's id, where Slack takes no files here: then the rest comes as messages."""
LOST = "lost"
"""The same, where Slack took not all of these either."""

MOST_PICTURES = 40
"""Of one answer: Slack takes 100 uploads a minute of a workspace, and 50 blocks of a message."""
_MOST_IN_ONE = MOST_PICTURES // 2  # message
_MOST_TEXT = 12_800
"""Characters of a message's blocks together; measured, not documented:
https://github.com/slackapi/bolt-js/issues/2509"""


def said(draft: Draft) -> str:
    """The text that people see; where a model said nothing, the sentence that says why."""
    return (draft.shown or draft.text) if draft.text.strip() else draft.note


def without_tables(draft: Draft, lab: Lab) -> Draft:
    """The draft with its tables as code, for a Slack that takes them no other way."""
    text = said(draft)
    plain = reply.without_tables(text, keeps_links(lab))
    return replace(draft, shown=plain) if draft.text.strip() and plain != text else draft


def keeps_links(lab: Lab) -> Keeps:
    """Which hosts a lab trusts with live links."""
    return lab.link_hosts.__contains__


def texts(text: str, lab: Lab, *, final: bool = True, file: str = "") -> list[str]:
    """The text of each message; beyond those that the lab wants, the last says where the rest is."""
    shown = parts(text, keeps_links(lab), final=final)
    if len(shown) <= lab.messages:
        return shown
    shown = shown[: lab.messages]
    if final:
        shown[-1] += f"\n\n{_the_rest(file)}"
    return shown


def rest(text: str, lab: Lab) -> list[str]:
    """The text of the messages beyond those that the lab wants."""
    return parts(text, keeps_links(lab))[lab.messages :]


def _the_rest(file: str) -> str:
    return {REFUSED: BELOW, LOST: NOT_TAKEN}.get(file) or THE_REST.format(file=FILE)


def overflows(text: str, lab: Lab) -> bool:
    """Whether messages hold only the beginning."""
    may = len(text) > lab.messages * 5_000 or text.count("|") > lab.messages  # each table has its message
    return may and len(parts(text, keeps_links(lab))) > lab.messages


def blocks(text: str, lab: Lab, pictures: Mapping[str, str], file: str = "") -> list[list[Block]]:
    """The messages as blocks, with those formulas as pictures whose files are known."""
    shown = texts(text, lab, file=file)
    if not pictures:
        return [[markdown(part)] for part in shown]
    found = pictured(text, keeps_links(lab))[: len(shown)]
    made = [_laid(pieces, pictures) or [markdown(part)] for part, pieces in zip(shown, found, strict=True)]
    if len(made[-1]) > 1 and (closing := shown[-1].rpartition("\n\n")[2]) == _the_rest(file):
        made[-1].append(markdown(closing))
    return made


def formulas(text: str, lab: Lab) -> list[str]:
    """The TeX of all that a picture shows better, in order, each once: as much as its message takes."""
    if "$" not in text and "\\" not in text:
        return []
    found = pictured(text, keeps_links(lab))[: lab.messages]
    drawn = [[piece.drawn for piece in pieces if piece.drawn][:_MOST_IN_ONE] for pieces in found]
    return list(dict.fromkeys(chain.from_iterable(drawn)))[:MOST_PICTURES]


def key_of(tex: str) -> str:
    """What a formula's picture is kept under."""
    return hashlib.sha256(tex.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _laid(pieces: list[Piece], pictures: Mapping[str, str]) -> list[Block]:
    """A message with pictures; nothing where it has none."""
    room = _MOST_TEXT - sum(len(piece.text) + 2 for piece in pieces)
    made: list[Block] = []
    run: list[str] = []
    drawn = 0
    for piece in pieces:
        file = pictures.get(key_of(piece.drawn)) if piece.drawn else None
        cost = len(piece.drawn) if piece.beside else 0
        if file and drawn < _MOST_IN_ONE and room >= cost:
            room, drawn = room - cost, drawn + 1
            made += [*_text(run), image(file, _alt(piece.drawn))]
            run = []
        elif piece.text:
            run.append(piece.text)
    return [*made, *_text(run)] if drawn else []


def _text(run: list[str]) -> Iterator[Block]:
    if run:
        yield markdown("\n\n".join(run))


def _alt(tex: str) -> str:
    # In TeX a space behind a bracket means nothing; in Slack, without it, a token might begin.
    return re.sub(r"<(?=[@!#a-z])", "< ", tex)
