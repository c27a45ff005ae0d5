"""The widget with the real service on a page under the strictest policy of docs/embed.md.

Whatever the browser reports is a failure: the policy must be enough.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, expect

from comments_service.domain.policy import PolicyMode
from tests.e2e.fake_service import publisher
from tests.support.in_thread import served
from tests.support.newsroom import GAZETTE, Newsroom
from tests.support.watched import Watched, watched

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]
STRICTEST: Final = (
    "default-src 'none'; script-src {0}; connect-src {0}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types comments-widget"
)
ARTICLE: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bus</title>
<link rel="canonical" href="{origin}/article"></head><body>
<a href="{origin}/article#comments" data-comment-count data-site="gazette">Comment</a>
<div id="comments" data-site="gazette"></div><script async src="{service}/embed.js"></script>
</body></html>"""
LIST: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>List</title></head><body>
<a href="{origin}/article#comments" data-comment-count data-site="gazette">Comment</a>
<script async src="{service}/count.js"></script></body></html>"""


@pytest.fixture
def service(newsroom: Newsroom) -> Iterator[str]:
    """The service, by the browser's own time: a comment can be changed for a while only."""
    newsroom.app.config["COMMENTS_CLOCK"] = lambda: datetime.now(UTC)
    with served(newsroom.app) as address:
        yield address


@pytest.fixture
def watch(newsroom: Newsroom, service: str, chromium: Browser) -> Iterator[tuple[Watched, str]]:
    """A watched tab, and the publisher's origin. That something was refused is no complaint."""
    pages: dict[str, tuple[str, str]] = {}
    with publisher(pages) as origin:
        policy = STRICTEST.format(service)
        for path, page in (("/article", ARTICLE), ("/list", LIST)):
            pages[path] = (page.format(origin=origin, service=service), policy)
        newsroom.change_site(mode=PolicyMode.POST, origins=[GAZETTE, origin], asks_to_reword=True)
        hosts = (urlsplit(service).netloc, urlsplit(origin).netloc)
        with watched(chromium, *hosts, allowed=("status of 422",)) as tab:
            yield tab, origin


def say(form: Locator, label: str, text: str, name: str = "Ida") -> None:
    form.get_by_label("Comment As").fill(name)
    form.get_by_label(label).fill(text)
    form.get_by_role("button").first.click()


def test_a_reader_posts_rewords_replies_edits_deletes_and_sees_counts(
    newsroom: Newsroom, watch: tuple[Watched, str]
) -> None:
    tab, origin = watch
    page = tab.page
    page.goto(f"{origin}/article")
    say(
        page.get_by_role("form", name="Write a comment"),
        "Your comment",
        "**Bold** and <b>typed</b>.",
    )
    mine = page.get_by_role("article").filter(has_text="Bold and <b>typed</b>.")
    expect(mine.locator("strong")).to_have_text("Bold")

    # The site asks to reword: the words are marked, and other words are taken.
    form = page.get_by_role("form", name="Write a comment")
    say(form, "Your comment", "You are an idiot, you fucking moron.")
    expect(form.locator("mark").first).to_be_visible()
    form.get_by_label("Your comment").fill("You are mistaken, my friend.")
    form.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_role("article").filter(has_text="mistaken, my friend")).to_be_visible()

    mine.get_by_role("button", name="Reply to Ida").click()
    say(page.get_by_role("form", name="Reply to Ida"), "Reply to Ida", "Indeed.", "Joe")
    reply = page.get_by_role("article").filter(has_text="Indeed.")
    expect(reply).to_be_visible()
    reply.get_by_role("button", name="Edit comment by Joe").click()
    edit = page.get_by_role("form", name="Edit your comment")
    edit.get_by_role("textbox").fill("Indeed so.")
    edit.get_by_role("button", name="Save").click()
    expect(page.get_by_role("article").filter(has_text="Indeed so.")).to_be_visible()
    expect(page.locator("[data-comment-count]")).to_have_text("Comment (3)")

    page.get_by_role("button", name="Delete comment by Joe").click()
    page.get_by_role("button", name="Yes, delete").click()
    expect(page.get_by_role("heading", name="Comment (2)")).to_be_visible()
    tab.inspect(".prose")
    page.goto(f"{origin}/list")
    expect(page.locator("[data-comment-count]")).to_have_text("Comment (2)")
    assert tab.complaints == []
