"""Real headless Chromium on the page of `labjam try`: visit, ask, and what must hold in every view."""

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from bot.slack.manifest import manifest
from bot.trial.feed import Feed
from bot.trial.page_acts import Acts
from bot.trial.page_server import PageServer
from bot.trial.server import LocalSlack

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
CHROMIUM = shutil.which("chromium") or ""
SLOW = 20_000  # ms; a whole answer, on a busy machine
WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 390, "height": 844}
VISIBLE = "#main .message:visible, #main .empty:visible, #main .joined:visible, .home, #thread .message"

expect.set_options(timeout=SLOW)

FAULTS: list[str] = []
"""What went wrong inside the pages of one test."""


@pytest.fixture
async def browser() -> AsyncGenerator[Browser, None]:
    """Chromium; an error inside a page fails the test in the end."""
    if not CHROMIUM:
        assert not os.environ.get("CI"), "CI has no chromium: .ci/run installs it"
        pytest.skip("there is no chromium here")
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        FAULTS.clear()
        yield one
        await one.close()
        assert not FAULTS


async def visit(browser: Browser, url: str, size: ViewportSize = WIDE, scheme: Any = "light") -> Page:
    """A new visitor; an error in the page's script, or what its own policy forbids, fails the test."""
    context = await browser.new_context(viewport=size, color_scheme=scheme)
    page = await context.new_page()
    page.set_default_timeout(SLOW)
    page.on("pageerror", lambda error: FAULTS.append(str(error)))
    page.on("console", lambda said: FAULTS.append(said.text) if "Security Policy" in said.text else None)
    await page.goto(url)
    await expect(page.locator(VISIBLE).first).to_be_visible(timeout=SLOW)
    return page


@asynccontextmanager
async def served(slack: LocalSlack, labs: dict[str, str], hq: str = "jam-hq") -> AsyncGenerator[str, None]:
    """The page of a local Slack, at the address this gives; `labs` are titles by channel."""
    pressed: dict[str, str] = {}
    about = {
        "model": {"name": "none", "kind": "scripted", "note": ""},
        "labs": [{"channel": channel, "title": title} for channel, title in labs.items()],
        "hq": hq,
        "commands": manifest()["features"]["slash_commands"],
        "shortcuts": manifest()["features"]["shortcuts"],
    }
    server = PageServer(Feed(slack, about, pressed, lambda: None), Acts(slack, pressed))
    await server.start(0)
    try:
        yield server.url
    finally:
        await server.stop()


async def ask(page: Page, text: str, box: str = "#box-main") -> None:
    """Write into a message box and press Enter."""
    await page.fill(box, text)
    await page.press(box, "Enter")


async def become(page: Page, name: str) -> None:
    """Choose who one is, and wait until the page is that person's."""
    [person] = await page.select_option("#who", label=name)
    await expect(page.locator("#app")).to_have_attribute("data-me", person)


async def certify(page: Page) -> None:
    """Press the button that a person's first question waits for."""
    await page.locator("#main").get_by_role("button", name="I certify this: answer").click()


async def no_serious_faults(page: Page) -> None:
    """Axe finds nothing serious as the page stands, and nothing sticks out sideways."""
    await _look(page, {})


async def good_in_every_size_and_scheme(page: Page) -> None:
    """The same at both widths, light and dark; the last is wide and light again."""
    contrast = {"runOnly": ["color-contrast"]}
    for size, scheme, only in (
        (NARROW, "dark", {}),
        (NARROW, "light", contrast),
        (WIDE, "dark", contrast),
        (WIDE, "light", {}),
    ):
        chosen: Any = scheme
        await page.emulate_media(color_scheme=chosen)
        await page.set_viewport_size(size)
        await _look(page, only)


async def _look(page: Page, options: dict[str, Any]) -> None:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(Axe().axe_script)  # of Axe itself, so the page's policy does not matter
    asked = {"resultTypes": ["violations"], **options}
    found: Any = await page.evaluate("asked => axe.run(document, asked)", asked)
    serious = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    assert not serious, [(each["id"], [node["target"] for node in each["nodes"]]) for each in serious]
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
