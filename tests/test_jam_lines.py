"""What is typed behind `/jam`, taken apart: names, labs, people, times, and guesses at typos."""

from zoneinfo import ZoneInfo

import pytest

from bot.errors import Declined
from bot.moderation.parsing import likely, parse, person_named
from bot.moderation.table import Act, Reply, Subcommand
from bot.moderation.times import read_time, split_until

CHICAGO = ZoneInfo("America/Chicago")
NOON = 1_732_298_400.0  # Friday 22 November 2024, 12:00 in Chicago


async def nothing(_: Act) -> Reply:
    return Reply()


TABLE = [
    Subcommand(name, "", "", "moderator", nothing, also)
    for name, also in (("model show", ("model",)), ("model set", ()), ("open", ()), ("announce", ()))
]


@pytest.mark.parametrize(
    ("text", "name", "lab", "rest"),
    [
        ("model", "model show", "", ""),
        ("MODEL Set gpt", "model set", "", "gpt"),
        ("model  set   a b", "model set", "", "a b"),
        ("--lab all open", "open", "all", ""),
        ("open --lab=idaho Fusion day", "open", "idaho", "Fusion day"),
        ("open Fusion day \u2014lab idaho", "open", "idaho", "Fusion day"),
        ("announce a\n\nb  c", "announce", "", "a\n\nb  c"),
        ("announce the --label stays", "announce", "", "the --label stays"),
    ],
)
def test_a_line_is_taken_apart(text: str, name: str, lab: str, rest: str) -> None:
    typed = parse(text, TABLE)
    assert typed.subcommand
    assert (typed.subcommand.name, typed.lab, typed.rest.strip()) == (name, lab, rest)


@pytest.mark.parametrize("text", ["", "   ", "opne", "set", "/jam"])
def test_what_is_no_subcommand_is_none(text: str) -> None:
    assert parse(text, TABLE).subcommand is None


def test_likely_names_come_first() -> None:
    assert likely("modle", ["model show", "model set", "mute"])[:2] == ["model show", "model set"]
    assert likely("xyzzy", ["model show", "open"]) == []


def test_people_are_named_by_mention_or_id() -> None:
    assert person_named("<@U012ABCDEF|ana>") == "U012ABCDEF"
    assert person_named("U012ABCDEF") == "U012ABCDEF"
    assert person_named("ana") is None
    assert person_named("<@U012ABCDEF> <@U012ABCDEG>") is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("17:00", NOON + 5 * 3600),
        ("11:30", NOON + 23.5 * 3600),
        ("tomorrow 12:00", NOON + 24 * 3600),
        ("2024-11-23 12:00", NOON + 24 * 3600),
        ("2024-11-22", NOON + 11 * 3600 + 59 * 60),
    ],
)
def test_a_time_is_the_labs(text: str, seconds: float) -> None:
    assert read_time(text, CHICAGO, NOON) == seconds


@pytest.mark.parametrize("text", ["soon", "25:00", "2024-13-01 12:00", "2024-11-22 11:59"])
def test_what_is_no_time_to_come_is_declined(text: str) -> None:
    with pytest.raises(Declined):
        read_time(text, CHICAGO, NOON)


def test_a_title_stands_before_its_end() -> None:
    assert split_until("Fusion day until 17:00") == ("Fusion day", "17:00")
    assert split_until("until tomorrow 9:00") == ("", "tomorrow 9:00")
    assert split_until("Until we sleep") == ("", "we sleep")
    assert split_until("A day") == ("A day", None)
