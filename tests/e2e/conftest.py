"""One Chromium for all browser tests, and a fresh context (an own device) for each."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.stage import Stage, staged

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("COMMENTS_TEST_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )
    if path is None:
        pytest.skip("No Chromium: install it, or name it in COMMENTS_TEST_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def device(chromium: Browser) -> Iterator[BrowserContext]:
    """A reader's device: its own storage, its own cache."""
    context = chromium.new_context(viewport={"width": 900, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def tab(device: BrowserContext) -> Page:
    return device.new_page()


@pytest.fixture
def stage(tab: Page) -> Iterator[Stage]:
    """An article page with the widget, served by a fake that can fail."""
    with staged(tab) as stage:
        yield stage
