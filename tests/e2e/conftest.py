"""A reader's device and tab, and an article page in front of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.desks import console, sign_in
from tests.e2e.stage import Stage, staged
from tests.support.chromium import PATIENCE
from tests.support.newsroom import compiled_templates, newsroom

__all__ = ["compiled_templates", "console", "newsroom", "sign_in"]


@pytest.fixture
def device(chromium: Browser) -> Iterator[BrowserContext]:
    """A reader's device: its own storage, its own cache."""
    context = chromium.new_context(viewport={"width": 900, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
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
