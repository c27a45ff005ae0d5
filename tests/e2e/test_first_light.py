"""The whole way, for real: a reader posts, a moderator decides, the article's count changes.

The demo runs as `make run` starts it, in processes of its own, with the newspaper on another
origin; readers and moderator are three browser profiles. Once with scripts, once without.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from comments_service.cli.readying import EDITOR
from comments_service.demo import ARTICLES
from tests.support.chromium import PATIENCE
from tests.support.server import free_ports, serve, wait_until_ready

pytestmark = pytest.mark.browser

CHOSEN = "seven quiet herons"
STORY, OTHER = ARTICLES[0], ARTICLES[1]


@dataclass
class Newsroom:
    """A running demo: where the newspaper and the console are, and what to sign in with first."""

    paper: str
    console: str
    password: str


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    folder = tmp_path_factory.mktemp("newsroom")
    port = free_ports(2)
    command = [sys.executable, "-m", "comments_service.cli", "demo", "--port", str(port)]
    env = {"COMMENTS_HOME": str(folder / "instance")}
    paper, log = f"http://127.0.0.1:{port + 1}/demo/", folder / "log"
    with serve(command, env, f"http://127.0.0.1:{port}/readyz", log) as process:
        wait_until_ready(process, paper, log)
        yield Newsroom(
            paper,
            f"http://127.0.0.1:{port}/moderate/",
            _password(log),
        )


def _password(log: Path) -> str:
    found = re.search(rf"{re.escape(EDITOR)}\n\s+(\S+)  \(once", log.read_text("utf-8"))
    assert found is not None
    return found[1]


@pytest.fixture
def plain_device(chromium: Browser) -> Iterator[BrowserContext]:
    """A device that runs no scripts."""
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def desk(chromium: Browser) -> Iterator[BrowserContext]:
    """The moderator's device."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def sign_in(page: Page, newsroom: Newsroom) -> None:
    """Sign in, choosing a password the first time round."""
    page.goto(newsroom.console)
    for password in (CHOSEN, newsroom.password):
        page.locator("input[name=email]").fill(EDITOR)
        page.locator("input[name=password]").fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        if page.get_by_role("heading", name="Sign in").count() == 0:
            break
    if page.locator("input[name=again]").count():
        page.locator("input[name=old_password]").fill(newsroom.password)
        page.locator("input[name=new_password]").fill(CHOSEN)
        page.locator("input[name=again]").fill(CHOSEN)
        page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("navigation", name="Status")).to_be_visible()


def counter(page: Page, title: str) -> Locator:
    """What the front page says beside an article's title."""
    story = page.get_by_role("article").filter(has_text=title)
    return story.locator("[data-comment-count]")


def test_the_whole_way_with_scripts(  # noqa: PLR0915  One story, told in order.
    newsroom: Newsroom, tab: Page, desk: BrowserContext, plain_device: BrowserContext
) -> None:
    # Every article begins at none.
    tab.goto(newsroom.paper)
    expect(counter(tab, STORY.title)).to_have_text("Comment (0)")

    # A stranger's comment waits, for its author alone, also after a reload.
    tab.get_by_role("link", name=STORY.title).click()
    tab.get_by_label("Comment As").fill("Ida")
    tab.get_by_label("Your comment").fill("My stop has no lamp. *Could it have one?*")
    tab.get_by_role("button", name="Comment", exact=True).click()
    mine = tab.get_by_role("article").filter(has_text="My stop has no lamp")
    expect(mine).to_contain_text("Waiting for a moderator")
    expect(tab.get_by_role("heading", name="Comment (0)")).to_be_visible()
    tab.reload()
    expect(mine).to_contain_text("Waiting for a moderator")
    stranger = plain_device.new_page()
    stranger.goto(newsroom.paper)
    stranger.get_by_role("link", name=STORY.title).click()
    frame = stranger.frame_locator("iframe[title=Comments]")
    expect(frame.get_by_role("heading", name="Comment (0)")).to_be_visible()
    expect(frame.get_by_text("My stop has no lamp")).to_have_count(0)

    # The moderator approves it with one key.
    console = desk.new_page()
    sign_in(console, newsroom)
    card = console.get_by_role("article").filter(has_text="My stop has no lamp")
    expect(card).to_contain_text("Fewer than two comments of this commenter were approved")
    expect(console.get_by_role("button", name="Keys")).to_be_visible()
    console.keyboard.press("j")
    with console.expect_response("**/api/v1/moderation/decisions") as decided:
        console.keyboard.press("f")
    assert decided.value.status == 200

    # Now everybody counts it: the article, the page without scripts, the front page.
    tab.reload()
    expect(tab.get_by_role("heading", name="Comment (1)")).to_be_visible()
    expect(mine).not_to_contain_text("Waiting for a moderator")
    expect(mine.locator("em")).to_have_text("Could it have one?")
    stranger.reload()
    expect(frame.get_by_role("heading", name="Comment (1)")).to_be_visible()
    expect(frame.get_by_text("My stop has no lamp")).to_be_visible()
    tab.goto(newsroom.paper)
    expect(counter(tab, STORY.title)).to_have_text("Comment (1)")

    # And taken back with one key, it is gone from the count.
    with console.expect_response("**/undo"):
        console.keyboard.press("u")
    tab.reload()
    expect(counter(tab, STORY.title)).to_have_text("Comment (0)")


def test_the_whole_way_without_scripts(
    newsroom: Newsroom, tab: Page, chromium: Browser, plain_device: BrowserContext
) -> None:
    reader = plain_device.new_page()
    reader.goto(newsroom.paper)
    reader.get_by_role("link", name=OTHER.title).click()
    frame = reader.frame_locator("iframe[title=Comments]")
    frame.get_by_label("Comment As").fill("Jo")
    frame.locator("textarea").fill("Silence is my favourite genre.")
    # Sooner than a person types it is refused, and nothing that was written is lost.
    frame.get_by_role("button", name="Comment").click()
    expect(frame.get_by_role("alert")).to_be_visible()
    expect(frame.locator("textarea")).to_have_value("Silence is my favourite genre.")
    reader.wait_for_timeout(2_100)
    frame.get_by_role("button", name="Comment").click()
    expect(frame.get_by_text("waits for a moderator")).to_be_visible()
    expect(frame.get_by_role("heading", name="Comment (0)")).to_be_visible()

    moderator = chromium.new_context(java_script_enabled=False)
    console = moderator.new_page()
    sign_in(console, newsroom)
    card = console.get_by_role("article").filter(has_text="Silence is my favourite genre")
    card.get_by_role("button", name="Approve").click()
    expect(console.get_by_text("Approved").first).to_be_visible()
    moderator.close()

    reader.reload()
    reader.goto(reader.url)
    expect(frame.get_by_role("heading", name="Comment (1)")).to_be_visible()
    tab.goto(newsroom.paper)
    expect(counter(tab, OTHER.title)).to_have_text("Comment (1)")
