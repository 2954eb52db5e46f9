"""What the scripted model of `labjam try` shows on request."""

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
