"""The console for everybody: axe, light and dark, 320 px wide."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.desks import Open, line, press
from tests.support.newsroom import OLGA

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = (
    "/moderate/",
    "/moderate/log",
    "/moderate/settings",
    "/moderate/thread",
    "/moderate/thread?url=https://gazette.example/night-bus",
    "/moderate/account",
    "/moderate/password",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out_and_nothing_sticks_out(
    sign_in: Open, console: str, scheme: str
) -> None:
    """axe finds nothing, in both schemes; at 320 px no page scrolls sideways."""
    page = sign_in(OLGA, color_scheme=scheme, viewport={"width": 320, "height": 720})
    press(page, "f", "d")
    expect(line(page, "Ada")).to_be_visible()
    found = [_found(page)]
    for path in PAGES:
        page.goto(console + path)
        found.append(_found(page))
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(f"{console}/moderate/?status=all")
    page.locator("#help-button:visible").wait_for()
    found.append(_found(page))
    press(page, "?")
    found.append(_found(page))
    assert [f for f in found if f] == []


def test_the_sign_in_page_shuts_nobody_out(chromium: Browser, console: str) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 720})
    page = context.new_page()
    page.goto(f"{console}/moderate/sign-in")
    found = [_found(page)]
    page.get_by_label("E-mail address").fill("nobody@example.org")
    page.get_by_label("Password").fill("guess")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    found.append(_found(page))
    context.close()
    assert [f for f in found if f] == []


def _found(page: Page) -> list[str]:
    """What axe says of a page, and how far it sticks out."""
    result = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    said = [
        f"{page.url}: {v['id']}: {v['nodes'][0]['html'][:200]}"
        for v in result.response["violations"]
    ]
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return said + ([f"{page.url} is {width} px too wide"] if width > 0 else [])
