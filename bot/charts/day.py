"""The chart of a day: questions by hour, how many answers were judged, and each model's thumbs."""

from collections.abc import Sequence

from bot.charts.paint import BLUE, HEIGHT, ORANGE, QUIET, RULE, WIDTH, bar, dot, line, picture, text
from bot.recount import Figures, ModelFigures

_LEFT, _TOP, _FOOT = 24.0, 74.0, HEIGHT - 40.0
_HOURS_WIDE = 320.0
_MODELS_LEFT, _MODELS_RIGHT = 400.0, WIDTH - 24.0
_MOST_MODELS = 5
_LETTERS = 44


def day_chart(title: str, figures: Figures) -> str:
    """The SVG; models are left out where too few people judged."""
    parts = [text(_LEFT, 30, title, size=17, bold=True), *_hours(figures.by_hour)]
    parts += _models(figures.models) if figures.models else _judged(figures)
    return picture(parts)


def day_words(figures: Figures) -> str:
    """What the chart shows, for whom can't see it: the finding first."""
    if not figures.questions:
        return "No questions were asked."
    busiest = max(range(24), key=lambda hour: figures.by_hour[hour])
    judged = figures.judged
    most = f"most of them ({figures.by_hour[busiest]}) between {busiest}:00 and {busiest + 1}:00"
    said = [f"{figures.questions} questions, {most}; {judged.part} of {judged.of} answers judged."]
    for model in figures.models[:_MOST_MODELS]:
        low, high = model.liked.bounds
        said.append(
            f"{model.name}: {model.liked.part} of {model.liked.of} thumbs up (95 % interval "
            f"{low:.0%} to {high:.0%})."
        )
    return " ".join(said)


def _hours(by_hour: Sequence[int]) -> list[str]:
    most = max(1, *by_hour)
    step = _HOURS_WIDE / 24
    parts = [text(_LEFT, 56, "Questions in each hour", fill=QUIET)]
    for hour, count in enumerate(by_hour):
        height = (_FOOT - _TOP - 14) * count / most
        x = _LEFT + hour * step
        parts.append(bar(x + 1.5, _FOOT - height, step - 3, height))
        if count == most and count in by_hour[: hour + 1] and by_hour.index(count) == hour:
            parts.append(text(x + step / 2, _FOOT - height - 5, str(count), size=12, anchor="middle"))
    parts.append(line(_LEFT, _FOOT, _LEFT + _HOURS_WIDE, _FOOT, stroke=QUIET))
    for hour in (0, 6, 12, 18, 24):
        x = _LEFT + hour * step
        parts.append(line(x, _FOOT, x, _FOOT + 4, stroke=QUIET))
        parts.append(
            text(x, _FOOT + 19, f"{hour}:00", size=12, anchor="middle" if hour else "start", fill=QUIET)
        )
    return parts


def _models(models: Sequence[ModelFigures]) -> list[str]:
    shown = models[:_MOST_MODELS]
    wide = _MODELS_RIGHT - _MODELS_LEFT
    parts = [text(_MODELS_LEFT, 56, "Thumbs up of all thumbs, with 95 % interval", fill=QUIET)]
    for share in (0.0, 0.5, 1.0):
        x = _MODELS_LEFT + wide * share
        parts.append(line(x, _TOP, x, _FOOT, stroke=RULE))
        anchor = {0.0: "start", 0.5: "middle", 1.0: "end"}[share]
        parts.append(text(x, _FOOT + 19, f"{share:.0%}", size=12, anchor=anchor, fill=QUIET))
    row = (_FOOT - _TOP) / max(3, len(shown))
    for at, model in enumerate(shown):
        y = _TOP + row * at + 14
        name = model.name if len(model.name) <= _LETTERS else f"{model.name[: _LETTERS - 1]}…"
        parts.append(text(_MODELS_LEFT + 8, y, name, bold=True))
        parts.append(
            text(_MODELS_RIGHT - 8, y, f"{model.liked.part} of {model.liked.of}", anchor="end", fill=QUIET)
        )
        if model.liked.of:
            low, high = model.liked.bounds
            parts.append(
                line(
                    _MODELS_LEFT + wide * low,
                    y + 13,
                    _MODELS_LEFT + wide * high,
                    y + 13,
                    stroke=BLUE,
                    width=3,
                )
            )
            parts.append(dot(_MODELS_LEFT + wide * model.liked.part / model.liked.of, y + 13, 5.5))
    return parts


def _judged(figures: Figures) -> list[str]:
    wide = _MODELS_RIGHT - _MODELS_LEFT
    judged = figures.judged
    y = (_TOP + _FOOT) / 2
    parts = [
        text(_MODELS_LEFT, 56, "Answers judged, of all answers", fill=QUIET),
        text(_MODELS_LEFT, y - 12, f"{judged.part} of {judged.of}", size=26, bold=True),
        bar(_MODELS_LEFT, y, wide, 12, RULE),
        bar(_MODELS_LEFT, y, wide * judged.part / judged.of if judged.of else 0, 12, ORANGE),
    ]
    return [
        *parts,
        text(_MODELS_LEFT, y + 32, "Models are compared once five people have judged.", size=12, fill=QUIET),
    ]
