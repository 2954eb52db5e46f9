"""The parts of a chart, one under the other: hours, shares, models' thumbs with their intervals."""

from collections.abc import Callable, Mapping, Sequence

from bot.charts.paint import BLUE, PALE, QUIET, RULE, WIDTH, bar, dot, line, picture, text
from bot.recount import SMALL, ModelFigures, Share

LEFT, RIGHT = 20.0, WIDTH - 20.0
MOST_MODELS = 5

_WIDE = RIGHT - LEFT
_BARS = 90.0  # units that the highest bar is high
_GAP = 22.0
_LETTERS = 36  # of a model's name
_LABEL = 13.0  # units of text at an axis

Panel = Callable[[float], tuple[list[str], float]]
"""Draws from a line downwards; gives the parts, and the line where it ends."""


def chart(title: str, panels: Sequence[Panel]) -> str:
    """The SVG of panels under their title."""
    parts, y = [text(LEFT, 32, title, size=17, bold=True)], 36.0
    for panel in panels:
        drawn, y = panel(y + _GAP)
        parts += drawn
    return picture(parts, y + 16)


def hours(by_hour: Sequence[int]) -> Panel:
    """Questions in each hour of a day."""

    def draw(top: float) -> tuple[list[str], float]:
        most, foot, step = max(1, *by_hour), top + 24 + _BARS, _WIDE / 24
        parts = [_heading(top, "Questions in each hour")]
        for hour, count in enumerate(by_hour):
            height, x = _BARS * count / most, LEFT + hour * step
            parts.append(bar(x + 1.5, foot - height, step - 3, height))
            if count == most and hour == by_hour.index(most):
                parts.append(text(x + step / 2, foot - height - 5, str(count), size=_LABEL, anchor="middle"))
        parts.append(line(LEFT, foot, RIGHT, foot, stroke=QUIET))
        for hour, anchor in ((0, "start"), (6, "middle"), (12, "middle"), (18, "middle"), (24, "end")):
            x = LEFT + hour * step
            parts.append(line(x, foot, x, foot + 4, stroke=QUIET))
            parts.append(text(x, foot + 18, f"{hour}:00", size=_LABEL, anchor=anchor, fill=QUIET))
        return parts, foot + 20

    return draw


def shares(heading: str, rows: Mapping[str, Share], *, named: float = 0.0) -> Panel:
    """A bar for each share, as long as what it is of; `named` units are kept for the rows' names."""

    def draw(top: float) -> tuple[list[str], float]:
        most = max([1, *(share.of for share in rows.values())])
        room = _WIDE - named - 84
        parts, y = [_heading(top, heading)], top + 14
        for name, share in rows.items():
            parts += [
                text(LEFT, y + 13, name),
                bar(LEFT + named, y + 2, room * share.of / most, 13, PALE),
                bar(LEFT + named, y + 2, room * share.part / most, 13),
                text(RIGHT, y + 13, f"{share.part:,} of {share.of:,}", anchor="end"),
            ]
            y += 23
        return parts, y - 6

    return draw


def thumbs(models: Sequence[ModelFigures]) -> Panel:
    """Each model's thumbs up, with the interval in which the true share lies."""

    def draw(top: float) -> tuple[list[str], float]:
        shown = [model for model in models if model.liked.of][:MOST_MODELS]
        if not shown:
            few = f"Models are shown here once {SMALL} people have judged them."
            return [text(LEFT, top + 4, few, size=_LABEL, fill=QUIET)], top + 6
        foot = top + 14 + 42 * len(shown)
        parts = [_heading(top, "Thumbs up of all thumbs, with 95 % interval")]
        for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
            x = LEFT + _WIDE * share
            parts.append(line(x, foot - 42 * len(shown) + 22, x, foot, stroke=RULE))
            parts.append(text(x, foot + 16, f"{share:.0%}", size=_LABEL, anchor=anchor, fill=QUIET))
        for row, model in enumerate(shown):
            parts += _model(model, top + 28 + 42 * row)
        return parts, foot + 18

    return draw


def told(models: Sequence[ModelFigures]) -> list[str]:
    """What `thumbs` shows, in words: who is liked most where that is sure, then each model's figures."""
    shown = [model for model in models if model.liked.of][:MOST_MODELS]
    each = [
        f"{model.name}: {model.liked.part} of {model.liked.of} thumbs up (95 % interval "
        f"{model.liked.bounds[0]:.0%} to {model.liked.bounds[1]:.0%})."
        for model in shown
    ]
    if len(shown) < 2:
        return each
    best = max(shown, key=lambda model: model.liked.bounds[0])
    rest = max(model.liked.bounds[1] for model in shown if model is not best)
    sure = best.liked.bounds[0] > rest
    finding = f"{best.name} is liked most." if sure else "The thumbs do not tell the models apart yet."
    return [finding, *each]


def _model(model: ModelFigures, y: float) -> list[str]:
    name = model.name if len(model.name) <= _LETTERS else f"{model.name[: _LETTERS - 1]}…"
    low, high = model.liked.bounds
    return [
        text(LEFT, y, name, bold=True),
        text(RIGHT, y, f"{model.liked.part:,} of {model.liked.of:,}", anchor="end"),
        line(LEFT, y + 14, RIGHT, y + 14),
        line(LEFT + _WIDE * low, y + 14, LEFT + _WIDE * high, y + 14, stroke=BLUE, width=4),
        dot(LEFT + _WIDE * model.liked.part / model.liked.of, y + 14, 6),
    ]


def _heading(top: float, words: str) -> str:
    return text(LEFT, top + 4, words, fill=QUIET)
