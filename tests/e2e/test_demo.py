"""The demo's newspaper as a browser sees it, with a fake in the service's place."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from comments_service.demo import ARTICLES, SITE, create_newspaper
from tests.e2e.fake_service import FakeService, fake_service
from tests.support.in_thread import served

pytestmark = pytest.mark.browser
TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def service() -> Iterator[FakeService]:
    with fake_service() as service:
        yield service


@pytest.fixture
def paper(service: FakeService) -> Iterator[str]:
    """The newspaper's address, on a port of its own."""
    with served(create_newspaper(service.url, TEMPLATES)) as address:
        yield address


def test_the_front_page_counts_every_article_with_one_request(
    service: FakeService, paper: str, tab: Page
) -> None:
    tab.goto(paper)
    assert tab.url == f"{paper}/demo/"
    counters = tab.locator("[data-comment-count]")
    expect(tab.get_by_role("article")).to_have_count(len(ARTICLES))
    expect(counters.filter(has_text="Comment (")).to_have_count(len(ARTICLES))
    [asked] = service.seen
    assert asked.path == "counts"
    assert asked.query == {
        "site": [SITE],
        "url": [f"{paper}/demo/{article.slug}" for article in ARTICLES],
    }


def test_an_article_carries_the_comments_of_another_origin(
    service: FakeService, paper: str, tab: Page
) -> None:
    tab.goto(f"{paper}/demo/")
    tab.get_by_role("link", name=ARTICLES[1].title).click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(ARTICLES[1].title)
    tab.get_by_label("Comment As").fill("Ida")
    tab.get_by_label("Your comment").fill("The copper is news to me.")
    tab.get_by_role("button", name="Comment", exact=True).click()
    expect(tab.get_by_role("heading", name="Comment (1)")).to_be_visible()
    expect(tab.get_by_role("link", name="Comment (1)")).to_be_visible()
    [posted] = service.asked("POST comments")
    assert posted.headers["origin"] == paper
    assert posted.body["url"] == f"{paper}/demo/{ARTICLES[1].slug}"
    assert posted.body["title"] == f"{ARTICLES[1].title} · The Estuary Gazette"


def test_without_javascript_the_thread_is_framed(
    service: FakeService, paper: str, chromium: Browser
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{paper}/demo/{ARTICLES[0].slug}")
    address = f"{service.url}/embed/thread?site={SITE}&url={paper}/demo/{ARTICLES[0].slug}"
    frame = tab.locator("iframe[title=Comments]")
    expect(frame).to_be_visible()
    assert unquote(frame.get_attribute("src") or "") == address
    context.close()


def test_an_unknown_article_is_not_found(paper: str, tab: Page) -> None:
    answer = tab.goto(f"{paper}/demo/no-such-story")
    assert answer
    assert answer.status == 404


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 320)])
def test_axe_finds_nothing_on_the_newspaper(
    paper: str, device: BrowserContext, scheme: str, width: int
) -> None:
    tab = device.new_page()
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    tab.set_viewport_size({"width": width, "height": 900})
    for path in ("/demo/", f"/demo/{ARTICLES[0].slug}"):
        tab.goto(paper + path)
        expect(tab.get_by_text("Comment (").first).to_be_visible()
        found = Axe().run(tab, options={"resultTypes": ["violations"]})
        assert found.response["violations"] == [], found.generate_report()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.close()


def test_every_article_is_worth_reading() -> None:
    assert len(ARTICLES) >= 6
    assert len({article.slug for article in ARTICLES}) == len(ARTICLES)
    for article in ARTICLES:
        assert 150 <= len(article.text.split()) <= 250
