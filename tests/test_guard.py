"""The guard's rules: what they find, what they leave alone, and how long they take."""

import time
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.__main__ import main
from bot.errors import UsageError
from bot.guard import Guard, Rule, Watch, name_as_text, normal
from bot.guard.rules import compiled, fingerprint
from bot.labs import read_labs
from bot.settings import Settings

RULES = Path(__file__).parent.parent / "prompts" / "_guard"
SETTINGS = Settings(labjam_model="m", openai_base_url="http://127.0.0.1:1/v1")
GUARD = read_labs(SETTINGS, {}).guard


def cases(which: str) -> Iterator[tuple[str, str, str]]:
    for file in sorted(RULES.glob("*.toml")):
        for name, rule in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for case in rule.get(which, ()):
                yield name, rule["level"], case


HARD = [case for _, level, case in cases("hits") if level == "hard"]
INNOCENT = [case for _, _, case in cases("misses")]


@pytest.mark.parametrize(("rule", "level", "case"), [*cases("hits")])
def test_a_marking_meets_its_rule(rule: str, level: str, case: str) -> None:
    assert (rule, level) in {(hit.rule, hit.level) for hit in GUARD.scan(case)}
    assert bool(GUARD.hard(case)) or level == "soft"


@pytest.mark.parametrize("case", INNOCENT)
def test_science_code_and_questions_about_markings_pass(case: str) -> None:
    assert GUARD.hard(case) is None


def test_there_are_as_many_cases_as_were_collected_from_the_field() -> None:
    assert len(HARD) >= 34
    assert len(INNOCENT) >= 43


