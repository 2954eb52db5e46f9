"""P2: an answer of any length, in any script, is the model's text, all of it, in order."""

import pytest

from bot import outcome
from bot.trial.model_script import Plan, Reply, SeenRequest
from tests.jam import Jam, ended, text_of, until

CODE = [f"    total[{n}] = solve(a < b, c > d) & 0x{n:04x}" for n in range(500)]
ROWS = [f"| {n} | {n * n} | `x < {n}` and {'so on, ' * 8}|" for n in range(150)]
PROSE = [
    f"Paragraph {n} of a long answer. " + "It says what it has to say, and no more. " * 6 for n in range(60)
]
HEADER = ["| n | n² | condition |", "|---|---|---|"]
LONG = "\n".join(
    [*"\n\n".join(PROSE).split("\n"), "", "```python", *CODE, "```", "", *HEADER, *ROWS, "", "That is all."]
)

SCRIPTS = {
    "accents": "Schrödinger, Ångström, e\u0301 and é, ﬁ, ß",
    "right to left": "مرحبا בעולם \u202bmixed\u202c with left to right",
    "emoji": "👩🏽\u200d🔬 🏳️\u200d🌈 🧪 ✅ ℏ ∇²ψ",
    "scripts": "物理学 物理學 물리학 भौतिकी Физика",
    "markup": "if a < b && c > d: x &= y; <b>bold</b> &lt; &amp;amp; &nbsp; AT&T",
    "spaces": "a\u00a0b\u2003c\u200bd\u2028e",
}


def lines_of(text: str) -> list[str]:
    """What a text says: its lines without fences, table headers and empty ones."""
    return [
        line.rstrip()
        for line in text.split("\n")
        if line.strip() and line not in {"```python", "```", *HEADER}
    ]


async def test_fifty_thousand_characters_arrive_whole_and_in_order(jam: Jam) -> None:
    """In numbered messages; only the last, where a reader ends, asks for a thumb."""
    assert len(LONG) > 50_000
    jam.model.script = Plan(lambda _: Reply(LONG, pieces=300, seconds=3.0))
    ts = await jam.ask("argonne", "tell me all of it")
    answer = await jam.answer("argonne", ts, timeout=30)
    assert lines_of(text_of(answer)) == lines_of(LONG)
    assert [message.written.startswith(f"*Part {n}*\n\n") for n, message in enumerate(answer, 1)] == [
        n > 1 for n in range(1, len(answer) + 1)
    ]
    assert len(answer) > 4
    assert ended(answer) == [answer[-1]]


async def test_every_message_of_it_can_be_read_by_itself(jam: Jam) -> None:
    """Code is in a fence, a row has its header, whichever message it stands in."""
    jam.model.script = Plan(lambda _: Reply(LONG))
    ts = await jam.ask("argonne", "tell me all of it")
    for message in await jam.answer("argonne", ts):
        lines = message.written.split("\n")
        assert lines.count("```python") == lines.count("```")
        if any(line in ROWS for line in lines):
            head = lines.index(HEADER[0])
            assert lines[head + 1] == HEADER[1]
            assert lines[head + 2] in ROWS
        if any(line in CODE for line in lines):
            assert lines[lines.index("```python") + 1] in CODE


async def test_each_table_has_its_message(jam: Jam) -> None:
    """Slack takes one a message, streamed or edited; of too many the rest is in a file."""
    tables = ["\n".join([f"Table {n}:", "", *HEADER, *ROWS[n : n + 3], ""]) for n in range(9)]
    jam.model.script = Plan(lambda seen: Reply("\n".join(tables[: int(seen.question)]), pieces=99, seconds=1))
    three = await jam.ask("argonne", "3")
    nine = await jam.ask("argonne", "9")
    answer = await jam.answer("argonne", three)
    assert [message.written.count(HEADER[1]) for message in answer] == [1, 1, 1]
    assert lines_of(text_of(answer)) == lines_of("\n".join(tables[:3]))
    await until(lambda: bool(jam.replies("argonne", nine)[-1].files), 20)
    *answer, posted = jam.replies("argonne", nine)
    assert [message.written.count(HEADER[1]) for message in answer] == [1] * 6
    assert jam.slack.workspace.files[posted.files[0]].content.decode() == "\n".join(tables)


