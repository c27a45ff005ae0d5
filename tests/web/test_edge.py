"""The layer before Flask: the same bytes as without it, and nothing of whoever asked before."""

import dataclasses
import gzip
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from comments_service.web.edge import Edge, edge_of
from tests.cast import EVIL, GAZETTE, OTHER_PAGE, PAGE, Cast, one_database
from tests.statements import watched
from tests.support.clock import Clock
from tests.support.service import close_app, make_app

COUNTS = f"/api/v1/counts?url={quote(PAGE)}&url={quote(OTHER_PAGE)}"
THREAD = f"/api/v1/comments?url={quote(PAGE)}"
FEED = f"/api/v1/feed.atom?url={quote(PAGE)}"
ALL = (COUNTS, THREAD, FEED, "/embed.js", "/count.js", "/embed/thread.css", "/api/v1/openapi.json")


@pytest.fixture
def edge(cast: Cast) -> Edge:
    return edge_of(cast.app)


def get(app: Flask, path: str, method: str = "GET", **request: Any) -> TestResponse:
    return app.test_client().open(path, method=method, **request)


def told(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.data, sorted(answer.headers)


def asked(cast: Cast, path: str, **request: Any) -> int:
    """How many statements an answer takes."""
    with watched(cast.app) as seen:
        answer = get(cast.app, path, **request)
        assert answer.status_code in (200, 304), answer.data
    return len(seen)


# --- From memory -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ALL)
def test_the_second_time_nobody_is_asked(cast: Cast, path: str) -> None:
    cast.publish()
    first = get(cast.app, path)
    assert asked(cast, path) == asked(cast, path, method="HEAD") == 0
    assert told(get(cast.app, path)) == told(first)


def test_a_comment_is_shown_by_the_next_answer(cast: Cast) -> None:
    cast.publish_all()
    assert get(cast.app, COUNTS).json == {  # Pages that nobody has seen: their birth counts.
        "counts": [{"url": PAGE, "count": 0}, {"url": OTHER_PAGE, "count": 0}]
    }
    comment = cast.bob.says("One.")
    assert [c["count"] for c in get(cast.app, COUNTS).json["counts"]] == [1, 0]  # type: ignore[index]
    assert asked(cast, COUNTS) == 0
    cast.bob.says("Two.", OTHER_PAGE)
    assert [c["count"] for c in get(cast.app, COUNTS).json["counts"]] == [1, 1]  # type: ignore[index]
    cast.decide(comment, "reject")
    assert [c["count"] for c in get(cast.app, COUNTS).json["counts"]] == [0, 1]  # type: ignore[index]


def test_a_change_of_one_thread_leaves_the_others_answers(cast: Cast) -> None:
    cast.publish_all()
    other = f"/api/v1/comments?url={quote(OTHER_PAGE)}"
    for url in (PAGE, OTHER_PAGE):
        cast.bob.says("A remark.", url)
    for path in (THREAD, other, COUNTS):
        get(cast.app, path)
    cast.bob.says("Another remark.")
    assert asked(cast, other) == 0
    assert asked(cast, THREAD) > 0
    assert asked(cast, COUNTS) > 0


def test_a_waiting_comment_makes_nobody_ask_again(cast: Cast) -> None:
    cast.publish()
    get(cast.app, THREAD)
    cast.bob.says("This one waits.")
    assert asked(cast, THREAD) == 0


@pytest.mark.parametrize("path", [THREAD, "/embed.js"])
def test_gzip_is_another_form_of_the_same(cast: Cast, path: str) -> None:
    cast.publish("Words and words and words. " * 50)
    plain = get(cast.app, path)
    zipped = get(cast.app, path, headers={"Accept-Encoding": "gzip, br"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert plain.headers["Vary"] == zipped.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != zipped.headers["ETag"]
    for answer, accepted in ((plain, ""), (zipped, "gzip")):
        assert answer.headers["Content-Length"] == str(len(answer.data))
        known = {"If-None-Match": answer.headers["ETag"], "Accept-Encoding": accepted}
        again = get(cast.app, path, headers=known)
        assert (again.status_code, again.data) == (304, b"")
        same = ("ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin")
        assert [again.headers[name] for name in same] == [answer.headers[name] for name in same]
        assert set(again.headers.keys()) == set(same), "the rest is where its body is"
    other = {"If-None-Match": plain.headers["ETag"], "Accept-Encoding": "gzip"}
    assert get(cast.app, path, headers=other).status_code == 200, "a tag of the other form"


# --- On or off, it is the same ---------------------------------------------------------------


@pytest.fixture
def off(cast: Cast, clock: Clock) -> Iterator[Flask]:
    """The same service without memory."""
    app = make_app(dataclasses.replace(cast.app.config["COMMENTS"], cache_mb=0), clock)
    yield app
    close_app(app)


def test_without_memory_the_answers_are_the_same(cast: Cast, off: Flask) -> None:
    cast.publish("A remark with words enough that gzip is worth it. " * 30)
    wrong = (
        "/api/v1/counts",
        "/api/v1/counts?site=nowhere&url=https://x.example/",
        "/api/v1/comments?url=no-url",
        f"{THREAD}&limit=0",
        f"{THREAD}&cursor=n",
        f"{THREAD}&url=%ff",
        "/api/v1/feed.atom",
    )
    tag = get(off, THREAD).headers["ETag"]
    headers: list[dict[str, str]] = [
        {},
        {"Accept-Encoding": "gzip"},
        {"If-None-Match": tag},
        {"If-None-Match": "*"},
        {"Origin": EVIL},
        {"Cookie": "session=x", "Authorization": "Bearer y"},
    ]
    for path in (*ALL, *wrong, f"{THREAD}&utm=1", f"{COUNTS}&&"):
        for sent in headers:
            for method in ("GET", "HEAD"):
                with_memory = [told(get(cast.app, path, method, headers=sent)) for _ in range(2)]
                assert _less_id(with_memory) == _less_id(
                    [told(get(off, path, method, headers=sent))] * 2
                )
    assert not edge_of(off).kept.answers


def _less_id(answers: list[tuple[int, bytes, list[tuple[str, str]]]]) -> list[Any]:
    """Errors carry an id of their request; nothing else may differ."""
    return [(s, b, [h for h in hs if h[0] != "X-Request-Id"]) for s, b, hs in answers]


@pytest.mark.parametrize(
    "path",
    [
        COUNTS,
        f"{COUNTS}&id=7&site=gazette&url={quote(GAZETTE)}/new",
        THREAD,
        f"{THREAD}&sort=oldest&limit=1",
        f"/api/v1/comments?url={quote(OTHER_PAGE)}",
        f"/api/v1/comments?url={quote(GAZETTE)}/k%C3%A4se%3Fa%3D%E2%82%AC%26b+c",
    ],
)
def test_answers_made_without_flask_are_flasks(
    cast: Cast, edge: Edge, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = cast.publish("A remark with <b>words</b>.")
    cast.publish("A reply.", parent_id=comment)
    cast.publish("Another page, another remark.", OTHER_PAGE)
    cast.decide(comment, "spam")
    route = edge.routes[path.partition("?")[0]]
    with monkeypatch.context() as without_flask:
        without_flask.setattr(edge, "_ask", lambda *_: pytest.fail("Flask was asked"))
        direct = told(get(cast.app, path))
    edge.kept.forget(None)
    monkeypatch.setattr(route, "make", None)
    assert told(get(cast.app, path)) == direct


@one_database
def test_without_memory_every_answer_is_made(cast: Cast, off: Flask) -> None:
    cast.publish()
    for _ in range(2):
        with watched(off) as seen:
            get(off, COUNTS)
        assert seen


# --- Nothing of whoever asked before -----------------------------------------------------------


@one_database
@pytest.mark.parametrize("path", [COUNTS, THREAD, FEED])
def test_nothing_of_a_request_but_its_address_reaches_what_is_kept(cast: Cast, path: str) -> None:
    """Whoever asks first, with whatever headers: what is kept is what anybody would have got."""
    cast.publish()
    plain = told(get(cast.app, path))
    edge_of(cast.app).close()
    hostile = {
        "Origin": EVIL,
        "Cookie": "session=x",
        "Authorization": "Bearer y",
        "Commenter-Key": "z" * 22,
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-For": "203.0.113.9",
        "X-Original-URL": "/moderate/",
        "X-HTTP-Method-Override": "DELETE",
        "Accept-Language": "xx",
        "Range": "bytes=0-1",
        "X-Request-Id": "mallory-was-here",
    }
    assert told(get(cast.app, path, headers=hostile)) == plain
    assert told(get(cast.app, path)) == plain


@one_database
def test_a_feed_that_says_its_address_is_kept_by_it(cast: Cast) -> None:
    cast.publish()
    theirs = get(cast.app, FEED, base_url="http://evil.example/")
    ours = get(cast.app, FEED, base_url="http://comments.example/")
    assert b"evil.example" in theirs.data
    assert b"evil.example" not in ours.data
    assert b"http://comments.example/api/v1/feed.atom" in ours.data
    forged = FEED + "\nhttp\ncomments.example"
    get(cast.app, quote(forged, safe="/?=&:%"), base_url="http://evil.example/")
    assert told(get(cast.app, FEED, base_url="http://comments.example/")) == told(ours)


@one_database
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/counts",
        "/api/v1/counts?site=nowhere&url=https://x.example/",
        f"{THREAD}&limit=0",
        f"{COUNTS}&_=1234",
        f"{COUNTS}&site=gazette&site=gazette",
        f"{COUNTS}&&",
        f"{COUNTS}&",
        f"{THREAD}&url={quote(OTHER_PAGE)}",
        f"/api/v1/comments?url={'x' * 9000}",
        f"/api/v1/form-token?url={quote(PAGE)}",
        "/healthz",
        "/embed/thread?url=" + quote(PAGE),
    ],
)
def test_what_could_be_asked_in_endless_ways_is_not_kept(cast: Cast, edge: Edge, path: str) -> None:
    get(cast.app, path, headers=cast.bob.headers)
    assert not edge.kept.answers


@one_database
def test_a_scripts_address_may_say_a_version(cast: Cast, edge: Edge) -> None:
    answers = {get(cast.app, f"/embed.js?v={n}").data for n in range(9)}
    assert len(answers) == len(edge.kept.answers) == 1


@one_database
def test_made_up_pages_fill_no_more_than_there_is_room(
    cast: Cast, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.publish()
    monkeypatch.setattr(edge.kept, "capacity", 100_000)
    for number in range(150):
        get(cast.app, f"/api/v1/counts?url={quote(GAZETTE)}/{number}")
        get(cast.app, THREAD)
        assert edge.kept.size <= edge.kept.capacity
    assert asked(cast, THREAD) == 0, "and what is asked for all the time stays"
