"""`GET|POST /api/v1/counts`: how many comments each page has."""

from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from tests.cast import GAZETTE, HERALD_PAGE, OTHER_PAGE, PAGE, Cast

COUNTS = "/api/v1/counts"


def get(cast: Cast, query: Any) -> TestResponse:
    return cast.app.test_client().get(f"{COUNTS}?{urlencode(query, doseq=True)}")


def post(cast: Cast, body: Any, **request: Any) -> TestResponse:
    return cast.app.test_client().post(COUNTS, json=body, **request)


def test_one_entry_for_each_key_in_the_order_asked_as_it_was_sent(cast: Cast) -> None:
    cast.publish("One.")
    cast.publish("Two.")
    cast.publish("Three.", id="article-7")
    cast.reader().says("I wait.")
    odd = f"{PAGE}/?utm_source=mail#top"
    query = [("url", odd), ("id", "article-7"), ("url", OTHER_PAGE), ("id", "x"), ("url", PAGE)]
    assert get(cast, query).get_json() == {
        "counts": [
            {"url": odd, "count": 2},
            {"id": "article-7", "count": 1},
            {"url": OTHER_PAGE, "count": 0},
            {"id": "x", "count": 0},
            {"url": PAGE, "count": 2},
        ]
    }
    body = {"site": "gazette", "urls": [odd, OTHER_PAGE], "ids": ["x", "article-7"]}
    assert [c["count"] for c in post(cast, body).get_json()["counts"]] == [2, 0, 0, 1]


def test_only_published_comments_count(cast: Cast) -> None:
    parent = cast.publish("Published.")
    cast.publish("A reply counts, too.", parent_id=parent)
    cast.reader().says("I wait.")
    for action in ("reject", "spam"):
        cast.decide(cast.reader().says(f"I will be put away: {action}."), action)
    withdrawn = cast.publish("Withdrawn.")
    cast.bob.call("DELETE", f"/api/v1/comments/{withdrawn}")
    assert cast.count() == 2
    cast.decide(parent, "reject")
    assert cast.count() == 1


def test_a_page_never_seen_counts_nothing_and_is_not_made(cast: Cast) -> None:
    assert cast.count(OTHER_PAGE) == 0
    assert cast.one("SELECT COUNT(*) FROM thread") == 0


def test_counts_are_of_one_site(cast: Cast) -> None:
    """The named one; else that of the first page that has a site's host."""
    cast.publish()
    there = cast.herald_reader.says("There.", HERALD_PAGE)
    cast.carol.decide({"comment_id": there, "version": 1, "action": "approve"})
    both = [("url", HERALD_PAGE), ("url", PAGE)]
    assert [c["count"] for c in get(cast, both).get_json()["counts"]] == [1, 0]
    both.insert(0, ("site", "gazette"))
    assert [c["count"] for c in get(cast, both).get_json()["counts"]] == [0, 1]


@pytest.mark.parametrize(("most", "by"), [(200, "GET"), (1_000, "POST")])
def test_so_many_keys_and_no_more(cast: Cast, most: int, by: str) -> None:
    for number, status in ((most, 200), (most + 1, 400)):
        urls = [f"{GAZETTE}/{n}" for n in range(number)]
        answer = get(cast, {"url": urls}) if by == "GET" else post(cast, {"urls": urls})
        assert answer.status_code == status
        if status == 200:
            assert len(answer.get_json()["counts"]) == most


MALFORMED: list[Any] = [
    {},
    {"site": "gazette"},
    {"url": "not a url"},
    {"url": "javascript:alert(1)"},
    {"url": [PAGE, ""]},
    {"url": "https://gazette.example/" + "x" * 9_000},
    {"id": ""},
    {"id": "x" * 201},
    {"url": "https://gazette.example/\x00"},
]


def test_malformed_keys_are_malformed(cast: Cast) -> None:
    for query in MALFORMED:
        answer = get(cast, query)
        assert answer.status_code == 400, query
        assert answer.get_json()["type"] == "urn:comments:malformed"
    bodies: list[Any] = [[], {}, {"urls": [7]}, {"urls": "x"}, {"ids": [""]}, {"urls": ["a\x00b"]}]
    for body in bodies:
        assert post(cast, body).status_code == 400, body


def test_what_is_not_there_or_not_json_or_too_large(cast: Cast) -> None:
    for answer in (
        get(cast, {"site": "nowhere", "url": PAGE}),
        post(cast, {"site": "nowhere", "urls": [PAGE]}),
        post(cast, {"site": "a\x00b", "urls": [PAGE]}),
    ):
        assert (answer.status_code, answer.get_json()["type"]) == (404, "urn:comments:not-found")
    assert cast.app.test_client().post(COUNTS, data="{}").status_code == 415
    large = post(cast, {"urls": ["x" * 5_000_000]})
    assert (large.status_code, large.get_json()["type"]) == (413, "urn:comments:too-large")
