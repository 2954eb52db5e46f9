"""The labs of a jam: reads and checks `prompts/<lab>/lab.toml`, the prompts beside it, and `labjam.toml`."""

from bot.labs.lab import HQ_CHANNEL, Lab, Labs
from bot.labs.reading import read_labs

__all__ = ["HQ_CHANNEL", "Lab", "Labs", "read_labs"]
