"""Follows purges into the archive: what a receipt in the journal says is gone, is taken out of the files."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bot.archive.book import Book
from bot.scopes import Concern, Reach, pseudonym, scope_of
from bot.store.journal import Line


def last_receipt(line: Line) -> dict[str, Any] | None:
    """The record that ends a purge which is to reach the archive; None where this is another one."""
    if '"purge"' not in line.record:  # a cheap look first: there are few
        return None
    record: dict[str, Any] = json.loads(line.record)
    ends = record.get("kind") == "purge" and "digest" in record and record.get("archive")
    return record if ends else None


def take_out(book: Book, receipt: Mapping[str, Any], key: bytes) -> int:
    """Redact what a purge took, and no more: not what was recorded since, nor what a hold kept.

    What names the person as a moderator goes, too: it follows again under a pseudonym.
    """
    name = partial(pseudonym, key=key)
    scope = scope_of(receipt["scope"])
    ended = float(receipt["at"])
    reach = Reach(
        Concern(replace(scope, before=min(scope.before or ended, ended)), name),
        [Concern(scope_of(held), name) for held in receipt["spared"]],
    )
    for link in book.read():
        reach.learn(json.loads(link.record))

    def goes(record: Mapping[str, Any]) -> bool:
        return reach.takes(record) or reach.renames(record)

    return book.redact(goes, str(receipt["purge"]), ended)
