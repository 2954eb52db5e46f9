"""The chart of all labs' day: each lab's answers with how many were judged, and each model's thumbs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from bot.charts.panels import chart, shares, thumbs, told
from bot.recount import Figures, ModelFigures, share_of


def labs_chart(title: str, labs: Mapping[str, Figures]) -> str:
    """The SVG, of figures by the labs' short names."""
    rows = {short: figures.judged for short, figures in labs.items()}
    judged = shares("Answers, and how many were judged", rows, named=64)
    return chart(title, [judged, thumbs(_models(labs.values()))])


def labs_words(labs: Mapping[str, Figures]) -> str:
    """What the chart shows, for whom can't see it: the findings."""
    judged = {short: figures.judged for short, figures in labs.items() if figures.judged.of}
    whole = share_of(judged.values())
    said = [f"{whole.part} of {whole.of} answers were judged at {len(labs)} labs."]
    if len(judged) > 1:
        order = sorted(judged, key=lambda short: judged[short].part / judged[short].of)
        most, least = (
            f"{short}, {judged[short].part} of {judged[short].of}" for short in (order[-1], order[0])
        )
        said.append(f"The largest share at {most}; the smallest at {least}.")
    return " ".join([*said, *told(_models(labs.values()))])


def _models(labs: Iterable[Figures]) -> list[ModelFigures]:
    """The models over all labs; of each lab only what enough of its people judged."""
    found: dict[str, list[ModelFigures]] = defaultdict(list)
    for figures in labs:
        for model in figures.models:
            found[model.name].append(model)
    summed = [
        ModelFigures(name, sum(one.answers for one in of), share_of(one.liked for one in of))
        for name, of in found.items()
    ]
    return sorted(summed, key=lambda model: -model.answers)
