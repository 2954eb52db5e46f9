"""Who and what a trial begins with: the labs' channels, their scientists, a moderator and a lead."""

from collections.abc import Iterable

from bot.labs import Lab
from bot.trial.server import LocalSlack
from bot.trial.workspace import Workspace

MODERATOR = "Moderator"
LEAD = "Lab lead"
SCIENTISTS = 2
"""For each lab, so that two people can meet in one channel."""


def furnish(slack: LocalSlack, labs: Iterable[Lab], hq: str) -> None:
    """Add the people and channels that are not there yet; what is there stays as it is."""
    ws = slack.workspace
    staff = [_person(slack, MODERATOR), _person(slack, LEAD)]
    for lab in labs:
        names = [f"Scientist {n} ({short_name(lab.key)})" for n in range(1, SCIENTISTS + 1)]
        _channel(slack, lab.channel, [*(_person(slack, name, lab.zone) for name in names), *staff])
    _channel(slack, hq, staff)
    for person in list(ws.people.values()):
        if not person.is_bot:
            ws.direct(person.id)


def powers(ws: Workspace, labs: Iterable[Lab]) -> str:
    """The lines of a labjam.toml that give the moderator and the lead their say."""
    ids = {person.name: person.id for person in ws.people.values()}
    lines = [f'[jam]\nleads = ["{ids[LEAD]}"]\nlabs = [{", ".join(f"{lab.key!r}" for lab in labs)}]']
    return "\n".join([*lines, *(f'[labs.{lab.key}]\nmoderators = ["{ids[MODERATOR]}"]' for lab in labs), ""])


def short_name(key: str) -> str:
    """A lab as people call it: "Oak Ridge" for oak-ridge."""
    return key.replace("-", " ").title()


def first_person(ws: Workspace) -> str:
    """Whom a first visitor is: a scientist of the first lab."""
    people = [person for person in ws.people.values() if not person.is_bot]
    return next((person.id for person in people if person.name not in (MODERATOR, LEAD)), people[0].id)


def _person(slack: LocalSlack, name: str, zone: str = "America/Chicago") -> str:
    found = (person.id for person in slack.workspace.people.values() if person.name == name)
    address = name.lower().replace(" ", ".").replace("(", "").replace(")", "")
    return next(found, "") or slack.add_person(name, email=f"{address}@example.org", tz=zone)


def _channel(slack: LocalSlack, name: str, members: list[str]) -> None:
    if not slack.workspace.channel(name):
        slack.add_channel(name, members)
