"""Charts for Slack: drawn as SVG, painted to PNG, told in words besides."""

from bot.charts.day import day_chart, day_words
from bot.charts.paint import HEIGHT, WIDTH, png

__all__ = ["HEIGHT", "WIDTH", "day_chart", "day_words", "png"]
