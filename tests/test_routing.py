"""Who is answered, and why not: one row for each rule."""

from dataclasses import replace
from typing import Any

import pytest

from bot.labs import Lab
from bot.llm.model import Auth, Endpoint, ModelSpec
from bot.routing import (
    NO_WORDS,
    Ask,
    Decision,
    Edit,
    Ignore,
    Refuse,
    Withdraw,
    decide,
    opens_a_jam_thread,
)
from bot.slack.events import Incoming

ROOT = "1732320000.000100"
REPLY = "1732320100.000200"

LAB = Lab(
    key="idaho",
    title="Idaho National Laboratory",
    short="INL",
    place="Idaho",
    channel="jam-idaho",
    zone="America/Boise",
    models=(ModelSpec("default", "m", Endpoint("e", "http://e.example/v1", Auth("none"))),),
    answer="all",
    contact="",
    moderators=(),
    caps=(),
    endpoint="",
    link_hosts=(),
    system="",
)
WHEN_MENTIONED = replace(LAB, answer="mention")

TOP = Incoming(
    kind="posted",
    team="T1",
    channel="C1",
    direct=False,
    ts=ROOT,
    thread_ts="",
    parent_user="",
    user="U1",
    user_team="T9",
    text="how hot?",
    mentions_us=False,
    by_program=False,
    subtype="",
    files=("a.png",),
    file_ids=("F1",),
    at=1,
)
OWN = replace(TOP, ts=REPLY, thread_ts=ROOT, parent_user="U1")
OTHERS = replace(OWN, parent_user="U2")
MENTION: dict[str, Any] = {"mentions_us": True}
DIRECT: dict[str, Any] = {"direct": True, "channel": "D1"}


def kind_of(decision: Decision) -> str:
    match decision:
        case Ask(if_ours=True):
            return "ask if ours"
        case Refuse(words=words):
            return "no words" if words == NO_WORDS else words
        case _:
            return type(decision).__name__.lower()


RULES: list[tuple[str, Incoming, Lab | None, str]] = [
    ("a top-level message opens a thread", TOP, LAB, "ask"),
    ("with a mention, too", replace(TOP, **MENTION), LAB, "ask"),
    ("the asker's later ones, if the thread is ours", OWN, LAB, "ask if ours"),
    ("the asker's mention, in any thread", replace(OWN, **MENTION), LAB, "ask"),
    ("another person's remark", OTHERS, LAB, "ignore"),
    ("another person's mention", replace(OTHERS, **MENTION), LAB, "ask"),
    ("a reply whose root nobody told", replace(OWN, parent_user=""), LAB, "ignore"),
    ("an aside", replace(TOP, text="// lunch?"), LAB, "ignore"),
    ("an aside with a mention", replace(TOP, text="//lunch?", **MENTION), LAB, "ignore"),
    ("slashes further on", replace(TOP, text="what is 7 // 2?"), LAB, "ask"),
    ("a program's message", replace(TOP, by_program=True), LAB, "ignore"),
    ("a program's mention", replace(TOP, by_program=True, **MENTION), LAB, "ignore"),
    ("a program's deletion", replace(TOP, by_program=True, kind="deleted"), LAB, "ignore"),
    ("with a file and words", replace(TOP, subtype="file_share"), LAB, "ask"),
    ("also sent to the channel", replace(OWN, subtype="thread_broadcast"), LAB, "ask if ours"),
    ("said of oneself", replace(TOP, subtype="me_message"), LAB, "ask"),
    ("somebody joined", replace(TOP, subtype="channel_join"), LAB, "ignore"),
    ("a topic", replace(TOP, subtype="channel_topic"), LAB, "ignore"),
    ("a subtype of tomorrow", replace(TOP, subtype="hologram"), LAB, "ignore"),
    ("a file without words", replace(TOP, text="", subtype="file_share"), LAB, "no words"),
    ("a mention without words", replace(OTHERS, text="", **MENTION), LAB, "no words"),
    ("a file without words among people", replace(OWN, text="", subtype="file_share"), LAB, "ignore"),
    ("an edit", replace(TOP, kind="edited"), LAB, "edit"),
    ("an edit outside the jam", replace(TOP, kind="edited"), None, "edit"),
    ("an edit that made an aside", replace(TOP, kind="edited", text="// no"), LAB, "withdraw"),
    ("a deletion", replace(TOP, kind="deleted"), LAB, "withdraw"),
    ("a deletion without words", replace(TOP, kind="deleted", text="", user=""), LAB, "withdraw"),
    ("the lab wants mentions: none", TOP, WHEN_MENTIONED, "ignore"),
    ("the lab wants mentions: one", replace(TOP, **MENTION), WHEN_MENTIONED, "ask"),
    ("the lab wants mentions: later in the thread", OWN, WHEN_MENTIONED, "ask if ours"),
    ("the lab wants mentions: another person", OTHERS, WHEN_MENTIONED, "ignore"),
    ("the lab wants mentions: no words", replace(TOP, text=""), WHEN_MENTIONED, "ignore"),
    ("a direct message", replace(TOP, **DIRECT), LAB, "ask"),
    ("a direct message to a lab that wants mentions", replace(TOP, **DIRECT), WHEN_MENTIONED, "ask"),
    ("a reply in direct messages", replace(OWN, parent_user="", **DIRECT), LAB, "ask"),
    ("an aside in direct messages", replace(TOP, text="// note", **DIRECT), LAB, "ignore"),
    ("another channel", TOP, None, "ignore"),
]


