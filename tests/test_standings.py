"""Rankings reach who may see them: in the lab's channel by `/jam standings`, and by `labjam standings`."""

import sys
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from bot.__main__ import main
from bot.forms import Choice, Comparison, Form, Problem, line_of
from bot.records import ThreadKey
from bot.store.journal import Journal
from bot.store.redis import Store
from bot.trial.server import LocalSlack
from tests.command import labjam
from tests.desk import Desk, furnish
from tests.jam import Jam, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Desk]:
    folder = tmp_path_factory.mktemp("standings")
    async with Jam(folder, slack=LocalSlack(ack_timeout=3.0)) as jam:  # as Slack's own
        desk = await furnish(jam, folder)
        await jam.start_bot()
        await _keep(jam, "argonne", "fusion", 90, people=9)
        await _keep(jam, "argonne", "space", 110, people=4)
        await _keep(jam, "idaho", "nuclear", 37, people=3)
        yield desk


async def _keep(jam: Jam, lab: str, domain: str, count: int, *, people: int) -> None:
    """Put blind choices into the journal; the model `strong` is mostly better."""
    store = await Store.connect(f"unix://{jam.settings().labjam_data.resolve()}/valkey.sock")
    for n in range(count):
        thread = ThreadKey("T1", domain, f"{n}.1")
        choice: Choice = "tie" if n % 10 == 0 else "b" if n % 5 == 1 else "a"
        forms: list[Form] = [
            Comparison(
                lab=lab, thread=thread, user=f"U{domain}{n % people}", at=1.0, question_ts=thread.ts,
                choice=choice, model_a="strong", model_b="weak", reason="a comparison that is a problem",
            ),
            Problem(lab=lab, thread=thread, user="U9", at=2.0, domain=domain),
        ]  # fmt: skip
        for form in forms:
            await Journal(store).append(lab, str(thread), line_of(form))
    await store.close()


async def _told(desk: Desk, who: str, text: str, says: str, channel: str = "") -> str:
    """What `/jam standings …` answers, which takes longer than Slack waits."""
    answer = await desk.say(who, text, channel)
    await until(lambda: says in answer.text, 30)
    assert {message.ephemeral_to for message in answer.messages} == {who}
    return answer.text


async def test_a_moderator_sees_the_order_with_its_intervals(desk: Desk) -> None:
    loaded = "evalica" in sys.modules
    said = await _told(desk, desk.moderator, "standings", "points")
    assert "*All fields*: 200 blind choices of 13 people, 20 ties" in said
    first, second = [line.split() for line in said.splitlines() if line[:5].strip().isdigit()]
    assert (first[:2], second[:2]) == (["1", "strong"], ["2", "weak"])
    points, low, high = (float(first[n]) for n in (2, 3, 5))
    assert low < points < high
    assert "fewer than 5 people chose are not broken down" in said
    assert ("evalica" in sys.modules) == loaded, "the library is loaded where nobody waits"


async def test_few_choices_or_few_people_are_no_ranking(desk: Desk) -> None:
    fusion = await _told(desk, desk.moderator, "standings Fusion and plasma", "blind")
    assert "90 blind choices of 9 people, 9 ties. No ranking yet: it lacks 10 more choices." in fusion
    space = await _told(desk, desk.moderator, "standings space", "blind")
    assert "it lacks choices of 1 more person." in space
    assert "strong" not in space
    everywhere = await _told(desk, desk.lead, "standings --lab all", "INL", desk.hq)
    assert "37 blind choices of 3 people, 4 ties. No ranking yet: it lacks 63 more choices and choices" in (
        everywhere
    )
    assert "Nobody has chosen blind" in everywhere
    unknown = await desk.say(desk.moderator, "standings alchemy")
    assert "There is no such field. The fields are: materials," in unknown.text


async def test_others_may_not(desk: Desk) -> None:
    for person in (desk.scientist, desk.other):
        assert "Only the moderators of ANL" in (await desk.say(person, "standings")).text


async def test_the_command_shows_each_lab_the_same_with_the_same_seed(desk: Desk) -> None:
    folder, environ = desk.jam.folder, desk.jam.environ
    whole = await labjam(environ, "standings", cwd=folder)
    assert (whole.error, whole.code) == ("", 0)
    assert "argonne, all fields: 200 blind choices of 13 people, 20 ties\nplace  model " in whole.out
    assert "argonne, Fusion and plasma: 90 blind choices" in whole.out
    assert "space" not in whole.out.casefold()
    assert "idaho, all fields: 37 blind choices" in whole.out
    seeded = await labjam(environ, "standings", "--lab", "argonne", "--seed", "1", cwd=folder)
    assert seeded.out.splitlines()[0] == whole.out.splitlines()[0]
    assert seeded.out.splitlines()[2] != whole.out.splitlines()[2], "other intervals"


async def test_a_wrong_field_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["standings", "--field", "alchemy"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("labjam: --field: alchemy is no field; there are: materials,")
    assert said.out == ""