@given(
    st.sampled_from(HARD),
    st.lists(st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\u0336\ufe0f\U000e0041"), max_size=8),
    st.randoms(),
)
def test_what_shows_nothing_hides_nothing(case: str, unseen: list[str], random: Random) -> None:
    letters = list(normal(case))
    for each in unseen:
        letters.insert(random.randrange(len(letters) + 1), each)
    assert GUARD.hard("".join(letters))


@given(st.sampled_from(HARD), st.sampled_from(["full width", "entities", "hex entities", "bold", "doubly"]))
def test_another_way_to_write_it_is_the_same_marking(case: str, how: str) -> None:
    written = {
        "full width": "".join(
            chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and c not in "&;#" else c for c in case
        ),
        "entities": "".join(f"&#{ord(c)};" if c.isalpha() or c == "/" else c for c in normal(case)),
        "hex entities": "".join(f"&#x{ord(c):06x};" if c == "/" else c for c in normal(case)),
        "bold": case.replace("SECRET", "".join(chr(0x1D3BF + ord(c)) for c in "SECRET")),
        "doubly": case.replace("&", "&amp;").replace(">", "&amp;gt;"),
    }[how]
    assert GUARD.hard(written)


@pytest.mark.parametrize(
    "text",
    ["SEC<https://example.org|RET//NOFORN>", "SECRET<@U1>//RD", "see <https://example.org|CUI>//SP-EXPT"],
)
def test_a_link_within_a_marking_hides_nothing(text: str) -> None:
    assert GUARD.hard(text)


NAMES = {
    "SECRET.docx": "hard", "CUI.pdf": "hard", "OFFICIAL_USE_ONLY.pdf": "hard", "NOFORN_list.pdf": "soft",
    "secret_key.py": "", "CUI_to_names.csv": "soft", "CuI-yield.csv": "", "my.notes": "", "": "",
}  # fmt: skip


@pytest.mark.parametrize(("name", "level"), NAMES.items())
def test_a_files_name_counts_without_its_ending(name: str, level: str) -> None:
    hits = GUARD.scan(name_as_text(name))
    assert ("hard" if any(hit.level == "hard" for hit in hits) else "soft" if hits else "") == level


@pytest.mark.parametrize("within", [False, True])
def test_looking_for_all_rules_at_once_misses_none_of_them(within: bool) -> None:
    for case in [case for _, _, case in (*cases("hits"), *cases("misses"))]:
        alone = [Guard((rule,)).scan(case, within=within) for rule in GUARD.rules]
        assert GUARD.scan(case, within=within) == tuple(hit for hits in alone for hit in hits)


@given(st.text())
def test_normal_text_is_normal_already(text: str) -> None:
    once = normal(text)
    assert normal(once) == once
    assert not [c for c in once if unicodedata.category(c) == "Cf"]
    assert GUARD.scan(text) == GUARD.scan(once)


@given(st.text(alphabet="ab &#x9;\r\n\x0b\x85\u2028*~`_<>\ud800"))
def test_no_text_breaks_it(text: str) -> None:
    GUARD.scan(text)
    assert "\r" not in normal(text)


@pytest.mark.parametrize(
    "piece",
    ["a // b SECRET CUI (S) word\n", " ", "/", "S ", "controlled by:\n", "-//-/", "(CUI// A", "&amp;", "&#0",
     "&#" + "9" * 5000, "\u0336", "*~`_", "RESTRICTED DATA ", "SSN 1-1 ", "ﷺ"],
    ids=lambda piece: repr(piece)[:12],
)  # fmt: skip
def test_the_time_is_linear_in_the_text(piece: str) -> None:
    def seconds(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        times: list[float] = []
        for _ in range(3):
            start = time.process_time()
            GUARD.scan(text)
            times.append(time.process_time() - start)
        return min(times)

    short, long = seconds(40_000), seconds(160_000)
    assert long < 4 * 3 * max(short, 0.005)


@pytest.mark.parametrize("case", HARD)
@pytest.mark.parametrize("step", [1, 400])
def test_a_growing_text_is_caught_while_it_grows(case: str, step: int) -> None:
    before = "" if case.lstrip().startswith(("UCNI", "OUO")) else "An answer begins.\n\n" * 300
    text = f"{before}{case}\n\nand so on.\n"
    watch = Watch(GUARD)
    assert not watch.look(before)
    assert any(watch.look(text[:end]) for end in range(len(before), len(text) + step, step))


def test_an_unfinished_line_is_no_marking_yet() -> None:
    watch = Watch(GUARD)
    text = "Ingredients:\nSECRET sauce and CONTROLLED release of the drug. CUI is a code.\n"
    assert not any(watch.look(text[:end]) for end in range(len(text) + 1))


def test_a_growing_text_costs_about_what_the_whole_costs() -> None:
    text = "word after word in one line without an end " * 1000
    watch, start = Watch(GUARD), time.process_time()
    for end in range(0, len(text), 300):
        watch.look(text[:end])
    assert time.process_time() - start < 2.0


def test_a_fingerprint_knows_a_text_again_and_tells_nothing() -> None:
    assert fingerprint("SECRET\u200b//RD", b"key") == fingerprint("SECRET//RD", b"key")
    assert fingerprint("SECRET//RD", b"key") != fingerprint("SECRET//RD", b"another")


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "(?=a)", "\\1"])
def test_what_is_no_pattern_says_so(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        compiled(pattern)


def test_rules_lie_over_each_other_by_name() -> None:
    ours = Rule("ours", "lab", "hard", "ours", alone=("X",))
    guard = Guard((ours,)).over([Rule("ours", "lab", "soft", "ours", alone=("Y",))])
    assert [hit.level for hit in guard.scan("Y")] == ["soft"]
    assert not guard.scan("X")


OURS = '[our_marking]\nlevel = "hard"\ntitle = "our marking"\nalone = ["SITE ONLY"]\nhits = ["SITE ONLY"]\n'


def lab_with(folder: Path, rules: str) -> Settings:
    (folder / "idaho").mkdir()
    (folder / "idaho" / "guard.toml").write_text(rules, encoding="utf-8")
    return SETTINGS.model_copy(update={"labjam_prompts": folder})


def test_a_lab_adds_its_own(tmp_path: Path) -> None:
    labs = read_labs(lab_with(tmp_path, OURS), {})
    assert labs["idaho"].guard.hard("SITE ONLY")
    assert labs["idaho"].guard.hard("SECRET//RD")
    assert not labs["argonne"].guard.hard("SITE ONLY")


def test_a_deployment_lays_its_rules_over_the_packaged_ones(tmp_path: Path) -> None:
    (tmp_path / "_guard").mkdir()
    (tmp_path / "_guard" / "site.toml").write_text(OURS, encoding="utf-8")
    labs = read_labs(SETTINGS.model_copy(update={"labjam_prompts": tmp_path}), {})
    assert all(lab.guard.hard("SITE ONLY") for lab in labs.values())
    assert labs.guard.hard("SECRET//RD")


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("x = 1", "x: a rule is a table"),
        ("[a", "not TOML"),
        ('[a]\nlevel = "loud"\ntitle = "t"', 'a.level = "loud": must be "hard" or "soft"'),
        ('[a]\nlevel = "hard"\ntitle = "t"\nhits = ["x"]', "a.anywhere: a rule needs a pattern"),
        (OURS.replace("SITE ONLY", "((", 1), "our_marking.anywhere: a pattern of this rule is not RE2"),
        (OURS.replace('hits = ["SITE ONLY"]', ""), "our_marking.hits: missing"),
        (OURS.replace('hits = ["SITE ONLY"]', 'hits = ["SITE"]'), "our_marking.hits: case 1 does not meet"),
        (OURS + 'misses = ["a", "CUI//SP-EXPT"]', "our_marking.misses: case 2 meets a hard rule"),
        (
            OURS.replace("our_marking", "class_line").replace("hard", "soft"),
            'class_line.level = "soft": a lab can\'t',
        ),
        (OURS.replace("our_marking", "class_line"), 'class_line.level = "hard": a lab can\'t change'),
    ],
)
def test_a_rule_that_fails_its_own_cases_is_refused(tmp_path: Path, rules: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_labs(lab_with(tmp_path, rules), {})
    assert str(refused.value).startswith(f"{tmp_path}/idaho/guard.toml: {says}") or says in str(refused.value)


def test_a_file_of_examples_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_text(
        '{"text": "a\\nSECRET//RD", "label": "hard"}\n'
        '{"text": "nothing here", "label": "hard"}\n'
        '{"text": "SECRET sauce", "label": "none"}\n\n'
        '{"text": "What does NOFORN mean?", "label": "soft"}\n'
    )
    assert main(["guard", "test", str(file)]) == 1
    said = capsys.readouterr().out
    assert "line 1: hard class_caveat" in said
    assert "line 2: none   (labelled hard)" in said
    assert "line 3" not in said
    assert "hard: precision 1/1 = 1.00, recall 1/2 = 0.50, over 4 labelled" in said
    assert "soft: precision 1/1 = 1.00, recall 1/1 = 1.00" in said
    assert "SECRET" not in said


@pytest.mark.parametrize(
    ("name", "content", "lab", "says"),
    [
        ("a.txt", b"CUI//SP-EXPT\nfine\n", "", ""),
        ("a.jsonl", b"{}", "", "line 1: not"),
        ("a.jsonl", b'{"text": "a", "label": "loud"}', "", "line 1: not"),
        ("a.txt", b"\xff", "", "can't be read as UTF-8"),
        ("a.txt", b"a", "idhao", "--lab: idhao: unknown lab"),
    ],
)
def test_a_broken_file_of_examples_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, name: str, content: bytes, lab: str, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    code = main(["guard", "test", str(tmp_path / name), "--lab", lab])
    assert code == (2 if says else 0)
    assert says in capsys.readouterr().err
