"""Charts for Slack: drawn as SVG, painted to PNG, told in words besides."""

from bot.charts.day import day_chart, day_words
from bot.charts.jam import labs_chart, labs_words
from bot.charts.paint import png

__all__ = ["day_chart", "day_words", "labs_chart", "labs_words", "png"]
