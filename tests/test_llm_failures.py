"""Whatever an endpoint does wrong becomes one ModelError that says whether another try helps."""

import socket
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ModelAway, ModelBusy, ModelCut, ModelError, ModelRejected, ModelTooLong
from bot.llm.chat_api import ChatReader
from bot.llm.failures import TOO_LONG, error_code, from_event, from_status, retry_after
from bot.llm.model import Api, Finish
from bot.trial.model_script import ECHO, Ending, Reply, failure
from tests.test_llm_stream import both_apis, stage

NOW = 1_792_000_000.0


@both_apis
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (202, ModelAway), (408, ModelAway), (409, ModelAway), (429, ModelBusy), (500, ModelAway),
        (502, ModelAway), (503, ModelAway), (504, ModelAway), (400, ModelRejected), (401, ModelRejected),
        (403, ModelRejected), (404, ModelRejected), (413, ModelRejected), (422, ModelRejected),
    ],
)  # fmt: skip
async def test_statuses(api: Api, status: int, kind: type[ModelError]) -> None:
    async with stage() as at:
        with pytest.raises(kind, match=f"^lab: HTTP {status}") as caught:
            await at.ask(api, failure(status, "some_code"))
        assert type(caught.value) is kind
        assert len(at.server.requests) == 1, "retries are the job engine's"


@both_apis
async def test_the_endpoints_code_is_kept_and_its_message_is_not(api: Api) -> None:
    async with stage() as at:
        with pytest.raises(ModelTooLong, match=TOO_LONG) as caught:
            await at.ask(api, failure(400, TOO_LONG))
        assert ECHO not in str(caught.value)
        assert caught.value.__cause__ is None


@both_apis
async def test_busy_says_for_how_long(api: Api) -> None:
    async with stage() as at:
        with pytest.raises(ModelBusy) as caught:
            await at.ask(api, failure(429, retry_after="7"))
        assert caught.value.retry_after == 7
        with pytest.raises(ModelBusy) as caught:
            await at.ask(api, failure(429))
        assert caught.value.retry_after is None


async def test_no_money_is_not_waited_for() -> None:
    async with stage() as at:
        with pytest.raises(ModelRejected, match="insufficient_quota"):
            await at.ask("chat", failure(429, "insufficient_quota"))


@both_apis
@pytest.mark.parametrize(
    ("ending", "after"), [("cut", 2), ("cut", None), ("cut", 0), ("drop", 2), ("drop", 0)]
)
async def test_a_stream_that_ends_early_is_never_an_answer(
    api: Api, ending: Ending, after: int | None
) -> None:
    async with stage() as at:
        with pytest.raises(ModelCut):
            await at.ask(api, Reply("one two three four", pieces=4, seconds=0.02, ending=ending, after=after))


@both_apis
async def test_silence_in_the_middle(api: Api) -> None:
    async with stage() as at:
        with pytest.raises(ModelAway, match=r"silent for 0\.1 s"):
            await at.ask(api, Reply("one two", pieces=2, ending="stall", after=1), stall_timeout=0.1)


@both_apis
async def test_silence_before_the_first_word(api: Api) -> None:
    async with stage() as at:
        with pytest.raises(ModelAway, match=r"no word .* in 0\.1 s"):
            await at.ask(api, Reply(wait=30, reasoning=3), first_token_timeout=0.1)


@both_apis
async def test_thinking_is_no_stall(api: Api) -> None:
    async with stage() as at:
        text, _ = await at.ask(api, Reply("yes", wait=0.2), stall_timeout=0.05)
        assert text == "yes"


@both_apis
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("rate_limit_exceeded", ModelBusy), ("server_error", ModelAway), ("", ModelAway),
        ("insufficient_quota", ModelRejected), ("invalid_prompt", ModelRejected), (TOO_LONG, ModelTooLong),
        ("503", ModelAway), ("429", ModelBusy), ("400", ModelRejected),
    ],
)  # fmt: skip
async def test_an_error_inside_the_stream(api: Api, code: str, kind: type[ModelError]) -> None:
    async with stage() as at:
        with pytest.raises(ModelError) as caught:
            await at.ask(api, Reply("one two", pieces=2, ending="failed", after=1, code=code))
        assert type(caught.value) is kind
        assert ECHO not in str(caught.value)


async def test_a_policy_stop_keeps_the_text_so_far() -> None:
    async with stage() as at:
        reply = Reply("one two", pieces=2, ending="failed", after=1, code="bio_policy")
        text, finish = await at.ask("responses", reply)
        assert (text, finish.reason) == ("one", "filtered")


async def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with stage() as at:
        gone = replace(at.spec("chat").endpoint, base_url=f"http://127.0.0.1:{port}/v1")
        with pytest.raises(ModelAway, match="no connection"):
            await at.ask("chat", endpoint=gone)


async def test_a_redirect_is_not_followed() -> None:
    async with stage() as at, stage() as elsewhere:
        url = f"{elsewhere.server.base_url}/chat/completions"
        with pytest.raises(ModelRejected, match="redirects"):
            await at.ask("chat", Reply(status=307, headers=(("Location", url),)))
        assert not elsewhere.server.requests


def test_given_up_is_not_ended() -> None:
    reader = ChatReader("lab", "m")
    with pytest.raises(ModelCut):
        reader.read({"choices": [{"delta": {}, "finish_reason": "abort"}]})


@pytest.mark.parametrize("reason", ["stop", "eos", "tool_calls", "something_new"])
def test_other_words_for_the_end(reason: str) -> None:
    reader = ChatReader("lab", "m")
    assert reader.read({"choices": [{"delta": {"content": "a"}, "finish_reason": reason}]}) == "a"
    assert reader.finish() == Finish("stop", "m", None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "model_not_found"}}, "model_not_found"),
        ({"code": None, "type": "overloaded_error"}, "overloaded_error"),
        ({"message": "my secret idea", "code": "words of a person"}, ""),
        ({"message": "This model's maximum context length is 8192 tokens", "code": 400}, TOO_LONG),
        ({"error": {"code": 400, "type": "exceed_context_size_error"}}, TOO_LONG),
        ({"error": "prompt is too long: 9000 tokens"}, TOO_LONG),
        ({"error": "no such thing"}, ""),
        ("<html>", ""),
        (None, ""),
        ([], ""),
    ],
)  # fmt: skip
def test_codes(body: Any, code: str) -> None:
    assert error_code(body) == code


@given(st.text(min_size=1, max_size=80))
def test_no_text_of_an_endpoint_shows(message: str) -> None:
    secret = f"@{message}@"
    error = {"message": secret, "type": secret, "code": secret}
    assert secret not in str(from_event("lab", error)) + str(from_status("lab", 400, error_code(error)))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "9", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-4"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(("offset", "seconds"), [(30, 30.0), (-30, 0.0)])
def test_retry_after_a_date(offset: int, seconds: float) -> None:
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(NOW + offset))
    assert retry_after({"retry-after": date}, NOW) == seconds
