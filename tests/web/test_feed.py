"""`GET /api/v1/feed.atom`: well-formed for whatever readers write."""

from xml.etree import ElementTree as ET

import pytest
from werkzeug.test import TestResponse

from tests.cast import EVIL, HERALD, OTHER_PAGE, PAGE, Cast, one_database
from tests.support.hostile import rows

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def feed(answer: TestResponse) -> ET.Element:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "application/atom+xml"
    root = ET.fromstring(answer.data)  # It parses, or this raises.
    for required in ("title", "id", "updated"):
        assert root.findtext(f"a:{required}", namespaces=ATOM), required
    for entry in root.iterfind("a:entry", ATOM):
        for required in ("title", "id", "updated", "author/a:name"):
            assert entry.findtext(f"a:{required}", namespaces=ATOM), required
    return root


def get(cast: Cast, url: str = PAGE, **query: str) -> ET.Element:
    client = cast.app.test_client()
    return feed(client.get("/api/v1/feed.atom", query_string={"url": url, **query}))


def texts(root: ET.Element, path: str) -> list[str]:
    return [found.text or "" for found in root.iterfind(path, ATOM)]


def test_the_newest_come_first_replies_among_them(cast: Cast) -> None:
    parent = cast.publish("One & only.", title="A walk")
    cast.publish("Two.", parent_id=parent)
    cast.publish("Elsewhere.", OTHER_PAGE)
    root = get(cast)
    assert texts(root, "a:entry/a:content") == ["<p>Two.</p>", "<p>One &amp; only.</p>"]
    assert texts(root, "a:entry/a:author/a:name") == ["Bob", "Bob"]
    assert texts(root, "a:title") == [f"Comments on {PAGE}"]
    links = [link.attrib["href"] for link in root.iterfind("a:entry/a:link", ATOM)]
    assert links[1] == f"{PAGE}#comment-{parent}"


@one_database
def test_it_was_updated_when_the_last_comment_was_written_or_edited(cast: Cast) -> None:
    cast.publish_all()
    first = cast.bob.says("One.")
    cast.bob.says("Two.")
    cast.clock.advance(minutes=5)
    cast.bob.call("PATCH", f"/api/v1/comments/{first}", json={"body": "One, and a half."})
    root = get(cast)
    assert texts(root, "a:updated") == [cast.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")]


def test_only_what_is_published_is_in_it(cast: Cast) -> None:
    parent = cast.publish("Removed below its reply.")
    cast.publish("The reply.", parent_id=parent)
    cast.reader().says("I wait.")
    cast.decide(parent, "reject")
    assert texts(get(cast), "a:entry/a:content") == ["<p>The reply.</p>"]


@one_database
def test_a_page_without_comments_has_an_empty_feed(cast: Cast) -> None:
    assert texts(get(cast), "a:entry/a:id") == []


@one_database
def test_it_parses_whatever_readers_write(cast: Cast) -> None:
    cast.publish_all()
    hostile = [
        "<script>alert(1)</script>]]>&nbsp;&#12;&#x1b;",
        "a\x0b\x0c\x1b\x7f\ufffe\uffff b",
        "`&#0;` &#xFFFE; &#x80; <!--",
        *[row["payload"][:2_000] for row in rows("text")[::19] + rows("markdown")[::29]],
    ]
    for n, text in enumerate(hostile):
        form = cast.reader(f"<b>&{n}\ufffe").form(f"{n}: {text}", title=text)
        answer = cast.bob.call("POST", "/api/v1/comments", json=form)
        assert answer.status_code in (201, 202, 422), text
    assert len(texts(get(cast), "a:entry/a:id")) >= 3
    for strange in ("?q=\x01\ufffe", "?q=<&\"'>", "/\ud7ff\U0010ffff", "?q=%01%ff"):
        get(cast, OTHER_PAGE + strange)


@one_database
def test_what_is_not_there(cast: Cast) -> None:
    for query, status in (({"site": "nowhere", "url": PAGE}, 404), ({}, 422), ({"url": "x"}, 422)):
        answer = cast.bob.get("/api/v1/feed.atom", query_string=query)
        assert answer.status_code == status
        assert answer.mimetype == "application/problem+json"


# --- The form's token stands here, too: it is a small read about one page. --------------------


@one_database
def test_a_form_token_opens_the_form_it_is_for(cast: Cast) -> None:
    answer = cast.bob.get("/api/v1/form-token", query_string={"site": "gazette", "url": PAGE})
    said = answer.get_json()
    assert set(said) == {"token", "min_seconds", "expires_at"}
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert cast.bob.post("Too soon.", token=said["token"]).status_code == 422
    cast.clock.advance(seconds=said["min_seconds"])
    assert cast.bob.post("Soon enough.", token=said["token"]).status_code == 202
    cast.clock.advance(hours=12)
    assert cast.bob.post("Too late.", token=said["token"]).status_code == 422


@one_database
def test_a_form_token_of_a_page_by_id(cast: Cast) -> None:
    query = {"site": "gazette", "id": "article-7"}
    token = cast.bob.get("/api/v1/form-token", query_string=query).get_json()["token"]
    cast.clock.advance(seconds=5)
    assert cast.bob.post(id="article-7", token=token).status_code == 202


@one_database
def test_a_token_for_nowhere(cast: Cast) -> None:
    for query, status in (({"site": "nowhere", "url": PAGE}, 404), ({}, 422), ({"url": "x"}, 422)):
        assert cast.bob.get("/api/v1/form-token", query_string=query).status_code == status


@pytest.mark.parametrize("origin", [EVIL, HERALD])
@one_database
def test_mallorys_page_may_not_read_a_token(cast: Cast, origin: str) -> None:
    answer = cast.bob.get(
        "/api/v1/form-token",
        query_string={"site": "gazette", "url": PAGE},
        headers={"Origin": origin},
    )
    assert "Access-Control-Allow-Origin" not in answer.headers
