"""Every view that labjam makes, on the page of `labjam try` in Chromium: axe, both sizes, both schemes."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot.trial.model_script import Reply, SeenRequest
from bot.trial.model_show import show
from tests.browsing import ask, become, browser, good_in_every_size_and_scheme, served, visit
from tests.desk import Desk, furnish
from tests.jam import Jam, until

__all__ = ["browser"]

CONFIG = """
[jam]
leads = ["S0LOCALLEADS"]
[models.left]
id = "left-9"
base_url = "{url}"
auth = {{scheme = "none"}}
[models.right]
id = "right-9"
base_url = "{url}"
auth = {{scheme = "none"}}
[labs.argonne]
moderators = ["Mo@ANL.example"]
models = ["left", "right"]
[labs.idaho]
moderators = ["{other}"]
models = ["left", "right"]
compare_share = 100
"""
CONTROLS = """() => [...document.querySelectorAll("a[href], button, select, textarea, summary, [tabindex]")]
  .filter(each => each.checkVisibility({ visibilityProperty: true }) && !each.disabled && each.tabIndex >= 0
    && !each.matches(".skip"))
  .map(each => each.id || each.dataset.key || each.ariaLabel || each.textContent)"""
FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it);
  const seen = it.matches("textarea") ? getComputedStyle(it.closest("form")).boxShadow !== "none"
    : style.outlineStyle !== "none" || it.matches("body, .scroller");
  return [it.id || it.dataset.key || it.ariaLabel || it.textContent, seen];
}"""
"""What has the focus, and whether a person sees that it has."""


def _said(seen: SeenRequest) -> Reply:
    """What the trial's own model says, without its pauses."""
    return Reply(show(seen).text)


@dataclass
class View:
    """A running jam with people with a say, and one browser tab."""

    desk: Desk
    page: Page

    @property
    def thread(self) -> Locator:
        """The side pane."""
        return self.page.locator("#thread")

    async def become(self, name: str, channel: str = "") -> None:
        """Choose who one is, and go where."""
        await become(self.page, name)
        if channel:
            await self.page.get_by_role("button", name=f"# {channel}").click()
            await expect(self.page.locator("h1")).to_have_text(f"# {channel}")

    async def good(self) -> None:
        """What is to be seen now reads well in every size and scheme."""
        await good_in_every_size_and_scheme(self.page)


@pytest.fixture
async def view(tmp_path: Path, browser: Browser) -> AsyncGenerator[View]:
    async with Jam(tmp_path) as jam:
        jam.model.script = _said
        desk = await furnish(jam, tmp_path, CONFIG, url=jam.model.base_url)
        await jam.start_bot()
        labs = {"jam-argonne": "Argonne National Laboratory", "jam-idaho": "Idaho National Laboratory"}
        async with served(jam.slack, labs) as url:
            yield View(desk, await visit(browser, url))


@pytest.mark.timeout(180)
async def test_what_a_scientist_sees(view: View) -> None:
    page, thread = view.page, view.thread
    await view.become("scientist-argonne")
    await view.good()  # nothing said yet
    csv: Any = {
        "name": "energies of the third run, corrected.csv",
        "mimeType": "text/csv",
        "buffer": b"a,b\n1,2\n",
    }
    await page.locator("#main input[type=file]").set_input_files(csv)
    await ask(page, "Show me an equation")
    await expect(thread.locator(".thumbs")).to_have_count(1)
    await expect(thread.locator("img.drawn").first).to_be_visible()
    await ask(page, "Show me a table", "#box-thread")
    await expect(thread.locator(".thumbs")).to_have_count(2)
    await ask(page, "Write some code", "#box-thread")
    await expect(thread.locator(".thumbs")).to_have_count(3)
    await view.good()  # an answer with a picture, a table, code, a file, its buttons and menus
    for name, label in (("Add details", "Details of an answer"), ("Describe this problem", None)):
        await thread.get_by_role("button", name=name).first.click()
        await expect(page.get_by_role("dialog", name=label or name)).to_be_visible()
        await view.good()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
    await thread.get_by_role("button", name="More options").last.click()
    await view.good()  # the answer's menu
    await page.keyboard.press("Escape")
    await thread.locator(".message").last.hover()
    await thread.get_by_role("button", name="More actions").last.click()
    await page.get_by_role("menuitem", name="Sum up this thread").click()
    await expect(thread).to_contain_text("nobody read the thread")
    await view.good()  # a thread's summary
    await page.keyboard.press("Escape")
    await page.fill("#box-main", "/")
    await expect(page.get_by_role("option", name="/jam")).to_be_visible()
    await view.good()
    await ask(page, "/jam help")
    await expect(page.locator("#main .ephemeral")).to_contain_text("/jam whoami")
    await page.get_by_role("button", name="Inspector", exact=True).click()
    await page.locator("#inspector summary").first.click()
    await view.good()


