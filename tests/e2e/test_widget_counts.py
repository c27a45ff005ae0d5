"""count.js: every counter of a page, one request for each site."""

import pytest
from playwright.sync_api import expect

from tests.e2e.fake_service import Fault
from tests.e2e.stage import Stage

pytestmark = pytest.mark.browser

COUNTERS = """
<a href="/a#comments" data-comment-count data-site="gazette">Comment</a>
<a href="/a?x=1" data-comment-count data-site="gazette"><b>*</b> Talk (99)</a>
<span data-comment-count data-site="gazette" data-id="k-1"></span>
<span data-comment-count data-site="gazette" data-url="/bb"><i>:</i></span>
<a href="/a" data-comment-count data-site="gazette">Again</a>
"""


def publish(stage: Stage, body: str) -> None:
    stage.write(body, script="count.js")
    stage.page.goto(stage.origin + "/article")


def test_one_request_fills_every_counter_and_keeps_its_words(stage: Stage) -> None:
    publish(stage, COUNTERS)
    a, x, b = (len(stage.origin + path) % 7 for path in ("/a", "/a?x=1", "/bb"))
    wanted = [f"Comment ({a})", f"* Talk ({x})", "Comment (12)", f":Comment ({b})", f"Again ({a})"]
    expect(stage.page.locator("[data-comment-count]")).to_have_text(wanted)
    assert stage.page.locator("b").count() == 1
    [asked] = stage.service.seen
    assert (asked.method, asked.path) == ("GET", "counts")
    assert asked.query == {
        "site": ["gazette"],
        "url": [stage.origin + path for path in ("/a", "/a?x=1", "/bb")],
        "id": ["k-1"],
    }


def test_a_long_list_is_posted_instead(stage: Stage) -> None:
    links = [f'<a href="/{"long" * 20}/{n}" data-comment-count>Comment</a>' for n in range(60)]
    publish(stage, "".join(links))
    expect(stage.page.get_by_text("Comment (")).to_have_count(60)
    [asked] = stage.service.seen
    assert asked.method == "POST"
    assert len(asked.body["urls"]) == 60
    assert "site" not in asked.body


def test_one_request_for_each_site(stage: Stage) -> None:
    publish(stage, COUNTERS + '<a href="/z" data-comment-count data-site="other">Comment</a>')
    expect(stage.page.get_by_text("(")).to_have_count(6)
    assert sorted(s.query["site"][0] for s in stage.service.seen) == ["gazette", "other"]


def test_a_service_that_is_away_leaves_the_words_alone(stage: Stage) -> None:
    stage.service.fail("GET counts", Fault(503))
    with stage.page.expect_console_message(lambda m: m.text.startswith("comments:")):
        publish(stage, '<a href="/a" data-comment-count data-site="gazette">Comment</a>')
    expect(stage.page.locator("[data-comment-count]")).to_have_text("Comment")
