"""The page of `labjam try` in real headless Chromium: what a person sees and does, by mouse and keyboard."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browsing import NARROW, ask, become, browser, certify, no_serious_faults, visit
from tests.trying import Trial

__all__ = ["browser"]

pytestmark = pytest.mark.timeout(120)  # answers at a reader's pace, and a dead worker's lease to run out

HOSTILE = (
    "<img src=x onerror=\"document.title='hacked'\"> <script>document.title='hacked'</script> "
    "[a link](javascript:alert(1)) <https://example.org|a good link> \u202egnp.exe\u202c "
    "&lt;b&gt; <@U0LOCALBOT>"
)


async def test_two_tabs_are_two_people_who_see_each_other(tmp_path: Path, browser: Browser) -> None:
    async with Trial(tmp_path) as trial:
        one, two = await visit(browser, trial.url), await visit(browser, trial.url)
        await become(two, "Scientist 2 (Argonne)")
        await ask(one, "// Are you there, @Scientist 2 (Argonne)?")
        said = two.locator("#main .message").last
        await expect(said).to_contain_text("Are you there")
        await expect(said.locator(".mention.me")).to_have_text("@Scientist 2 (Argonne)")
        await ask(two, "// Yes")
        await expect(one.locator("#main .message").last).to_contain_text("Yes")
        await expect(one.locator("#main .message").last).to_contain_text("Scientist 2 (Argonne)")
        await two.get_by_role("button", name="# jam-idaho").click()
        await expect(two.get_by_role("button", name="Join channel")).to_be_visible()
        await ask(one, "// Anybody else?")
        await expect(two.locator(".entry.unread")).to_contain_text("jam-argonne")
        await expect(two.locator(".entry.unread .count")).to_have_text("1")
        place = await one.locator("#main .message").last.get_attribute("data-ts")
        await one.locator("#main .message").last.press("Enter")
        await ask(one, "// In a thread that two has no part in", "#box-thread")
        await expect(one.locator("#thread .message")).to_have_count(2)
        await ask(one, "// And once more")
        await expect(two.locator(".entry.unread .count")).to_have_text("2")
        await two.get_by_role("button", name="# jam-argonne").click()
        await expect(two.locator(".entry.unread")).to_have_count(0)
        await expect(two.locator(f'#main [data-ts="{place}"] .replies')).to_contain_text("1 reply")
        await ask(one, "/jam status")
        await expect(one.locator("#main .ephemeral")).to_contain_text("Only visible to you")


async def test_hostile_text_is_text(tmp_path: Path, browser: Browser) -> None:
    async with Trial(tmp_path) as trial:
        page = await visit(browser, trial.url)
        await ask(page, f"Answer in 20 words: {HOSTILE}")
        await certify(page)
        await expect(page.locator("#thread .thumbs")).to_have_count(1)
        for said in await page.locator(".message:not(.ephemeral) .body").all_inner_texts():
            assert "<img src=x onerror=" in said
        question = page.locator("#main .body").first
        await expect(question).to_contain_text("&lt;b&gt;")
        await expect(question.locator(".mention")).to_have_text("@labjam")
        await expect(question.locator("a")).to_have_attribute("href", "https://example.org")
        assert await page.locator(".body img, .body script, a[href^=javascript]").count() == 0
        assert "hacked" not in await page.title()


async def test_keyboard_alone_and_a_small_screen_are_enough(tmp_path: Path, browser: Browser) -> None:
    async with Trial(tmp_path) as trial:
        page = await visit(browser, trial.url, NARROW)
        await page.locator("#box-main").focus()
        await page.keyboard.type("// Wrong wrods")
        await page.keyboard.press("Enter")
        item = page.locator("#main .message").last
        await expect(item).to_contain_text("wrods")
        await item.focus()
        await page.keyboard.press("m")
        await expect(page.get_by_role("menuitem").first).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Control+A")
        await page.keyboard.type("// Right words")
        await page.keyboard.press("Enter")
        await expect(item).to_contain_text("Right words")
        await expect(item).to_contain_text("(edited)")
        await item.focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#thread")).to_be_visible()
        await expect(page.locator("#main")).to_be_hidden()
        await no_serious_faults(page)
        await page.keyboard.press("Escape")
        await expect(page.locator("#main")).to_be_visible()
        await page.get_by_role("button", name="Back to the channels").click()
        await page.get_by_role("button", name="labjam · Home").click()
        await expect(page.locator(".home")).to_be_visible()
        await page.get_by_role("button", name="Inspector", exact=True).click()
        await expect(page.locator("#inspector")).to_contain_text("app_home_opened")
        await no_serious_faults(page)


async def test_the_end_of_a_long_answer_stays_in_sight(tmp_path: Path, browser: Browser) -> None:
    async with Trial(tmp_path) as trial:
        page = await visit(browser, trial.url)
        await ask(page, "A long answer, please")
        await certify(page)
        await expect(page.locator("#thread .thumbs")).to_have_count(1, timeout=40_000)
        await expect(page.locator("#thread")).to_contain_text("Part 2")
        scroller = page.locator("#thread .scroller")
        left = await scroller.evaluate("e => e.scrollHeight - e.scrollTop - e.clientHeight")
        assert left < 80


async def test_an_answer_is_stopped_its_question_edited_judged_by_emoji_and_deleted(
    tmp_path: Path, browser: Browser
) -> None:
    async with Trial(tmp_path) as trial:
        page = await visit(browser, trial.url)
        thread, question = page.locator("#thread"), page.locator("#main .message").first
        await ask(page, "A long answer, please")
        await certify(page)
        await expect(thread.locator(".live")).to_contain_text("Paragraph 1")
        await thread.get_by_role("button", name="Stop").click()
        await expect(thread).to_contain_text("Stopped before the end.")
        await question.focus()
        for key in ("m", "Enter", "Control+A"):
            await page.keyboard.press(key)
        await page.keyboard.type("Show me a table")
        await page.keyboard.press("Enter")
        await thread.get_by_role("button", name="Answer the edited question").click()
        await expect(thread.locator("table")).to_be_visible()
        await expect(thread.locator(".thumbs")).to_have_count(1)
        await question.focus()
        for key in ("r", "Enter"):
            await page.keyboard.press(key)
        await expect(question.locator(".reaction")).to_have_text("👍 1")
        await expect(question.get_by_role("button", name="React", exact=True)).to_be_focused()
        await ask(page, "// A remark of my own", "#box-thread")
        await expect(thread.locator(".message")).to_have_count(3)
        await question.focus()
        for key in ("m", "ArrowUp", "Enter"):
            await page.keyboard.press(key)
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(question).to_contain_text("This message was deleted.")
        await expect(question).to_be_focused()
        await expect(thread.locator("table")).to_have_count(0)  # the answer is withdrawn, the remark stands
        await page.reload()
        await expect(question).to_contain_text("This message was deleted.")
        await expect(thread.locator(".message")).to_have_count(2)


async def test_labjam_killed_in_the_middle_of_an_answer_ends_it_on_the_open_page(
    tmp_path: Path, browser: Browser
) -> None:
    async with Trial(tmp_path) as trial:
        page = await visit(browser, trial.url)
        thread = page.locator("#thread")
        await ask(page, "A long answer, please")
        await certify(page)
        await expect(thread.locator(".live")).to_contain_text("Paragraph 1")
        await page.fill("#box-thread", "A draft")
        await trial.kill()
        await expect(page.locator("#link")).to_be_visible()
        await trial.start()
        await expect(page.locator("#link")).to_be_hidden()
        await expect(thread.locator(".thumbs")).to_have_count(1, timeout=60_000)
        await expect(thread.locator(".live")).to_have_count(0)
        await expect(thread).to_contain_text("Paragraph 45.")
        assert (await thread.inner_text()).count("Paragraph 1. ") == 1
        await expect(page.locator("#box-thread")).to_have_value("A draft")
        await page.reload()
        await expect(page.locator("#box-thread")).to_have_value("A draft")
