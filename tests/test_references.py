"""References in answers: recognised whatever stands around them, looked up with care, marked honestly."""

import time
from collections.abc import AsyncGenerator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.records import ReferenceKind
from bot.references import lookups
from bot.references.find import MOST, may_hold_references, references
from bot.references.lookups import NoAnswer, Registries, open_lookups
from bot.references.titles import is_named
from tests.registries import LocalRegistries, local_registries

WING = "10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim968>3.0.co;2-2"


@pytest.mark.parametrize(("text", "kind", "found"), [
    ("See 10.1038/nphys1170.", "doi", "10.1038/nphys1170"),
    ("doi:10.1038/NPHYS1170, and more", "doi", "10.1038/nphys1170"),
    ("(https://doi.org/10.1038/nphys1170)", "doi", "10.1038/nphys1170"),
    ("[Title](https://doi.org/10.1038/nphys1170)", "doi", "10.1038/nphys1170"),
    ("[10.1038/nphys1170](https://doi.org/10.1038/nphys1170)", "doi", "10.1038/nphys1170"),
    ("**10.1038/nphys1170**: bold", "doi", "10.1038/nphys1170"),
    ("`10.1038/nphys1170`", "doi", "10.1038/nphys1170"),
    ("<https://doi.org/10.1038/nphys1170>", "doi", "10.1038/nphys1170"),
    ("“10.1038/nphys1170”", "doi", "10.1038/nphys1170"),
    ("10.1016/S0370-2693(98)01234-5)", "doi", "10.1016/s0370-2693(98)01234-5"),
    ("(10.1016/S0370-2693(98)01234-5).", "doi", "10.1016/s0370-2693(98)01234-5"),
    (f"doi: {WING}", "doi", WING),
    ("10.1103/PhysRevLett.116.061102;", "doi", "10.1103/physrevlett.116.061102"),
    ("10.1000/a%2Fb", "doi", "10.1000/a/b"),
    ("10.1000.10/123456", "doi", "10.1000.10/123456"),
    ("| 10.1038/nphys1170|", "doi", "10.1038/nphys1170"),
    ("10.48550/arXiv.2401.01234v2", "arxiv", "2401.01234"),
    ("arXiv:2401.01234v3 [hep-th]", "arxiv", "2401.01234"),
    ("https://arxiv.org/abs/2401.01234.", "arxiv", "2401.01234"),
    ("https://arxiv.org/pdf/2401.01234v1.pdf", "arxiv", "2401.01234"),
    ("arXiv: hep-th/9901001", "arxiv", "hep-th/9901001"),
    ("(arXiv:math.GT/0309136)", "arxiv", "math.gt/0309136"),
    ("PMID: 012345678.", "pubmed", "12345678"),
    ("https://pubmed.ncbi.nlm.nih.gov/12345678/", "pubmed", "12345678"),
])  # fmt: skip
def test_an_id_is_found_whatever_stands_around_it(text: str, kind: str, found: str) -> None:
    assert may_hold_references(text)
    assert [(each.kind, each.id) for each in references(text)] == [(kind, found)]


@pytest.mark.parametrize("text", [
    "version 10.1234 is out", "ratio 10.5/3", "110.1038/x", "10.1038/", "10.1038/...", "2401.01234 alone",
    "arXiv:2413.01234", "pmidx 123", "IP 10.1234.5.6/24abc"[:14], "arXiv:24.1",
])  # fmt: skip
def test_numbers_are_no_references(text: str) -> None:
    assert references(text) == []


def test_each_is_found_once_with_the_words_that_are_its_own() -> None:
    text = "1. A first paper, 10.1000/a\n2. A second paper, 10.1000/b\n\nNot this. See 10.1000/a again."
    first, second = references(text)
    assert "first" in first.around
    assert "second" not in first.around
    assert ("first" in second.around, "second" in second.around) == (False, True)
    assert len(references(" ".join(f"10.1000/{n}" for n in range(200)))) == MOST


@given(st.text(max_size=200) | st.text(alphabet="10./()[]<>ab ,-", max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_read(text: str) -> None:
    for each in references(text):
        assert each.id.isprintable()
        assert " " not in each.id


@pytest.mark.parametrize(
    "part", ["10.1000/", "10.1000/a(", "arXiv:", "1", "10.1000/a)", "pmid ", "<", "10.1000/a%"]
)
def test_reading_is_linear(part: str) -> None:
    def seconds(characters: int) -> float:
        start = time.process_time()
        references(part * (characters // len(part)))
        return time.process_time() - start

    assert seconds(200_000) < 8 * seconds(50_000) + 0.2


@pytest.mark.parametrize(("title", "around", "named"), [
    ("Observation of Gravitational Waves", "Abbott et al., Observation of gravitational waves, PRL", True),
    ("Schrödinger\u2019s <i>Cat</i> States in $H_2$", "“Schrodinger's cat states in H2”", True),
    ("A Survey of Rice Genomes", 'Smith, "Quantum error correction with surface codes" (2020)', False),
    ("A Survey of Rice Genomes", "*Quantum error correction with surface codes*", False),
    ("A Survey of Rice Genomes", "as was shown before, see", None),
    ("", "anything", None),
])  # fmt: skip
def test_titles_are_compared_by_their_words(title: str, around: str, named: bool | None) -> None:
    assert is_named(title, around) is named


@pytest.fixture
async def local() -> AsyncGenerator[LocalRegistries]:
    async with local_registries() as registries:
        yield registries


async def always(name: str, seconds: float) -> bool:
    return True


@pytest.mark.parametrize(
    ("kind", "key"), [("doi", "10.1000/a(b)c"), ("arxiv", "2401.01234"), ("pubmed", "123")]
)
async def test_a_title_is_asked_once(local: LocalRegistries, kind: ReferenceKind, key: str) -> None:
    local.titles[key] = "A  Work\nof Art"
    async with open_lookups() as session:
        registries = Registries(session, local.config(), always)
        assert [await registries.title(kind, key) for _ in range(3)] == ["A Work of Art"] * 3
        assert await registries.title(kind, f"{key}9") is None
    assert local.asked == [key, f"{key}9"]
    assert local.agents == {"labjam (mailto:jam@lab.example)"}


TROUBLES = ("slow", "broken", "nonsense", "redirect", "huge", "bomb", "another")


@pytest.mark.parametrize(("kind", "trouble"), [
    (kind, trouble)
    for kind, trouble in product(("doi", "arxiv", "pubmed"), TROUBLES)
    if (kind, trouble) != ("pubmed", "another")  # PubMed answers under the id that it was asked for
])  # fmt: skip
async def test_what_a_registry_does_badly_is_no_finding(
    local: LocalRegistries, kind: ReferenceKind, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "LIMIT", 0.3)
    local.trouble["10.1000/x"] = trouble
    async with open_lookups() as session:
        with pytest.raises(NoAnswer):
            await Registries(session, local.config(), always).title(kind, "10.1000/x")


async def test_look_ups_wait_for_their_turn(local: LocalRegistries) -> None:
    turns: list[tuple[str, float]] = []

    async def turn(name: str, seconds: float) -> bool:
        turns.append((name, seconds))
        return len(turns) > 2

    async with open_lookups() as session:
        await Registries(session, local.config(), turn, pause=0.01).title("arxiv", "2401.01234")
    assert turns == [("look-up-arxiv", pytest.approx(0.03))] * 3
