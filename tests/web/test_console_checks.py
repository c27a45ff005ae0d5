"""The console's page of checks: figures, a mark and a sentence where one is mostly overruled."""

import pytest

from comments_service.domain.verdict import Mode
from tests.cast import one_database
from tests.support.newsroom import HUGO, ROSA, Desk, Newsroom

CHECKS = "/moderate/checks?site=gazette"
LINKS = "See https://one.example and https://two.example for more"


@pytest.fixture(autouse=True)
def no_spam_filter(newsroom: Newsroom) -> None:
    """What is tried here is about links alone."""
    newsroom.change_site(check_modes={"spam": Mode.OFF})


@pytest.fixture
def rosa(newsroom: Newsroom) -> Desk:
    return newsroom.sign_in(ROSA)


def judge(newsroom: Newsroom, desk: Desk, body: str, *actions: str) -> None:
    for number, action in enumerate(actions):
        comment = newsroom.comment(f"{body}, number {number}.", f"Reader {number}")
        desk.decide(action, desk.seen(comment))


def test_nothing_yet(rosa: Desk) -> None:
    page = rosa.get(CHECKS).text
    assert "No check found anything in these days." in page
    assert "mostly overruled" not in page


def test_figures_stand_by_check_and_by_reason(newsroom: Newsroom, rosa: Desk) -> None:
    judge(newsroom, rosa, LINKS, "spam", "spam", "reject", "approve")
    page = rosa.get(CHECKS).text
    assert "75% (30% to 95%)" in page
    assert "1 as other" in page
    assert "Of 4 comments it found something in, 4 would have been stopped without it" in page
    assert 'href="/moderate/?site=gazette&amp;status=all&amp;reason=links.too_many"' in page
    assert 'href="/moderate/?site=gazette&amp;status=all&amp;check=links"' in page


def test_a_check_mostly_overruled_is_named_and_marked_in_words(
    newsroom: Newsroom, rosa: Desk
) -> None:
    judge(newsroom, rosa, LINKS, *["approve"] * 10)
    page = rosa.get(CHECKS).text
    assert "is mostly overruled: moderators approved 10 of the 10 comments they decided on" in page
    assert page.count("</span>mostly overruled</strong>") == 2


def test_what_a_check_on_trial_would_add(newsroom: Newsroom, rosa: Desk) -> None:
    newsroom.change_site(mode="post", check_modes={"links": Mode.SHADOW})
    judge(newsroom, rosa, LINKS, "spam", "hold")
    page = rosa.get(CHECKS).text
    assert "Switched on, it would stop 2 comments more" in page
    assert "recorded only" in page


def test_the_period_is_one_of_those_offered(newsroom: Newsroom, rosa: Desk) -> None:
    judge(newsroom, rosa, LINKS, "spam")
    newsroom.clock.advance(days=8)
    rosa = newsroom.sign_in(ROSA)
    assert "links.too_many" not in rosa.get(f"{CHECKS}&days=7").text
    assert "links.too_many" in rosa.get(f"{CHECKS}&days=90").text
    assert 'aria-current="page">30 days' in rosa.get(f"{CHECKS}&days=-1").text


@one_database
def test_hugo_sees_nothing_of_another_site(newsroom: Newsroom) -> None:
    assert newsroom.sign_in(HUGO).get(CHECKS).status_code == 404
