"""Trying a change of a site's settings in the console, switching it on, and the thresholds."""

import html
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from comments_service import checks
from comments_service.domain.verdict import Mode
from comments_service.services.sites import show_site
from comments_service.services.words import read_all
from comments_service.web import console_trial
from tests.cast import one_database
from tests.support.newsroom import GAZETTE, OLGA, ROSA, Desk, Newsroom

SETTINGS = "/moderate/settings?site=gazette"
TRY = "/moderate/settings/try?site=gazette"
WORDS = "/moderate/words?site=gazette"
TRY_WORD = "/moderate/words/try?site=gazette"
LINKS = "See https://one.example and https://two.example for more"


@pytest.fixture(autouse=True)
def no_spam_filter(newsroom: Newsroom) -> None:
    """What is tried here is about links alone."""
    newsroom.change_site(check_modes={"spam": Mode.OFF})


@pytest.fixture
def olga(newsroom: Newsroom) -> Desk:
    newsroom.change_site(mode="post")
    return newsroom.sign_in(OLGA)


def typed(newsroom: Newsroom, **changes: Any) -> dict[str, Any]:
    """The form as it stands, with changes."""
    with newsroom.app.app_context():
        version = show_site("gazette").version
    page = {"version": version, "name": "The Gazette", "origins": GAZETTE, "mode": "post"}
    modes = {f"check_{name}": "on" for name in checks.discover()} | {"check_spam": "off"}
    return page | modes | changes