@pytest.mark.parametrize(
    ("incoming", "lab", "expected"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES]
)
def test_each_rule(incoming: Incoming, lab: Lab | None, expected: str) -> None:
    assert kind_of(decide(incoming, lab)) == expected


@pytest.mark.parametrize("incoming", [replace(TOP, **DIRECT), replace(TOP, **MENTION)])
def test_who_asks_elsewhere_is_told_where(incoming: Incoming) -> None:
    decision = decide(incoming, None, "#jam-idaho, #jam-argonne")
    assert isinstance(decision, Refuse)
    assert decision.words.endswith("#jam-idaho, #jam-argonne.")
    assert decision.question.lab == "hq"


def test_a_question_keeps_what_an_answer_needs() -> None:
    decision = decide(OWN, LAB)
    assert isinstance(decision, Ask)
    question = decision.question
    assert (str(question.thread), question.ts) == (f"T1:C1:{ROOT}", REPLY)
    assert (question.user, question.user_team, question.lab) == ("U1", "T9", "idaho")
    assert (question.text, question.files, question.direct) == ("how hot?", ("a.png",), False)


def test_a_question_at_the_top_level_begins_its_own_thread() -> None:
    decision = decide(TOP, LAB)
    assert isinstance(decision, Ask)
    assert decision.question.thread.ts == decision.question.ts == ROOT


@pytest.mark.parametrize(
    ("root", "lab", "ours"),
    [
        (TOP, LAB, True),
        (replace(TOP, text="// lunch?"), LAB, False),
        (replace(TOP, by_program=True), LAB, False),
        (replace(TOP, text=""), LAB, False),
        (TOP, WHEN_MENTIONED, False),
        (replace(TOP, **MENTION), WHEN_MENTIONED, True),
        (OWN, LAB, False),
    ],
    ids=["question", "aside", "program", "no words", "not mentioned", "mentioned", "no root"],
)
def test_a_thread_is_ours_if_it_began_with_a_question(root: Incoming, lab: Lab, ours: bool) -> None:
    assert opens_a_jam_thread(root, lab) is ours


def test_every_silence_has_a_reason() -> None:
    """The debug log can say why a message was left alone."""
    reasons = [decide(incoming, lab) for _, incoming, lab, expected in RULES if expected == "ignore"]
    assert all(isinstance(reason, Ignore) and reason.why for reason in reasons)


def test_what_happened_to_a_message_is_passed_on() -> None:
    edited, deleted = replace(TOP, kind="edited"), replace(TOP, kind="deleted")
    assert decide(edited, LAB) == Edit(edited)
    assert decide(deleted, LAB) == Withdraw(deleted)
