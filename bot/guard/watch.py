"""Looks for markings in text that is still being written, each piece about once."""

from bot.guard.rules import Guard, Hit

OVERLAP = 2_000
"""Characters before the new ones that are looked at again: the longest rule spans some five hundred."""

_MORE = "¤"
"""Stands for what is not looked at here, so that part of a line is not taken for a whole one."""


class Watch:
    """One growing text under a guard."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._seen = 0
        self.hit: Hit | None = None

    def look(self, text: str) -> Hit | None:
        """Look at a longer version of the text; the hard hit that it holds, from then on always."""
        # Up to the last space: half a word may look like a marking, and be none.
        end = max(text.rfind(" "), text.rfind("\n")) + 1
        if self.hit is None and end > self._seen:
            start = max(0, self._seen - OVERLAP)
            line = text.rfind("\n", max(0, start - OVERLAP), start) + 1
            before = _MORE if start and not line else ""
            after = "" if text[end - 1] == "\n" else _MORE
            part = f"{before}{text[line or start : end]}{after}"
            hits = self._guard.scan(part, within=start > 0)
            self.hit = next((hit for hit in hits if hit.level == "hard"), None)
            self._seen = end
        return self.hit