def carried(page: TestResponse) -> dict[str, str]:
    """The hidden fields of the page's form."""
    form = page.text[page.text.index('class="actions trial"') :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {name: html.unescape(value) for name, value in found if name != "csrf_token"}


def test_what_would_be_decided_otherwise_stands_beside_what_moderators_did(
    newsroom: Newsroom, olga: Desk
) -> None:
    waiting = newsroom.comment(f"{LINKS}.", "Ada")
    spam = newsroom.comment(f"{LINKS} and more.", "Bea")
    olga.decide("spam", olga.seen(spam))
    newsroom.comment("Nothing to be found.", "Cem")
    page = olga.post(TRY, typed(newsroom, **{"links.max": "5"}), page=SETTINGS)
    assert page.status_code == 200
    assert "2 comments would be decided otherwise" in page.text
    assert "<b>published at once</b> instead of held" in page.text
    assert "a moderator marked it as spam" in page.text
    assert "it waits" in page.text
    assert f"/moderate/comment/{waiting}" in page.text
    assert "100%" in page.text
    # Nothing is saved.
    with newsroom.app.app_context():
        assert "links" not in show_site("gazette").policy.checks


def test_switching_on_saves_exactly_what_was_tried(newsroom: Newsroom, olga: Desk) -> None:
    newsroom.comment(f"{LINKS}.", "Ada")
    thresholds = {"profanity.suspect": "0.7", "links.max": "1"}
    wanted = typed(newsroom, name="The “Café” Gazette", check_links="shadow", **thresholds)
    page = olga.post(TRY, wanted, page=SETTINGS)
    assert "<b>published at once</b> instead of held" in page.text
    answer = olga.post(SETTINGS, carried(page), page=SETTINGS)
    assert answer.status_code == 303
    with newsroom.app.app_context():
        site = show_site("gazette")
    assert site.name == "The “Café” Gazette"
    assert site.policy.of("links").mode == "shadow"
    assert site.policy.of("profanity").settings == {"suspect": 0.7}
    assert site.policy.of("links").settings == {}


def test_a_change_grown_stale_is_not_switched_on(newsroom: Newsroom, olga: Desk) -> None:
    page = olga.post(TRY, typed(newsroom, **{"links.max": "7"}), page=SETTINGS)
    newsroom.change_site(name="The New Gazette")
    answer = olga.post(SETTINGS, carried(page), page=SETTINGS)
    assert answer.status_code == 409
    assert "Somebody changed these settings" in answer.text
    assert re.search(r'name="links.max"[^>]*value="7"', answer.text)
    with newsroom.app.app_context():
        assert "links" not in show_site("gazette").policy.checks


def test_changing_it_more_leads_back_to_the_form_as_typed(newsroom: Newsroom, olga: Desk) -> None:
    page = olga.post(TRY, typed(newsroom, **{"links.max": "7"}), page=SETTINGS)
    form = olga.post(TRY, carried(page) | {"again": "1"}, page=SETTINGS).text
    assert "Try this change" in form
    assert re.search(r'name="links.max"[^>]*value="7"', form)


def word(term: str, **changes: str) -> dict[str, str]:
    return {"term": term, "place": "", "level": "refuse", "category": "profanity", **changes}


def test_a_word_is_tried_on_last_months_comments_and_then_listed(
    newsroom: Newsroom, olga: Desk
) -> None:
    newsroom.comment("The casino is closed.", "Ada")
    newsroom.comment("Nothing to be found.", "Bea")
    page = olga.post(TRY_WORD, word("casino", note="“again”"), page=WORDS)
    assert "1 comment would be decided otherwise" in page.text
    assert "<b>refused</b> instead of published at once" in page.text
    form = olga.post(TRY_WORD, carried(page) | {"again": "1"}, page=WORDS).text
    assert re.search(r'name="term"[^>]*value="casino"', form)
    with newsroom.app.app_context():
        assert read_all(show_site("gazette")) == ()
    assert olga.post(WORDS, carried(page), page=WORDS).status_code == 303
    with newsroom.app.app_context():
        (listed,) = read_all(show_site("gazette"))
    assert (listed.term, listed.severity, listed.note) == ("casino", 1.0, "“again”")
    # Now it is a milder word in place of the one that is listed.
    milder = olga.post(TRY_WORD, word("casino", level="hold"), page=WORDS).text
    assert "<b>held</b> instead of refused" in milder


@one_database
def test_a_word_that_is_none_is_not_tried(newsroom: Newsroom, olga: Desk) -> None:
    answer = olga.post(TRY_WORD, word("***"), page=WORDS)
    assert answer.status_code == 422
    assert 'id="term-fault"' in answer.text


def test_parts_add_up(newsroom: Newsroom, olga: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comments_service.services.backtest.PART", 2)
    for number in range(5):
        newsroom.comment(f"{LINKS}, number {number}.", f"Reader {number}")
    page = olga.post(TRY, typed(newsroom, **{"links.max": "5"}), page=SETTINGS)
    for looked_at, goes_on in ((2, True), (4, True), (5, False)):
        assert f"The newest {looked_at} comments of the last 30 days" in page.text
        assert f"{looked_at} comments would be decided otherwise" in page.text
        more = re.search(r'name="before" value="(\w+)"', page.text)
        assert (more is not None) == goes_on
        if more is not None:
            page = olga.post(TRY, carried(page) | {"before": more[1]}, page=SETTINGS)


@one_database
@pytest.mark.parametrize("sums", ["", "[]", '{"decided":[["hold","hold","spam",-1]]}', "{" * 999])
def test_sums_that_cannot_be_read_begin_anew(newsroom: Newsroom, olga: Desk, sums: str) -> None:
    newsroom.comment(f"{LINKS}.", "Ada")
    sent = typed(newsroom) | {"sums": sums, "before": "v" * 13}
    page = olga.post(TRY, sent, page=SETTINGS)
    assert page.status_code in (200, 422)
    assert "Traceback" not in page.text


@one_database
def test_thresholds_that_are_tried_in_part_are_named(newsroom: Newsroom, olga: Desk) -> None:
    told = "what it passed has left no score"
    changed = typed(newsroom, **{"spam.suspect": "0.7"})
    assert told in olga.post(TRY, changed, page=SETTINGS).text
    assert told not in olga.post(TRY, typed(newsroom), page=SETTINGS).text


@one_database
def test_without_a_change_it_says_so(newsroom: Newsroom, olga: Desk) -> None:
    page = olga.post(TRY, typed(newsroom), page=SETTINGS).text
    assert "Nothing that decides was changed" in page
    assert "0 comments would be decided otherwise" in page


def test_the_list_is_bounded(
    newsroom: Newsroom, olga: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_trial, "MOST_LISTED", 1)
    for number in range(3):
        newsroom.comment(f"{LINKS}, number {number}.", f"Reader {number}")
    page = olga.post(TRY, typed(newsroom, **{"links.max": "5"}), page=SETTINGS).text
    assert "And 2 more" in page


@one_database
def test_hostile_text_stays_text(newsroom: Newsroom, olga: Desk) -> None:
    newsroom.comment(f"<script>alert(1)</script> {LINKS}", '<b onclick="x">Eve</b>')
    sent = typed(newsroom, name='"><script>alert(2)</script>', **{"links.max": "5"})
    page = olga.post(TRY, sent, page=SETTINGS).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<b onclick" not in page


@one_database
@pytest.mark.parametrize(
    ("value", "status", "stored"),
    [
        ("2", 303, {"max": 2}),
        ("", 303, {}),
        ("1", 303, {}),
        (" 3 ", 303, {"max": 3}),
        ("two", 422, None),
        ("2.5", 422, None),
        ("-1", 422, None),
        ("nan", 422, None),
        ("9" * 13, 422, None),
    ],
)
def test_thresholds_are_numbers_the_check_takes(
    newsroom: Newsroom, olga: Desk, value: str, status: int, stored: dict[str, int] | None
) -> None:
    sent = typed(newsroom, **{"links.max": value})
    for where in (TRY, SETTINGS):
        answer = olga.post(where, sent, page=SETTINGS)
        assert answer.status_code == (200 if (where, status) == (TRY, 303) else status)
        if status == 422:
            assert 'id="links.max-fault"' in answer.text
    if stored is not None:
        with newsroom.app.app_context():
            assert show_site("gazette").policy.of("links").settings == stored


@one_database
def test_a_form_without_thresholds_leaves_them_alone(newsroom: Newsroom, olga: Desk) -> None:
    newsroom.change_site(check_settings={"links": {"max": 4}})
    assert olga.post(SETTINGS, typed(newsroom, name="Anew"), page=SETTINGS).status_code == 303
    with newsroom.app.app_context():
        assert show_site("gazette").policy.of("links").settings == {"max": 4}


@one_database
def test_only_an_owner_may_try(newsroom: Newsroom) -> None:
    rosa = newsroom.sign_in(ROSA)
    assert "Try this change" not in rosa.get(SETTINGS).text
    for where, sent in ((TRY, typed(newsroom)), (TRY_WORD, word("casino"))):
        assert rosa.post(where, sent, page="/moderate/account").status_code == 403


@one_database
@pytest.mark.parametrize("path", [TRY, SETTINGS])
def test_a_threshold_to_hold_stays_below_that_to_refuse(
    newsroom: Newsroom, olga: Desk, path: str
) -> None:
    answer = olga.post(path, typed(newsroom, **{"spam.suspect": "0.99"}), page=SETTINGS)
    assert answer.status_code == 422
    assert "suspect (0.99) cannot be above bad (0.9)" in answer.text
    assert re.search(r'name="spam.suspect"[^>]*value="0.99"', answer.text), "what was typed stays"