@pytest.mark.timeout(180)
async def test_two_answers_to_choose_from_and_the_homes(view: View) -> None:
    page, thread = view.page, view.thread
    await view.become("scientist-idaho", "jam-idaho")
    await ask(page, "Show me a table")
    await expect(thread.locator(".thumbs")).to_have_count(2)
    both = thread.get_by_role("button", name="Both bad")
    await expect(both).to_be_visible()
    await view.good()
    await both.click()
    await expect(page.locator(".ephemeral").first).to_be_visible()
    await view.good()
    for who, sees in (("scientist-idaho", "Your threads"), ("ida", "INL now"), ("lea", "ANL now")):
        await view.become(who)
        await page.get_by_role("button", name="labjam · Home").click()
        await expect(page.locator(".home")).to_contain_text(sees)
        await view.good()
    await page.get_by_role("button", name="labjam · Messages").click()
    await view.good()


@pytest.mark.timeout(180)
async def test_what_a_moderator_sees(view: View) -> None:
    page, jam = view.page, view.desk.jam
    await view.desk.do("open A morning")
    asked = [await jam.ask("argonne", f"Show me table {n}") for n in "ab"]  # what is flagged is not summed up
    [[answer], _] = [await jam.answer("argonne", ts) for ts in asked]
    await view.become("mo", "jam-argonne")
    await expect(
        page.locator("#main").get_by_role("button", name="Show me a table")
    ).to_be_visible()  # not asked yet
    said = page.locator("#main .ephemeral")
    await jam.slack.message_shortcut(view.desk.scientist, view.desk.lab, answer.ts, "jam_flag")
    says = {"flag list": "flagged", "prompt show": "The files' version", "status": "Flagged answers: 1"}
    for command, words in (says | {"digest preview": "2 questions from 1 person"}).items():
        await ask(page, f"/jam {command}")
        await expect(said.last).to_contain_text(words)
    await view.good()
    await ask(page, "/jam prompt edit")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await view.good()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await ask(page, "/jam stop")
    await expect(said.last.get_by_role("button").first).to_be_visible()
    await ask(page, "/jam summary now")
    posts = page.locator("#main .message:not(.ephemeral)")
    await expect(posts.filter(has_text="nobody read these threads")).to_be_visible()
    await ask(page, "/jam digest now")
    await until(lambda: "image" in str([each.raw for each in jam.slack.channel_messages(view.desk.lab)]))
    await expect(posts.locator("img.drawn").last).to_be_visible()
    await view.good()
    await page.get_by_role("button", name="labjam · Messages").click()
    await expect(page.locator("#main .message").first).to_be_visible()
    await view.good()  # what was flagged


async def test_the_keyboard_reaches_every_control_and_comes_back(view: View) -> None:
    page, thread = view.page, view.thread
    await view.become("scientist-argonne")
    for text in ("Show me a table", "// Never mind"):
        await ask(page, text)
    await page.keyboard.press("Escape")
    await page.locator("#main .replies").first.click()
    await expect(thread.locator(".thumbs")).to_have_count(1)
    await page.locator("body").press("Tab")
    reached: set[str] = set()
    for _ in range(60):
        name, seen = await page.evaluate(FOCUSED)
        assert seen, f"no focus to be seen on {name}"
        reached.add(name)
        await page.keyboard.press("Tab")
    missed = set(await page.evaluate(CONTROLS)) - reached
    assert not missed
    more = thread.get_by_role("button", name="More actions")
    await thread.locator(".message").last.focus()
    await page.keyboard.press("m")
    await expect(page.get_by_role("menuitem").first).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(more).to_be_focused()
    await thread.locator(".message").first.focus()
    await page.keyboard.press("m")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Delete this message?")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(more).to_be_focused()
    await expect(thread).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(thread).to_be_hidden()
    await expect(page.locator("#main .message").filter(has_text="Show me a table")).to_be_focused()
    where = page.url
    await page.locator(".skip").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#box-main")).to_be_focused()
    assert page.url == where
