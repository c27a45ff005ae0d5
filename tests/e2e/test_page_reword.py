"""The page without JavaScript when it asks to reword: read, changed, sent anyway; for everybody."""

from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import PATIENCE
from tests.support.newsroom import PAGE, Newsroom

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]

TEXT = "You 💣 1d1-0t, friend.\nAnd <b>all</b> the others."


def ask(page: Page, newsroom: Newsroom, console: str) -> None:
    """Send the form with a word in it that would be held."""
    newsroom.change_site(mode="post", asks_to_reword=True)
    newsroom.app.config["COMMENTS_CLOCK"] = lambda: newsroom.clock.advance(seconds=3)
    page.goto(f"{console}/embed/thread?{urlencode({'site': 'gazette', 'url': PAGE})}")
    page.get_by_label("Comment As").fill("Ida")
    page.get_by_label("Comment", exact=True).fill(TEXT)
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_role("alert")).to_contain_text("a moderator has to read this first")


def test_without_scripts_the_words_are_marked_and_sent_anyway(
    chromium: Browser, newsroom: Newsroom, console: str
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    ask(page, newsroom, console)
    expect(page.locator("mark")).to_have_text("1d1-0t")
    expect(page.get_by_role("group", name="Your text, with the words marked")).to_have_text(TEXT)
    text = page.get_by_label("Comment", exact=True)
    expect(text).to_have_value(TEXT)
    page.get_by_role("link", name="Change it").click()
    expect(text).to_be_focused()
    page.get_by_role("button", name="Send anyway").click()
    expect(page.get_by_role("status")).to_contain_text("waits for a moderator")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    tab: Page, newsroom: Newsroom, console: str, scheme: Any
) -> None:
    tab.set_viewport_size({"width": 320, "height": 700})
    tab.emulate_media(color_scheme=scheme)
    ask(tab, newsroom, console)
    found = Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    tab.close()
