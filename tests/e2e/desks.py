"""Moderators' desks for the browser tests: a console with comments in it, and who signs in."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

from tests.support.chromium import PATIENCE
from tests.support.in_thread import served
from tests.support.newsroom import PASSWORD, ROSA, Newsroom

Open: TypeAlias = Callable[..., Page]


@pytest.fixture
def console(newsroom: Newsroom) -> Iterator[str]:
    """The service's address; three comments of different people wait in it."""
    for name in ("Ada", "Bea", "Cem"):
        newsroom.comment(f"{name} says something, idiot", name)
    # Time passes from request to request, so that the log has an order.
    newsroom.app.config["COMMENTS_CLOCK"] = lambda: newsroom.clock.advance(milliseconds=20)
    with served(newsroom.app) as address:
        yield address


@pytest.fixture
def sign_in(chromium: Browser, console: str) -> Iterator[Open]:
    """Open the queue in a browser of somebody's own; whatever the browser complains of fails."""
    contexts = []
    complaints: list[str] = []

    def open_queue(email: str = ROSA, **device: object) -> Page:
        context = chromium.new_context(reduced_motion="reduce", **device)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_policy(said) else None)
        page.goto(f"{console}/moderate/")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        if device.get("java_script_enabled", True):
            page.locator("#help-button:visible").wait_for()
        return page

    yield open_queue
    for context in contexts:
        context.close()
    assert not complaints, complaints


def _is_policy(said: ConsoleMessage) -> bool:
    return "Content Security Policy" in said.text or "TrustedHTML" in said.text


def card(page: Page, name: str) -> Locator:
    return page.locator(".card").filter(has=page.get_by_role("heading", name=name)).first


def line(page: Page, name: str) -> Locator:
    """What a decided card shrinks to."""
    return page.locator(".done").filter(has_text=name)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
