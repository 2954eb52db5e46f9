"""What the scripted model of `labjam try` shows on request."""

import json

import pytest

from bot.summary.notes import Claim, Claims, Note, as_data, schema_of
from bot.trial.model_script import SeenRequest
from bot.trial.model_show import show


def test_the_scripted_model_says_what_it_is_and_shows_what_is_asked() -> None:
    def ask(question: str) -> str:
        turns = [{"role": "user", "content": question}]
        return show(SeenRequest("/v1/chat/completions", {"messages": turns}, {}, 0.0)).text

    assert "scripted model" in ask("Why is the sky blue?")
    assert r"\frac" in ask("show me an equation")
    assert "|---|" in ask("a table please")
    assert "```python" in ask("write code")
    assert len(ask("a long answer")) > 11_500, "more than one message of Slack"
    refusal = SeenRequest(
        "/v1/chat/completions", {"messages": [{"role": "user", "content": "refuse"}]}, {}, 0.0
    )
    assert show(refusal).ending == "refused"


def _wanting(form: type[Note] | type[Claims], data: str, api: str) -> SeenRequest:
    told = f"Take notes.\n{schema_of(form)}"
    if api == "responses":
        body = {"instructions": told, "input": [{"role": "user", "content": data}]}
    else:
        body = {"messages": [{"role": "system", "content": told}, {"role": "user", "content": data}]}
    return SeenRequest("/v1/x", body, {}, 0.0)


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_the_scripted_model_takes_notes_and_sums_up_in_the_wanted_forms(api: str) -> None:
    thread = json.dumps([{"question": 'Is "Q" a table?', "answer": "…"}, {"question": "And π?"}])
    for data, problem in ((thread, 'Is "Q" a table?'), (thread[20:], "And π?"), ('e": "cut', "")):
        note = Note.model_validate_json(show(_wanting(Note, data, api)).text)
        assert note.problem == problem
        assert "nobody read" in note.approach
    notes = [as_data(number, Note(problem=f"Problem {number}")) for number in range(1, 9)]
    said = show(_wanting(Claims, "\n".join(notes), api)).text
    claims = Claims.model_validate_json(said).kept(range(1, 9))
    assert claims.tried[0].sources == tuple(range(1, 9))
    assert claims.tried[1:3] == (Claim(text="Problem 1", sources=(1,)), Claim(text="Problem 2", sources=(2,)))
    both = Claims.model_validate_json(show(_wanting(Claims, f"{said}\n{said}", api)).text)
    assert "nobody read" in both.tried[1].text
