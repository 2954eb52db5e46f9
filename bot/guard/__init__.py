"""The guard: finds markings (SECRET//RD, CUI, OUO…) in text, before anything is stored or sent on."""

from bot.guard.normal import name_as_text, normal
from bot.guard.rules import NO_RULES, Guard, Hit, Level, Rule
from bot.guard.watch import Watch

__all__ = ["NO_RULES", "Guard", "Hit", "Level", "Rule", "Watch", "name_as_text", "normal"]
