"""`labjam check` asks each endpoint for its model, and says in plain words what is wrong."""

import pytest

from bot.errors import ModelAway, ModelRejected
from bot.trial.model_script import failure
from tests.test_llm_stream import stage


async def test_a_listed_model() -> None:
    async with stage() as at:
        assert await at.models.check(at.spec("chat")) == "listed by its endpoint"
        assert [seen.path for seen in at.server.requests] == ["/v1/models"]
        assert at.server.requests[0].headers["authorization"] == "Bearer key-of-the-lab"


async def test_a_model_that_will_be_shut_down() -> None:
    async with stage() as at:
        at.server.models[0]["shutdown_date"] = "2026-12-11"
        assert "shut it down on 2026-12-11" in await at.models.check(at.spec("responses"))


async def test_an_endpoint_without_a_list_is_asked() -> None:
    async with stage() as at:
        at.server.lists_models = False
        assert await at.models.check(at.spec("responses")) == "answers"
        assert at.server.requests[-1].path == "/v1/responses"


async def test_a_model_that_the_list_lacks_may_still_answer() -> None:
    async with stage() as at:
        assert "doesn't list it" in await at.models.check(at.spec("chat", id="alias"))


async def test_an_unknown_model() -> None:
    async with stage() as at:
        at.plan.when("", failure(404, "model_not_found"))
        with pytest.raises(ModelRejected, match=r"model_not_found \(no such model.*its list has scripted$"):
            await at.models.check(at.spec("chat", id="gone"))


async def test_a_refused_token() -> None:
    async with stage() as at:
        at.server.lists_models = False
        at.plan.when("", failure(401, "invalid_api_key"))
        with pytest.raises(ModelRejected, match=r"renew it.*the variable KEY"):
            await at.models.check(at.spec("chat"))


async def test_an_endpoint_that_is_down() -> None:
    async with stage() as at:
        spec = at.spec("chat")
        await at.server.stop()
        with pytest.raises(ModelAway, match="no connection"):
            await at.models.check(spec)
