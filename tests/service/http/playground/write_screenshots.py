"""Writes README's pictures anew: `python -m tests.service.http.playground.write_screenshots`.

Look at them before they are committed.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.service.http.running import running
from tests.service.http.starters import loaded_starters, starter_gateway

FOLDER = Path(__file__).parents[4] / "docs" / "images"
DESKTOP = ViewportSize(width=1280, height=640)
PHONE = ViewportSize(width=390, height=844)
_LIMIT_MS = 60_000
ARTICLE = (
    "The city of Lisbon will turn its old tram depot into a public library, the mayor said on Monday. "
    "The depot, built in 1901, has stood empty since the last trams moved to the north of the city. "
    "The new library will hold 200,000 books and a reading room for children. "
    "Building work is expected to cost 18 million euros and to take two years. "
    "Residents have asked for a library for more than ten years, as the nearest one is an hour away."
)


def translate(page: Page) -> None:
    """A word is pointed at."""
    page.locator("#text").fill(
        "The old bridge is closed until Friday. The black cat sleeps under the white table."
    )
    word = page.locator("#result [data-unit]", has_text="gato")
    word.wait_for()
    unfocus(page)
    word.hover()


def summarize(page: Page) -> None:
    """A sentence is pointed at."""
    page.locator("#tab-summarize").click()
    page.locator("#article").fill(ARTICLE)
    quoted = page.locator("#summary [data-unit]").first
    quoted.wait_for()
    unfocus(page)
    quoted.hover()


def sentence(page: Page) -> None:
    """With other translations and the attention."""
    page.locator("#text").fill("The black cat sleeps.")
    page.locator("#result [data-unit]").first.click()
    page.wait_for_selector("#sentence-attention table")
    page.wait_for_selector("#alternatives button")
    page.mouse.move(0, 0)


def unfocus(page: Page) -> None:
    """Nothing has a frame around it."""
    page.evaluate("document.activeElement.blur()")


def write(browser: Browser, url: str, folder: Path) -> None:
    """One file for each picture."""

    def picture(
        name: str, show: Callable[[Page], None], viewport: ViewportSize, *, dark: bool = False
    ) -> None:
        context = browser.new_context(viewport=viewport, color_scheme="dark" if dark else "light")
        page = context.new_page()
        page.set_default_timeout(_LIMIT_MS)
        page.goto(url)
        page.wait_for_selector("[role=tab][aria-selected=true]")
        show(page)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        context.close()

    picture("translate", translate, DESKTOP)
    picture("summarize", summarize, DESKTOP, dark=True)
    picture("phone", sentence, PHONE)


def main(folder: Path) -> None:
    """Of a service with the starters."""
    with loaded_starters() as loaded, tempfile.TemporaryDirectory() as state:
        gateway = asyncio.run(starter_gateway([model.served for model in loaded], Path(state)))
        with running(gateway.app, gateway.close) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            write(browser, url, folder)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER)
