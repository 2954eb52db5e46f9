"""How smoothly a long answer scrolls on the page of `labjam try`: `python -m tests.bench.page`.

The thread with an answer of some 13,000 characters is scrolled from end to end for three seconds, and so is
a bare page with the same text. Prints the gaps between frames, in milliseconds, and their ratio.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from tests.browsing import FLAGS, ask, certify, visit
from tests.trying import Trial

SCROLL = """async (selector) => {
  const scroller = document.querySelector(selector), gaps = [];
  const height = scroller.scrollHeight - scroller.clientHeight;
  let last = performance.now(); const begun = last;
  while (last - begun < 3000) {
    await new Promise(requestAnimationFrame);
    const now = performance.now(); gaps.push(now - last); last = now;
    const part = ((now - begun) % 1000) / 1000;
    scroller.scrollTop = height * (part < 0.5 ? 2 * part : 2 - 2 * part);
  }
  return gaps;
}"""


async def main() -> None:
    """Measure both pages and print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        async with Trial(Path(folder)) as trial, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = await visit(browser, trial.url)
            await ask(page, "A long answer, please")
            await certify(page)
            await page.locator("#thread .thumbs").wait_for(timeout=60_000)
            text = await page.locator("#thread .scroller").inner_text()
            ours = figures(await page.evaluate(SCROLL, "#thread .scroller"))
            bare = figures(await bare_page(page, text))
            await browser.close()
    print(f"{len(text):,} characters; gaps between frames, ms")
    for name, (middle, slow, worst) in (("page", ours), ("bare", bare)):
        print(f"  {name}  p50 {middle:5.1f}  p95 {slow:5.1f}  max {worst:5.1f}")
    print(f"  p95, page to bare: {ours[1] / bare[1]:.2f}")


async def bare_page(page: Page, text: str) -> Any:
    """The same text with no more than a scroll bar."""
    await page.set_content(
        "<div id=all style='height:700px;width:480px;overflow:auto;white-space:pre-wrap'></div>"
    )
    await page.evaluate("text => document.getElementById('all').textContent = text", text)
    return await page.evaluate(SCROLL, "#all")


def figures(gaps: list[float]) -> tuple[float, float, float]:
    """Median, 95th percentile and maximum."""
    ordered = sorted(gaps)
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)], ordered[-1]


if __name__ == "__main__":
    asyncio.run(main())
