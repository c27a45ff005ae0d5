"""Links: how many to other sites are too many."""

import pytest

from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Signal
from comments_service.text.reading import MAX_LINKS
from tests.checks.asking import reasons, verdicts

OURS = Facts(site_hosts=frozenset({"news.example"}))
TWO = ["too_many"]

TABLE = [
    ("No link at all. Really.", [], "none"),
    ("See https://a.example/x", [], "one may pass"),
    ("See https://a.example/x and https://b.example", TWO, "two wait"),
    ("See www.a.example and b.com", TWO, "without a scheme they are links too"),
    ("[a](https://a.example) [b](https://b.example)", TWO, "in Markdown"),
    ('<a href="http://a.example">x</a> <a href="http://b.example">y</a>', TWO, "in HTML"),
    (
        "https://a.example/x, https://a.example/x/ and HTTPS://A.example/x",
        [],
        "the same one thrice",
    ),
    ("[https://a.example/x](https://a.example/x)", [], "a link whose text is the link"),
    ("https://a.example/x https://a.example/y", TWO, "two pages of one site"),
    ("https://news.example/a https://www.news.example/b x.com", [], "the site's own are free"),
    (
        "https://news.example.evil.example https://a.example",
        TWO,
        "a host that only begins like ours",
    ),
    ("https://evilnews.example https://a.example", TWO, "a host that only ends like ours"),
    ("write to a@a.com and b@b.com", [], "mail addresses are no links"),
]


@pytest.mark.parametrize(("body", "expected", "why"), TABLE, ids=[why for *_, why in TABLE])
def test_outside_links(body: str, expected: list[str], why: str) -> None:
    assert reasons("links", body, facts=OURS) == expected


def test_the_site_says_how_many_may_pass() -> None:
    body = "https://a.example https://b.example"
    assert reasons("links", body, settings={"max": 2}) == []
    assert reasons("links", "https://a.example", settings={"max": 0}) == TWO


def test_more_links_than_are_read_wait_whatever_they_are() -> None:
    ours = "https://news.example/a "
    assert reasons("links", ours * (MAX_LINKS - 1), facts=OURS) == []
    (verdict,) = verdicts("links", ours * MAX_LINKS + "https://a.example", facts=OURS)
    assert (verdict.reason, verdict.signal) == ("links.unread", Signal.SUSPECT)
    assert len(verdict.spans) <= MAX_LINKS
    assert verdict.message == "So many links that not all were read; to other sites: 0."


def test_it_tells_the_number_and_the_places() -> None:
    (verdict,) = verdicts("links", "a.com b.com, c.com")
    assert verdict.message == "Links to other sites: 3; up to 1 may pass."
    assert verdict.spans == ((0, 5), (6, 11), (13, 18))
    assert (verdict.signal, verdict.category, verdict.score) == (
        Signal.SUSPECT,
        Category.SPAM,
        0.75,
    )
