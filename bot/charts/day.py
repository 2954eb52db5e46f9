"""The chart of a lab's day: questions by hour, how many answers were judged, and each model's thumbs."""

from bot.charts.panels import chart, hours, shares, thumbs, told
from bot.recount import Figures


def day_chart(title: str, figures: Figures) -> str:
    """The SVG; models are left out that too few people judged."""
    judged = shares("Answers, and how many were judged", {"": figures.judged})
    return chart(title, [hours(figures.by_hour), judged, thumbs(figures.models)])


def day_words(figures: Figures) -> str:
    """What the chart shows, for whom can't see it: the findings."""
    if not figures.questions:
        return "No questions were asked."
    busiest = max(range(24), key=lambda hour: figures.by_hour[hour])
    most = f"{figures.by_hour[busiest]} of {figures.questions} questions"
    asked = f"The busiest hour began at {busiest}:00, with {most}."
    judged = f"{figures.judged.part} of {figures.judged.of} answers were judged."
    return " ".join([asked, judged, *told(figures.models)])
