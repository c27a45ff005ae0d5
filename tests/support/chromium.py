"""One real Chromium per test process, driven by Playwright, with a fresh profile for every test.

The browser is the system's; Playwright's own download is not always reachable. Nothing in here
knows the service.
"""

import os
import shutil
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS: Final = (
    "--no-sandbox",  # Chromium's sandbox does not start as root, which build machines are.
    "--disable-gpu",
    # What follows keeps the browser from talking to anybody but the pages under test.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_BROWSER: Final = (
    "There is no Chromium here: install chromium or name its program in COMMENTS_TEST_CHROMIUM."
)


PATIENCE: Final = 20_000
"""Milliseconds until a test gives a page up: build machines are shared, and a page that is right is
seen at once however long this is."""
expect.set_options(timeout=PATIENCE)


def find_chromium() -> str | None:
    """The program to start, or None; `ensure_chromium.sh` looks in the same places."""
    named = os.environ.get("COMMENTS_TEST_CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser. Without one a test skips, but on a build machine it fails."""
    program = find_chromium()
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def browser_context(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh profile: no cookies, no storage, English, Berlin's time."""
    context = chromium.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    """A tab in a fresh profile."""
    return browser_context.new_page()
