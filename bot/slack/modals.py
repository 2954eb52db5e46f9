"""Modals: their inputs within Slack's limits, what a person put into them, and opening them in time."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.slack.blocks import Block, plain

VIEW_BYTES = 240_000
"""Of a view as JSON; Slack takes 250 KB: https://docs.slack.dev/reference/methods/views.open"""
TICKS = 10
"""Options of a checkbox group: https://docs.slack.dev/reference/block-kit/block-elements/checkboxes-element"""
LINE = 300
"""Characters of an answer that is one line."""

_ACTION = "given"  # the action id of each input; its block id says which one it is


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gave in a modal, by the inputs' names; what was not asked gives nothing."""

    values: Mapping[str, Any]
    kept: frozenset[str] = frozenset()  # inputs that were left empty for want of room

    def has(self, name: str) -> bool:
        """Whether the modal had this input."""
        return name in self.values

    def text(self, name: str, standing: str = "") -> str:
        """The words; what stands where there was no room to show it, and nothing new was given."""
        value = str(self._of(name).get("value") or "").strip()
        return standing if not value and (name in self.kept or not self.has(name)) else value

    def choice(self, name: str) -> str:
        """The value of the chosen option; empty where none was."""
        option: Mapping[str, Any] = self._of(name).get("selected_option") or {}
        return str(option.get("value") or "")

    def choices(self, name: str) -> tuple[str, ...]:
        """The values of all chosen options."""
        return tuple(str(option["value"]) for option in self._of(name).get("selected_options") or ())

    def words(self) -> dict[str, str]:
        """All that was typed, by the inputs' names."""
        typed = {name: str(self._of(name).get("value") or "") for name in self.values}
        return {name: text for name, text in typed.items() if text}

    def _of(self, name: str) -> Mapping[str, Any]:
        return self.values.get(name) or {}


def text(name: str, label: str, value: str = "", *, lines: bool = True, hint: str = "", most: int) -> Block:
    """An input for words."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": _ACTION,
        "multiline": lines,
        "max_length": most,
    }
    return _input(name, label, element | ({"initial_value": value[:most]} if value else {}), hint)


def choice(name: str, label: str, options: Mapping[str, str], value: str = "", *, hint: str = "") -> Block:
    """A list of which one may be chosen."""
    element: Block = {"type": "static_select", "action_id": _ACTION, "options": _options(options)}
    chosen = _options({value: options[value]}) if value in options else []
    return _input(name, label, element | ({"initial_option": chosen[0]} if chosen else {}), hint)


def choices(name: str, label: str, options: Mapping[str, str], values: Collection[str] = ()) -> Block:
    """A list of which any number may be chosen."""
    return _many("multi_static_select", name, label, options, values)


def ticks(name: str, label: str, options: Mapping[str, str], values: Collection[str] = ()) -> Block:
    """At most TICKS boxes to tick."""
    return _many("checkboxes", name, label, options, values)


def number(
    name: str, label: str, value: int | None = None, *, least: int, most: int, hint: str = ""
) -> Block:
    """An input for a whole number."""
    element: Block = {
        "type": "number_input", "action_id": _ACTION, "is_decimal_allowed": False,
        "min_value": str(least), "max_value": str(most),
    }  # fmt: skip
    return _input(name, label, element | ({"initial_value": str(value)} if value is not None else {}), hint)


def heading(words: str) -> Block:
    """A line that begins a part of a form."""
    return {"type": "header", "text": plain(words)}


def modal(callback: str, title: str, blocks: list[Block], about: str) -> Block:
    """A modal that fits: words for which there is no room are not shown, and stay as they are."""
    kept: list[str] = []
    view = _view(callback, title, blocks, f"{about}|{','.join(kept)}")
    while len(json.dumps(view)) > VIEW_BYTES:
        longest = max(
            blocks, key=lambda block: len(json.dumps(block.get("element", {}).get("initial_value")))
        )
        del longest["element"]["initial_value"]
        longest["hint"] = plain("What you wrote here is kept; there was no room to show it.")
        kept.append(longest["block_id"])
        view = _view(callback, title, blocks, f"{about}|{','.join(kept)}")
    return view


def message(title: str, words: str) -> Block:
    """A modal that only says something."""
    blocks = [{"type": "section", "text": plain(words)}]
    return {"type": "modal", "title": plain(title), "close": plain("Close"), "blocks": blocks}


def read(view: Mapping[str, Any]) -> tuple[str, Given]:
    """What a submitted modal is about, and what was given in it."""
    about, _, kept = str(view.get("private_metadata") or "").partition("|")
    values: Mapping[str, Any] = view["state"]["values"]
    given: dict[str, Any] = {name: block.get(_ACTION) for name, block in values.items()}
    return about, Given(given, frozenset(kept.split(",")) - {""})


def _view(callback: str, title: str, blocks: list[Block], metadata: str) -> Block:
    return {
        "type": "modal", "callback_id": callback, "title": plain(title), "submit": plain("Save"),
        "close": plain("Cancel"), "private_metadata": metadata, "blocks": blocks,
    }  # fmt: skip


def _input(name: str, label: str, element: Block, hint: str = "") -> Block:
    block: Block = {
        "type": "input", "block_id": name, "optional": True, "label": plain(label), "element": element,
    }  # fmt: skip
    return block | ({"hint": plain(hint)} if hint else {})


def _many(kind: str, name: str, label: str, options: Mapping[str, str], values: Collection[str]) -> Block:
    element: Block = {"type": kind, "action_id": _ACTION, "options": _options(options)}
    chosen = _options({value: words for value, words in options.items() if value in values})
    return _input(name, label, element | ({"initial_options": chosen} if chosen else {}))


def _options(options: Mapping[str, str]) -> list[Block]:
    return [{"text": plain(words), "value": value} for value, words in options.items()]
