"""What no page of the console sends, and PostgreSQL or a library would stumble over: no 5xx."""

import json

import pytest

from tests.support.newsroom import OLGA, Desk, Newsroom

SIGN_IN = "/moderate/sign-in"
SECURITY = "/moderate/security"
PAGES = ("", "log", "words", "bans", "checks", "settings", "thread", "security", "confirm")
NAMES = ("site", "q", "cursor", "author", "check", "status", "url", "id", "key", "after", "edit")


@pytest.fixture
def stranger(newsroom: Newsroom) -> Desk:
    return Desk(newsroom.app.test_client(), newsroom.clock)


def test_a_nul_in_an_address_signs_nobody_in(stranger: Desk) -> None:
    answer = stranger.post(SIGN_IN, {"email": "a\x00@example.org", "password": "guess"})
    assert (answer.status_code, "NUL" in answer.text) == (422, True)


@pytest.mark.parametrize("number", ["a\x00", "\ud800", "", "x" * 2_000, 7, None, {"a": 1}])
def test_a_credential_that_can_be_none_is_known_to_nobody(stranger: Desk, number: object) -> None:
    sent = {"credential": json.dumps({"id": number})}
    answer = stranger.post(f"{SIGN_IN}/passkey", sent, page=SIGN_IN)
    assert (answer.status_code, "not known here" in answer.text) == (422, True)


@pytest.mark.parametrize("secret", ["a\x00", "²" * 32, "9" * 32, "x", ""])
def test_a_secret_that_was_tampered_with_is_replaced(newsroom: Newsroom, secret: str) -> None:
    desk = newsroom.sign_in(OLGA)
    sent = {"secret": secret, "code": "123456"}
    answer = desk.post(f"{SECURITY}/codes", sent, page=SECURITY)
    assert answer.status_code == 422
    assert "data:image/svg" in answer.text


def test_a_word_that_can_be_none_was_gone_already(newsroom: Newsroom) -> None:
    desk = newsroom.sign_in(OLGA)
    words = "/moderate/words?site=gazette"
    answer = desk.post("/moderate/words/remove?site=gazette", {"key": "a\x00"}, page=words)
    assert answer.status_code == 303
    assert "It was gone already." in desk.get(words).text


def test_a_nul_in_the_address_breaks_no_page(newsroom: Newsroom) -> None:
    desk = newsroom.sign_in(OLGA)
    for page in PAGES:
        for name in NAMES:
            answer = desk.get(f"/moderate/{page}?{name}=a%00b")
            assert answer.mimetype == "text/html"
            assert answer.status_code < 500, (page, name)
