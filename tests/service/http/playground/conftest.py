"""A real browser at the pages of the starters' service."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

pytest.importorskip("playwright", reason="uv sync --group browser")
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from tests.service.http.running import running
from tests.service.http.starters import loaded_starters, starter_gateway

CHROMIUM = shutil.which("chromium")
DESKTOP = ViewportSize(width=1280, height=900)
_LIMIT_MS = 60_000
"""On a busy machine, too; nothing waits so long that comes."""

Opener = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="package")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a running service with the starters."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install -y chromium")
    with loaded_starters() as loaded:
        folder = tmp_path_factory.mktemp("state")
        gateway = asyncio.run(starter_gateway([model.served for model in loaded], folder))
        with running(gateway.app, gateway.close) as address:
            yield address


@pytest.fixture(scope="package")
def browser(url: str) -> Iterator[Browser]:
    """Started after the service: while it drives the browser, this thread can run no other event loop."""
    expect.set_options(timeout=_LIMIT_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opened(url: str, browser: Browser) -> Opener:
    """Opens a path of the service; at the end nothing may have been complained of or asked of others."""

    @contextlib.contextmanager
    def at(path: str = "/", *, viewport: ViewportSize = DESKTOP, dark: bool = False) -> Iterator[Page]:
        complaints: list[str] = []

        def on_console(message: ConsoleMessage) -> None:
            # A failed answer is the page's to tell; the browser only says that there was one.
            if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
                complaints.append(message.text)

        def on_request(address: str) -> None:
            if not address.startswith((url, "blob:")):
                complaints.append(f"asked {address}")

        context = browser.new_context(viewport=viewport, color_scheme="dark" if dark else "light")
        page = context.new_page()
        page.set_default_timeout(_LIMIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", on_console)
        page.on("request", lambda request: on_request(request.url))
        page.goto(url + path)
        yield page
        context.close()
        assert complaints == []

    return at


@pytest.fixture
def page(opened: Opener) -> Iterator[Page]:
    """The start page, ready."""
    with opened() as ready:
        ready.wait_for_selector("[role=tab][aria-selected=true]")
        yield ready
