"""`/moderate/sign-in`, `/moderate/sign-out`, `/moderate/password`: who gets in and who stays."""

import dataclasses
from collections.abc import Callable
from contextvars import Context
from datetime import timedelta
from typing import Final

import pytest
from flask import Flask

from comments_service.config import Limit, Settings
from comments_service.services import accounts, passwords
from tests.support.clock import Clock
from tests.support.newsroom import HUGO, PASSWORD, ROSA, Desk, Newsroom

# What these ask is about pages; decisions are tested on both databases.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

SIGN_IN = "/moderate/sign-in"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Few tries, so that their end is near."""
    return dataclasses.replace(settings, limit_sign_in=Limit(5, 900))


def browser(newsroom: Newsroom) -> Desk:
    return Desk(newsroom.app.test_client(), newsroom.clock)


def test_a_moderator_signs_in_and_sees_the_queue(newsroom: Newsroom) -> None:
    desk = browser(newsroom)
    answer = desk.post(SIGN_IN, {"email": ROSA, "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/moderate/")
    assert desk.get("/moderate/").status_code == 200


def test_case_and_space_around_an_address_make_no_difference(newsroom: Newsroom) -> None:
    answer = browser(newsroom).post(SIGN_IN, {"email": f" {ROSA.upper()} ", "password": PASSWORD})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("email", "password"), [(ROSA, "not it"), ("nobody@example.org", PASSWORD), (ROSA, "")]
)
def test_a_wrong_pair_says_no_more_than_that(newsroom: Newsroom, email: str, password: str) -> None:
    desk = browser(newsroom)
    answer = desk.post(SIGN_IN, {"email": email, "password": password})
    assert answer.status_code == 422
    assert "do not fit" in answer.text or not password
    assert desk.get("/moderate/").status_code == 302
    assert password not in answer.text or not password


def test_signing_in_is_throttled_even_with_the_right_password(newsroom: Newsroom) -> None:
    desk = browser(newsroom)
    for _ in range(5):
        assert desk.post(SIGN_IN, {"email": ROSA, "password": "guess"}).status_code == 422
    answer = desk.post(SIGN_IN, {"email": ROSA, "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert 'name="password"' in answer.text
    newsroom.clock.advance(minutes=15)
    assert desk.post(SIGN_IN, {"email": ROSA, "password": PASSWORD}).status_code == 303


def test_a_form_without_its_token_is_refused(newsroom: Newsroom) -> None:
    client = newsroom.app.test_client()
    answer = client.post(SIGN_IN, data={"email": ROSA, "password": PASSWORD})
    assert answer.status_code == 400
    assert "expired" in answer.text


@pytest.mark.parametrize(
    "header", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
def test_a_form_from_another_page_is_refused(newsroom: Newsroom, header: dict[str, str]) -> None:
    desk = browser(newsroom)
    data = {"csrf_token": desk.token(), "email": ROSA, "password": PASSWORD}
    assert desk.client.post(SIGN_IN, data=data, headers=header).status_code == 403


def test_a_page_asked_for_without_a_session_comes_after_signing_in(newsroom: Newsroom) -> None:
    desk = browser(newsroom)
    answer = desk.get("/moderate/log?site=gazette")
    assert answer.status_code == 302
    assert answer.location.startswith(SIGN_IN)
    answer = desk.post(answer.location, {"email": ROSA, "password": PASSWORD})
    assert answer.location == "/moderate/log?site=gazette"


def test_another_sites_address_as_next_is_dropped(newsroom: Newsroom) -> None:
    answer = browser(newsroom).post(
        SIGN_IN + "?next=//evil.example", {"email": ROSA, "password": PASSWORD}
    )
    assert answer.location == "/moderate/"


def test_signing_in_renews_what_the_cookie_holds(newsroom: Newsroom) -> None:
    desk = browser(newsroom)
    desk.get(SIGN_IN)
    with desk.client.session_transaction() as before:
        planted = before["csrf_token"]
        before["planted"] = "by somebody"
    desk.post(SIGN_IN, {"email": ROSA, "password": PASSWORD})
    with desk.client.session_transaction() as after:
        assert set(after) == {"sid"}
    desk.get("/moderate/account")
    with desk.client.session_transaction() as later:
        assert set(later) == {"sid", "csrf_token"}
        assert later["csrf_token"] != planted


def test_signing_out_ends_the_session_on_the_server(newsroom: Newsroom) -> None:
    desk = newsroom.sign_in(ROSA)
    with desk.client.session_transaction() as cookie:
        secret = cookie["sid"]
    answer = desk.post("/moderate/sign-out")
    assert (answer.status_code, answer.location) == (303, SIGN_IN)
    assert "You are signed out." in desk.get(SIGN_IN).text
    with desk.client.session_transaction() as cookie:
        cookie["sid"] = secret
    assert desk.get("/moderate/").status_code == 302


def test_signing_out_takes_a_token(newsroom: Newsroom) -> None:
    desk = newsroom.sign_in(ROSA)
    assert desk.client.post("/moderate/sign-out").status_code == 400
    assert desk.get("/moderate/").status_code == 200


def test_a_session_ends_by_itself(newsroom: Newsroom, clock: Clock, app: Flask) -> None:
    desk = newsroom.sign_in(ROSA)
    clock.now += timedelta(hours=app.config["COMMENTS"].session_hours)
    assert desk.get("/moderate/").status_code == 302


def test_posting_without_a_session_is_401(newsroom: Newsroom) -> None:
    desk = browser(newsroom)
    answer = desk.client.post("/moderate/decide", data={"csrf_token": desk.token()})
    assert answer.status_code in (400, 401)
    assert "Sign in" in answer.text


def test_a_one_time_password_opens_nothing_but_the_page_to_replace_it(newsroom: Newsroom) -> None:
    one_time = newsroom.hire("new@example.org", "moderator", "gazette", settle=False)
    desk = newsroom.sign_in("new@example.org", one_time)
    for path in ("/moderate/", "/moderate/log", "/moderate/settings", "/moderate/account"):
        assert desk.get(path).location == "/moderate/password"
    page = desk.get("/moderate/password")
    assert "one-time password" in page.text
    assert desk.client.get("/api/v1/moderation/counts").status_code == 403
    answer = desk.post(
        "/moderate/password",
        {"old_password": one_time, "new_password": PASSWORD, "again": PASSWORD},
    )
    assert answer.status_code == 303
    assert "Your password is changed" in desk.get("/moderate/").text


@pytest.mark.parametrize(
    ("old", "new", "again", "says"),
    [
        ("not it", "a new one, long enough", "a new one, long enough", "present password"),
        (PASSWORD, "short", "short", "12 to 200 characters"),
        (PASSWORD, PASSWORD, PASSWORD, "Choose one that is new"),
        (PASSWORD, f"{ROSA} 2026", f"{ROSA} 2026", "not your address"),
        (PASSWORD, "a new one, long enough", "a new one, long enouhg", "not the same password"),
        (PASSWORD, "", "", "A new password."),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_why(
    newsroom: Newsroom, old: str, new: str, again: str, says: str
) -> None:
    desk = newsroom.sign_in(ROSA)
    form = {"old_password": old, "new_password": new, "again": again}
    answer = desk.post("/moderate/password", form)
    assert answer.status_code == 422
    assert says in answer.text
    assert newsroom.sign_in(ROSA).get("/moderate/").status_code == 200


def test_a_new_password_signs_other_browsers_out(newsroom: Newsroom) -> None:
    here, there = newsroom.sign_in(ROSA), newsroom.sign_in(ROSA)
    hugo = newsroom.sign_in(HUGO)
    new = "something else entirely"
    form = {"old_password": PASSWORD, "new_password": new, "again": new}
    assert here.post("/moderate/password", form).status_code == 303
    assert here.get("/moderate/").status_code == 200
    assert there.get("/moderate/").status_code == 302
    assert hugo.get("/moderate/").status_code == 200


def test_guessing_the_present_password_is_throttled(newsroom: Newsroom) -> None:
    """Who finds an open browser must not try out there what the throttle refuses elsewhere."""
    desk = newsroom.sign_in(ROSA)
    new = "something else entirely"
    guess = {"old_password": "guess", "new_password": new, "again": new}
    answers = [desk.post("/moderate/password", guess) for _ in range(6)]
    assert answers[0].status_code == 422
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    right = desk.post("/moderate/password", guess | {"old_password": PASSWORD})
    assert right.status_code == 429


NEW: Final = "something else entirely"
CHANGE: Final = {"old_password": PASSWORD, "new_password": NEW, "again": NEW}
"""What the form for a new password takes."""


def hashing_while(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Something happens between the look at a password and what it opens: hashing takes long."""
    fits = passwords.fits

    def slowly(password_hash: str | None, password: str) -> bool:
        found = fits(password_hash, password)
        monkeypatch.setattr(passwords, "fits", fits)
        Context().run(happens)
        return found

    monkeypatch.setattr(passwords, "fits", slowly)


