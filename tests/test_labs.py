"""The labs: what their files may say, how sources lie over one another, and the line that names a mistake."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.caps import Cap
from bot.errors import UsageError
from bot.labs import Labs, read_labs
from bot.llm.model import Auth, Endpoint
from bot.settings import Settings

EAST = ["brookhaven", "oak-ridge", "princeton"]
KEYS = sorted([*EAST, "argonne", "berkeley", "idaho", "livermore", "los-alamos", "pacific-northwest"])

NEW_LAB = """
name = "Test Laboratory"
short = "TL"
place = "Nowhere"
channel = "jam-test"
zone = "UTC"
"""

TWO_ENDPOINTS = """
[endpoints.ours]
base_url = "https://ours.example/v1/"
auth = {scheme = "raw", file = "token"}
headers = {X-Project = "jam"}

[models.large]
id = "large-1"
endpoint = "ours"
context = 200_000

[models.cloud]
id = "cloud-1"
base_url = "https://cloud.example/v1"
auth = {env = "CLOUD_TOKEN"}
"""

Read = Callable[..., Labs]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Read labs from these files (path → content); a folder `ours` among them is LABJAM_PROMPTS."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def reader(
        files: Mapping[str, str | bytes] | None = None,
        environ: Mapping[str, str] | None = None,
        **values: str,
    ) -> Labs:
        for name, content in (files or {}).items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if Path("ours").exists():
            values.setdefault("LABJAM_PROMPTS", "ours")
        values.setdefault("LABJAM_MODEL", "m")
        values.setdefault("OPENAI_BASE_URL", "http://localhost:8000/v1")
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return read_labs(Settings(), environ or {})

    return reader


def test_the_nine_labs_are_packaged(read: Read) -> None:
    labs = read()
    assert list(labs) == KEYS
    for key, lab in labs.items():
        assert lab.key == key
        assert lab.channel == f"jam-{key}"
        assert lab.timezone == ZoneInfo(lab.zone)
        assert (lab.zone == "America/New_York") == (key in EAST)
        assert labs.by_channel_name(lab.channel) is lab
        assert [spec.name for spec in lab.models] == ["default"]
        assert (lab.answer, lab.endpoint, lab.moderators, lab.caps) == ("all", "", (), ())
        assert {"doi.org", "arxiv.org"} < set(lab.link_hosts)
    assert labs.by_channel_name("random") is None
    assert labs.hq == "jam-hq"
    assert labs["argonne"].short == "ANL"


@pytest.mark.parametrize("key", KEYS)
def test_a_labs_prompt_is_dated_short_and_names_nobody(read: Read, key: str) -> None:
    system = read()[key].system
    assert "2026-11" in system
    assert "if you are unsure of the present status" in system.lower()
    assert 90 <= len(system.split()) <= 180
    assert not re.search(r"\S@\S|https?://|—", system)


def test_the_house_text_is_short_and_speaks_of_the_lab(read: Read) -> None:
    house = read().house["answer"]
    assert 350 <= len(house.split()) <= 510
    assert {"{lab}", "{place}", "{contact}"} <= set(re.findall(r"\{\w+\}", house))


@pytest.mark.parametrize(
    ("key", "said", "never"),
    [
        ("brookhaven", "RHIC ended operations on 6 February 2026", r"RHIC (is running|runs|operates)"),
        ("princeton", "do not assert that it operates", r"NSTX-U (is running|runs|restarted)"),
        ("los-alamos", "It cannot be reached from Slack", r"Venado (is available|runs)"),
        ("livermore", "El Capitan does classified work", r"8\.6 MJ"),
        ("berkeley", "do not assert that it runs", r"Doudna (is running|runs)"),
    ],
)
def test_prompts_do_not_claim_what_is_no_longer_so(read: Read, key: str, said: str, never: str) -> None:
    system = read()[key].system
    assert said in system
    assert not re.search(never, system)


def test_three_sources_are_laid_over_one_another_key_by_key(read: Read) -> None:
    labs = read(
        {
            "ours/argonne/lab.toml": 'place = "Chicago"\ncontact = "desk 1"\ncaps.lab_questions_per_hour = 9',
            "ours/idaho/system.md": "Idaho's own words, 10^{ab} of {lab}.",
            "ours/_house/answer.md": "The house's own words.",
            "ours/_house/extra.md": "More.",
            "ours/test/lab.toml": NEW_LAB,
            "ours/test/system.md": b"\xef\xbb\xbfTest\r\nwords.",
            "ours/README.md": "Not a lab.",
            "labjam.toml": '[labs.argonne]\ncontact = "desk 2"\nmoderators = ["U0123456", "a@b.example"]\n'
            "[labs.argonne.caps]\nperson_questions_per_hour = 3\n[jam]\nhq = 'headquarters'",
        }
    )
    argonne = labs["argonne"]
    assert (argonne.title, argonne.place, argonne.contact) == (
        "Argonne National Laboratory",
        "Chicago",
        "desk 2",
    )
    assert argonne.caps == (Cap("person", "questions", "hour", 3), Cap("lab", "questions", "hour", 9))
    assert argonne.moderators == ("U0123456", "a@b.example")
    assert labs["idaho"].system == "Idaho's own words, 10^{ab} of {lab}."
    assert labs["test"].system == "Test\nwords."
    assert labs["test"].contact == "your lab's classification or export-control office"
    assert (labs.house["answer"], labs.house["extra"]) == ("The house's own words.", "More.")
    assert labs.hq == "headquarters"


def test_some_labs_run_and_others_need_no_model(read: Read) -> None:
    config = '[jam]\nlabs = ["idaho", "argonne"]\ndefault_models = ["large"]\n' + TWO_ENDPOINTS
    labs = read({"labjam.toml": config}, LABJAM_MODEL="")
    assert (list(labs), set(labs.models)) == (["argonne", "idaho"], {"large", "cloud"})
    assert labs["idaho"].models == (labs.models["large"],)


def test_the_default_model_at_openai_uses_responses(read: Read) -> None:
    spec = read(OPENAI_BASE_URL="", OPENAI_API_KEY="k").models["default"]
    assert (spec.id, spec.api) == ("m", "responses")
    openai = Endpoint("api.openai.com", "https://api.openai.com/v1", Auth("bearer", env="OPENAI_API_KEY"))
    assert spec.endpoint == openai


def test_the_default_model_elsewhere_uses_chat(read: Read) -> None:
    spec = read(OPENAI_BASE_URL="http://a/v1/").models["default"]
    assert (spec.api, spec.endpoint) == ("chat", Endpoint("a", "http://a/v1", Auth("none")))
    assert read(OPENAI_API_KEY="k").models["default"].endpoint.auth.env == "OPENAI_API_KEY"


def test_models_and_endpoints_of_labjam_toml(read: Read) -> None:
    own = '[labs.argonne]\nmodels = ["large", "default"]\n[models.default]\nlimit_output = true'
    labs = read({"conf/labjam.toml": TWO_ENDPOINTS + own}, LABJAM_CONFIG="conf/labjam.toml")
    large, cloud, default = (labs.models[name] for name in ("large", "cloud", "default"))
    assert large.endpoint.base_url == "https://ours.example/v1"
    assert large.endpoint.auth == Auth("raw", file="conf/token")
    assert large.endpoint.headers == (("X-Project", "jam"),)
    assert large.context == 200_000
    assert cloud.endpoint == Endpoint("cloud", "https://cloud.example/v1", Auth("bearer", env="CLOUD_TOKEN"))
    assert (default.id, default.limit_output) == ("m", True)
    assert labs["argonne"].models == (large, default)


def test_a_lab_bound_to_an_endpoint_has_only_its_models(read: Read) -> None:
    config = TWO_ENDPOINTS + '[labs.argonne]\nendpoint = "ours"\nmodels = '
    assert read({"labjam.toml": config + '["large"]'})["argonne"].endpoint == "ours"
    told = "is bound to this endpoint, but its model cloud is at cloud; models there: large$"
    with pytest.raises(UsageError, match=told):
        read({"labjam.toml": config + '["large", "cloud"]'})


def test_a_packaged_lab_without_any_model_says_what_to_set(read: Read) -> None:
    with pytest.raises(UsageError) as caught:
        read(LABJAM_MODEL="")
    todo = "Set it to the id of a model at OPENAI_BASE_URL (or OpenAI), or name models in labjam.toml"
    assert str(caught.value) == f"LABJAM_MODEL: not set. {todo}"


def test_a_token_s_variable_must_be_set(read: Read) -> None:
    files = {"labjam.toml": TWO_ENDPOINTS + '[jam]\nlabs = ["idaho"]\ndefault_models = ["cloud"]'}
    with pytest.raises(
        UsageError, match=r"^CLOUD_TOKEN: not set\. It must hold the token of endpoint cloud$"
    ):
        read(files)
    assert read(files, {"CLOUD_TOKEN": "t"})["idaho"].models[0].name == "cloud"


LAB = "ours/argonne/lab.toml"
TOML = "labjam.toml"
MODEL = '[models.x]\nid = "x"\n'
ENDPOINT = '[endpoints.a]\nbase_url = "http://a"\n'

# A file, what it holds, and the line after the file's name; * is anything.
MISTAKES: list[tuple[str, str | bytes, str]] = [
    (LAB, 'zone = "America/Chigaco"', 'zone = "*": not an IANA time zone; for example "America/Chicago"'),
    (LAB, 'zone = "America"', 'zone = "America": not an IANA time zone; for example "America/*"'),
    (LAB, 'zoen = "UTC"', "zoen: unknown key; did you mean zone? Allowed: name, short, place, *"),
    (LAB, '"a\\nb" = 1', '"a\\nb": unknown key; Allowed: name, short, place, channel, zone, models, *'),
    (LAB, "caps = 3", "caps = 3: must be a table"),
    (LAB, "caps.lab_questions_per_hour = -1", "caps.* = -1: must be greater than or equal to 0"),
    (LAB, "caps.lab_questions_per_hour = true", "caps.* = true: must be a number"),
    (LAB, 'name = "a"\nplace = ', "line 2, its end: not TOML: Invalid value"),
    (LAB, 'name = "a"\nplace = ?\n', "line 2, column 9: not TOML: Invalid value"),
    (LAB, "name = 5", "name = 5: must be text in quotes"),
    (LAB, 'name = "a\\nb"', 'name = "a\\nb": must be one line, not empty'),
    (LAB, 'answer = "some"', 'answer = "some": must be "all" or "mention"'),
    (LAB, 'models = "a"', 'models = "a": must be a list, such as ["a", "b"]'),
    (LAB, "models = []", "models = []: must not be empty"),
    (LAB, 'models = ["a", "a"]', 'models = ["a", "a"]: must not name the same thing twice'),
    (LAB, 'models = ["defalt"]', 'models = "defalt": unknown model; did you mean default? Allowed: default'),
    (LAB, 'channel = "#jam"', 'channel = "#jam": not a channel\'s name without "#", nor its id; *'),
    (LAB, 'channel = "jam-hq"', 'channel = "jam-hq": taken by what crosses labs; each lab has its own'),
    (LAB, 'moderators = ["Kim"]', 'moderators = "Kim": not a Slack user id ("U…"), *'),
    (LAB, 'link_hosts = ["https://a.b"]', 'link_hosts = "https://a.b": not a host in lower case; *'),
    (LAB, b"name = '\xff'", "not UTF-8 text, at byte 8; save it as UTF-8"),
    (LAB, 'endpoint = "a"', 'endpoint = "a": lab argonne is bound to this endpoint, but its model default *'),
    ("ours/argonne/system.md", " \n", "empty; it must hold the words of a prompt"),
    ("ours/argonne/system.md", "a\n\n{labs}", "line 3: {labs}: unknown placeholder; did you mean lab? *"),
    ("ours/_house/answer.md", "{user}", "line 1: {user}: unknown placeholder; Allowed: lab, place, contact"),
    ("ours/argonne/sytem.md", "a", "unknown file; did you mean system.md? Allowed: lab.toml, *"),
    (TOML, "[lab.idaho]", "lab: unknown key; did you mean labs? Allowed: jam, models, endpoints, *"),
    (TOML, "[labs.idhao]", "labs.idhao: unknown lab; did you mean idaho? Allowed: argonne, *"),
    (TOML, '[labs.idaho]\nanswer = "no"', 'labs.idaho.answer = "no": must be "all" or "mention"'),
    (TOML, '[labs.idaho]\nmodels = ["b"]', 'labs.idaho.models = "b": unknown model; Allowed: default'),
    (TOML, '[jam]\nlabs = ["idhao"]', 'jam.labs = "idhao": unknown lab; did you mean idaho? Allowed: *'),
    (TOML, '[jam]\ndefault_models = ["b"]', 'jam.default_models = "b": unknown model; Allowed: default'),
    (TOML, "models.x.api = 'chat'", "models.x.id: missing; it is the model's name at its endpoint"),
    (TOML, MODEL + "context = 0", "models.x.context = 0: must be greater than 0"),
    (TOML, MODEL + "context = 10", "models.x: max_output must be smaller than context, *"),
    (TOML, MODEL + "stall_timeout = inf", "models.x.stall_timeout = Infinity: must be a finite number"),
    (TOML, MODEL + "images = 1", "models.x.images = 1: must be true or false"),
    (TOML, MODEL + 'endpoint = "a"', 'models.x.endpoint = "a": unknown endpoint; Allowed: localhost:8000'),
    (TOML, MODEL + 'endpoint = "a"\nbase_url = "http://a"', "models.x: endpoint and base_url: give one, *"),
    (TOML, MODEL + 'auth.env = "A"', "models.x: auth and headers go with base_url, or into *"),
    (TOML, MODEL + 'base_url = "a.b"', 'models.x.base_url: not a web address; for example "https://*'),
    (TOML, MODEL + 'base_url = "http://[a"', "models.x.base_url: not a web address; *"),
    (TOML, MODEL + 'base_url = "http://me:pw@a"', "models.x.base_url: must not carry a user name *"),
    (TOML, MODEL + 'base_url = "http://a?b"', "models.x.base_url: must end with its path, without ? and #"),
    (TOML, MODEL + 'base_url = "http://a/v1/responses"', "models.x.base_url: must end before /chat/*"),
    (TOML, TWO_ENDPOINTS + '[models.ours]\nid="a"\nbase_url="http://a"', "models.ours.base_url: there is *"),
    (TOML, '[endpoints."localhost:8000"]\nbase_url="http://a"', 'endpoints."localhost:8000": the endpoint *'),
    (TOML, "[endpoints.a]", "endpoints.a.base_url: missing"),
    (TOML, ENDPOINT + 'auth.env = "sk-1"', "endpoints.a.auth.env: not the name of an environment variable *"),
    (TOML, ENDPOINT + "auth = {}", "endpoints.a.auth: must name exactly one of env, file, command"),
    (TOML, ENDPOINT + 'auth = {scheme="none", env="A"}', 'endpoints.a.auth: scheme "none" takes no *'),
]  # fmt: skip


@pytest.mark.parametrize(("file", "content", "line"), MISTAKES)
def test_a_mistake_in_a_file_is_one_line(read: Read, file: str, content: str | bytes, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        read({file: content})
    assert re.fullmatch(re.escape(f"{file}: {line}").replace(r"\*", ".*"), str(caught.value))


@pytest.mark.parametrize(
    ("files", "values", "line"),
    [
        ({}, {"LABJAM_CONFIG": "a.toml"}, "LABJAM_CONFIG: a.toml is not a file; *"),
        ({}, {"LABJAM_PROMPTS": "a"}, "LABJAM_PROMPTS: a is not a folder; *"),
        ({}, {"OPENAI_BASE_URL": "a"}, "OPENAI_BASE_URL: not a web address; *"),
        ({}, {"OPENAI_BASE_URL": ""}, "OPENAI_API_KEY: not set. Set it, or set OPENAI_BASE_URL to *"),
        ({"ours/Test/lab.toml": ""}, {}, "ours/Test: not a lab's key; *"),
        ({"ours/hq/lab.toml": ""}, {}, "ours/hq: not a lab's key; *"),
        ({"ours/test/lab.toml": NEW_LAB}, {}, "ours/test/system.md: missing; every lab needs its own prompt"),
        ({"ours/argone/system.md": "a"}, {}, "ours/argone/lab.toml: name: missing; a new lab needs *"),
        (
            {LAB: 'channel = "jam-idaho"'},
            {},
            'prompts/idaho/*: channel = "jam-idaho": taken by lab argonne; *',
        ),
        ({LAB + "/a": ""}, {}, LAB + ": Is a directory; it must be a readable file"),
    ],
)
def test_a_mistake_elsewhere_is_one_line(
    read: Read, files: Mapping[str, str], values: Mapping[str, str], line: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read(files, **values)
    assert re.fullmatch(re.escape(line).replace(r"\*", ".*"), str(caught.value))
