"""Passkeys in a real browser, with an authenticator that Chromium simulates."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text

from comments_service.storage.db import write
from tests.e2e.desks import console
from tests.support.chromium import PATIENCE
from tests.support.newsroom import PASSWORD, ROSA, Newsroom, compiled_templates, newsroom

__all__ = ["compiled_templates", "console", "newsroom"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]


@pytest.fixture
def here(console: str) -> str:
    """The console by a name: browsers bind passkeys to names, not to addresses."""
    return console.replace("127.0.0.1", "localhost")


@pytest.fixture
def laptop(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def with_authenticator(context: BrowserContext) -> Page:
    """A tab whose device verifies its user without a word."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def sign_in_with_password(page: Page, here: str) -> None:
    page.goto(f"{here}/moderate/")
    page.get_by_label("E-mail address").fill(ROSA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page: Page, here: str) -> list[str]:
    """The recovery codes that come with the first one."""
    page.goto(f"{here}/moderate/security")
    page.get_by_label("Name of the device").fill("Rosa's <laptop>")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    codes = page.locator(".codes code").all_inner_texts()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("#passkeys ~ ul bdi")).to_have_text("Rosa's <laptop>")
    return codes


def test_a_passkey_is_made_and_signs_in_alone(laptop: BrowserContext, here: str) -> None:
    page = with_authenticator(laptop)
    sign_in_with_password(page, here)
    assert len(add_passkey(page, here)) == 10
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.locator("#help-button:visible").wait_for()
    page.goto(f"{here}/moderate/security")
    expect(page.locator("#passkeys ~ ul")).to_contain_text("used")


def test_an_answer_that_somebody_copied_proves_nothing_again(
    laptop: BrowserContext, here: str, newsroom: Newsroom
) -> None:
    page = with_authenticator(laptop)
    sign_in_with_password(page, here)
    add_passkey(page, here)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    with page.expect_request("**/sign-in/passkey") as sent:
        page.get_by_role("button", name="Sign in with a passkey").click()
    page.locator("#help-button:visible").wait_for()
    copied = sent.value.all_headers()
    with newsroom.app.app_context():
        # Synchronised passkeys do not count their uses: the count cannot tell.
        write(lambda conn: conn.execute(text("UPDATE passkey SET sign_count = 0")))
    names = ("cookie", "content-type", "origin")
    answer = newsroom.app.test_client(use_cookies=False).post(
        "/moderate/sign-in/passkey",
        data=sent.value.post_data,
        headers={name: copied[name] for name in names},
        base_url=here,
    )
    assert (answer.status_code, "did not answer what it was asked" in answer.text) == (422, True)


def test_after_the_password_it_is_the_second_step(laptop: BrowserContext, here: str) -> None:
    page = with_authenticator(laptop)
    sign_in_with_password(page, here)
    add_passkey(page, here)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    sign_in_with_password(page, here)
    page.get_by_role("heading", name="One more step").wait_for()
    page.get_by_role("button", name="Use a passkey").click()
    page.locator("#help-button:visible").wait_for()


def test_another_browser_without_it_takes_a_recovery_code(
    chromium: Browser, laptop: BrowserContext, here: str
) -> None:
    page = with_authenticator(laptop)
    sign_in_with_password(page, here)
    codes = add_passkey(page, here)
    with chromium.new_context(java_script_enabled=False) as library:
        library.set_default_timeout(PATIENCE)
        other = library.new_page()
        sign_in_with_password(other, here)
        other.get_by_label("A recovery code").fill(codes[3])
        other.get_by_role("button", name="Go on").click()
        expect(other.get_by_role("heading", name="Ada")).to_be_visible()


def test_an_address_that_has_no_name_says_why(laptop: BrowserContext, console: str) -> None:
    page = with_authenticator(laptop)
    sign_in_with_password(page, console)
    page.locator("#help-button:visible").wait_for()
    page.goto(f"{console}/moderate/security")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("[data-passkey=create] [data-said]")).to_contain_text("localhost")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1000])
def test_the_pages_are_readable_by_everybody(
    chromium: Browser, here: str, newsroom: Newsroom, scheme: str, width: int
) -> None:
    with chromium.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]  # One of the two it takes.
        viewport={"width": width, "height": 800},
    ) as context:
        context.set_default_timeout(PATIENCE)
        page = with_authenticator(context)
        page.goto(f"{here}/moderate/sign-in")
        found = Axe().run(page).response["violations"]
        sign_in_with_password(page, here)
        page.locator("#help-button:visible").wait_for()
        add_passkey(page, here)
        page.locator("summary", has_text="Turn one-time codes on").click()
        found += Axe().run(page).response["violations"]
        page.goto(f"{here}/moderate/confirm")
        found += Axe().run(page).response["violations"]
        assert [f"{v['id']}: {v['nodes'][0]['html']}" for v in found] == []
        page.goto(f"{here}/moderate/security")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
