"""The skills and fields of a session or a day in a line: what people tried the models on."""

from bot.forms import DOMAINS, Skills
from bot.recount.figures import Figures


def themes(now: Figures) -> str:
    """What was assessed and described, by skill and field, as people read it; no group that is small."""
    titles = {name: str(field.title).lower() for name, field in Skills.model_fields.items()} | {
        "other": "other tasks"
    }
    skills = [f"{titles.get(name, name)} {count}" for name, count in now.skills.items()]
    domains = [f"{DOMAINS[name].lower()} {count}" for name, count in now.domains.items() if name in DOMAINS]
    said = [f"Skills assessed: {', '.join(skills)}."] if skills else []
    return " ".join([*said, f"Fields: {', '.join(domains)}."] if domains else said)
