"""P8: an act is in the audit trail before it is begun, and so is how it ended, whatever came between."""

from collections.abc import Generator, Sequence
from typing import Any

import pytest

from bot.audit import Actor, Audit, Ended, read_entry
from bot.errors import Declined, StoreAway
from bot.labs import read_labs
from bot.labs.live import LiveLabs
from bot.moderation.command import Commands
from bot.moderation.overview import Overview
from bot.moderation.table import Act, Reply, Subcommand
from bot.roles import Role, Roster
from bot.settings import Settings
from bot.slack.commands import Said
from bot.slack.directory import Directory
from bot.slack.people import People
from bot.store.jobs import Jobs
from bot.store.ledger import Ledger
from bot.store.states import States
from tests.stores import Engine, started

NOW = 1_732_320_000.0
SAID = Said("T1", "U1", "C1", "act")
SLACK: Any = None
"""Nothing here asks Slack."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with started("standalone", tmp_path_factory.mktemp("orders")) as at:
        yield at


async def trail(engine: Engine) -> list[tuple[str, str]]:
    entries = [read_entry(line) async for line in Ledger(engine.store).lines()]
    return [(entry.ended, entry.after) for entry in entries]


class Acting:
    """A subcommand's act, which looks at the trail and then does as it is told."""

    def __init__(self, engine: Engine, error: Exception | None = None) -> None:
        self._engine = engine
        self._error = error
        self.began_with: Sequence[tuple[str, str]] = ()

    async def __call__(self, act: Act) -> Reply:
        self.began_with = await trail(self._engine)
        if self._error:
            raise self._error
        return Reply("There.", after="so")

    async def told(self, *, records: bool = False) -> str:
        """What the person reads."""
        settings = Settings(openai_base_url="http://m/v1", labjam_model="m")
        labs = read_labs(settings, {})
        one = Subcommand("act", "", "acts", "anyone", self, changes=True, records=records, of_a_lab=False)
        commands = Commands(
            [one], labs, Roster(LiveLabs(labs, settings, {}), People(SLACK)),
            Audit(Ledger(self._engine.store), lambda: NOW), Directory(SLACK), clock=lambda: NOW,
        )  # fmt: skip
        return (await commands.answer(SAID)).text


async def test_an_act_is_ordered_then_done(engine: Engine) -> None:
    acting = Acting(engine)
    assert await acting.told() == "There."
    assert acting.began_with == [("ordered", "")]
    assert await trail(engine) == [("ordered", ""), ("done", "so")]


@pytest.mark.parametrize(
    ("error", "ended"),
    [(Declined("No."), "declined"), (OSError("disk"), "failed"), (ValueError("a mistake"), "failed")],
)
async def test_how_an_act_ended_is_kept(engine: Engine, error: Exception, ended: str) -> None:
    await Acting(engine, error).told()
    assert [ended for ended, _ in await trail(engine)] == ["ordered", ended]


async def test_what_records_itself_is_not_recorded_twice(engine: Engine) -> None:
    await Acting(engine).told(records=True)
    await Acting(engine, Declined("No.")).told(records=True)
    assert await trail(engine) == []
    await Acting(engine, ValueError("a mistake")).told(records=True)
    assert await trail(engine) == [("failed", "")]


async def test_a_store_that_goes_away_during_an_act_is_no_sign_that_nothing_was_done(engine: Engine) -> None:
    told = await Acting(engine, StoreAway("gone")).told()
    assert "can't say whether that was done" in told
    assert await trail(engine) == [("ordered", "")]


async def test_only_orders_that_were_cut_off_are_shown(engine: Engine) -> None:
    settings = Settings(openai_base_url="http://m/v1", labjam_model="m")
    labs, audit = read_labs(settings, {}), Audit(Ledger(engine.store), lambda: NOW)
    acts: list[tuple[str, Ended]] = [
        ("purge", "ordered"), ("purge", "done"), ("purge", "ordered"), ("hold", "ordered"),
        ("hold", "declined"),
    ]  # fmt: skip
    for act, ended in acts:
        await audit.append(Actor("T1", "U1"), act, "argonne", ended=ended)
    overview = Overview(labs, audit, States(engine.store), Jobs(engine.store, ["argonne"], "test"), "")
    act = Act("1", Actor("T1", "U1"), Role(), "audit", "argonne", "", NOW, "C1")
    shown = (await overview.show_audit(act)).text.splitlines()
    told = [line.partition(" `")[2] for line in shown]
    assert told == ["hold` (declined)", "purge` (ordered)", "purge`"]
