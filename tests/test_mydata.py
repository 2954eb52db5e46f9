"""What is kept of a person comes to that person alone, and goes at their wish."""

import json
from typing import Any

from bot.mydata import COMES, KEPT_BY_HOLD
from bot.scopes import Hold, Scope
from bot.slack.blocks import MORE, THUMB
from bot.store.holds import Holds
from tests.jam import Jam, until


async def _command(jam: Jam, user: str, text: str) -> Any:
    """Run a subcommand in the lab's channel."""
    return await jam.slack.command(user, jam.channels["argonne"], "/jam", text)


async def _with_a_vote(jam: Jam) -> None:
    ts = await jam.ask("argonne", "what do you keep?")
    [answer] = await jam.answer("argonne", ts)
    value = next(e for _, e in answer.elements if e["action_id"] == THUMB)["positive_button"]["value"]
    await jam.slack.click(jam.people["argonne"], jam.channels["argonne"], answer.ts, THUMB, value)


async def test_my_data_comes_as_a_file_that_nobody_else_sees(jam: Jam) -> None:
    me, other = jam.people["argonne"], jam.people["idaho"]
    await _with_a_vote(jam)
    await jam.answer("idaho", await jam.ask("idaho", "somebody else's"))
    asked = await _command(jam, me, "mydata")
    await until(lambda: COMES in asked.text)
    direct = jam.slack.workspace.direct(me)
    await until(lambda: any(message.files for message in direct.messages.values()))
    said = [message.visible_text for message in direct.messages.values()]
    assert "1 questions with their answers" in said[0]
    assert "1 thumbs" in said[0]
    [file] = [jam.slack.workspace.files[f] for message in direct.messages.values() for f in message.files]
    kept = json.loads(file.content)
    assert sorted(record["kind"] for record in kept["records"]) == ["answer", "vote"]
    assert kept["records"][0]["question"]["text"] == "what do you keep?"
    assert "somebody else's" not in file.content.decode()
    assert not jam.slack.workspace.direct(other).messages


async def test_my_data_goes_at_my_wish(jam: Jam) -> None:
    me = jam.people["argonne"]
    await _with_a_vote(jam)
    await _delete(jam, me)
    await until(lambda: _is_gone(jam, me), 20)


async def test_my_question_goes_though_a_colleague_asked_it_again(jam: Jam) -> None:
    """Its words are mine in every answer to it."""
    me, colleague = jam.people["argonne"], jam.people["idaho"]
    await jam.slack.join(colleague, jam.channels["argonne"])
    ts = await jam.ask("argonne", "my secret sauce?")
    [answer] = await jam.answer("argonne", ts)
    [menu] = [element for _, element in answer.elements if element["action_id"] == MORE]
    again = menu["options"][0]
    await jam.slack.click(colleague, jam.channels["argonne"], answer.ts, MORE, selected_option=again)
    await jam.answer("argonne", ts, answers=2)
    assert json.dumps(await jam.journal("argonne")).count("my secret sauce?") >= 2
    await _delete(jam, me)
    await until(lambda: _is_gone(jam, "secret sauce"), 20)


async def _delete(jam: Jam, me: str) -> None:
    asked = await _command(jam, me, "mydata delete")
    await until(lambda: bool(asked.messages))
    [button, *_] = [element for _, element in asked.messages[0].elements]
    done = await jam.slack.click(
        me, jam.channels["argonne"], asked.messages[0].ts, button["action_id"], button["value"]
    )
    assert done.acked


async def test_a_hold_on_a_part_of_my_data_says_so(jam: Jam) -> None:
    me = jam.people["argonne"]
    await _with_a_vote(jam)
    store = await jam.open_store()
    await Holds(store).place(Hold(Scope("argonne"), "U0LEAD", 1.0, "a case"))
    await store.close()
    asked = await _command(jam, me, "mydata delete")
    await until(lambda: bool(asked.messages))
    await jam.slack.click(me, jam.channels["argonne"], asked.messages[0].ts, "labjam_do")
    await until(lambda: "A legal hold keeps 2 records of these" in asked.text)
    assert not await _is_gone(jam, me)


async def test_a_legal_hold_keeps_my_data_and_says_so(jam: Jam) -> None:
    me = jam.people["argonne"]
    await _with_a_vote(jam)
    before = await jam.journal("argonne")
    store = await jam.open_store()
    await Holds(store).place(Hold(Scope(person=me), "U0LEAD", 1.0, "a case"))
    await store.close()
    asked = await _command(jam, me, "mydata delete")
    await until(lambda: bool(asked.messages))
    [message] = asked.messages
    await jam.slack.click(me, jam.channels["argonne"], message.ts, "labjam_do")
    await until(lambda: message.visible_text == KEPT_BY_HOLD)
    assert await jam.journal("argonne") == before


async def _is_gone(jam: Jam, word: str) -> bool:
    kinds = [line["kind"] for line in await jam.journal("argonne") if word in json.dumps(line)]
    return not kinds
