"""Query strings with bytes that nobody encoded: read as UTF-8 everywhere, or refused everywhere."""

from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from tests.cast import GAZETTE, Cast, assert_problem

PAGE = f"{GAZETTE}/café"
PATHS = (
    "/api/v1/counts",
    "/api/v1/comments",
    "/api/v1/feed.atom",
    "/api/v1/form-token",
    "/api/v1/commenter/comments",
    "/api/v1/moderation/queue",
)


def ask(cast: Cast, path: str, query: bytes) -> TestResponse:
    """A GET with these bytes after the question mark, as WSGI carries them."""
    raw = {"QUERY_STRING": query.decode("latin-1")}
    return cast.app.test_client().get(path, environ_overrides=raw)


@pytest.mark.parametrize("more", [b"", b"&id=none"])
def test_an_address_in_plain_utf8_is_the_same_page(more: bytes, cast: Cast) -> None:
    cast.publish("Well said.", PAGE)
    encoded = PAGE.replace("é", "%C3%A9").encode()
    for query in (PAGE.encode(), encoded):
        counts = ask(cast, "/api/v1/counts", b"site=gazette&url=" + query + more).get_json()
        assert counts["counts"][0] == {"url": PAGE, "count": 1}
    if not more:
        thread = ask(cast, "/api/v1/comments", b"url=" + PAGE.encode()).get_json()
        assert len(thread["comments"]) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", [b"\x80", b"url=\xff", b"limit=1&\xc3\xa9=1&\xe9"])
def test_other_bytes_are_malformed(path: str, query: bytes, cast: Cast) -> None:
    assert_problem(ask(cast, path, query), 400, "malformed")


@pytest.mark.parametrize("path", ["/embed/thread", "/moderate/", "/moderate/sign-in"])
def test_other_bytes_are_malformed_to_people_too(path: str, cast: Cast) -> None:
    answer = ask(cast, path, b"\x80")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


@pytest.mark.parametrize("encoded", [b"%FF", b"%C3", b"%ED%A0%80", b"%00"])
def test_what_is_no_text_when_decoded_is_refused_by_every_layer(encoded: bytes, cast: Cast) -> None:
    """Also by the one before Flask, which would otherwise keep the answer."""
    for path in PATHS[:3]:
        for _ in range(2):
            answer = ask(cast, path, b"site=gazette&url=https://gazette.example/" + encoded)
            assert_problem(answer, 400, "malformed")


def test_the_sign_for_lost_text_is_a_sign_like_others(cast: Cast) -> None:
    """A comment is taken for such an address, and so it must be found there."""
    page = f"{GAZETTE}/search?q=caf\ufffd"
    cast.publish("Well said.", page)
    for _ in range(2):
        counts = ask(cast, "/api/v1/counts", b"url=" + quote(page).encode()).get_json()
        assert counts["counts"][0]["count"] == 1
        thread = ask(cast, "/api/v1/comments", b"url=" + quote(page).encode()).get_json()
        assert len(thread["comments"]) == 1