def test_a_password_that_was_changed_meanwhile_opens_nothing(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = newsroom.sign_in(ROSA)
    thief = browser(newsroom)
    hashing_while(monkeypatch, lambda: desk.post("/moderate/password", CHANGE))
    answer = thief.post(SIGN_IN, {"email": ROSA, "password": PASSWORD})
    assert answer.status_code == 422
    assert thief.get("/moderate/").status_code == 302
    assert newsroom.sign_in(ROSA, NEW).get("/moderate/").status_code == 200


def test_a_password_that_was_reset_meanwhile_is_not_changed(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = newsroom.sign_in(ROSA)

    def reset() -> None:
        with newsroom.app.app_context():
            newsroom.one_time[ROSA] = accounts.renew_password(ROSA)

    token = desk.token("/moderate/password")
    hashing_while(monkeypatch, reset)
    answer = desk.client.post("/moderate/password", data=CHANGE | {"csrf_token": token})
    assert answer.status_code == 422
    assert newsroom.sign_in(ROSA, newsroom.one_time[ROSA]).get("/moderate/").status_code == 302


def test_the_sign_in_page_is_neither_stored_nor_framed(newsroom: Newsroom) -> None:
    answer = newsroom.app.test_client().get(SIGN_IN)
    assert answer.headers["Cache-Control"] == "private, no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
