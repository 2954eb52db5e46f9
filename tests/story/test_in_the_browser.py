"""A scientist's first quarter of an hour, in a real browser: every step through the bot that labs run."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browsing import NARROW, ask, become, browser, certify, no_serious_faults, visit
from tests.trying import Trial

__all__ = ["browser"]

GIVE = """(box, [kind, name, words]) => {
  const data = new DataTransfer();
  data.items.add(new File([words], name, { type: "text/csv" }));
  const way = { bubbles: true, cancelable: true };
  const event = kind === "drop" ? new DragEvent("drop", { dataTransfer: data, ...way })
    : new ClipboardEvent("paste", { clipboardData: data, ...way });
  box.dispatchEvent(event);
}"""
"""A file as the browser hands it over, dropped on a box or pasted into it."""


@pytest.mark.timeout(240)  # thirty steps, eight answers, and other tests beside it
async def test_from_the_first_visit_to_the_app_home(tmp_path: Path, browser: Browser) -> None:
    async with Trial(tmp_path) as trial:
        page = await visit(browser, trial.url)
        thread = page.locator("#thread")
        await _first_question(page, thread)
        await _judged(page, thread)
        await _details(page, thread)
        await _menu_of_the_answer(page, thread)
        await _slash_command(page)
        await _files(page, thread)
        await _home(page, thread)
        await _inspector(page)
        words = await thread.inner_text()
        await page.reload()
        await expect(thread.locator(".thumbs").first).to_be_visible()
        assert await thread.inner_text() == words
        await trial.kill()
        await trial.start()
        await expect(page.locator("#link")).to_be_hidden()
        await ask(page, "And after a restart?", "#box-thread")
        await expect(thread.locator(".thumbs")).to_have_count(3)


async def _first_question(page: Page, thread: Locator) -> None:
    await expect(page.locator(".standin")).to_contain_text("local stand-in for Slack")
    await page.get_by_role("button", name="Write some code").click()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main .ephemeral")).to_contain_text("you certify")
    await certify(page)
    await expect(thread.locator(".live .caret")).to_be_visible()
    await expect(thread.locator(".status")).to_contain_text("labjam is")
    await expect(thread.locator(".thumbs")).to_have_count(1)
    await expect(thread.locator("pre .hljs-keyword").first).to_be_visible()
    await no_serious_faults(page)
    await ask(page, "Now a table", "#box-thread")
    await expect(thread.locator(".thumbs")).to_have_count(2)
    assert await thread.locator("tr").count() == 4


async def _judged(page: Page, thread: Locator) -> None:
    good = thread.get_by_role("button", name="This answer is good").last
    await good.click()
    await expect(good).to_have_attribute("aria-pressed", "true")
    await expect(thread.locator(".smallprint").last).to_contain_text("👍 1")


async def _details(page: Page, thread: Locator) -> None:
    opener = thread.get_by_role("button", name="Add details").last
    dialog = page.get_by_role("dialog", name="Details of an answer")
    await opener.click()
    await expect(dialog.get_by_label("Your thumb")).to_be_focused()
    await no_serious_faults(page)
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(thread).to_be_visible()
    await expect(opener).to_be_focused()
    await page.keyboard.press("Enter")
    await dialog.get_by_label("Incomplete").check()
    await dialog.get_by_label("Comment").fill("It lacks the *error* term & <b>units</b>.")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    await expect(opener).to_be_focused()
    await opener.click()
    await expect(dialog.get_by_label("Comment")).to_have_value("It lacks the *error* term & <b>units</b>.")
    await expect(dialog.get_by_label("Incomplete")).to_be_checked()
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_be_hidden()


async def _menu_of_the_answer(page: Page, thread: Locator) -> None:
    await thread.get_by_role("button", name="More options").last.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Answer again")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(thread.locator(".file")).to_contain_text(".md")


async def _slash_command(page: Page) -> None:
    await page.locator("#box-main").focus()
    await page.keyboard.type("/j")
    await expect(page.get_by_role("option", name="/jam")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.type("whoami")
    await page.keyboard.press("Enter")
    answer = page.locator("#main .ephemeral").last
    await expect(answer).to_contain_text("Only visible to you")
    await expect(answer).to_contain_text("scientist")


async def _files(page: Page, thread: Locator) -> None:
    tray = page.locator("#main .tray")
    for number, kind in enumerate(("drop", "paste"), 1):
        what = [kind, f"{kind}.csv", f"energy,counts\n{number},2\n"]
        await page.locator("#box-main").evaluate(GIVE, what)
        await expect(tray.locator("li")).to_have_count(number)
    await ask(page, "What do these two files say? In 40 words.")
    await expect(tray).to_be_hidden()
    asked = page.locator("#main .message").filter(has_text="these two files")
    await expect(asked.locator(".file")).to_have_count(2)
    await expect(asked.locator(".file").last).to_contain_text("paste.csv 18 B")
    await expect(thread.locator(".thumbs")).to_have_count(1)
    await expect(thread.locator(".smallprint").last).not_to_contain_text("was not read")


async def _home(page: Page, thread: Locator) -> None:
    await page.get_by_role("button", name="labjam · Home").click()
    home = page.locator(".home")
    await expect(home).to_contain_text("Write some code")
    await no_serious_faults(page)
    await home.get_by_role("link", name="Write some code").click()
    await expect(thread.locator(".thumbs")).to_have_count(2)
    await expect(thread.get_by_role("button", name="This answer is good").last).to_have_attribute(
        "aria-pressed", "true"
    )


async def _inspector(page: Page) -> None:
    button = page.get_by_role("button", name="Inspector", exact=True)
    await button.click()
    inspector = page.locator("#inspector")
    await expect(inspector.locator(".budgets li").filter(has_text="chat.startStream")).to_contain_text(
        "of 20"
    )
    home = inspector.locator("details").filter(has_text="app_home_opened").first
    await expect(home).to_contain_text("acknowledged")
    await home.locator("summary").click()
    await ask(page, "/jam status")
    await expect(inspector.locator("summary").first).to_contain_text("/jam")
    await expect(home).to_have_attribute("open", "")  # what comes later leaves it as it is
    await expect(inspector).to_contain_text("views.publish")
    await inspector.get_by_role("button", name="Close the inspector").press("Escape")
    await expect(button).to_be_focused()


async def test_a_moderator_on_a_small_dark_screen(tmp_path: Path, browser: Browser) -> None:
    async with Trial(tmp_path) as trial:
        page = await visit(browser, trial.url, NARROW, "dark")
        await become(page, "Moderator")
        await ask(page, "/jam pause")
        await expect(page.locator("#main .ephemeral").last).to_contain_text("Paused")
        await page.get_by_role("button", name="Back to the channels").click()
        await page.get_by_role("button", name="labjam · Home").click()
        home = page.locator(".home")
        await expect(home.get_by_role("button", name="Resume")).to_be_visible()
        await no_serious_faults(page)
        await home.get_by_role("button", name="Stop").first.click()
        question = page.get_by_role("dialog")
        await expect(question).to_be_visible()
        await no_serious_faults(page)
        await page.keyboard.press("Escape")
        await expect(question).to_be_hidden()
        await home.get_by_role("button", name="Resume").click()
        await expect(home.get_by_role("button", name="Resume")).to_be_hidden()
