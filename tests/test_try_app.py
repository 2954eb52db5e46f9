"""What an app shows besides messages, on the page of `labjam try` in real Chromium: modals and the Home."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bot.trial.cast import furnish
from bot.trial.server import LocalSlack
from tests.browsing import ask, browser, no_serious_faults, served, visit
from tests.trial_fixtures import bolt

__all__ = ["browser"]


HOSTILE = (
    "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script> "
    "[a](javascript:alert(1)) <javascript:alert(1)|b> \u202egnp.exe\u202c"
)


@dataclass
class Shown:
    """A page with an app behind it: what it was sent, and where."""

    page: Page
    slack: LocalSlack
    submitted: list[Any]
    client: Any


@pytest.fixture
async def shown(browser: Browser) -> AsyncGenerator[Shown, None]:
    async with LocalSlack() as slack, bolt(slack, listen=False) as app:
        furnish(slack, [], "jam-hq")
        submitted: list[Any] = []
        heard(app.app, submitted)
        async with served(slack, {"jam-hq": "All labs"}) as url:
            yield Shown(await visit(browser, url), slack, submitted, app.client)


async def test_the_home_of_an_app_asks_before_it_acts(shown: Shown) -> None:
    page = shown.page
    await page.get_by_role("button", name="labjam · Home").click()
    await expect(page.locator(".home")).to_contain_text("Hello from Home")
    question = page.get_by_role("dialog", name="Close the jam?")
    for answer in ("Not yet", "Close it"):
        await page.get_by_role("button", name="Close", exact=True).click()
        await expect(question).to_contain_text("Nobody can ask then.")
        await no_serious_faults(page)
        await question.get_by_role("button", name=answer).click()
        await expect(question).to_be_hidden()
    await expect(page.locator(".home")).to_contain_text("Closed once")


async def test_a_modal_of_an_app_takes_every_kind_of_input(shown: Shown) -> None:
    page, slack, submitted = shown.page, shown.slack, shown.submitted
    await page.get_by_role("button", name="# jam-hq").click()
    await ask(page, "A problem")
    await page.locator("#main .message").hover()
    await page.get_by_role("button", name="More actions").first.click()
    await page.get_by_role("menuitem", name="Describe this problem").click()
    dialog = page.get_by_role("dialog", name="The problem")
    await expect(dialog).to_be_visible()
    await no_serious_faults(page)
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert").first).to_have_text("This is needed.")
    await dialog.get_by_label("What is it?").fill("A secret")
    await dialog.get_by_label("How hard?").select_option(label="Very")
    await dialog.get_by_label("Solved").check()
    await dialog.get_by_label("With whom?").select_option(label="Lab lead")
    await dialog.get_by_label("#jam-hq").check()
    await dialog.get_by_label("When?").fill("09:30")
    await dialog.get_by_role("button", name="Save").click()
    above = page.get_by_role("dialog", name="Not kept")
    await expect(above.get_by_label("What is it?")).to_have_value("")
    await page.keyboard.press("Escape")
    await expect(dialog.get_by_label("What is it?")).to_have_value("A secret")  # and all the rest, below
    await dialog.get_by_label("What is it?").fill("Turbulence")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    assert [each["what"]["in"]["value"] for each in submitted] == ["Turbulence"]
    assert submitted[0]["hard"]["in"]["selected_option"]["value"] == "3"
    assert [each["value"] for each in submitted[0]["state"]["in"]["selected_options"]] == ["solved"]
    assert submitted[0]["who"]["in"]["selected_user"] in slack.workspace.people
    hq = slack.workspace.channel("jam-hq")
    assert hq
    assert submitted[0]["where"]["in"]["selected_conversations"] == [hq.id]
    assert submitted[0]["when"]["in"]["selected_time"] == "09:30"


async def test_hostile_words_are_words_wherever_an_app_or_a_person_puts_them(shown: Shown) -> None:
    page, slack = shown.page, shown.slack
    hq = slack.workspace.channel("jam-hq")
    assert hq
    person = slack.add_person(f"Eve {HOSTILE}")
    await slack.join(person, hq.id)
    asked = await slack.post(person, hq.id, HOSTILE, files=[(f"{HOSTILE[:60]}.csv".replace("/", "_"), b"1")])
    await shown.client.chat_postMessage(channel=hq.id, text="-", blocks=hostile_blocks())
    cell = {"type": "raw_text", "text": HOSTILE}
    await shown.client.chat_postMessage(
        channel=hq.id, text="-", blocks=[{"type": "table", "rows": [[cell], [cell]]}]
    )
    place = {"channel": hq.id, "thread_ts": asked}
    recipient = {"recipient_user_id": person, "recipient_team_id": slack.workspace.team.id}
    steps = [{"type": "plan_update", "title": HOSTILE}]
    steps += [{"type": "task_update", "id": "1", "title": HOSTILE, "status": "error", "details": HOSTILE}]
    await shown.client.chat_startStream(**place, **recipient, chunks=steps)
    await page.get_by_role("button", name="# jam-hq").click()
    await page.locator("#main .replies").click()
    await expect(page.locator("#thread .task")).to_contain_text("Failed: <img src=x")
    await page.locator("#main .message").last.hover()
    await page.get_by_role("button", name="More options").click()
    await expect(page.get_by_role("menuitem")).to_contain_text("<img src=x")
    await page.keyboard.press("Escape")
    words = await page.locator("body").inner_text()
    assert words.count("<img src=x onerror=") >= 16
    assert "\u202e" not in words
    assert await page.locator("img, script:not([src]), a[href^=javascript]").count() == 0
    assert "hacked" not in await page.title()


async def test_the_steps_of_an_answer_are_shown_as_they_are_taken(shown: Shown) -> None:
    page, slack, client = shown.page, shown.slack, shown.client
    hq = slack.workspace.channel("jam-hq")
    assert hq
    person = slack.add_person("Ada")
    await slack.join(person, hq.id)
    ts = await slack.post(person, hq.id, "A hard one")
    await page.get_by_role("button", name="# jam-hq").click()
    step = {"type": "task_update", "id": "1", "title": "Look up the cross section"}
    place = {"channel": hq.id, "recipient_user_id": person, "recipient_team_id": slack.workspace.team.id}
    begun = [{"type": "plan_update", "title": "Three steps"}, step | {"status": "in_progress"}]
    stream = await client.chat_startStream(**place, thread_ts=ts, chunks=begun)
    await page.locator("#main .replies").click()
    shown_step = page.locator("#thread .task")
    await expect(shown_step).to_have_text("Under way: Look up the cross section")
    await no_serious_faults(page)
    source = {"type": "url", "url": "https://example.org/data", "text": "Data"}
    ended = step | {"status": "complete", "output": "2.3 barn", "sources": [source]}
    await client.chat_stopStream(
        channel=hq.id, ts=stream["ts"], chunks=[ended], markdown_text="It is *small*."
    )
    await expect(shown_step).to_contain_text("Done: Look up the cross section")
    await expect(shown_step).to_contain_text("2.3 barn")
    await expect(shown_step.get_by_role("link", name="Data")).to_have_attribute("href", source["url"])
    await expect(page.locator("#thread .plan")).to_contain_text("Three steps")
    await expect(page.locator("#thread")).to_contain_text("It is small.")
    await page.reload()
    await expect(shown_step).to_contain_text("2.3 barn")


def hostile_blocks() -> list[dict[str, Any]]:
    """The same hostile words in every place that a message of an app has for words."""

    def plain(text: str) -> dict[str, str]:
        return {"type": "plain_text", "text": text}

    short = HOSTILE[:70]
    mrkdwn = {"type": "mrkdwn", "text": HOSTILE}
    option = {"text": plain(short), "value": "1"}
    dots = {"type": "overflow", "action_id": "dots", "options": [option]}
    press = {"type": "button", "action_id": "press", "text": plain(short), "accessibility_label": short}
    choose = {"type": "static_select", "action_id": "one", "placeholder": plain(short), "options": [option]}
    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}
    return [
        {"type": "markdown", "text": f"{HOSTILE}\n\n| {HOSTILE} | b |\n|---|---|\n| {HOSTILE} | $x$ |"},
        {"type": "header", "text": plain(HOSTILE[:150])},
        {"type": "section", "text": mrkdwn, "fields": [mrkdwn, plain(HOSTILE)]},
        {"type": "context", "elements": [mrkdwn, plain(HOSTILE)]},
        {"type": "rich_text", "elements": [rich]},
        {
            "type": "image",
            "image_url": "https://example.org/x.png",
            "alt_text": HOSTILE,
            "title": plain(HOSTILE),
        },
        {"type": "actions", "elements": [press, choose, dots]},
    ]


def heard(app: Any, submitted: list[Any]) -> None:
    """An app that publishes a Home, and opens a modal from a message's menu."""

    closed: list[str] = []

    async def home(event: Any, client: Any) -> None:
        await client.views_publish(user_id=event["user"], view=home_view("*Hello* from Home"))

    async def close(ack: Any, body: Any, client: Any) -> None:
        await ack()
        closed.append(body["user"]["id"])
        said = home_view("Closed once" if len(closed) == 1 else "Closed again")
        await client.views_publish(user_id=body["user"]["id"], view=said)

    async def problem(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    async def submit(ack: Any, view: Any) -> None:
        if "secret" in view["state"]["values"]["what"]["in"]["value"]:
            await ack(
                response_action="push", view=modal() | {"title": {"type": "plain_text", "text": "Not kept"}}
            )
            return
        submitted.append(view["state"]["values"])
        await ack()

    async def rest() -> None:
        return

    app.event("app_home_opened")(home)
    app.action("close")(close)
    app.event("message")(rest)
    app.shortcut("jam_problem")(problem)
    app.view("problem")(submit)


def home_view(words: str) -> dict[str, Any]:
    """A Home with a button that asks before it acts."""

    def plain(text: str) -> dict[str, str]:
        return {"type": "plain_text", "text": text}

    sure = {"title": plain("Close the jam?"), "text": plain("Nobody can ask then.")}
    sure |= {"confirm": plain("Close it"), "deny": plain("Not yet")}
    button = {"type": "button", "action_id": "close", "text": plain("Close"), "confirm": sure}
    said = {"type": "section", "text": {"type": "mrkdwn", "text": words}}
    return {"type": "home", "blocks": [said, {"type": "actions", "elements": [button]}]}


def modal() -> dict[str, Any]:
    """One input of each common kind."""

    def plain(text: str) -> dict[str, str]:
        return {"type": "plain_text", "text": text}

    def field(block: str, label: str, **element: Any) -> dict[str, Any]:
        return {
            "type": "input",
            "block_id": block,
            "label": plain(label),
            "element": {"action_id": "in", **element},
        }

    levels = [{"text": plain(text), "value": value} for text, value in (("A little", "1"), ("Very", "3"))]
    state = [{"text": plain("Solved"), "value": "solved"}]
    return {
        "type": "modal", "callback_id": "problem", "title": plain("The problem"), "submit": plain("Save"),
        "blocks": [
            field("what", "What is it?", type="plain_text_input", multiline=True),
            field("hard", "How hard?", type="static_select", options=levels),
            field("state", "State", type="checkboxes", options=state),
            field("who", "With whom?", type="users_select"),
            field("where", "Where?", type="multi_conversations_select"),
            field("when", "When?", type="timepicker"),
        ],
    }  # fmt: skip
