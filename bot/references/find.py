"""Recognises DOIs, arXiv and PubMed ids in an answer, and the words around each; linear in its length."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from bot.records import ReferenceKind

MOST = 40
"""References of one answer that are looked at; what more there are is left out."""

BEFORE, AFTER = 400, 200
"""Characters around an id in which an answer may say what it is; an empty line or another id ends them."""

_ARXIV_ID = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}(?:v\d{1,2})?|[a-z-]{2,9}(?:\.[A-Za-z]{2})?/\d{7}(?:v\d{1,2})?"
_FOUND = re.compile(
    rf"""(?<![\w.])10\.48550/arxiv\.(?P<doi_arxiv>{_ARXIV_ID})(?!\w)
    | (?<![\w.])(?:arxiv\s?:\s?|arxiv\.org/(?:abs|pdf|html)/)(?P<arxiv>{_ARXIV_ID})(?!\d)
    | (?<![\w.])(?P<doi>10\.\d{{4,9}}(?:\.\d{{1,9}})*/[^\s"“”«»\x00-\x1f]{{1,300}})
    | (?<!\w)(?:pmid\s?:?\s{{0,3}}|(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/)
      (?P<pubmed>0{{0,4}}\d{{1,8}})(?!\d)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_HINT = re.compile(r"10\.\d{4}|arxiv|pmid|pubmed", re.IGNORECASE)
_ENDS = ".,;:!?'\u2019…*_~`|\\"
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}


@dataclass(frozen=True, slots=True)
class Found:
    """An id as its registry writes it, and the words of the answer around it."""

    kind: ReferenceKind
    id: str
    around: str


def references(text: str) -> list[Found]:
    """Each id once, in the order of its first place."""
    places = list(_places(text))
    found: dict[tuple[ReferenceKind, str], Found] = {}
    for at, (kind, key, start, end) in enumerate(places):
        if (kind, key) in found:
            continue
        after = places[at - 1][3] if at else 0
        before = places[at + 1][2] if at + 1 < len(places) else len(text)
        head = text[max(after, start - BEFORE) : start].rpartition("\n\n")[2]
        tail = text[end : min(before, end + AFTER)].partition("\n")[0]
        found[kind, key] = Found(kind, key, f"{head} {tail}")
        if len(found) == MOST:
            break
    return list(found.values())


def may_hold_references(text: str) -> bool:
    """A quick look, also at JSON, before `references` is asked: False is certain."""
    return _HINT.search(text) is not None


def _places(text: str) -> Iterator[tuple[ReferenceKind, str, int, int]]:
    for match in _FOUND.finditer(text):
        start, end = match.span()
        if arxiv := match["doi_arxiv"] or match["arxiv"]:
            yield "arxiv", re.sub(r"v\d+$", "", arxiv, flags=re.IGNORECASE).lower(), start, end
        elif match["pubmed"]:
            yield "pubmed", match["pubmed"].lstrip("0") or "0", start, end
        elif doi := _doi(match["doi"]):
            yield "doi", doi, start, start + len(doi)


def _doi(written: str) -> str:
    """Without what belongs to the sentence or the Markdown around it; lower case, as DOIs are compared."""
    doi = re.split(r"\]\(|\*\*|</|&gt;|&lt;|\\\\", written, maxsplit=1)[0]
    while doi and (_is_open(doi) or doi[-1] in _ENDS):
        doi = doi[:-1]
    doi = unquote(doi) if "%" in doi else doi
    name = doi.partition("/")[2]
    return doi.lower() if re.search(r"\w", name) and doi.isprintable() and " " not in doi else ""


def _is_open(doi: str) -> bool:
    """Whether it ends with a bracket that it did not begin."""
    return doi[-1] in _PAIRS and doi.count(doi[-1]) > doi.count(_PAIRS[doi[-1]])