async def test_a_table_that_slack_refuses_stands_as_code(jam: Jam) -> None:
    """It has more columns than a table of Slack's; what is edited later keeps it so."""
    wide = "\n".join(" | ".join(str(n * row) for n in range(25)) for row in range(4))
    head, rest = wide.split("\n", 1)
    table = f"{head}\n{' | '.join(['---'] * 25)}\n{rest}"
    jam.model.script = Plan(lambda _: Reply(f"See $x_1$:\n\n{table}\n\nThat is all.", pieces=20, seconds=1))
    ts = await jam.ask("argonne", "how wide?")
    [answer] = await jam.answer("argonne", ts)
    assert answer.written == f"See x₁:\n\n```\n{table}\n```\n\nThat is all."
    await jam.slack.edit(jam.people["argonne"], jam.channels["argonne"], ts, "how high?")
    await until(lambda: "edited after this" in jam.replies("argonne", ts)[0].visible_text)
    assert jam.replies("argonne", ts)[0].written == answer.written
    [line] = [line for line in await jam.journal("argonne") if line["kind"] == "answer"]
    assert line["outcome"] == "answered"
    assert line["text"].startswith("See $x_1$")


async def test_what_slack_takes_in_no_form_is_said_to_be_so(jam: Jam) -> None:
    """Nobody waits for an answer that will never stand; the record has it."""
    for method in ("chat.startStream", "chat.postMessage"):
        jam.slack.faults.error(method, "invalid_blocks", times=2)
    jam.model.script = Plan(lambda _: Reply("An answer."))
    ts = await jam.ask("argonne", "why?")
    [answer] = await jam.answer("argonne", ts)
    assert outcome.NOT_TAKEN in answer.visible_text
    [line] = [line for line in await jam.journal("argonne") if line["kind"] == "answer"]
    assert (line["outcome"], line["text"]) == ("failed", "An answer.")


async def test_a_long_question_reaches_the_model_whole(jam: Jam) -> None:
    question = "".join(f"Fact {n}: {n * n}. " for n in range(10_000))[:40_000].strip()
    ts = await jam.ask("berkeley", question)
    await jam.answer("berkeley", ts)
    assert jam.model.requests[0].question == question


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
async def test_every_script_survives_both_ways(jam: Jam, text: str) -> None:
    """What was typed is what the model reads; what it writes is what people read."""
    jam.model.script = Plan(lambda seen: Reply(f"You wrote: {seen.question}", pieces=50, seconds=0.3))
    ts = await jam.ask("idaho", text)
    answer = await jam.answer("idaho", ts)
    assert jam.model.requests[0].question == text
    assert text_of(answer) == f"You wrote: {text}"
    assert not any(message.pings for message in answer)


async def test_a_follow_up_sees_the_earlier_turns_as_they_were(jam: Jam) -> None:
    """P4: the thread's questions and answers, exactly, a long one too, and nothing else."""

    def script(seen: SeenRequest) -> Reply:
        return Reply(LONG if seen.question == "all of it" else f"Re: {seen.question}")

    jam.model.script = Plan(script)
    root = await jam.ask("princeton", SCRIPTS["markup"])
    await jam.ask("princeton", "all of it", root)
    await jam.ask("princeton", "and then?", root)
    await jam.answer("princeton", root, answers=3)
    said = [message["content"] for message in jam.model.requests[-1].body["messages"][1:]]
    assert said == [SCRIPTS["markup"], f"Re: {SCRIPTS['markup']}", "all of it", LONG, "and then?"]


async def test_where_slack_takes_no_files_the_rest_comes_as_messages(jam: Jam) -> None:
    """A workspace may forbid files; then all of the answer stands in its thread all the same."""
    long = "\n\n".join(f"{n}. {paragraph}" for n, paragraph in enumerate(PROSE * 5))
    jam.slack.faults.error("files.getUploadURLExternal", "restricted_action", times=None)
    jam.model.script = Plan(lambda _: Reply(long))
    ts = await jam.ask("argonne", "tell me all of it")
    await until(lambda: "299. Paragraph" in text_of(jam.replies("argonne", ts)), 40)
    await until(lambda: any("goes on below" in message.written for message in jam.replies("argonne", ts)), 20)
    said = text_of(jam.replies("argonne", ts)).replace("*The answer goes on below.*", "")
    assert lines_of(said) == lines_of(long)


async def test_where_slack_takes_no_messages_either_the_answer_says_so(jam: Jam) -> None:
    """No message claims to go on where nothing follows."""
    jam.slack.faults.error("files.getUploadURLExternal", "restricted_action", times=None)
    jam.slack.faults.error("chat.postMessage", "restricted_action", times=None)
    jam.model.script = Plan(lambda _: Reply("\n\n".join(PROSE * 5)))
    ts = await jam.ask("argonne", "tell me all of it")
    await until(lambda: any("did not take the rest" in m.written for m in jam.replies("argonne", ts)), 40)
    fields = [m.written for m in jam.replies("argonne", ts) if "goes on below" in m.written]
    assert not fields
