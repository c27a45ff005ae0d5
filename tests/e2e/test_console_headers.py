"""The console behind strict headers: every page of it, and not one report of the browser's."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, Response

from comments_service.web.access import Access, access_of
from tests.support.newsroom import BOB, OLGA, PAGE, PASSWORD, Newsroom
from tests.support.watched import Watched, watched

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]
POLICY: Final = (
    r"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    r"base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
    r"(script-src 'nonce-[\w-]{22}'; connect-src 'self'; )?frame-ancestors 'none'"
)
HEADERS: Final = {
    "cross-origin-opener-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


def assert_strict(answer: Response | None) -> None:
    """That a page's headers are those promised."""
    assert answer is not None
    headers = answer.headers
    assert re.fullmatch(POLICY, headers["content-security-policy"]), answer.url
    assert {name: headers.get(name) for name in HEADERS} == HEADERS, answer.url
    assert headers["cache-control"] in ("private, no-store", "no-store"), answer.url


def pages_of(newsroom: Newsroom, comment: str) -> Iterator[str]:
    """Every address of the console that can be looked at, out of the map of routes."""
    for rule in newsroom.app.url_map.iter_rules():
        access = access_of(newsroom.app.view_functions[rule.endpoint])
        is_page = rule.rule.startswith("/moderate") and "<name>" not in rule.rule
        if is_page and "GET" in (rule.methods or ()) and access in (Access.CONSOLE, Access.FORM):
            yield re.sub("<[^>]+>", comment, rule.rule)


@pytest.fixture
def watch(chromium: Browser, console: str) -> Iterator[Watched]:
    """A moderator's tab. What a page that is not there is answered with is no complaint."""
    allowed = ("Failed to load resource",)
    with watched(chromium, urlsplit(console).netloc, allowed=allowed) as tab:
        yield tab


def sign_in(watch: Watched, console: str) -> None:
    page = watch.page
    assert_strict(page.goto(f"{console}/moderate/sign-in"))
    page.get_by_label("E-mail address").fill(OLGA)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation() as arrived:
        page.get_by_role("button", name="Sign in", exact=True).click()
    assert_strict(arrived.value)


def test_every_page_of_the_console_is_strict(
    newsroom: Newsroom, console: str, watch: Watched
) -> None:
    comment = newsroom.comment("A text with a [link](https://example.org/).", key=BOB)
    sign_in(watch, console)
    paths = list(pages_of(newsroom, comment))
    for known in ("checks", "words", "security", "settings", "thread", "log", "account"):
        assert f"/moderate/{known}" in paths
    for path in [*paths, "/moderate/?status=all", f"/moderate/thread?url={PAGE}", "/moderate/none"]:
        assert_strict(watch.page.goto(console + path))
        watch.inspect(never="[style], script:not([nonce]), .text :not(mark)")
    assert watch.complaints == []


def test_pages_that_answer_a_form_are_strict(
    newsroom: Newsroom, console: str, watch: Watched
) -> None:
    """A backtest, faults in a form, recovery codes, and the second step of signing in."""
    newsroom.change_site(mode="post")
    sign_in(watch, console)
    page = watch.page
    page.goto(f"{console}/moderate/settings?site=gazette")
    page.get_by_text("Thresholds of profanity").click()
    with page.expect_navigation() as tried:
        page.get_by_role("button", name="Try this change").click()
    assert_strict(tried.value)
    page.goto(f"{console}/moderate/words?site=gazette")
    term = page.get_by_role("textbox", name="Word or phrase")
    term.fill("?")
    with page.expect_navigation() as refused:
        term.press("Enter")
    assert refused.value.status == 422
    assert_strict(refused.value)
    page.goto(f"{console}/moderate/security")
    secret = page.locator("input[name=secret]").input_value()
    page.get_by_text("Turn one-time codes on").click()
    page.locator("input[name=code]").fill(pyotp.TOTP(secret).at(newsroom.clock.now))
    with page.expect_navigation() as turned_on:
        page.locator("input[name=code]").press("Enter")
    assert page.get_by_role("listitem").count() >= 10
    assert_strict(turned_on.value)
    page.get_by_role("button", name="Sign out").click()
    sign_in(watch, console)
    assert urlsplit(page.url).path == "/moderate/sign-in/code"
    watch.inspect(never="[style], script:not([nonce])")
    assert watch.complaints == []
